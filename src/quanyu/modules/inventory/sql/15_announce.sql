-- Tell the world that what can be sold changed: one event per call, not one per row. p_changes: [{location_id, sku_id,
-- owner_id, on_hand_delta, on_hand}]. Called in the transaction of the change; it takes no lock.
CREATE OR REPLACE FUNCTION inventory_announce(
    p_cause_kind text, p_cause_id text, p_kind text, p_changes jsonb, p_now timestamptz
) RETURNS void
LANGUAGE sql VOLATILE AS $$
    SELECT platform_outbox_append(
        'inventory.stock_changed.1',
        p_cause_kind || ':' || p_cause_id,
        jsonb_build_object(
            'cause_kind', p_cause_kind, 'cause_id', p_cause_id, 'kind', p_kind, 'changes', p_changes
        ),
        p_now
    )
$$;
