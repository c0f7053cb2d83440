-- Issue coupons of one template, at most one per member in a call; exact under any concurrency.
--
-- Argument: {template_id, via, trigger, actor, staff_id, store_id, now, valid_from, valid_until,
--   coupons: [{id, member_id, code_index (hex), code_encrypted (hex), cause_id}]}
-- Answer: [{member_id, coupon_id, outcome}] with outcome issued, already (the same claim, cause or pack
--   again: the coupon it made), or why not: not_open, limit, sold_out, id_taken.
--
-- The counter's row is locked first, so claims of one template follow one another, and what is read after
-- it is what they left. Its CHECKs, those of coupons_person and the UNIQUE keys of coupons_coupon say the
-- same again.
CREATE OR REPLACE FUNCTION coupons_issue(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_template bigint := p->>'template_id';
    v_via text := p->>'via';
    v_trigger text := coalesce(p->>'trigger', '');
    v_now timestamptz := p->>'now';
    v_counter coupons_counter;
    v_is_open boolean;
    v_answer jsonb;
    v_made jsonb;
BEGIN
    SELECT counter.* INTO v_counter
    FROM coupons_counter AS counter
    WHERE counter.template_id = v_template
    FOR NO KEY UPDATE;

    SELECT template.state = 'live' AND template.claim_period @> v_now INTO v_is_open
    FROM coupons_template AS template
    WHERE template.id = v_template;

    WITH wanted AS MATERIALIZED (
        SELECT DISTINCT ON (one.member_id) one.*
        FROM ROWS FROM (
            jsonb_to_recordset(p->'coupons')
                AS (id uuid, member_id uuid, code_index text, code_encrypted text, cause_id text)
        ) WITH ORDINALITY AS one (id, member_id, code_index, code_encrypted, cause_id, place)
        ORDER BY one.member_id, one.place
    ),
    known AS MATERIALIZED (
        SELECT DISTINCT ON (found.member_id) found.member_id, found.id, found.is_same
        FROM (
            SELECT wanted.member_id, coupon.id,
                   coupon.template_id = v_template AND coupon.claimer_id = wanted.member_id AS is_same
            FROM wanted
            JOIN coupons_coupon AS coupon ON coupon.id = wanted.id
            UNION ALL
            SELECT wanted.member_id, coupon.id, true
            FROM wanted
            JOIN coupons_coupon AS coupon
                ON coupon.via = 'trigger' AND coupon.template_id = v_template AND coupon.claimer_id = wanted.member_id
                AND coupon.trigger = v_trigger AND coupon.cause_id = wanted.cause_id
            WHERE v_via = 'trigger'
            UNION ALL
            SELECT wanted.member_id, coupon.id, true
            FROM wanted
            JOIN coupons_coupon AS coupon
                ON coupon.via = 'pack' AND coupon.template_id = v_template AND coupon.claimer_id = wanted.member_id
            WHERE v_via = 'pack'
        ) AS found
        ORDER BY found.member_id, found.is_same DESC
    ),
    judged AS MATERIALIZED (
        SELECT wanted.*, known.id AS known_id,
               CASE
                   WHEN known.is_same THEN 'already'
                   WHEN known.id IS NOT NULL THEN 'id_taken'
                   WHEN v_is_open IS NOT TRUE THEN 'not_open'
                   WHEN person.claimed + person.carried >= v_counter.per_person_limit THEN 'limit'
               END AS outcome
        FROM wanted
        LEFT JOIN known ON known.member_id = wanted.member_id
        LEFT JOIN coupons_person AS person
            ON person.template_id = v_template AND person.member_id = wanted.member_id
    ),
    chosen AS MATERIALIZED (
        SELECT judged.*
        FROM judged
        WHERE judged.outcome IS NULL
        ORDER BY judged.place
        LIMIT v_counter.total_limit - v_counter.issued
    ),
    counted AS (
        UPDATE coupons_counter AS counter
        SET issued = counter.issued + (SELECT count(*) FROM chosen)
        WHERE counter.template_id = v_template AND EXISTS (SELECT FROM chosen)
    ),
    given AS (
        INSERT INTO coupons_person (template_id, member_id, claimed, most)
        SELECT v_template, chosen.member_id, 1, v_counter.per_person_limit
        FROM chosen
        ORDER BY chosen.member_id
        ON CONFLICT (template_id, member_id) DO UPDATE
            SET claimed = coupons_person.claimed + 1, most = excluded.most
    ),
    made AS (
        INSERT INTO coupons_coupon (
            id, template_id, member_id, claimer_id, code_index, code_encrypted, state, valid_from, valid_until,
            via, trigger, cause_id, claimed_store_id, claimed_staff_id, claimed_at
        )
        SELECT chosen.id, v_template, chosen.member_id, chosen.member_id, decode(chosen.code_index, 'hex'),
               decode(chosen.code_encrypted, 'hex'), 'available', (p->>'valid_from')::timestamptz,
               (p->>'valid_until')::timestamptz, v_via, v_trigger, coalesce(chosen.cause_id, ''),
               (p->>'store_id')::bigint, (p->>'staff_id')::bigint, v_now
        FROM chosen
    ),
    told AS (
        INSERT INTO coupons_event (coupon_id, kind, from_state, to_state, member_id, valid_until, cause, actor, at)
        SELECT chosen.id, 'issued', '', 'available', chosen.member_id, (p->>'valid_until')::timestamptz,
               v_via || CASE WHEN v_trigger = '' THEN '' ELSE ':' || v_trigger || ':' || chosen.cause_id END,
               coalesce(p->>'actor', ''), v_now
        FROM chosen
    )
    SELECT jsonb_agg(jsonb_build_object(
               'member_id', judged.member_id,
               'coupon_id', coalesce(chosen.id, judged.known_id),
               'outcome', CASE WHEN chosen.id IS NOT NULL THEN 'issued' ELSE coalesce(judged.outcome, 'sold_out') END
           ) ORDER BY judged.place),
           jsonb_agg(jsonb_build_object('coupon_id', chosen.id, 'member_id', chosen.member_id))
               FILTER (WHERE chosen.id IS NOT NULL)
    INTO v_answer, v_made
    FROM judged
    LEFT JOIN chosen ON chosen.id = judged.id;

    IF v_made IS NOT NULL THEN
        PERFORM platform_outbox_append('coupons.issued.1', 'coupon:' || (v_made->0->>'coupon_id'), jsonb_build_object(
            'template_id', v_template, 'via', v_via, 'trigger', v_trigger, 'coupons', v_made
        ), v_now);
    END IF;
    RETURN coalesce(v_answer, '[]'::jsonb);
END $$;
