"""Returns and refunds of lines, whatever the channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound

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
    """What a return would bring, in fen and points; ``lines`` are (number, quantity, fen), ``refunds`` (tender, fen).

    amount = the lines + freight - withheld. ``points_restored`` of the spent points come back; ``points_taken_back`` of
    the earned ones go, by what the remaining goods would have earned and as far as the order has earned by now.
    """

    lines: tuple[tuple[int, int, int], ...]
    amount_fen: int
    refunds: tuple[tuple[str, int], ...]
    freight_fen: int
    points_restored: int
    points_taken_back: int
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


class RequestKind(StrEnum):
    """What a customer may ask for after the sale."""

    RETURN = "return"
    REFUND_ONLY = "refund_only"
    EXCHANGE = "exchange"


class RequestState(StrEnum):
    """The states of a request; the allowed moves are rows of ``aftersales_request_transition``."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    RECEIVED = "received"
    DONE = "done"
    WITHDRAWN = "withdrawn"


REASONS = ("changed_mind", "size", "wrong_item", "missing", "damaged", "quality", "not_as_described", "other")
TEXT_MAX, ANSWER_MAX = 200, 200


class RequestUnknown(NotFound):
    """No such request, or not one the asker may see."""

    code = "aftersales.request_unknown"
    title = N_("There is no such after-sale request.")
    remedy = N_("Check its number or code.")


class NotHandedOver(Conflict):
    """The order is under way: it can be cancelled, and needs no request."""

    code = "aftersales.not_handed_over"
    title = N_("The goods were not handed over yet.")
    remedy = N_("Cancel the order instead; what was paid goes back.")


class RequestTooLate(Conflict):
    """The days in which goods may come back are over."""

    code = "aftersales.request_too_late"
    title = N_("The %(days)s days for returns are over.")
    remedy = N_("Talk to the store.")


class RequestTooMuch(Conflict):
    """More is asked for than was sold, has not come back and is in no other open request."""

    code = "aftersales.request_too_much"
    title = N_("Of line %(number)s only %(left)s can still be asked for.")
    remedy = N_("Ask for at most what is left, or withdraw the other request.")


class RequestKeyReused(Conflict):
    """The same request id came with different contents."""

    code = "aftersales.request_key_reused"
    status = 422
    title = N_("This request id was already used for a different request.")
    remedy = N_("Use a new id for a new request.")


class RequestMoved(Conflict):
    """The request is in a state that does not allow this any more."""

    code = "aftersales.request_moved"
    title = N_("The request has moved on; this is not possible any more.")
    remedy = N_("Reload it and look at its state.")


@dataclass(frozen=True, slots=True)
class AskedLine:
    """So much of a line of the order."""

    number: int
    quantity: int


@dataclass(frozen=True, slots=True)
class AskCommand:
    """What the customer asks for. ``id`` is made by the phone and never expires as a key.

    ``longitude`` and ``latitude`` (GCJ-02): where the customer is, for the nearest store to bring the goods to.
    """

    id: UUID
    order_id: UUID
    kind: RequestKind
    lines: tuple[AskedLine, ...]
    reason: str
    text: str = ""
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A line of a request as it is shown; ``restock`` once the goods were looked at."""

    number: int
    quantity: int
    quantity_scale: int
    sku_id: int
    name: str
    name_en: str
    image: str
    restock: str


@dataclass(frozen=True, slots=True)
class RequestStep:
    """One step in the life of a request: ``what`` is the state it came to."""

    at: datetime
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class RequestStore:
    """The store to bring the goods to."""

    id: int
    name: str
    address: str
    phone: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request after the sale. ``amount_fen``: what it would refund; once done, what it refunded."""

    id: UUID
    number: str
    order_id: UUID
    kind: RequestKind
    state: RequestState
    lines: tuple[RequestLine, ...]
    amount_fen: int
    reason: str
    text: str
    answer: str
    store: RequestStore | None
    code: str
    return_id: UUID
    created_at: datetime
    history: tuple[RequestStep, ...]
