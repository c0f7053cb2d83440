-- Append a fact to the outbox in the transaction that makes it true.
CREATE OR REPLACE FUNCTION platform_outbox_append(
    p_topic text, p_aggregate text, p_payload jsonb, p_at timestamptz
) RETURNS bigint
LANGUAGE sql AS $$
    INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at)
    VALUES (p_topic, p_aggregate, p_payload, p_at, p_at)
    RETURNING id
$$;

-- Append many facts at once, in the given order: arrays of equal length.
CREATE OR REPLACE FUNCTION platform_outbox_append_batch(
    p_topics text[], p_aggregates text[], p_payloads jsonb[], p_at timestamptz[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at)
    SELECT fact.topic, fact.aggregate, fact.payload, fact.at, fact.at
    FROM unnest(p_topics, p_aggregates, p_payloads, p_at) WITH ORDINALITY
        AS fact (topic, aggregate, payload, at, position)
    ORDER BY fact.position;
END $$;
