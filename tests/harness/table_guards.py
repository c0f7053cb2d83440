"""Every guard that the tables of the order path have by themselves, and an attack on each.

The guards are read from the database's catalogue: CHECK, UNIQUE, EXCLUDE, primary keys and unique indexes. A row that
breaks exactly one of them is offered to its table; the table must refuse it and name that guard. For what makes a row
unique the attack is made from the catalogue too; for a CHECK it is written down here (``BROKEN``).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from quanyu.platform import db
from tests.harness import coupon_guards, handover_guards, share_guards

MODULES = (
    "inventory", "orders", "payments", "points", "coupons", "checkout", "flash", "fulfilment", "mall", "aftersales",
)  # fmt: skip
Row = Mapping[str, Any]

_AT, _LATER, _BEFORE = "2026-03-02T04:00:00Z", "2026-03-03T04:00:00Z", "2026-03-01T04:00:00Z"
_ID = "00000000-0000-7000-8000-000000000001"
# What a sound row of a table has besides what its types alone give (see _SOUND): the least that its CHECKs want.
SOUND: dict[str, Row] = {
    "inventory_stock": {"on_hand": 5, "reserved": 3},
    "inventory_reservation": {"quantity": 2, "state": "open"},
    "inventory_movement": {"kind": "sale", "on_hand_delta": -1},
    "orders_order": {"state": "placed", "goods_fen": 10, "payable_fen": 10, "pickup_code": "1", "freight_fen": 0},
    "orders_line": {"quantity": 2, "list_fen": 10, "net_fen": 10},
    "orders_line_discount": {"amount_fen": 3, "brand_fen": 1, "store_fen": 1, "supplier_fen": 1},
    "orders_invoice": {"kind": "person", "state": "requested", "amount_fen": 5, "tax_number": ""},
    "orders_reassignment": {"from_location_id": 1, "to_location_id": 2, "reason": "r"},
    "orders_transition": {"from_state": "nowhere", "to_state": "somewhere"},
    "payments_payment": {
        "amount_fen": 10, "state": "created", "tender": "wechat", "way": "jsapi", "provider_txn": "t",
    },
    "payments_refund": {"amount_fen": 5, "state": "created"},
    "points_offer": {"points": 1, "cash_fen": 1, "list_fen": 2, "ceiling_fen": 2},
    "points_offer_use": {"quantity": 1},
    "points_rule": {"version": 1, "points": 1, "per_fen": 100},
    "points_lot": {"points": 5, "remaining": 5, "state": "live", "earned_at": _AT, "expires_at": _LATER},
    "points_spending": {"points": 5, "restored": 1},
    "points_adjustment": {"points": 5, "reason": "r", "requested_by": "a", "state": "requested"},
    "points_movement": {"kind": "give", "available_delta": 5, "lot_id": 1},
    "coupons_template": {
        "kind": "amount", "amount_fen": 1, "state": "live", "brand_share_bp": 10_000, "lasts_days": 1,
        "created_by": "a",
    },
    "coupons_coupon": {"state": "available", "valid_from": _AT, "valid_until": _LATER, "via": "pack", "trigger": "t"},
    "coupons_event": {"kind": "issued"},
    "coupons_gift": {"state": "open"},
    "coupons_moved": {"coupon_id": _ID},
    "coupons_person": {"claimed": 1},
    "coupons_unlock_code": {"uses": 1},
    "flash_sale": {
        "closed_from": _BEFORE, "starts_at": _AT, "ends_at": _LATER, "per_member_limit": 1, "channels": ["mall"],
    },
    "flash_purchase": {"quantity": 1, "most": 1},
    "flash_taking": {"quantity": 1, "state": "taken"},
    "orders_wish": {"is_gift": True},
    "fulfilment_pickup_slot": {"starts_at": _AT, "ends_at": _LATER, "capacity": 3, "taken": 1},
    "fulfilment_parcel": {"state": "moving"},
    "aftersales_return": {"amount_fen": 5},
    "aftersales_return_line": {"quantity": 1, "amount_fen": 5, "restock": "sellable"},
    "aftersales_return_withheld": {"amount_fen": 5},
    "aftersales_request": {"kind": "return", "state": "asked", "reason": "size", "amount_fen": 5},
    "aftersales_request_line": {"quantity": 1},
    "mall_cart_line": {"quantity": 1}, "mall_page": {"version": 1},
    "mall_block": {"kind": "notice", "most": 6}, **handover_guards.SOUND, **share_guards.SOUND,
}  # fmt: skip
# What makes a sound row a key of which the whole sound row is not (partial unique indexes, nullable keys).
KEYED: dict[str, Row] = {
    "orders_order_one_per_till_number": {"terminal_id": _ID, "terminal_seq": 7},
    **coupon_guards.KEYED,
    "coupons_moved_template_once": {"coupon_id": None, "template_id": 1, "carried": 1},
    "points_merge_move_once": {"kind": "lot"},
    "fulfilment_tracking_event_once": {"text": "x"},
}
# By CHECK: what breaks it and nothing else. Several where it says several things.
BROKEN: dict[str, tuple[Row, ...]] = {
    "inventory_stock_never_oversold": ({"reserved": 6}, {"reserved": -1}, {"on_hand": -1, "reserved": 0}),
    "inventory_stock_not_negative": ({"damaged": -1}, {"in_transit": -1}, {"safety": -1}),
    "inventory_reservation_some": ({"quantity": 0},),
    "orders_wish_slot_is_whole": (
        {"pickup_from": _AT}, {"pickup_until": _AT}, {"pickup_from": _AT, "pickup_until": _AT},
    ),
    "orders_wish_wishes_something": ({"is_gift": False},),
    "orders_wish_of_a_gift": (
        {"is_gift": False, "pickup_from": _AT, "pickup_until": _LATER, "wrap": True},
        {"is_gift": False, "pickup_from": _AT, "pickup_until": _LATER, "hide_prices": True},
    ),
    "fulfilment_pickup_slot_in_order": ({"ends_at": _AT},),
    "fulfilment_pickup_slot_within_capacity": ({"taken": 4}, {"taken": -1}),
    "fulfilment_parcel_state_known": ({"state": "?"},),
    "fulfilment_parcel_delivered_has_a_time": ({"state": "delivered"}, {"delivered_at": _AT}),
    "fulfilment_parcel_only_moving_are_asked": ({"state": "returned", "ask_at": _AT},),
    "inventory_reservation_state_known": ({"state": "?", "closed_at": _AT},),
    "inventory_reservation_closed_has_time": ({"state": "lapsed"}, {"closed_at": _AT}),
    "inventory_movement_moves_something": ({"on_hand_delta": 0},),
    "inventory_movement_kind_known": ({"kind": "?"},),
    "orders_order_adds_up": (
        {"payable_fen": 9}, {"discount_fen": 1}, {"coupon_fen": 1}, {"freight_fen": 1},
        {"points_fen": 1, "points_spent": 1, "member_id": _ID},
    ),
    "orders_order_amounts": (
        {"payable_fen": -1, "paid_fen": -1, "discount_fen": 11}, {"goods_fen": -1, "freight_fen": 11},
        {"discount_fen": -1, "goods_fen": 9}, {"coupon_fen": -1, "goods_fen": 9},
        {"points_fen": -1, "goods_fen": 9, "points_spent": 1, "member_id": _ID}, {"freight_fen": -1, "goods_fen": 11},
    ),
    "orders_order_state_known": ({"state": "?"},),
    "orders_order_paid_is_whole": (
        {"state": "paid", "paid_fen": 9, "paid_at": _AT}, {"state": "completed", "paid_fen": 10},
    ),
    "orders_order_paid_within_payable": ({"paid_fen": 11}, {"paid_fen": -1, "refunded_fen": -1}),
    "orders_order_refund_within_paid": ({"refunded_fen": 1}, {"refunded_fen": -1}),
    "orders_order_points_have_a_member": (
        {"points_spent": 1}, {"points_fen": 1, "goods_fen": 11, "member_id": _ID, "points_spent": 0},
    ),
    "orders_order_points_restored_within_spent": ({"points_restored": 1}, {"points_restored": -1}),
    "orders_order_withheld": ({"withheld_fen": -1}, {"freight_refunded_fen": 1}, {"freight_refunded_fen": -1}),
    "orders_line_adds_up": ({"net_fen": 9}, {"discount_fen": 1}, {"coupon_fen": 1}, {"points_fen": 1}),
    "orders_line_amounts": (
        {"discount_fen": 11, "net_fen": -1, "freight_fen": 1}, {"discount_fen": -1, "list_fen": 9},
        {"coupon_fen": -1, "list_fen": 9}, {"points_fen": -1, "list_fen": 9}, {"freight_fen": -1},
    ),
    "orders_line_quantity": ({"quantity": 0},),
    "orders_line_refund_within_net": ({"refunded_fen": 11}, {"refunded_fen": -1}),
    "orders_line_returned_within_sold": ({"returned_quantity": 3}, {"returned_quantity": -1}),
    "orders_line_points_restored_within_spent": ({"points_restored": 1}, {"points_restored": -1}),
    "orders_line_gift_costs_nothing": ({"gift_of": "x"},),
    "orders_line_discount_borne_whole": ({"amount_fen": 2}, {"amount_fen": 0, "brand_fen": -2}),
    "orders_line_discount_threshold": ({"threshold_fen": -1},),
    "orders_invoice_kind_known": ({"kind": "?"},),
    "orders_invoice_state_known": ({"state": "?", "answered_at": _AT},),
    "orders_invoice_company_has_tax_number": (
        {"tax_number": "91350100M000100Y43"}, {"kind": "company"}, {"kind": "company", "tax_number": "91350100M"},
    ),
    "orders_invoice_amount": ({"amount_fen": 0},),
    "orders_invoice_issued_has_number": ({"state": "issued", "answered_at": _AT, "number": ""},),
    "orders_invoice_refusal_says_why": ({"state": "refused", "answered_at": _AT, "answer": ""},),
    "orders_invoice_answered_has_time": (
        {"answered_at": _AT}, {"state": "issued", "number": "1"}, {"state": "refused", "answer": "r"},
    ),
    "orders_reassignment_elsewhere": ({"to_location_id": 1},),
    "orders_reassignment_says_why": ({"reason": ""},),
    "payments_payment_amount": ({"amount_fen": 0},),
    "payments_payment_state_known": ({"state": "?"},),
    "payments_payment_paid_has_time": ({"state": "paid", "paid_at": None},),
    "payments_payment_provider_proof": (
        {"state": "paid", "paid_at": _AT, "provider_txn": None}, {"state": "paid", "paid_at": _AT, "way": "till"},
    ),
    "payments_payment_refund_within_paid": (
        {"state": "paid", "paid_at": _AT, "refunded_fen": 11}, {"state": "paid", "paid_at": _AT, "refunded_fen": -1},
    ),
    "payments_payment_refund_needs_paid": ({"refunded_fen": 1},),
    "payments_payment_cash_covers": ({"tendered_fen": 9},),
    "payments_refund_amount": ({"amount_fen": 0},),
    "payments_refund_state_known": ({"state": "?"},),
    "points_account_never_negative": ({"available": -1}, {"pending": -1}, {"debt": -1}),
    "points_offer_within_limit": ({"total_limit": 1, "taken": 2}, {"taken": -1}),
    "points_offer_makes_sense": ({"points": 0}, {"cash_fen": -1}, {"list_fen": 1}),
    "points_offer_limits_make_sense": (
        {"per_member_limit": 0}, {"total_limit": 0}, {"starts_at": _AT, "ends_at": _BEFORE},
    ),
    "points_offer_low_priced": ({"list_fen": 3},),
    "points_offer_use_some": ({"quantity": 0},),
    "points_range_ordered": ({"least": 2, "most": 1}, {"least": -1}),
    "points_rule_makes_sense": ({"version": 0}, {"per_fen": 0}, {"points": -1}),
    "points_lot_remaining_in_bounds": ({"remaining": 6},),
    "points_lot_open_has_points": ({"state": "empty"}, {"remaining": 0}),
    "points_lot_ends_after_it_began": ({"expires_at": _AT}, {"matures_at": _LATER}),
    "points_lot_pending_matures": ({"state": "pending"},),
    "points_spending_restored_in_bounds": ({"restored": 6}, {"restored": -1}, {"points": 0, "restored": 0}),
    "points_adjustment_decided_by_somebody": ({"state": "approved"}, {"decided_by": "b"}),
    "points_adjustment_says_why": ({"reason": ""}, {"points": 0}),
    "points_adjustment_four_eyes": ({"state": "approved", "decided_by": "a", "decided_at": _AT},),
    "points_earning_not_negative": ({"base_fen": -1}, {"points": -1}),
    "points_movement_names_its_lot": ({"lot_id": None},),
    "points_movement_as_its_kind": (
        {"available_delta": -5}, {"kind": "spend"}, {"kind": "mature"}, {"kind": "expire"}, {"kind": "repay"},
    ),
    "coupons_template_shares_whole": ({"store_share_bp": 1}, {"store_share_bp": -1, "brand_share_bp": 10_001}),
    "coupons_template_down_with_reason": ({"state": "forced_off"},),
    "coupons_template_proposal_decided": ({"is_proposal": True},),
    "coupons_template_second_person": ({"decided_by": "a"}, {"decided_by": "b", "changed_by": "b"}),
    "coupons_template_state_known": ({"state": "?"},),
    "coupons_template_figures": ({"extension_days": 366}, {"points_price": -1}, {"threshold_fen": -1}, {"cap_fen": 0}),
    **coupon_guards.BROKEN,
    "coupons_template_one_time_of_use": ({"lasts_days": None}, {"lasts_days": 0}),
    "coupons_coupon_figures": ({"valid_until": _AT}, {"state": "reserved", "order_id": _ID, "amount_fen": -1}),
    "coupons_coupon_state_known": ({"state": "?"},),
    "coupons_gift_to_another": ({"state": "accepted", "settled_at": _AT, "giver_id": _ID, "receiver_id": _ID},),
    "coupons_gift_state": ({"state": "accepted"}, {"settled_at": _AT}, {"state": "?"}),
    "coupons_moved_one_thing": ({"coupon_id": None}, {"template_id": 1}),
    "coupons_person_limit": ({"most": 0}, {"claimed": -1}, {"carried": -1}),
    "coupons_unlock_code_used": ({"used": 2}, {"used": -1}, {"uses": 51}, {"uses": 0}),
    "coupons_counter_budget": ({"budget_fen": 1, "committed_fen": 2}, {"committed_fen": -1}),
    "coupons_counter_total": ({"total_limit": 1, "issued": 2}, {"issued": -1}),
    "flash_sale_within_total": ({"units_total": 1, "taken": 2}, {"taken": -1}),
    "flash_sale_in_order": ({"ends_at": _AT}, {"closed_from": _LATER}),
    "flash_sale_makes_sense": ({"per_member_limit": 0}, {"units_total": 0}, {"channels": []}),
    "flash_purchase_within_limit": ({"quantity": 2}, {"quantity": -1}),
    "flash_taking_as_its_state": ({"state": "given_back"}, {"given_back_at": _AT}, {"state": "?"}),
    "flash_taking_some": ({"quantity": 0},),
    "aftersales_return_rights": (
        {"freight_fen": -1}, {"points_restored": -1}, {"points_taken_back": -1}, {"coupons_returned": -1},
    ),
    "aftersales_return_line_quantity": ({"quantity": 0},), "aftersales_return_line_amount": ({"amount_fen": -1},),
    "aftersales_return_line_points": ({"points_restored": -1},),
    "aftersales_return_line_restock_known": ({"restock": "?"}, {"restock": ""}),
    "aftersales_return_withheld_amount": ({"amount_fen": 0},), "aftersales_return_amount": ({"amount_fen": -1},),
    "aftersales_request_kind_known": ({"kind": "?"},), "aftersales_request_state_known": ({"state": "?"},),
    "aftersales_request_reason_known": ({"reason": "?"},), "aftersales_request_amount": ({"amount_fen": -1},),
    "aftersales_request_refusal_says_why": ({"state": "refused"},),
    "aftersales_request_line_quantity": ({"quantity": 0},),
    "aftersales_request_line_restock_known": ({"restock": "?"},),
    "mall_cart_line_quantity": ({"quantity": 0},), "mall_page_version": ({"version": 0},),
    "mall_block_kind": ({"kind": "?"},),
    "mall_block_rule": ({"rule": "newest"}, {"kind": "goods"}, {"kind": "goods", "rule": "?"}),
    "mall_block_category": ({"category_id": 1}, {"kind": "goods", "rule": "category"}),
    "mall_block_picked": (
        {"sku_ids": [1]}, {"kind": "goods", "rule": "picked"},
        {"kind": "goods", "rule": "picked", "sku_ids": list(range(31))},
    ),
    "mall_block_most": ({"most": 0}, {"most": 31}),
    "mall_block_time": ({"starts_at": _AT, "ends_at": _AT}, {"starts_at": _LATER, "ends_at": _AT}),
    **handover_guards.BROKEN, **share_guards.BROKEN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard of a table: a CHECK has no columns, a key has those that make a row unique."""

    table: str
    name: str
    columns: tuple[str, ...]
    drop: str


def found() -> list[Guard]:
    """Return all guards of the tables of the order path, as the database has them now."""
    rows = db.rows(
        r"""
        SELECT held.relname AS "table", made.conname AS name, '{}'::text[] AS columns, true AS is_constraint
        FROM pg_constraint AS made JOIN pg_class AS held ON held.oid = made.conrelid
        WHERE made.contype IN ('c', 'x') AND held.relnamespace = 'public'::regnamespace
            AND split_part(held.relname, '_', 1) = ANY (%(modules)s)
        UNION ALL
        SELECT held.relname, key.relname,
            ARRAY(SELECT attribute.attname::text FROM pg_attribute AS attribute
                  WHERE attribute.attrelid = held.oid AND attribute.attnum = ANY (entry.indkey)),
            EXISTS (SELECT FROM pg_constraint WHERE conindid = entry.indexrelid AND contype IN ('p', 'u'))
        FROM pg_index AS entry
        JOIN pg_class AS held ON held.oid = entry.indrelid
        JOIN pg_class AS key ON key.oid = entry.indexrelid
        WHERE entry.indisunique AND held.relnamespace = 'public'::regnamespace AND held.relkind = 'r'
            AND split_part(held.relname, '_', 1) = ANY (%(modules)s)
        ORDER BY 1, 2
        """,
        {"modules": list(MODULES)},
    )
    return [
        Guard(
            row["table"],
            row["name"],
            tuple(row["columns"]),
            f'ALTER TABLE "{row["table"]}" DROP CONSTRAINT "{row["name"]}" CASCADE'
            if row["is_constraint"]
            else f'DROP INDEX "{row["name"]}"',
        )
        for row in rows
    ]


def unlisted() -> list[str]:
    """Return the CHECKs that no attack is written down for, and the attacks whose CHECK is gone."""
    checks = {guard.name for guard in found() if not guard.columns}
    return sorted(checks ^ BROKEN.keys())


def holds(guard: Guard, *, removed: bool = False) -> bool:
    """Tell whether the table refuses every attack on the guard by its name; nothing of it stays."""
    with _taken_out():
        if removed:
            db.execute(guard.drop)
        sound = _sound(guard)
        if guard.columns:
            _insert(guard.table, sound)
            attacks = [_copy(guard, sound)]
        else:
            # The row is sound but for what breaks it.
            with _taken_out():
                _insert(guard.table, sound)
            attacks = [sound | broken for broken in BROKEN[guard.name]]
        return all(_refused_by(guard.table, attack) == guard.name for attack in attacks)


class _Done(Exception):
    """Takes everything out again."""


@contextmanager
def _taken_out() -> Iterator[None]:
    try:
        with transaction.atomic():
            # Triggers and foreign keys sleep: only the table's own guards are asked.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            raise _Done
    except _Done:
        pass


def _insert(table: str, row: Row) -> None:
    db.execute(
        f'INSERT INTO "{table}" OVERRIDING SYSTEM VALUE '
        f'SELECT * FROM jsonb_populate_record(NULL::"{table}", %s::jsonb)',
        [json.dumps(row)],
    )


def _refused_by(table: str, row: Row) -> str | None:
    try:
        with transaction.atomic():
            _insert(table, row)
    except IntegrityError as refusal:
        return str(refusal.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    return None


# By the beginning of a type's name: what a column that must have a value gets.
_SOUND = {
    "bigint": 0, "integer": 0, "smallint": 0, "boolean": False, "character varying": "", "text": "", "jsonb": [],
    "bytea": "\\x00", "timestamp": _AT, "date": "2026-03-02", "tstzrange": "empty", "uuid": _ID,
}  # fmt: skip


def _sound(guard: Guard) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in _columns(guard.table):
        if column["attnotnull"]:
            kind = str(column["type"])
            row[column["attname"]] = (
                "{}" if kind.endswith("[]") else next(v for start, v in _SOUND.items() if kind.startswith(start))
            )
    row |= SOUND.get(guard.table, {})
    # Far from all rows that tests have made.
    row |= {name: _fresh(guard.table, name) for name in _key_columns(guard.table) if row.get(name) in (0, _ID, "\\x00")}
    return row | KEYED.get(guard.name, {})


def _copy(guard: Guard, row: Row) -> dict[str, Any]:
    """Return a row with the same key, and something else in every other key."""
    copy = dict(row)
    kinds = {str(one["attname"]): str(one["type"]) for one in _columns(guard.table)}
    for key in found():
        free = [name for name in key.columns if name not in guard.columns and row.get(name) is not None]
        if key.table == guard.table and free and all(copy[name] == row[name] for name in free):
            # Numbers and ids may be any; a text may be one of few words, a moment the beginning of something, and of
            # yes and no there are two.
            chosen = min(free, key=lambda name: kinds[name].startswith(("character", "text", "timestamp", "boolean")))
            copy[chosen] = _fresh(guard.table, chosen)
    return copy


def _key_columns(table: str) -> set[str]:
    return {name for guard in found() if guard.table == table for name in guard.columns}


def _columns(table: str) -> list[dict[str, Any]]:
    return db.rows(
        "SELECT attname, attnotnull, format_type(atttypid, NULL) AS type FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [table],
    )


def _fresh(table: str, column: str) -> Any:
    kind = next(str(one["type"]) for one in _columns(table) if one["attname"] == column)
    mark = uuid.uuid4()
    if kind == "uuid":
        return str(mark)
    if kind == "boolean":
        return False
    if kind == "bytea":
        return "\\x" + mark.hex
    if kind.startswith("timestamp"):
        return f"20{mark.int % 70 + 27}-03-02T04:00:{mark.int % 60:02d}Z"
    if kind in {"bigint", "integer", "smallint"}:
        return mark.int % (30_000 if kind == "smallint" else 2_000_000_000) + 1
    return mark.hex[:8]
