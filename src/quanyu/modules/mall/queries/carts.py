"""A member's cart with what is true now: nothing of it is remembered but what was put in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.money import line_amount
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.mall.contracts import Cart, CartEntry, CartLine, LineFault, Offer, Shop
from quanyu.modules.mall.queries import offers
from quanyu.modules.mall.rules import cart as rules
from quanyu.platform import db


def cart(*, member_id: UUID, shop: Shop, now: datetime) -> Cart:
    """Return the whole cart seen from one store: its own lines with price and stock, the others greyed.

    Five statements for any number of lines.
    """
    entries = _entries(member_id=member_id)
    here = [entry.sku_id for entry in entries if entry.store_id == shop.store.unit.id]
    offered = offers.offers(shop=shop, sku_ids=here, now=now) if here else {}
    skus = catalog.skus(ids={entry.sku_id for entry in entries})
    lines = tuple(
        _line(entry, sku=skus[entry.sku_id], offer=offered.get(entry.sku_id), store_id=shop.store.unit.id)
        for entry in entries
    )
    counted = [line for line in lines if line.entry.is_selected and line.fault is None]
    return Cart(
        store_id=shop.store.unit.id,
        lines=lines,
        selected_count=len(counted),
        selected_fen=sum(line.amount_fen or 0 for line in counted),
    )


def selected(*, member_id: UUID, store_id: int) -> list[CartEntry]:
    """Return the selected lines of one store, oldest first."""
    return [entry for entry in _entries(member_id=member_id) if entry.store_id == store_id and entry.is_selected]


def last_store_id(*, member_id: UUID) -> int | None:
    """Return the store of the cart line the member touched last."""
    found = db.value(
        "SELECT store_id FROM mall_cart_line WHERE member_id = %s ORDER BY changed_at DESC LIMIT 1", [member_id]
    )
    return None if found is None else int(found)


def _entries(*, member_id: UUID) -> list[CartEntry]:
    rows = db.rows(
        "SELECT store_id, sku_id, quantity, is_selected FROM mall_cart_line WHERE member_id = %s ORDER BY id",
        [member_id],
    )
    return [CartEntry(**row) for row in rows]


def _line(entry: CartEntry, *, sku: SkuInfo, offer: Offer | None, store_id: int) -> CartLine:
    fault: LineFault | None = rules.fault_of(
        line_store_id=entry.store_id,
        store_id=store_id,
        for_sale=offer is not None,
        quantity=entry.quantity,
        # Enough in the store or for a parcel: which way it goes is chosen at checkout.
        available=max(offer.available, offer.express_available) if offer else 0,
    )
    amount_fen = (
        line_amount(unit_price_fen=offer.price.price_fen, quantity=entry.quantity, quantity_scale=sku.quantity_scale)
        if offer
        else None
    )
    return CartLine(entry=entry, sku=sku, offer=offer, fault=fault, amount_fen=amount_fen)


def store_ids(lines: Sequence[CartLine]) -> set[int]:
    """Return the stores whose products lie in the cart."""
    return {line.entry.store_id for line in lines}
