-- Find the member that the keys lead to, or make one; safe for any number of callers at once (MEM-05).
--
-- Argument: {id, numbers: [[member number, card number], ...], channel, store_id, language, phone_masked,
--   phone_last4, name_encrypted (hex or null), name_masked, now,
--   keys: [{id, kind, namespace, index (hex), encrypted (hex), masked, verified}]}
-- Answer: {member_id, created, lacks_name}; or, with nothing changed, {owners: [{kind, namespace, index,
--   member_id}], apart}: the keys lead to several members, or (apart) to one that a new key cannot belong to, as
--   it has another account of the same kind. `ops/merge_certain.py` settles that and asks again.
--
-- The UNIQUE key of members_identity decides: claiming a key waits for whoever is claiming the same one, so
-- there is no moment between looking and writing. Keys are claimed in one order, so nobody waits in a ring.
-- The foreign key to the member is checked at commit, so keys may be claimed before the member is written.
-- Before anything is written to a member it is held against a merge (FOR KEY SHARE, which a merge's FOR UPDATE
-- waits for), and asked for again: after the wait its keys may lead to another one.
CREATE OR REPLACE FUNCTION members_find_or_create(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_new uuid := p->>'id';
    v_now timestamptz := p->>'now';
    v_owners uuid[];
    v_held uuid[] := '{}';
    v_owned jsonb;
    v_apart boolean;
    v_writes boolean;
    v_verified boolean;
    v_lacks_name boolean;
BEGIN
    INSERT INTO members_identity (id, member_id, kind, namespace, value_index, value_encrypted, value_masked,
                                  verified_at, created_at)
    SELECT k.id, v_new, k.kind, k.namespace, decode(k.index, 'hex'), decode(k.encrypted, 'hex'), k.masked,
           CASE WHEN k.verified THEN v_now END, v_now
      FROM jsonb_to_recordset(p->'keys') AS k(id uuid, kind text, namespace text, index text, encrypted text,
                                              masked text, verified boolean)
     ORDER BY k.kind, k.namespace, k.index
        ON CONFLICT (kind, namespace, value_index) DO NOTHING;

    LOOP
        -- A statement of its own, so that it sees what the ones we waited for have committed.
        SELECT coalesce(array_agg(DISTINCT i.member_id) FILTER (WHERE i.member_id <> v_new), '{}'),
               jsonb_agg(jsonb_build_object('kind', i.kind, 'namespace', i.namespace, 'index', k.index,
                                            'member_id', i.member_id)) FILTER (WHERE i.member_id <> v_new),
               bool_or(k.verified),
               bool_or(i.member_id = v_new OR (k.verified AND i.verified_at IS NULL))
          INTO v_owners, v_owned, v_verified, v_writes
          FROM members_identity i
          JOIN jsonb_to_recordset(p->'keys') AS k(kind text, namespace text, index text, verified boolean)
            ON i.kind = k.kind AND i.namespace = k.namespace AND i.value_index = decode(k.index, 'hex');
        EXIT WHEN NOT v_writes OR v_owners <@ v_held;
        PERFORM FROM members_member m WHERE m.id = ANY(v_owners) ORDER BY m.id FOR KEY SHARE;
        v_held := v_owners;
    END LOOP;

    -- Of these kinds a person has one account per namespace (rules/merging.py, SINGLE).
    v_apart := cardinality(v_owners) = 1 AND v_writes AND EXISTS (
        SELECT FROM members_identity n
          JOIN members_identity o ON o.member_id = v_owners[1] AND o.kind = n.kind AND o.namespace = n.namespace
         WHERE n.member_id = v_new AND n.kind IN ('unionid', 'openid', 'wecom'));
    IF cardinality(v_owners) > 1 OR v_apart THEN
        DELETE FROM members_identity WHERE member_id = v_new;
        RETURN jsonb_build_object('owners', v_owned, 'apart', v_apart);
    END IF;

    IF cardinality(v_owners) = 0 THEN
        INSERT INTO members_member (id, number, card_number, level, tier, name_encrypted, name_masked, phone_masked,
                                    phone_last4, channel, store_id, language, is_active, created_at)
        SELECT v_new, n.pair->>0, n.pair->>1, CASE WHEN v_verified THEN 'verified' ELSE 'identified' END, 'basic',
               decode(p->>'name_encrypted', 'hex'), p->>'name_masked', p->>'phone_masked', p->>'phone_last4',
               p->>'channel', (p->>'store_id')::bigint, p->>'language', true, v_now
          FROM jsonb_array_elements(p->'numbers') WITH ORDINALITY AS n(pair, place)
         WHERE NOT EXISTS (SELECT FROM members_member m
                            WHERE m.number = n.pair->>0 OR m.card_number = n.pair->>1)
         ORDER BY n.place
         LIMIT 1;
        RETURN jsonb_build_object('member_id', v_new, 'created', true, 'lacks_name', false);
    END IF;

    IF v_writes THEN
        UPDATE members_identity SET member_id = v_owners[1] WHERE member_id = v_new;
        UPDATE members_member m SET matched_at = NULL WHERE m.id = v_owners[1] AND m.matched_at IS NOT NULL;
    END IF;
    IF v_verified THEN
        UPDATE members_identity i SET verified_at = v_now
          FROM jsonb_to_recordset(p->'keys') AS k(kind text, namespace text, index text, verified boolean)
         WHERE i.kind = k.kind AND i.namespace = k.namespace AND i.value_index = decode(k.index, 'hex')
           AND k.verified AND i.verified_at IS NULL;
    END IF;
    UPDATE members_member m
       SET level = CASE WHEN v_verified THEN 'verified' ELSE m.level END,
           phone_masked = CASE WHEN m.phone_masked = '' THEN p->>'phone_masked' ELSE m.phone_masked END,
           phone_last4 = CASE WHEN m.phone_masked = '' THEN p->>'phone_last4' ELSE m.phone_last4 END
     WHERE m.id = v_owners[1]
       AND ((v_verified AND m.level <> 'verified') OR (m.phone_masked = '' AND p->>'phone_masked' <> ''));
    SELECT m.name_encrypted IS NULL INTO v_lacks_name FROM members_member m WHERE m.id = v_owners[1];
    RETURN jsonb_build_object('member_id', v_owners[1], 'created', false, 'lacks_name', v_lacks_name);
END $$;
