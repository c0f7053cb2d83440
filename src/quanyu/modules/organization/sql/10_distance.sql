-- Great-circle distance in metres between two points in degrees (haversine, mean earth radius).
-- One expression in SQL, so that the planner can inline it.
CREATE OR REPLACE FUNCTION organization_distance_m(
    p_latitude_1 double precision, p_longitude_1 double precision,
    p_latitude_2 double precision, p_longitude_2 double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 2 * 6371008.8 * asin(least(1, sqrt(
        sin(radians(p_latitude_2 - p_latitude_1) / 2) ^ 2
        + cos(radians(p_latitude_1)) * cos(radians(p_latitude_2))
          * sin(radians(p_longitude_2 - p_longitude_1) / 2) ^ 2
    )))
$$;
