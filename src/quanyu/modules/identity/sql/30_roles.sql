-- The roles that come with the product (SEC-01, SEC-05). Their names and permissions belong to the product and are
-- set again with each version; whether a role needs two-step sign-in is the chain's choice and stays.
-- lint-ok: sql-room because the upsert gives the same rows however often it is applied
INSERT INTO identity_role (code, name, name_en, permissions, needs_totp, is_built_in) VALUES
    ('head_office', '总部', 'Head office', '{*}', true, true),
    ('region_manager', '区域经理', 'Region manager',
     '{organization.view,identity.view,identity.staff,identity.roles,identity.devices,catalog.view,catalog.listing,members.view,members.edit,members.reveal,pii.reveal,inventory.*,pricing.view,promotions.view,payments.view,payments.refund,orders.*,checkout.*,aftersales.*,pos.*,mall.view,settings.view,reports.view}',
     true, true),
    ('store_manager', '店长', 'Store manager',
     '{organization.view,identity.view,identity.staff,identity.roles,identity.devices,catalog.view,catalog.listing,members.view,members.edit,members.reveal,pii.reveal,inventory.view,inventory.receive,inventory.issue,inventory.adjust,inventory.damage,inventory.transfer,inventory.count,pricing.view,promotions.view,payments.view,payments.refund,orders.*,checkout.*,aftersales.*,pos.*,mall.view,settings.view,reports.view}',
     false, true),
    ('cashier', '收银员', 'Cashier',
     '{organization.view,catalog.view,members.view,members.edit,inventory.view,pricing.view,promotions.view,payments.view,orders.view,orders.place,orders.hand_over,checkout.sell,checkout.quote,checkout.hand_over,aftersales.view,aftersales.return,pos.sell,pos.shift,pos.view}',
     false, true),
    ('associate', '导购', 'Sales associate',
     '{organization.view,catalog.view,members.view,inventory.view,pricing.view,promotions.view,orders.view,orders.place,orders.hand_over,checkout.quote,checkout.hand_over,pos.view}',
     false, true),
    ('warehouse', '仓管', 'Warehouse keeper',
     '{organization.view,catalog.view,inventory.view,inventory.receive,inventory.issue,inventory.damage,inventory.transfer,inventory.count,orders.view,orders.ship,checkout.ship,aftersales.view,aftersales.receive}',
     false, true),
    ('supplier', '供货商', 'Supplier',
     '{organization.view,catalog.view,inventory.view,procurement.view,settlement.view}',
     false, true),
    ('dealer', '加盟商', 'Dealer',
     '{organization.view,identity.view,identity.staff,identity.roles,identity.devices,catalog.view,catalog.listing,members.view,inventory.*,pricing.view,promotions.view,payments.view,payments.refund,orders.*,checkout.*,aftersales.*,pos.*,wholesale.*,settlement.view,reports.view}',
     false, true),
    ('auditor', '审计', 'Auditor',
     '{*.view,audit.*}',
     true, true)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, permissions = excluded.permissions,
    is_built_in = true;
