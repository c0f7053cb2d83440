"""A sale as the till made it: facts, chained by digests. Values, digests and what refuses them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound
from quanyu.modules.checkout.contracts import JournalPrice, PromisedOrder, TenderGiven
from quanyu.modules.orders.contracts import Gift, StaffShare
from quanyu.modules.pos.contracts import Sale, SaleLine
from quanyu.modules.pos.rules import served

BOOKED, KEPT = "booked", "kept"
# A till sells alone for hours, and lies in a drawer for days: a sale that says it is older has a wrong clock.
AGE_MAX = timedelta(days=31)


class ChainBroken(Invalid):
    """The digest is not that of the sale: something changed it on the way."""

    code = "pos.chain_broken"
    title = N_("The sale does not match its digest.")
    remedy = N_("Send it again; if that does not help, export the till's journal and call the office.")


class TillSaleUnknown(NotFound):
    """No such sale of a till within reach."""

    code = "pos.till_sale_unknown"
    title = N_("There is no such sale.")
    remedy = N_("Look for it in the list of what tills sold by themselves.")


class TillSaleMoved(Conflict):
    """Somebody was quicker, or there is nothing to do about it."""

    code = "pos.till_sale_moved"
    title = N_("This sale has moved on; nothing was changed.")
    remedy = N_("Reload it and look at its state.")


@dataclass(frozen=True, slots=True)
class MadeLine:
    """A line as it was sold; ``gift_of``: what gave it, empty for bought lines. ``discount_fen`` was given by hand,
    ``rounding_fen`` taken off beside it to make the whole amount round. ``credits``: who served for it; none: who sold.
    """

    sku_id: int
    quantity: int
    unit_price_fen: int
    net_fen: int
    gift_of: str
    discount_fen: int = 0
    discount_reason: str = "other"
    rounding_fen: int = 0
    credits: tuple[StaffShare, ...] | None = None


@dataclass(frozen=True, slots=True)
class MadeSale:
    """A sale that happened at a till. ``content`` is what the till digested, ``previous`` the digest before it."""

    id: UUID
    seq: int
    previous: str
    digest: str
    staff_id: int
    sold_at: datetime
    member_id: UUID | None
    lines: tuple[MadeLine, ...]
    tenders: tuple[TenderGiven, ...]
    payable_fen: int
    content: dict[str, Any]
    approval_id: UUID | None = None
    gift_wrap: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it: ``booked`` as an order, or ``kept`` for a person because of the problem (its code).

    ``gap_fen``: what was paid minus what it would have cost here at that moment; ``None`` when nobody could say.
    """

    id: UUID
    seq: int
    state: str
    number: str
    gap_fen: int | None
    problem: str
    received_at: datetime


def digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a sale in its one form: keys sorted, no spaces, text as it is."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def without_card_numbers(made: MadeSale, is_card_number: Callable[[str], bool]) -> MadeSale:
    """Return the sale with the last four digits where a card's whole number was typed as a slip's reference.

    What is noted is never changed again, and a whole card number must not be kept. Its digest stays that of what the
    till keeps.
    """

    def reference(text: str) -> str:
        return "".join(text.split()).replace("-", "")[-4:] if is_card_number(text) else text

    tenders = tuple(replace(one, reference=reference(one.reference)) for one in made.tenders)
    if tenders == made.tenders:
        return made
    said = [{**one, "reference": reference(str(one.get("reference", "")))} for one in made.content["tenders"]]
    return replace(made, tenders=tenders, content={**made.content, "tenders": said})


def broken_promises(
    missing: Mapping[int, int], promised: Sequence[PromisedOrder]
) -> tuple[list[PromisedOrder], dict[int, int]]:
    """Part what is missing, by SKU: the promises to break for it, as they come, and what nobody was promised.

    An order that is given up gives back all its SKUs; one that holds more than is missing is given up all the same.
    """
    left, given_up = dict(missing), set[UUID]()
    for one in promised:
        if left.get(one.sku_id, 0) > 0:
            given_up.add(one.order_id)
            left[one.sku_id] -= one.quantity
    broken = [one for one in promised if one.order_id in given_up]
    return broken, {sku_id: quantity for sku_id, quantity in left.items() if quantity > 0}


def from_noted(row: dict[str, Any]) -> MadeSale:
    """Return a noted sale (a row of ``pos_till_sale``) as it was made."""
    return msgspec.convert({**row["content"], **row}, MadeSale, strict=False)


def moment_of(made: MadeSale, *, received_at: datetime) -> datetime:
    """Return when the sale is booked for: when it was made, unless the till's clock cannot have been right.

    An order of tomorrow would be in nobody's figures, and one of 1970 in books that are closed.
    """
    return made.sold_at if received_at - AGE_MAX <= made.sold_at <= received_at else received_at


def as_quoted(made: MadeSale, *, happened_at: datetime) -> Sale:
    """Return the sale for a server that comes to the same amount: campaigns and gifts are its own."""
    lines = tuple(
        replace(_sold_line(line, made), discount_reason=line.discount_reason) for line in made.lines if not line.gift_of
    )
    return _sale(made, lines, happened_at)


def as_facts(made: MadeSale, *, happened_at: datetime) -> Sale:
    """Return the sale with the prices that were paid, whatever they would be here."""
    lines = tuple(
        replace(_sold_line(line, made), journal=JournalPrice(unit_price_fen=line.unit_price_fen, net_fen=line.net_fen))
        for line in made.lines
    )
    return _sale(made, lines, happened_at)


def _sold_line(line: MadeLine, made: MadeSale) -> SaleLine:
    credited_staff_id, shares = served.credited(line.credits or (), made.staff_id)
    return SaleLine(
        line.sku_id,
        line.quantity,
        line.discount_fen,
        credited_staff_id=credited_staff_id,
        rounding_fen=line.rounding_fen,
        shares=shares,
    )


def _sale(made: MadeSale, lines: tuple[SaleLine, ...], happened_at: datetime) -> Sale:
    return Sale(
        id=made.id,
        seq=made.seq,
        lines=lines,
        member_id=made.member_id,
        tenders=made.tenders,
        expected_payable_fen=made.payable_fen,
        happened_at=happened_at,
        gift=Gift(wrap=True) if made.gift_wrap else None,
    )
