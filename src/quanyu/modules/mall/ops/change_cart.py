"""Put a product into the cart, set its quantity, select it, take it out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.mall.contracts import CartFull, CartLineUnknown, CartQuantityTooLarge
from quanyu.platform import db


def add(
    *, member_id: UUID, store_id: int, sku_id: int, quantity: int, quantity_max: int, lines_max: int, now: datetime
) -> None:
    """Add to what lies in the cart, by one statement, so that two phones of one member add up.

    Raises ``CartQuantityTooLarge`` or ``CartFull``; then the caller's transaction is rolled back.
    """
    total = db.value(
        "INSERT INTO mall_cart_line AS line (member_id, store_id, sku_id, quantity, is_selected, changed_at) "
        "VALUES (%s, %s, %s, %s, true, %s) ON CONFLICT (member_id, store_id, sku_id) DO UPDATE "
        "SET quantity = line.quantity + excluded.quantity, is_selected = true, changed_at = excluded.changed_at "
        "RETURNING quantity",
        [member_id, store_id, sku_id, quantity, now],
    )
    if total > quantity_max:
        raise CartQuantityTooLarge(field="quantity", most=quantity_max)
    # A limit of courtesy, not an invariant: two first-time adds at once may pass it together.
    lines = db.value("SELECT count(*) FROM mall_cart_line WHERE member_id = %s", [member_id])
    if lines > lines_max:
        raise CartFull(most=lines_max)


def hold_at_least(*, member_id: UUID, store_id: int, sku_id: int, quantity: int, lines_max: int, now: datetime) -> None:
    """Let a line hold at least so much; raises ``CartFull``, then the caller's transaction is rolled back."""
    db.execute(
        "INSERT INTO mall_cart_line AS line (member_id, store_id, sku_id, quantity, is_selected, changed_at) "
        "VALUES (%s, %s, %s, %s, true, %s) ON CONFLICT (member_id, store_id, sku_id) DO UPDATE "
        "SET quantity = greatest(line.quantity, excluded.quantity), is_selected = true, "
        "changed_at = excluded.changed_at",
        [member_id, store_id, sku_id, quantity, now],
    )
    lines = db.value("SELECT count(*) FROM mall_cart_line WHERE member_id = %s", [member_id])
    if lines > lines_max:
        raise CartFull(most=lines_max)


def change(
    *,
    member_id: UUID,
    store_id: int,
    sku_id: int,
    quantity: int | None,
    is_selected: bool | None,
    quantity_max: int,
    now: datetime,
) -> None:
    """Set quantity or selection of a line. Raises ``CartLineUnknown`` and ``CartQuantityTooLarge``."""
    if quantity is not None and quantity > quantity_max:
        raise CartQuantityTooLarge(field="quantity", most=quantity_max)
    changed = db.execute(
        "UPDATE mall_cart_line SET quantity = coalesce(%s, quantity), is_selected = coalesce(%s, is_selected), "
        "changed_at = %s WHERE member_id = %s AND store_id = %s AND sku_id = %s",
        [quantity, is_selected, now, member_id, store_id, sku_id],
    )
    if not changed:
        raise CartLineUnknown


def select(*, member_id: UUID, store_id: int, is_selected: bool, now: datetime) -> None:
    """Select or deselect every line of a store."""
    db.execute(
        "UPDATE mall_cart_line SET is_selected = %s, changed_at = %s "
        "WHERE member_id = %s AND store_id = %s AND is_selected <> %s",
        [is_selected, now, member_id, store_id, is_selected],
    )


def remove(*, member_id: UUID, store_id: int, sku_ids: Sequence[int]) -> None:
    """Take lines out of the cart; what is not there is no error."""
    db.execute(
        "DELETE FROM mall_cart_line WHERE member_id = %s AND store_id = %s AND sku_id = ANY(%s)",
        [member_id, store_id, list(sku_ids)],
    )


def remove_ordered(commands: Sequence[PlaceOrder]) -> None:
    """Take out what was ordered: only lines that still hold the ordered quantity."""
    lines = [
        # Of a product that stands on several lines the last counts, as the cart has one line for it.
        (command.member_id, command.store_id, sku_id, quantity)
        for command in commands
        for sku_id, quantity in {line.sku_id: line.quantity for line in command.lines}.items()
    ]
    members, stores, skus, quantities = (list(column) for column in zip(*lines, strict=True))
    db.execute(
        "SELECT mall_remove_ordered(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[])",
        [members, stores, skus, quantities],
    )
