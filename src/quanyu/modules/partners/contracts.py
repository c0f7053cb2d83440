"""What crosses the partners' door: sales and returns as an old till says them, what became of each, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Conflict, Forbidden, Invalid, NotFound, Problem, Unauthenticated

# What staff need, and what a partner's software holds.
VIEW, EDIT, SELL = "partners.view", "partners.edit", "partners.sell"
SALE, RETURN, COUNT = "sale", "return", "count"
BOOKED, KEPT, REFUSED = "booked", "kept", "refused"
BATCH_MAX = 200


class SignatureWrong(Unauthenticated):
    """The request is not signed, or not by this partner."""

    code = "partners.signature_wrong"
    title = N_("The signature does not fit the request.")
    remedy = N_("Sign method, path with query, timestamp, nonce and the SHA-256 of the body with the partner's secret.")


class ClockWrong(Unauthenticated):
    """The request's time is too far from ours."""

    code = "partners.clock_wrong"
    title = N_("The time of the request is more than %(seconds)s seconds from the server's.")
    remedy = N_("Set the clock of the sending computer, and sign each request when it is sent.")


class Replayed(Unauthenticated):
    """A request with this nonce was here before."""

    code = "partners.replayed"
    title = N_("This request was sent before.")
    remedy = N_("Use a new nonce and signature for every request, also when the same sale is sent again.")


class PartnerPaused(Forbidden):
    """Somebody has stopped taking what this partner sends."""

    code = "partners.paused"
    title = N_("Nothing is taken from this partner at the moment.")
    remedy = N_("Keep the sales and send them later; ask the chain's office.")


class PartnerUnknown(NotFound):
    """No such partner within reach."""

    code = "partners.unknown"
    title = N_("There is no such partner.")
    remedy = N_("Choose one from the list of partners.")


class TillUnknown(NotFound):
    """The partner has no till of this code."""

    code = "partners.till_unknown"
    title = N_("The old till %(till)s is not registered.")
    remedy = N_("Register it with its store in the console, then try again.")


class TillTaken(Conflict):
    """The partner has a till of this code already."""

    code = "partners.till_taken"
    title = N_("This partner has a till of this code already.")
    remedy = N_("Use the code by which the old system calls this till.")


class ArticleUnknown(Invalid):
    """The goods of a line are not known here."""

    code = "partners.article_unknown"
    title = N_("Unknown articles: %(codes)s")
    remedy = N_("Say in the console which goods these are, then try again.")


class SaleUnknown(NotFound):
    """The sale that a return is about did not arrive, or is not booked."""

    code = "partners.sale_unknown"
    title = N_("The sale %(sale)s of this return is not booked.")
    remedy = N_("Send the sale first, or book it in the console; then try again.")


class KeyReused(Conflict):
    """The id or number stands for another sale of this till."""

    code = "partners.key_reused"
    title = N_("This id or number was already used for another sale of this till.")
    remedy = N_("Send what was sent first, unchanged; give a new sale an id and number of its own.")


class SumsDiffer(Invalid):
    """Lines or tenders do not add up to what was paid."""

    code = "partners.sums_differ"
    title = N_("The lines or the tenders do not add up to the amount paid.")
    remedy = N_("Send net amounts per line and the money received; both sums are what was paid.")


class CountsNotTaken(Forbidden):
    """The chain takes no stock counts from this partner."""

    code = "partners.counts_not_taken"
    title = N_("No stock counts are taken from this partner.")
    remedy = N_("Count in the console, or let the office allow counts for this partner.")


class Moved(Conflict):
    """It is booked already."""

    code = "partners.moved"
    title = N_("This has moved on; nothing was changed.")
    remedy = N_("Reload it and look at its state.")


@dataclass(frozen=True, slots=True)
class Partner:
    """Other software that sells beside us. ``actor`` has its permissions, at and below the unit."""

    id: UUID
    name: str
    unit_id: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class IssuedPartner:
    """A new partner with what it signs by: shown once."""

    id: UUID
    token: str
    secret: str


@dataclass(frozen=True, slots=True)
class OldLine:
    """So much of an article by the old till's own code, in base units; what was paid for it."""

    code: str
    quantity: int
    unit_price_fen: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class OldTender:
    """Money as the old till took it: ``cash``, or anything else by its name."""

    tender: str
    amount_fen: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class BackLine:
    """So much of a line of the sale (counted from 1) that came back, and what became of it."""

    line: int
    quantity: int
    restock: str = "sellable"


@dataclass(frozen=True, slots=True)
class CountedLine:
    """So much of an article was counted, in base units."""

    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Said:
    """A sale, return or count as it was said. ``content`` is all of it, ``fen`` what was paid or given back."""

    kind: str
    till: str
    external_id: str
    seq: int | None
    at: datetime
    fen: int
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one: ``booked``, ``kept`` for a person, or ``refused`` (nothing was noted).

    ``gap_fen``: what was paid (or given back) minus what it would have been here; ``None`` when nobody can say.
    """

    till: str
    external_id: str
    state: str
    number: str = ""
    gap_fen: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class UnknownArticle:
    """An article that nobody knows, as the old system calls it, and how much waits for it."""

    code: str
    name: str
    waiting: int


@dataclass(frozen=True, slots=True)
class StockAnswer:
    """What a store can sell of an article, in base units, and its price for everybody; ``None``: not known."""

    code: str
    sku_code: str
    name: str
    barcodes: tuple[str, ...]
    available: int | None
    price_fen: int | None
