-- What live streams show now, for all streams of a process in one query. p_asked: [{n, location_ids (the store first),
-- seller, channel, keep_safety, sku_ids}], n the place of the stream's kind.
-- Answers [[n, sku, here, anywhere, the next moment a reservation of it lapses, or null]], every SKU asked for.
CREATE OR REPLACE FUNCTION inventory_live(p_asked jsonb, p_now timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_array(
        asked.n, wanted.sku_id, coalesce(stock.here, 0), coalesce(stock.anywhere, 0), (
            SELECT min(reservation.expires_at)
            FROM inventory_reservation AS reservation
            WHERE reservation.location_id = ANY (asked.location_ids) AND reservation.sku_id = wanted.sku_id
              AND reservation.state = 'open' AND reservation.expires_at > p_now
        )
    )), '[]'::jsonb)
    FROM jsonb_to_recordset(p_asked) AS asked (
        n int, location_ids bigint[], seller bigint, channel text, keep_safety boolean, sku_ids bigint[]
    )
    CROSS JOIN LATERAL unnest(asked.sku_ids) AS wanted (sku_id)
    LEFT JOIN LATERAL (
        SELECT max(found.available) FILTER (WHERE found.location_id = asked.location_ids[1]) AS here,
               max(found.available) AS anywhere
        FROM inventory_availability(
            asked.location_ids, ARRAY[wanted.sku_id], asked.seller, asked.channel, asked.keep_safety, p_now
        ) AS found
    ) AS stock ON true
$$;

-- When the next reservation of each SKU lapses at these locations, after a moment and until another (NULL: ever):
-- {sku: moment}. From then on its units can be sold again, and no transaction tells so.
CREATE OR REPLACE FUNCTION inventory_live_lapses(p_locations bigint[], p_after timestamptz, p_until timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(lapsing.sku_id, lapsing.at), '{}'::jsonb)
    FROM (
        SELECT reservation.sku_id, min(reservation.expires_at) AS at
        FROM inventory_reservation AS reservation
        WHERE reservation.location_id = ANY (p_locations) AND reservation.state = 'open'
          AND reservation.expires_at > p_after AND (p_until IS NULL OR reservation.expires_at <= p_until)
        GROUP BY reservation.sku_id
    ) AS lapsing
$$;
