-- Master data by number, for this session: stores, goods with their base price, staff, and the members that are made.
CREATE TEMP TABLE past_store AS
SELECT row_number() OVER (ORDER BY u.code) - 1 AS n, u.id, l.owner_id
FROM organization_unit AS u JOIN organization_location AS l ON l.unit_id = u.id
WHERE u.kind = 'store' AND u.is_active;

CREATE TEMP TABLE past_good AS
SELECT row_number() OVER (ORDER BY sku.code) - 1 AS n, sku.id, sku.quantity_scale AS scale, sku.cost_fen, sku.name,
    product.tax_rate_bp, price.fen
FROM catalog_sku AS sku JOIN catalog_product AS product ON product.id = sku.product_id
JOIN (
    SELECT p.sku_id, max(p.amount_fen) AS fen FROM pricing_price AS p JOIN pricing_price_book AS b ON b.id = p.book_id
    WHERE b.kind = 'base' GROUP BY p.sku_id
) AS price ON price.sku_id = sku.id
WHERE sku.is_active AND price.fen >= 100;

CREATE TEMP TABLE past_staff AS
SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM identity_staff;

INSERT INTO members_member (
    id, number, level, tier, name_masked, phone_masked, phone_last4, channel, card_number, language, created_at,
    matched_at, store_id
)
SELECT pg_temp.past_id('member', n, joined.at), 'Y' || lpad(n::text, 9, '0'), 'verified', 'basic',
    substr('王李张刘陈杨黄赵吴周', (1 + n %% 10)::int, 1) || '**',
    '1' || (30 + n %% 70) || '****' || lpad((n * 7919 %% 10000)::text, 4, '0'), lpad((n * 7919 %% 10000)::text, 4, '0'),
    CASE WHEN n %% 3 = 0 THEN 'mall' ELSE 'pos' END, 'YC' || lpad(n::text, 10, '0'), 'zh-hans', joined.at, joined.at,
    (SELECT id FROM past_store WHERE past_store.n = g.n %% (SELECT count(*) FROM past_store))
FROM generate_series(0, %(members)s::bigint - 1) AS g (n)
CROSS JOIN LATERAL (SELECT %(until)s::timestamptz - make_interval(days => 366 + (g.n %% 700)::int) AS at) AS joined
WHERE NOT EXISTS (SELECT FROM members_member WHERE number = 'Y000000000');

INSERT INTO members_identity (
    id, kind, namespace, value_index, value_encrypted, value_masked, verified_at, created_at, member_id
)
SELECT pg_temp.past_id('key', substr(number, 2)::bigint, created_at), 'external', 'years',
    decode(md5(number) || md5(card_number), 'hex'), '\x00', '', created_at, created_at, id
FROM members_member WHERE number ~ '^Y[0-9]{9}$'
    AND NOT EXISTS (SELECT FROM members_identity WHERE namespace = 'years');

INSERT INTO points_account (member_id, available, changed_at)
SELECT id, 100, created_at FROM members_member WHERE number ~ '^Y[0-9]{9}$'
ON CONFLICT DO NOTHING;

WITH lot AS (
    INSERT INTO points_lot (cause_kind, cause_id, state, points, remaining, earned_at, expires_at, member_id)
    SELECT 'years', m.id::text, 'live', 100, 100, m.created_at, %(until)s::timestamptz + interval '1 year', m.id
    FROM members_member AS m
    WHERE m.number ~ '^Y[0-9]{9}$' AND NOT EXISTS (SELECT FROM points_lot WHERE cause_kind = 'years')
    RETURNING id, member_id, earned_at
)
INSERT INTO points_movement (kind, available_delta, cause_kind, cause_id, actor, at, member_id, lot_id)
SELECT 'give', 100, 'years', member_id::text, 'system:years', earned_at, member_id, id FROM lot;

CREATE TEMP TABLE past_member AS
SELECT substr(number, 2)::bigint AS n, id FROM members_member WHERE number ~ '^Y[0-9]{9}$';
CREATE UNIQUE INDEX ON past_member (n);
ANALYZE past_member
