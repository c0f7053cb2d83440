"""What crosses the door of flash sales: the sale, what a member took, figures, and every refusal.

Quantities are whole pieces. A sale binds its channels from ``closed_from`` on: until ``starts_at`` the item is not sold
there, until ``ends_at`` only to members and only up to the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound, Problem


class SaleState(StrEnum):
    """Where a sale stands, by the clock, unless somebody stopped it."""

    ANNOUNCED = "announced"
    RUNNING = "running"
    OVER = "over"
    STOPPED = "stopped"


class TakingState(StrEnum):
    """Whether an order's pieces count: given back when it ended unpaid or was cancelled before hand-over."""

    TAKEN = "taken"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True)
class Sale:
    """A flash sale of one SKU. ``unit_ids`` empty: everywhere; ``units_total`` ``None``: whatever stock there is."""

    id: int
    sku_id: int
    unit_ids: frozenset[int]
    channels: frozenset[str]
    closed_from: datetime
    starts_at: datetime
    ends_at: datetime
    per_member_limit: int
    units_total: int | None
    taken: int
    stopped_at: datetime | None

    def state(self, at: datetime) -> SaleState:
        """Return where the sale stands at a moment."""
        if self.stopped_at is not None:
            return SaleState.STOPPED
        if at < self.starts_at:
            return SaleState.ANNOUNCED
        return SaleState.RUNNING if at < self.ends_at else SaleState.OVER


@dataclass(frozen=True, slots=True)
class Pieces:
    """So many pieces of a sale: what an order takes of it."""

    sale_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What an order wants, as far as flash sales care: ``pieces`` by SKU, without what was sold elsewhere."""

    order_id: UUID
    channel: str
    store_id: int
    delivery: str
    member_id: UUID | None
    pieces: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class SaleAtStore:
    """A sale as one store shows it. ``left``: of the pieces in all; whether stock is there, the stock says."""

    sale: Sale
    state: SaleState
    sold_out: bool
    left: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a sale did: pieces taken by orders that stand, by how many members, and tries refused by their code."""

    taken: int
    given_back: int
    members: int
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Taking:
    """What an order took of a sale."""

    sale_id: int
    order_id: UUID
    member_id: UUID
    quantity: int
    state: TakingState
    at: datetime


class SaleInvalid(Invalid):
    """A figure of a flash sale does not go with the others."""

    code = "flash.sale_invalid"


class SaleOverlaps(Conflict):
    """The SKU has another flash sale at one of the places, in one of the channels, at the same time."""

    code = "flash.sale_overlaps"
    title = N_("The product has another flash sale at the same time and place.")
    remedy = N_("Choose another time or other places, or stop the other sale first.")


class SaleUnknown(NotFound):
    """No such flash sale."""

    code = "flash.sale_unknown"
    title = N_("There is no such flash sale.")
    remedy = N_("Choose one from the list.")


class SaleEnded(Conflict):
    """The sale is over or was stopped already."""

    code = "flash.sale_ended"
    title = N_("This flash sale has ended already.")
    remedy = N_("Reload the list.")


class NotStarted(Conflict):
    """The item is announced; it is sold from ``starts_at`` on."""

    code = "flash.not_started"
    title = N_("The sale has not started yet.")
    remedy = N_("Come back when it starts.")


class SoldOut(Conflict):
    """Nothing is left of the sale at the moment; unpaid pieces return to sale."""

    code = "flash.sold_out"
    title = N_("Sold out.")
    remedy = N_("Orders that are not paid in time return to sale: look again a little later.")


class LimitReached(Conflict):
    """The member would have more pieces than one member may buy; ``left`` of them can still be had."""

    code = "flash.limit_reached"
    title = N_("Each member can buy %(limit)s; you can still buy %(left)s.")
    remedy = N_("Order fewer.")


class MembersOnly(Conflict):
    """The item is sold to members only while the sale runs."""

    code = "flash.members_only"
    title = N_("This product is for members only during the sale.")
    remedy = N_("Give the order to a member.")


class SaleOver(Conflict):
    """The sale ended, or was stopped, while the order was on its way; nothing was ordered."""

    code = "flash.over"
    title = N_("The sale has just ended.")
    remedy = N_("Look at the present price and order again.")


class Waiting(Problem):
    """Come again in ``retry_after_s`` seconds; who comes earlier waits longer."""

    status = 429
    remedy = N_("Try again in %(retry_after_s)s seconds; more often is not quicker.")


class OneAtATime(Waiting):
    """The member has an order for this item on its way already."""

    code = "flash.one_at_a_time"
    title = N_("Your order is on its way already.")


class QueueFull(Waiting):
    """More orders for this item are on their way than can be answered quickly."""

    code = "flash.queue_full"
    title = N_("Very many people are ordering this right now.")


class TooManyTries(Waiting):
    """The member, or the address, used up what it may try."""

    code = "flash.too_many_tries"
    title = N_("Too many tries.")
