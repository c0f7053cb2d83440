-- Who carries parcels; codes of the tracking service as Kuaidi100 writes them. 'own': people of the house; 'other': any
-- whose name stands on the parcel only.
INSERT INTO fulfilment_carrier (code, name, name_en, track_code) VALUES
    ('SF', '顺丰速运', 'SF Express', 'shunfeng'),
    ('ZTO', '中通快递', 'ZTO Express', 'zhongtong'),
    ('YTO', '圆通速递', 'YTO Express', 'yuantong'),
    ('YUNDA', '韵达快递', 'Yunda Express', 'yunda'),
    ('STO', '申通快递', 'STO Express', 'shentong'),
    ('JTSD', '极兔速递', 'J&T Express', 'jtexpress'),
    ('JD', '京东物流', 'JD Logistics', 'jd'),
    ('EMS', '中国邮政 EMS', 'China Post EMS', 'ems'),
    ('DADA', '达达秒送', 'Dada', ''),
    ('own', '门店配送', 'Own rider', ''),
    ('other', '其他承运商', 'Other carrier', '')
ON CONFLICT DO NOTHING;

CREATE OR REPLACE TRIGGER fulfilment_tracking_event_append_only
    BEFORE DELETE OR TRUNCATE OR UPDATE OF id, parcel_id, at ON fulfilment_tracking_event
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- Words name couriers, their phones and who signed: they may be forgotten, and not be changed.
CREATE OR REPLACE TRIGGER fulfilment_tracking_event_words_written_once
    BEFORE UPDATE OF text ON fulfilment_tracking_event
    FOR EACH ROW WHEN (NEW.text <> '') EXECUTE FUNCTION platform_refuse_change();

-- Forget what was said of the parcels of orders. One that is still under way is followed no longer: it is taken as
-- delivered. Parcels first, as who books an answer locks them: nothing is said of a parcel after it was forgotten.
CREATE OR REPLACE FUNCTION fulfilment_forget_orders(p_orders uuid[], p_at timestamptz) RETURNS void
LANGUAGE sql AS $$
    UPDATE fulfilment_parcel SET state = 'delivered', delivered_at = p_at, ask_at = NULL
     WHERE order_id = ANY (p_orders) AND state = 'moving';
    UPDATE fulfilment_tracking_event SET text = ''
     WHERE text <> '' AND parcel_id IN (SELECT id FROM fulfilment_parcel WHERE order_id = ANY (p_orders));
$$;

CREATE OR REPLACE TRIGGER fulfilment_readiness_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON fulfilment_readiness
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER fulfilment_parcel_written_once
    BEFORE DELETE OR TRUNCATE OR UPDATE OF id, order_id, location_id, carrier_id, carrier_name, number, shipped_at
    ON fulfilment_parcel
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
