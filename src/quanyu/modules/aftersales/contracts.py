"""Returns and refunds of lines, whatever the channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Invalid

# What becomes of the goods: sold again, set aside as damaged, or not brought back at all.
RESTOCKS = ("sellable", "damaged", "none")
REASON_MAX, NOTE_MAX = 40, 200


class NothingToReturn(Invalid):
    """A return needs at least one line with a quantity."""

    code = "aftersales.nothing_to_return"
    title = N_("There is nothing to return.")
    remedy = N_("Choose a line and a quantity.")


class ReturnTooMuch(Conflict):
    """More would come back than was sold and not yet returned."""

    code = "aftersales.return_too_much"
    title = N_("Of line %(number)s only %(left)s can still be returned.")
    remedy = N_("Return at most what is left.")


class NotReturnable(Conflict):
    """The order is not paid, or was cancelled."""

    code = "aftersales.not_returnable"
    title = N_("This order cannot be returned.")
    remedy = N_("Look at the state of the order.")


class ReturnInvalid(Invalid):
    """A field of the return is not what it may be: an unknown fate of the goods, or a text too long."""

    code = "aftersales.return_invalid"
    title = N_("This part of the return is not valid.")
    remedy = N_("Correct it and try again.")


class ReturnKeyReused(Conflict):
    """The same return id came with different contents."""

    code = "aftersales.key_reused"
    status = 422
    title = N_("This return id was already used for a different return.")
    remedy = N_("Use a new id for a new return.")


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """How much of a line comes back and what becomes of it: ``sellable``, ``damaged`` or ``none``."""

    line_number: int
    quantity: int
    restock: str = "sellable"


@dataclass(frozen=True, slots=True)
class ReturnCommand:
    """The command. ``id`` is made by the client and never expires as a key. Money goes back the way it came."""

    id: UUID
    order_id: UUID
    lines: tuple[ReturnedLine, ...]
    reason: str
    location_id: int | None = None
    note: str = ""
    shift_id: UUID | None = None
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A discount or a gift that the kept goods (``kept_fen``) do not reach any more (``threshold_fen``).

    ``amount_fen`` is what the refund is lowered by; a negative one comes back, because more goods came back.
    """

    kind: str
    source: str
    label: str
    threshold_fen: int
    kept_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class ReturnPreview:
    """What a return would bring, in fen and points; ``lines`` are (number, quantity, fen).

    amount = the lines + freight - withheld. ``points_restored`` of the spent points come back; points that the order
    earned are taken back with the return, by what the remaining goods would have earned.
    """

    lines: tuple[tuple[int, int, int], ...]
    amount_fen: int
    freight_fen: int
    points_restored: int
    coupons_returned: int
    withheld: tuple[Withheld, ...]


@dataclass(frozen=True, slots=True)
class ReturnResult:
    """What was returned and refunded, in fen; ``lines`` are (number, quantity, fen), ``refunds`` (tender, amount).

    amount = the lines + freight - withheld. ``points_restored`` spent points came back, ``points_taken_back`` earned
    ones went, ``coupons_returned`` coupons can be used again.
    """

    id: UUID
    number: str
    order_id: UUID
    amount_fen: int
    lines: tuple[tuple[int, int, int], ...]
    refunds: tuple[tuple[str, int], ...]
    freight_fen: int = 0
    points_restored: int = 0
    points_taken_back: int = 0
    coupons_returned: int = 0
    withheld: tuple[Withheld, ...] = ()

    @property
    def withheld_fen(self) -> int:
        """What the refund was lowered by; negative when more came back than was withheld now."""
        return sum(one.amount_fen for one in self.withheld)
