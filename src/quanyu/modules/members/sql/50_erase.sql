-- Forget who the files of one person are about (PIPL art. 47). What was found by a key goes before the key itself;
-- ledgers (consents, changes, merges) keep the bare ids. Nothing of this can be undone.
CREATE OR REPLACE FUNCTION members_shred(p_family uuid[], p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM members_login_code WHERE phone_index IN (
        SELECT value_index FROM members_identity WHERE kind = 'phone' AND member_id = ANY (p_family)
        UNION
        SELECT value_index FROM members_contact WHERE kind = 'phone' AND member_id = ANY (p_family));
    -- A key may have gone from file to file: what signed in by one of theirs ends too, on whichever file it is.
    UPDATE members_session SET revoked_at = coalesce(revoked_at, p_at), account_id = NULL
     WHERE member_id = ANY (p_family)
        OR account_id IN (SELECT id FROM members_identity WHERE member_id = ANY (p_family));
    UPDATE members_associate SET until = greatest(since, p_at) WHERE member_id = ANY (p_family) AND until IS NULL;
    DELETE FROM members_identity WHERE member_id = ANY (p_family);
    DELETE FROM members_contact WHERE member_id = ANY (p_family);
    DELETE FROM members_block WHERE member_id = ANY (p_family);
    DELETE FROM members_match WHERE low_id = ANY (p_family) OR high_id = ANY (p_family);
    UPDATE members_address
       SET detail_encrypted = '', masked = '', longitude = NULL, latitude = NULL, is_default = false,
           removed_at = coalesce(removed_at, p_at)
     WHERE member_id = ANY (p_family);
    UPDATE members_card_device
       SET revoked_at = coalesce(revoked_at, p_at), secret_encrypted = '', device_label = ''
     WHERE member_id = ANY (p_family);
    -- What a merge wrote down so that it could be undone exactly: it will not be.
    UPDATE members_merge_move AS move SET detail = '{}'
      FROM members_merge AS merge
     WHERE merge.id = move.merge_id AND (merge.loser_id = ANY (p_family) OR merge.winner_id = ANY (p_family));
    UPDATE members_merge SET reason = '', undo_reason = ''
     WHERE loser_id = ANY (p_family) OR winner_id = ANY (p_family);
    UPDATE members_member
       SET name_encrypted = NULL, name_masked = '', phone_masked = '', phone_last4 = '', birthday = NULL,
           lunar_birthday = false, card_number = 'X' || right(replace(id::text, '-', ''), 19), is_active = false,
           erased_at = p_at, matched_at = p_at
     WHERE id = ANY (p_family);
END $$;
