"""Put what was chosen on a screen down for a phone, and take it into one member's cart, once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.modules.mall.contracts import Shop
from quanyu.modules.mall.contracts.kiosk import (
    HandoverLapsed,
    HandoverTaken,
    HandoverWish,
    LineOutcome,
    NewHandover,
)
from quanyu.modules.mall.ops import change_cart
from quanyu.modules.mall.queries import handovers, offers, settings
from quanyu.platform import db

_TOKEN_BYTES = 32
# Long after a hand-over has lapsed its screen clears it away with the next one it makes.
_KEPT = timedelta(days=2)
_LIES_IN_CART = (LineOutcome.ADDED, LineOutcome.SHORT)


def put_down(
    *,
    wishes: Sequence[HandoverWish],
    device_id: UUID,
    store_id: int,
    lasts: timedelta,
    now: datetime,
) -> NewHandover:
    """Write a hand-over and return its token, which is kept nowhere; what is long over is cleared away."""
    _clear(device_id=device_id, before=now - _KEPT)
    token, id_ = secrets.token_urlsafe(_TOKEN_BYTES), uuid7()
    db.execute(
        "INSERT INTO mall_handover (id, token_hash, store_id, device_id, created_at, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        [id_, hash_of(token), store_id, device_id, now, now + lasts],
    )
    wanted: dict[int, int] = {}
    for wish in wishes:
        wanted[wish.sku_id] = wanted.get(wish.sku_id, 0) + wish.quantity
    db.execute(
        "INSERT INTO mall_handover_line (handover_id, position, sku_id, quantity) "
        "SELECT %s, line.place, line.sku_id, line.quantity "
        "FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS line (sku_id, quantity, place)",
        [id_, list(wanted), list(wanted.values())],
    )
    return NewHandover(id=id_, token=token, expires_at=now + lasts)


def take(*, token: str, member_id: UUID, shop: Shop, now: datetime) -> None:
    """Let the member's cart hold what was handed over; the same member again changes nothing.

    One conditional statement decides whose it is. Raises ``HandoverUnknown``, ``HandoverTaken``, ``HandoverLapsed``;
    then nothing has changed.
    """
    taken = db.execute(
        "UPDATE mall_handover SET taken_by_id = %s, taken_at = %s "
        "WHERE token_hash = %s AND taken_by_id IS NULL AND expires_at > %s",
        [member_id, now, hash_of(token), now],
    )
    head = handovers.by_token(token_hash=hash_of(token))
    if not taken:
        if head.taken_by_id is None:
            raise HandoverLapsed(field="token")
        if head.taken_by_id != member_id:
            raise HandoverTaken(field="token")
        return
    _into_cart(head.id, member_id=member_id, shop=shop, now=now)


def hash_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _into_cart(handover_id: UUID, *, member_id: UUID, shop: Shop, now: datetime) -> None:
    """Let the cart hold at least what was chosen, so far as it is offered and fits; note what became of each line."""
    store_id = shop.store.unit.id
    lines = handovers.rows(handover_id=handover_id)
    offered = offers.offers(shop=shop, sku_ids=[line.sku_id for line in lines], now=now)
    limits = settings.of_store(settings.CART_PIECES_MAX.key, settings.CART_LINES_MAX.key, store_id=store_id)
    pieces_max, lines_max = limits[settings.CART_PIECES_MAX.key], limits[settings.CART_LINES_MAX.key]
    known = db.rows("SELECT store_id, sku_id FROM mall_cart_line WHERE member_id = %s", [member_id])
    here = {row["sku_id"] for row in known if row["store_id"] == store_id}
    room = lines_max - len(known)
    for line in lines:
        most = pieces_max * offered[line.sku_id].sku.quantity_scale if line.sku_id in offered else 0
        is_new = line.sku_id not in here
        outcome = handovers.outcome(line, offered=offered, fits=line.quantity <= most and (not is_new or room > 0))
        if outcome in _LIES_IN_CART:
            room -= is_new
            change_cart.hold_at_least(
                member_id=member_id,
                store_id=store_id,
                sku_id=line.sku_id,
                quantity=line.quantity,
                lines_max=lines_max,
                now=now,
            )
        db.execute(
            "UPDATE mall_handover_line SET outcome = %s WHERE handover_id = %s AND sku_id = %s",
            [outcome.value, handover_id, line.sku_id],
        )


def _clear(*, device_id: UUID, before: datetime) -> None:
    db.execute(
        "DELETE FROM mall_handover_line WHERE handover_id IN "
        "(SELECT id FROM mall_handover WHERE device_id = %s AND created_at < %s)",
        [device_id, before],
    )
    db.execute("DELETE FROM mall_handover WHERE device_id = %s AND created_at < %s", [device_id, before])
