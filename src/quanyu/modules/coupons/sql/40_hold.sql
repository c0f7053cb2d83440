-- Write down what the clock and head office have decided: coupons past their time are expired, those of
-- a template that was taken down are void. What somebody holds at the moment waits for the next run.
CREATE OR REPLACE FUNCTION coupons_expire(p_at timestamptz, p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_ended int;
BEGIN
    WITH due AS MATERIALIZED (
        -- Two questions, each with its index: together they would read every coupon there is.
        (SELECT coupon.id, false AS is_down
         FROM coupons_coupon AS coupon
         WHERE coupon.state = 'available' AND coupon.valid_until <= p_at
         ORDER BY coupon.valid_until
         LIMIT p_limit)
        UNION ALL
        (SELECT coupon.id, true
         FROM coupons_template AS template
         JOIN coupons_coupon AS coupon ON coupon.template_id = template.id AND coupon.state = 'available'
         WHERE template.state = 'forced_off'
         LIMIT p_limit)
    ),
    ending AS MATERIALIZED (
        SELECT coupon.id, EXISTS (SELECT FROM due WHERE due.id = coupon.id AND due.is_down) AS is_down
        FROM coupons_coupon AS coupon
        WHERE coupon.id IN (SELECT due.id FROM due)
        ORDER BY coupon.id
        LIMIT p_limit
        FOR NO KEY UPDATE OF coupon SKIP LOCKED
    ),
    ended AS (
        UPDATE coupons_coupon AS coupon
        SET state = CASE WHEN ending.is_down THEN 'void' ELSE 'expired' END, offered_until = NULL
        FROM ending
        WHERE coupon.id = ending.id AND coupon.state = 'available' AND (ending.is_down OR coupon.valid_until <= p_at)
        RETURNING coupon.id, coupon.state, coupon.member_id, coupon.valid_until
    ),
    lapsed AS (
        UPDATE coupons_gift AS gift
        SET state = 'lapsed', settled_at = p_at
        FROM ended
        WHERE gift.coupon_id = ended.id AND gift.state = 'open'
    ),
    told AS (
        INSERT INTO coupons_event (coupon_id, kind, from_state, to_state, member_id, valid_until, cause, actor, at)
        SELECT ended.id, CASE ended.state WHEN 'void' THEN 'voided' ELSE 'expired' END, 'available', ended.state,
               ended.member_id, ended.valid_until, CASE ended.state WHEN 'void' THEN 'taken down' ELSE '' END,
               'system', p_at
        FROM ended
        ORDER BY ended.id
    )
    SELECT count(*) INTO v_ended FROM ended;
    RETURN v_ended;
END $$;

-- Offer a coupon as a gift: {id, coupon_id, member_id, token_index (hex), expires_at, now}. Returns NULL
-- when it is offered, else why not (unknown, not_transferable, not_available).
CREATE OR REPLACE FUNCTION coupons_offer(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := p->>'now';
    v_id uuid := p->>'coupon_id';
    v_coupon coupons_coupon;
    v_template coupons_template;
BEGIN
    PERFORM coupons_lock(ARRAY[v_id]);
    SELECT coupon.* INTO v_coupon FROM coupons_coupon AS coupon WHERE coupon.id = v_id;
    IF v_coupon.id IS NULL OR v_coupon.member_id <> (p->>'member_id')::uuid THEN
        RETURN to_jsonb('unknown'::text);
    END IF;
    SELECT template.* INTO v_template FROM coupons_template AS template WHERE template.id = v_coupon.template_id;
    IF NOT v_template.transferable THEN
        RETURN to_jsonb('not_transferable'::text);
    END IF;
    IF coalesce(coupons_refusal(v_coupon.state, v_template.state, v_coupon.valid_from, v_coupon.valid_until,
                                v_coupon.offered_until, v_now), 'not_started') <> 'not_started' THEN
        RETURN to_jsonb('not_available'::text);
    END IF;
    UPDATE coupons_gift AS gift
    SET state = 'lapsed', settled_at = v_now
    WHERE gift.coupon_id = v_id AND gift.state = 'open';
    INSERT INTO coupons_gift (id, coupon_id, giver_id, token_index, state, created_at, expires_at)
    VALUES ((p->>'id')::uuid, v_id, v_coupon.member_id, decode(p->>'token_index', 'hex'), 'open', v_now,
            least((p->>'expires_at')::timestamptz, v_coupon.valid_until));
    UPDATE coupons_coupon AS coupon
    SET offered_until = least((p->>'expires_at')::timestamptz, coupon.valid_until)
    WHERE coupon.id = v_id;
    INSERT INTO coupons_event (coupon_id, kind, from_state, to_state, member_id, valid_until, cause, actor, at)
    VALUES (v_id, 'offered', 'available', 'available', v_coupon.member_id, v_coupon.valid_until,
            'gift:' || (p->>'id'), 'member:' || v_coupon.member_id, v_now);
    RETURN NULL;
END $$;

-- Accept a gift: {token_index (hex), member_id, code_index (hex), code_encrypted (hex), coupon_id, now}.
-- The coupon gets a new code, for the giver knows the old one. Returns {coupon_id}, also when the same
-- member accepts again, or {reason} (gone, own).
CREATE OR REPLACE FUNCTION coupons_accept(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := p->>'now';
    v_id uuid := p->>'coupon_id';
    v_receiver uuid := p->>'member_id';
    v_gift coupons_gift;
    v_taken coupons_coupon;
BEGIN
    PERFORM coupons_lock(ARRAY[v_id]);
    -- After the lock, so that a gift taken back or accepted meanwhile is seen.
    SELECT gift.* INTO v_gift FROM coupons_gift AS gift WHERE gift.token_index = decode(p->>'token_index', 'hex');
    IF v_gift.receiver_id = v_receiver THEN
        RETURN jsonb_build_object('coupon_id', v_gift.coupon_id);
    END IF;
    IF v_gift.id IS NULL OR v_gift.state <> 'open' OR v_gift.expires_at <= v_now OR v_gift.coupon_id <> v_id THEN
        RETURN jsonb_build_object('reason', 'gone');
    END IF;
    IF v_gift.giver_id = v_receiver THEN
        RETURN jsonb_build_object('reason', 'own');
    END IF;
    UPDATE coupons_coupon AS coupon
    SET member_id = v_receiver, is_gift = true, offered_until = NULL, code_index = decode(p->>'code_index', 'hex'),
        code_encrypted = decode(p->>'code_encrypted', 'hex')
    FROM coupons_template AS template
    WHERE coupon.id = v_id AND coupon.state = 'available' AND coupon.valid_until > v_now
      AND coupon.member_id <> v_receiver AND template.id = coupon.template_id AND template.state <> 'forced_off'
    RETURNING coupon.* INTO v_taken;
    IF v_taken.id IS NULL THEN
        RETURN jsonb_build_object('reason', 'gone');
    END IF;
    UPDATE coupons_gift AS gift
    SET state = 'accepted', receiver_id = v_receiver, settled_at = v_now
    WHERE gift.id = v_gift.id;
    INSERT INTO coupons_event (coupon_id, kind, from_state, to_state, member_id, valid_until, cause, actor, at)
    VALUES (v_id, 'transferred', 'available', 'available', v_receiver, v_taken.valid_until, 'gift:' || v_gift.id,
            'member:' || v_receiver, v_now);
    RETURN jsonb_build_object('coupon_id', v_id);
END $$;

-- Take an offered coupon back before it was accepted; false: there is nothing to take back.
CREATE OR REPLACE FUNCTION coupons_take_back(p_coupon uuid, p_member uuid, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_gift uuid;
BEGIN
    PERFORM coupons_lock(ARRAY[p_coupon]);
    UPDATE coupons_gift AS gift
    SET state = 'taken_back', settled_at = p_at
    FROM coupons_coupon AS coupon
    WHERE gift.coupon_id = p_coupon AND gift.state = 'open' AND coupon.id = p_coupon AND coupon.member_id = p_member
    RETURNING gift.id INTO v_gift;
    IF v_gift IS NULL THEN
        RETURN false;
    END IF;
    WITH back AS (
        UPDATE coupons_coupon AS coupon
        SET offered_until = NULL
        WHERE coupon.id = p_coupon AND coupon.state = 'available'
        RETURNING coupon.*
    )
    INSERT INTO coupons_event (coupon_id, kind, from_state, to_state, member_id, valid_until, cause, actor, at)
    SELECT back.id, 'taken_back', 'available', 'available', back.member_id, back.valid_until, 'gift:' || v_gift,
           'member:' || p_member, p_at
    FROM back;
    RETURN true;
END $$;

-- Two member files became one: the coupons change hands, and what was given to the loser counts against
-- the winner's limits. Written down per row, so that coupons_unfollow gives back exactly that. May be
-- called again for the same merge, for what was on its way.
CREATE OR REPLACE FUNCTION coupons_follow(p_merge uuid, p_loser uuid, p_winner uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM coupons_lock(ARRAY(SELECT coupon.id FROM coupons_coupon AS coupon WHERE coupon.member_id = p_loser));
    WITH moved AS (
        UPDATE coupons_coupon AS coupon
        SET member_id = p_winner
        WHERE coupon.member_id = p_loser
        RETURNING coupon.*
    ),
    kept AS (
        INSERT INTO coupons_moved (merge_id, coupon_id, carried)
        SELECT p_merge, moved.id, 0 FROM moved
        ON CONFLICT (merge_id, coupon_id) DO UPDATE SET undone_at = NULL
    )
    INSERT INTO coupons_event (coupon_id, kind, from_state, to_state, member_id, order_id, valid_until, cause, at)
    SELECT moved.id, 'merged', moved.state, moved.state, p_winner, moved.order_id, moved.valid_until,
           'merge:' || p_merge, p_at
    FROM moved
    ORDER BY moved.id;

    WITH carried AS MATERIALIZED (
        SELECT person.template_id, person.most, person.claimed + person.carried - coalesce(earlier.carried, 0) AS count
        FROM coupons_person AS person
        LEFT JOIN coupons_moved AS earlier
            ON earlier.merge_id = p_merge AND earlier.template_id = person.template_id AND earlier.undone_at IS NULL
        WHERE person.member_id = p_loser
    ),
    kept AS (
        INSERT INTO coupons_moved (merge_id, template_id, carried)
        SELECT p_merge, carried.template_id, carried.count FROM carried WHERE carried.count > 0
        ON CONFLICT (merge_id, template_id) DO UPDATE
            SET carried = excluded.carried
                    + CASE WHEN coupons_moved.undone_at IS NULL THEN coupons_moved.carried ELSE 0 END,
                undone_at = NULL
    )
    INSERT INTO coupons_person (template_id, member_id, claimed, carried, most)
    SELECT carried.template_id, p_winner, 0, carried.count, carried.most
    FROM carried
    WHERE carried.count > 0
    ORDER BY carried.template_id
    ON CONFLICT (template_id, member_id) DO UPDATE SET carried = coupons_person.carried + excluded.carried;
END $$;

-- The merge is undone: what it moved and the winner still holds goes back, used or not.
CREATE OR REPLACE FUNCTION coupons_unfollow(p_merge uuid, p_loser uuid, p_winner uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM coupons_lock(ARRAY(
        SELECT moved.coupon_id FROM coupons_moved AS moved
        WHERE moved.merge_id = p_merge AND moved.coupon_id IS NOT NULL AND moved.undone_at IS NULL
    ));
    WITH back AS (
        UPDATE coupons_coupon AS coupon
        SET member_id = p_loser
        FROM coupons_moved AS moved
        WHERE moved.merge_id = p_merge AND moved.undone_at IS NULL AND coupon.id = moved.coupon_id
          AND coupon.member_id = p_winner
        RETURNING coupon.*
    )
    INSERT INTO coupons_event (coupon_id, kind, from_state, to_state, member_id, order_id, valid_until, cause, at)
    SELECT back.id, 'unmerged', back.state, back.state, p_loser, back.order_id, back.valid_until,
           'merge:' || p_merge, p_at
    FROM back
    ORDER BY back.id;

    UPDATE coupons_person AS person
    SET carried = person.carried - moved.carried
    FROM coupons_moved AS moved
    WHERE moved.merge_id = p_merge AND moved.undone_at IS NULL AND moved.template_id = person.template_id
      AND person.member_id = p_winner;

    UPDATE coupons_moved AS moved SET undone_at = p_at WHERE moved.merge_id = p_merge AND moved.undone_at IS NULL;
END $$;
