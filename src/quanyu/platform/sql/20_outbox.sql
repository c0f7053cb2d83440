-- Append a fact to the outbox in the transaction that makes it true.
CREATE OR REPLACE FUNCTION platform_outbox_append(
    p_topic text, p_aggregate text, p_payload jsonb, p_at timestamptz
) RETURNS bigint
LANGUAGE sql AS $$
    INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at)
    VALUES (p_topic, p_aggregate, p_payload, p_at, p_at)
    RETURNING id
$$;
