-- The id of a made row: of the kind that grows with time, and the same each time it is asked for.
CREATE OR REPLACE FUNCTION pg_temp.past_id(p_kind text, p_n bigint, p_at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT (
    lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || '7' || substr(md5(p_kind || p_n), 1, 3)
    || '8' || substr(md5(p_kind || p_n), 5, 15)
)::uuid
$$;

-- A number from 0 up to 1 that looks drawn by chance, the same for the same row and purpose.
CREATE OR REPLACE FUNCTION pg_temp.drawn(p_n bigint, p_purpose bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT (hashint8extended(p_n, p_purpose) & 1048575) / 1048576.0::double precision
$$
