"""Hand-overs of screens: their rows, and their goods as the store has them now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall.contracts import Offer, Shop
from quanyu.modules.mall.contracts.kiosk import (
    Handover,
    HandoverLine,
    HandoverState,
    HandoverUnknown,
    LineOutcome,
)
from quanyu.modules.mall.queries import offers
from quanyu.modules.mall.rules import handovers as rules
from quanyu.platform import db

_HEAD = "SELECT id, store_id, expires_at, taken_by_id, taken_at FROM mall_handover WHERE "


@dataclass(frozen=True, slots=True)
class Head:
    """A stored hand-over without its lines."""

    id: UUID
    store_id: int
    expires_at: datetime
    taken_by_id: UUID | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A stored line."""

    sku_id: int
    quantity: int
    outcome: str


def by_token(*, token_hash: bytes) -> Head:
    """Return the hand-over of a token. Raises ``HandoverUnknown``."""
    found = db.row(_HEAD + "token_hash = %s", [token_hash])
    if found is None:
        raise HandoverUnknown(field="token")
    return Head(**found)


def of_device(*, handover_id: UUID, device_id: UUID) -> Head:
    """Return a hand-over that this screen made. Raises ``HandoverUnknown``, also for another screen's."""
    found = db.row(_HEAD + "id = %s AND device_id = %s", [handover_id, device_id])
    if found is None:
        raise HandoverUnknown
    return Head(**found)


def rows(*, handover_id: UUID) -> list[Row]:
    """Return the lines of a hand-over, in their order."""
    found = db.rows(
        "SELECT sku_id, quantity, outcome FROM mall_handover_line WHERE handover_id = %s ORDER BY position",
        [handover_id],
    )
    return [Row(**row) for row in found]


def state(head: Head, *, now: datetime) -> HandoverState:
    """Return whether it can be taken."""
    return rules.state_of(is_taken=head.taken_at is not None, expires_at=head.expires_at, now=now)


def shown(head: Head, *, shop: Shop, now: datetime) -> Handover:
    """Return a hand-over with its goods as the store has them now."""
    lines = rows(handover_id=head.id)
    sku_ids = [line.sku_id for line in lines]
    offered, skus = offers.offers(shop=shop, sku_ids=sku_ids, now=now), catalog.skus(ids=sku_ids)
    return Handover(
        id=head.id,
        store=shop.store.unit,
        state=state(head, now=now),
        expires_at=head.expires_at,
        lines=tuple(
            HandoverLine(
                sku=skus[line.sku_id],
                quantity=line.quantity,
                offer=offered.get(line.sku_id),
                outcome=LineOutcome(line.outcome) if line.outcome else outcome(line, offered=offered, fits=True),
            )
            for line in lines
        ),
    )


def outcome(line: Row, *, offered: Mapping[int, Offer], fits: bool) -> LineOutcome:
    """Return what would become of a line now."""
    offer = offered.get(line.sku_id)
    available = max(offer.available, offer.express_available) if offer else 0
    return rules.outcome_of(for_sale=offer is not None, available=available, quantity=line.quantity, fits=fits)
