"""Inventory's door: reserve, pin, release and issue; receive, correct and transfer; what is available.

Quantities are base units of the SKU. Write doors open the durable transaction. Reserving, pinning,
releasing and issuing belong to a business deed that has been permitted already (an order, a sale);
the doors a person uses directly demand the permission at the location. Checkout composes the same SQL functions
(``inventory_reserve`` ...) into one round trip.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.identity import api as _identity
from quanyu.modules.inventory import rules as _rules
from quanyu.modules.inventory.contracts import (
    Arrival,
    Asked,
    Goods,
    LiveKind,
    MovementEntry,
    MovementKind,
    NearbyStock,
    Reserved,
    SharingRule,
    StockLevel,
    Want,
)
from quanyu.modules.inventory.ops import issue_stock as _issue_stock
from quanyu.modules.inventory.ops import move_stock as _move_stock
from quanyu.modules.inventory.ops import reserve_stock as _reserve_stock
from quanyu.modules.inventory.ops import set_safety as _set_safety
from quanyu.modules.inventory.ops import share_stock as _share_stock
from quanyu.modules.inventory.ops import transfer_stock as _transfer_stock
from quanyu.modules.inventory.queries import availability as _availability
from quanyu.modules.inventory.queries import kept as _kept
from quanyu.modules.inventory.queries import levels as _levels
from quanyu.modules.inventory.queries import live_hub as _live_hub
from quanyu.modules.inventory.queries import nearby as _nearby
from quanyu.modules.organization.contracts import Offer
from quanyu.platform import db
from quanyu.platform.http.streams import Source
from quanyu.platform.marks import Reading as _Reading

RECEIVE = "inventory.receive"
ADJUST = "inventory.adjust"
COUNT = "inventory.count"
DAMAGE = "inventory.damage"
TRANSFER = "inventory.transfer"
SHARE = "inventory.share"
MOVEMENTS_MAX = 200
_CORRECTIONS = {
    MovementKind.ADJUSTMENT: ADJUST,
    MovementKind.COUNT_GAIN: COUNT,
    MovementKind.COUNT_LOSS: COUNT,
    MovementKind.DAMAGE: DAMAGE,
    MovementKind.REPAIR: DAMAGE,
    MovementKind.SCRAP: DAMAGE,
}


def reserve(
    *, cause_kind: str, cause_id: str, lines: Sequence[Want], expires_at: datetime | None, now: datetime
) -> Reserved:
    """Reserve every line or none, until ``expires_at`` (``None``: pinned). INV-02.

    Lines of one SKU at one location are one demand and held by one owner. Raises ``StockShort``
    with nothing changed, ``QuantityInvalid``. Locks the stock rows in the common order; one statement.
    """
    return db.in_transaction(
        lambda: _reserve_stock.reserve_stock(
            cause_kind=cause_kind, cause_id=cause_id, lines=lines, expires_at=expires_at, now=now
        )
    )


def pin(*, cause_kind: str, cause_id: str, now: datetime) -> bool:
    """Hold the lines of a cause beyond their expiry, because a payment has begun or come in.

    What lapsed or was released is reserved again where it was. False: not all of it can be had, or
    nothing was ever reserved; then nothing changed.
    """
    return db.in_transaction(lambda: _reserve_stock.pin_stock(cause_kind=cause_kind, cause_id=cause_id, now=now))


def release(*, cause_kind: str, cause_id: str, now: datetime) -> int:
    """Give back what a cause still holds; return the number of lines, 0 when repeated."""
    return db.in_transaction(lambda: _reserve_stock.release_stock(cause_kind=cause_kind, cause_id=cause_id, now=now))


def issue(
    *,
    cause_kind: str,
    cause_id: str,
    lines: Sequence[str] | None = None,
    kind: str = MovementKind.SALE,
    actor: Actor,
    now: datetime,
) -> int:
    """Let the reserved lines of a cause (or those named) leave; return how many, 0 when repeated.

    Publishes ``StockChanged``.
    """
    return db.in_transaction(
        lambda: _issue_stock.issue_stock(
            cause_kind=cause_kind, cause_id=cause_id, lines=lines, kind=MovementKind(kind), actor=actor, now=now
        )
    )


def receive(
    *,
    location_id: int,
    owner_id: int,
    lines: Sequence[Goods],
    cause_kind: str,
    cause_id: str,
    kind: str = MovementKind.RECEIPT,
    actor: Actor,
    now: datetime,
) -> int:
    """Put goods into stock (``receipt``, ``opening``, ``customer_return``); return the lines moved.

    A line of a cause is moved once. Raises ``Forbidden``, ``KindInvalid``, ``QuantityInvalid``.
    Publishes ``StockChanged``.
    """
    known = _rules.one_of(kind, _rules.RECEIPT_KINDS)
    _identity.require(actor=actor, permission=RECEIVE, unit_id=location_id)
    return db.in_transaction(
        lambda: _move_stock.receive_stock(
            location_id=location_id,
            owner_id=owner_id,
            lines=lines,
            cause_kind=cause_kind,
            cause_id=cause_id,
            kind=known,
            actor=actor,
            now=now,
        )
    )


def adjust(
    *,
    location_id: int,
    owner_id: int,
    lines: Sequence[Goods],
    cause_kind: str,
    cause_id: str,
    reason: str,
    kind: str = MovementKind.ADJUSTMENT,
    actor: Actor,
    now: datetime,
) -> int:
    """Correct stock with a reason; return the lines moved. Audited.

    ``kind``: ``adjustment`` (signed quantities), ``count_gain``, ``count_loss``, ``damage`` (from sale
    to damaged), ``repair`` (back), ``scrap`` (damaged goods out). Raises ``Forbidden``,
    ``KindInvalid``, ``QuantityInvalid``, and ``StockShort`` when reserved goods would be taken.
    """
    known = _rules.one_of(kind, _CORRECTIONS)
    _identity.require(actor=actor, permission=_CORRECTIONS[known], unit_id=location_id)
    return db.in_transaction(
        lambda: _move_stock.correct_stock(
            location_id=location_id,
            owner_id=owner_id,
            lines=lines,
            cause_kind=cause_kind,
            cause_id=cause_id,
            kind=known,
            reason=reason,
            actor=actor,
            now=now,
        )
    )


def damage(
    *,
    location_id: int,
    owner_id: int,
    lines: Sequence[Goods],
    cause_kind: str,
    cause_id: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Take goods from sale as damaged; return the lines moved. As ``adjust`` with that kind."""
    return adjust(
        location_id=location_id,
        owner_id=owner_id,
        lines=lines,
        cause_kind=cause_kind,
        cause_id=cause_id,
        reason=reason,
        kind=MovementKind.DAMAGE,
        actor=actor,
        now=now,
    )


def transfer_out(
    *,
    transfer_id: str,
    from_location_id: int,
    to_location_id: int,
    owner_id: int,
    lines: Sequence[Goods],
    actor: Actor,
    now: datetime,
) -> int:
    """Send goods to another location: from here on they are in transit there. Returns the movements made.

    Raises ``Forbidden`` (at the sending place), ``QuantityInvalid``, ``StockShort``.
    """
    _identity.require(actor=actor, permission=TRANSFER, unit_id=from_location_id)
    return db.in_transaction(
        lambda: _transfer_stock.transfer_out(
            transfer_id=transfer_id,
            from_location_id=from_location_id,
            to_location_id=to_location_id,
            owner_id=owner_id,
            lines=lines,
            actor=actor,
            now=now,
        )
    )


def transfer_in(
    *, transfer_id: str, to_location_id: int, arrivals: Sequence[Arrival] | None = None, actor: Actor, now: datetime
) -> int:
    """Book the arrival of a transfer (``None``: all of it); what is missing becomes a shortage.

    Returns the movements made, 0 when repeated. Raises ``Forbidden`` (at the receiving place),
    ``TransferUnknown``, ``QuantityInvalid``.
    """
    _identity.require(actor=actor, permission=TRANSFER, unit_id=to_location_id)
    return db.in_transaction(
        lambda: _transfer_stock.transfer_in(
            transfer_id=transfer_id, to_location_id=to_location_id, arrivals=arrivals, actor=actor, now=now
        )
    )


def set_safety(*, location_id: int, owner_id: int, sku_id: int, quantity: int, actor: Actor, now: datetime) -> None:
    """Set what online channels must leave. Raises ``Forbidden``, ``QuantityInvalid``. Audited."""
    _identity.require(actor=actor, permission=ADJUST, unit_id=location_id)
    db.in_transaction(
        lambda: _set_safety.set_safety(
            location_id=location_id, owner_id=owner_id, sku_id=sku_id, quantity=quantity, actor=actor, now=now
        )
    )


def set_sharing(
    *,
    owner_id: int,
    seller_owner_id: int | None = None,
    category_id: int | None = None,
    channel: str | None = None,
    is_shared: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Say whether others may sell this owner's stock; ``None`` means all. INV-07.

    The permission is demanded at the owner: head office cannot share a franchisee's stock unless
    it was given that right. Raises ``Forbidden``, ``SharingInvalid``. Audited.
    """
    _identity.require(actor=actor, permission=SHARE, unit_id=owner_id)
    rule = SharingRule(owner_id, seller_owner_id, category_id, channel, is_shared)
    db.in_transaction(lambda: _share_stock.set_sharing(rule=rule, actor=actor, now=now))


def remove_sharing(
    *,
    owner_id: int,
    seller_owner_id: int | None = None,
    category_id: int | None = None,
    channel: str | None = None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Take one rule away; tell whether there was one. Raises ``Forbidden``. Audited."""
    _identity.require(actor=actor, permission=SHARE, unit_id=owner_id)
    rule = SharingRule(owner_id, seller_owner_id, category_id, channel, is_shared=False)
    return db.in_transaction(lambda: _share_stock.remove_sharing(rule=rule, actor=actor, now=now))


def availability(
    *, sku_ids: Collection[int], location_ids: Collection[int], channel: str, seller_owner_id: int, now: datetime
) -> dict[tuple[int, int], int]:
    """Return ``{(location_id, sku_id): base units}`` that the seller can promise now. One query.

    Honours the sharing rules, the safety stock (except at the till) and lapsed reservations.
    """
    return _availability.availability(
        sku_ids=sku_ids, location_ids=location_ids, channel=channel, seller_owner_id=seller_owner_id, now=now
    )


def allowed_owners(*, seller_owner_id: int, sku_ids: Collection[int], channel: str) -> dict[int, tuple[int, ...]]:
    """Return whose stock of each SKU the seller may sell on the channel, its own first. One query."""
    return _availability.allowed_owners(seller_owner_id=seller_owner_id, sku_ids=sku_ids, channel=channel)


def availabilities(*, asked: Sequence[Asked], now: datetime) -> list[dict[tuple[int, int], int]]:
    """Return what ``availability`` says to each question, without the pairs of which there is nothing. One query."""
    return _availability.availabilities(asked=asked, now=now)


def want_sharing(*, reading: _Reading) -> None:
    """Ask a batch's reading for all that ``owners_read`` needs, for any number of sellers."""
    reading.want(_kept.SHARING, [None])


def owners_read(
    *, reading: _Reading, seller_owner_id: int, category_path: Sequence[int], channel: str
) -> tuple[int, ...]:
    """Return what ``allowed_owners`` says of a SKU in these categories, from a reading that was asked. No query."""
    rules = reading.of(_kept.SHARING)[None]
    if not rules:
        return (seller_owner_id,)
    return _rules.owners_allowed(seller_id=seller_owner_id, category_path=category_path, channel=channel, rules=rules)


def keeps_safety(*, channel: str) -> bool:
    """Tell whether lines of this channel leave the safety stock untouched (``Want.keep_safety``)."""
    return _rules.keeps_safety(channel)


def nearest_with_stock(
    *,
    wanted: Mapping[int, int],
    longitude: float,
    latitude: float,
    channel: str,
    seller_owner_id: int,
    within_m: int | None = None,
    offers: Offer | None = None,
    limit: int = 20,
    now: datetime,
) -> list[NearbyStock]:
    """Return stores that have some of ``{sku_id: quantity}``: complete ones first, then by distance. INV-09."""
    return _nearby.nearest_with_stock(
        wanted=wanted,
        longitude=longitude,
        latitude=latitude,
        channel=channel,
        seller_owner_id=seller_owner_id,
        within_m=within_m,
        offers=offers,
        limit=limit,
        now=now,
    )


def stock_levels(*, location_ids: Collection[int], sku_ids: Collection[int] | None = None) -> list[StockLevel]:
    """Return the stock rows of locations, by location, SKU and owner. One query; no permission check."""
    return _levels.stock_levels(location_ids=location_ids, sku_ids=sku_ids)


def booked(*, cause_kind: str, cause_ids: Collection[str], sku_ids: Collection[int]) -> dict[tuple[str, int], int]:
    """Return what causes of a kind put on hand, by (cause, SKU); one query."""
    return _levels.booked(cause_kind=cause_kind, cause_ids=cause_ids, sku_ids=sku_ids)


def movements(
    *, location_id: int, sku_id: int, owner_id: int, before_id: int | None = None, limit: int = 50
) -> list[MovementEntry]:
    """Return the history of a stock row, newest first, at most 200 rows."""
    return _levels.movements(
        location_id=location_id,
        sku_id=sku_id,
        owner_id=owner_id,
        before_id=before_id,
        limit=min(limit, MOVEMENTS_MAX),
    )


def sharing_rules(*, owner_ids: Collection[int]) -> list[SharingRule]:
    """Return the sharing rules of these owners."""
    return _levels.sharing_rules(owner_ids=owner_ids)


async def live(*, kind: LiveKind, sku_ids: frozenset[int] | None, last_position: str) -> Source | None:
    """Return the source of a live stream of what can be sold; ``None``: the place is closed. On an event loop.

    With ``sku_ids`` the first event has the figures of all of them; without, what changes from now on is told, or
    what changed since ``last_position`` (the id of the last event the reader got).
    """
    return await _live_hub.hub().join(kind, sku_ids=sku_ids, last_position=last_position)
