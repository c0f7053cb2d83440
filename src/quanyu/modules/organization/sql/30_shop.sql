-- The shop of a store: where it stands in the tree and on the map, whose its stock is, which ways of delivery it offers,
-- and from where an express parcel may come (itself, then the open warehouses of the same owner; never another store).
-- No row: no open store has this id.
CREATE OR REPLACE FUNCTION organization_shop(p_store bigint)
RETURNS TABLE (
    path bigint[], owner_id bigint, longitude double precision, latitude double precision, delivery_radius_m integer,
    offers_pickup boolean, offers_express boolean, offers_instant boolean, offers_in_store boolean, source_ids bigint[]
)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT unit.path, place.owner_id, place.longitude, place.latitude, place.delivery_radius_m,
           place.offers_pickup, place.offers_express, place.offers_instant, place.offers_in_store,
           p_store || ARRAY(
               SELECT warehouse.id
               FROM organization_location AS other
               JOIN organization_unit AS warehouse ON warehouse.id = other.unit_id
               WHERE other.owner_id = place.owner_id AND warehouse.kind = 'warehouse' AND warehouse.is_active
               ORDER BY warehouse.id)
    FROM organization_unit AS unit
    JOIN organization_location AS place ON place.unit_id = unit.id
    WHERE unit.id = p_store AND unit.kind = 'store' AND unit.is_active
$$;

-- Whether a place is open at a moment by its seven pairs of hours, Monday first; NULL when they are not known. A close
-- that is not after the open lies on the next day; two empty texts are a closed day (rules/opening_hours.py says the same).
CREATE OR REPLACE FUNCTION organization_is_open(p_hours jsonb, p_zone text, p_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_hours <> '[]' THEN coalesce(bool_or(span.opens <= day.minute AND day.minute < span.closes), false) END
    FROM (SELECT p_at AT TIME ZONE p_zone AS at) AS here
    CROSS JOIN LATERAL (VALUES
        (extract(isodow FROM here.at)::int - 1, extract(hour FROM here.at) * 60 + extract(minute FROM here.at)),
        ((extract(isodow FROM here.at)::int + 5) % 7, extract(hour FROM here.at) * 60 + extract(minute FROM here.at) + 1440)
    ) AS day (number, minute)
    CROSS JOIN LATERAL (SELECT p_hours -> day.number ->> 0 AS opens, p_hours -> day.number ->> 1 AS closes) AS told
    CROSS JOIN LATERAL (
        SELECT left(told.opens, 2)::int * 60 + right(told.opens, 2)::int AS opens,
               left(told.closes, 2)::int * 60 + right(told.closes, 2)::int
                   + CASE WHEN told.closes <= told.opens THEN 1440 ELSE 0 END AS closes
        WHERE told.opens <> ''
    ) AS span
$$;

-- The open stores nearest to a point, nearest first, at most p_limit; within p_within_m and with a way of delivery
-- (pickup, express, instant, in_store) unless these are NULL. With a distance the index on the place narrows the search
-- to a box first, a little too large on purpose: the distance decides.
CREATE OR REPLACE FUNCTION organization_nearest(
    p_longitude double precision, p_latitude double precision, p_within_m integer, p_offers text, p_limit integer
) RETURNS TABLE (unit_id bigint, distance_m double precision)
LANGUAGE plpgsql STABLE ROWS 20 AS $$
DECLARE
    -- Nowhere is a degree of latitude shorter than this on the sphere of organization_distance_m.
    v_high double precision := p_within_m / 111194.0 * 1.001 + 1e-6;
    v_narrow double precision := cos(radians(p_latitude));
    v_reach double precision := sin(least(radians(v_high), pi() / 2));
    -- Meridians converge: the widest reach in longitude is where the circle touches them.
    v_wide double precision := CASE WHEN v_reach < v_narrow THEN degrees(asin(v_reach / v_narrow)) ELSE 180 END * 1.001;
BEGIN
    RETURN QUERY
    SELECT near.id, near.distance
    FROM (
        SELECT unit.id, organization_distance_m(p_latitude, p_longitude, place.latitude, place.longitude) AS distance
        FROM organization_location AS place
        JOIN organization_unit AS unit ON unit.id = place.unit_id
        WHERE unit.is_active AND unit.kind = 'store'
          AND (p_within_m IS NULL OR (
              place.latitude BETWEEN p_latitude - v_high AND p_latitude + v_high
              AND place.longitude BETWEEN p_longitude - v_wide AND p_longitude + v_wide))
          AND CASE p_offers
              WHEN 'pickup' THEN place.offers_pickup
              WHEN 'express' THEN place.offers_express
              WHEN 'instant' THEN place.offers_instant
              WHEN 'in_store' THEN place.offers_in_store
              ELSE true END
    ) AS near
    WHERE p_within_m IS NULL OR near.distance <= p_within_m
    ORDER BY near.distance, near.id
    LIMIT p_limit;
END $$;

-- Stores as whoever shows them needs to know them; open_now at a moment.
CREATE OR REPLACE FUNCTION organization_stores(p_ids bigint[], p_at timestamptz)
RETURNS TABLE (
    id bigint, code text, name text, name_en text, path bigint[], owner_id bigint, area_code text, area_name text,
    address text, longitude double precision, latitude double precision, phone text, opening_hours jsonb,
    open_now boolean, offers_pickup boolean, offers_express boolean, offers_instant boolean, offers_in_store boolean,
    delivery_radius_m integer
)
LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT unit.id, unit.code, unit.name, unit.name_en, unit.path, place.owner_id, place.area_id, area.full_name,
           place.address, place.longitude, place.latitude, place.phone, place.opening_hours,
           organization_is_open(place.opening_hours, place.time_zone, p_at),
           place.offers_pickup, place.offers_express, place.offers_instant, place.offers_in_store,
           place.delivery_radius_m
    FROM organization_unit AS unit
    JOIN organization_location AS place ON place.unit_id = unit.id
    JOIN organization_area AS area ON area.code = place.area_id
    WHERE unit.id = ANY (p_ids)
$$;
