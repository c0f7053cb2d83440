"""What tills sold by themselves: facts, in the order of the till's numbers, each exactly once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import AwareDatetime, Field

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import LINES_MAX, TenderGiven
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.quotes import Credits, shares_of
from quanyu.modules.pos.http.sales import SEQ_MAX, TENDERS_MAX, TenderIn
from quanyu.platform import http
from quanyu.platform.http import BigId, Fen, OneLine, Quantity, Schema

router = Router(tags=["journal"])
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class MadeLineIn(Schema):
    """A line as it was sold. ``net_fen`` is what was paid for it; ``gift_of`` what gave it, empty for bought ones.

    ``discount_fen`` was taken off by hand (after member and timed prices, before campaigns), for a reason;
    ``rounding_fen`` beside it, to make the whole amount round. ``credits``: who served for it, if not who sold.
    """

    sku_id: BigId
    quantity: Quantity
    unit_price_fen: Fen
    net_fen: Fen
    gift_of: Annotated[OneLine, Field(max_length=60)] = ""
    discount_fen: Fen = 0
    discount_reason: api.DiscountReason = api.DiscountReason.OTHER
    rounding_fen: Fen = 0
    credits: Credits | None = None


class MadeSaleIn(Schema):
    """A sale that happened. ``previous`` is the digest of the till's sale before it, empty for its first.

    ``sold_at`` is the till's clock; a sale that says it is of the future, or older than a month, is booked for the
    moment it was received. Its lines' ``net_fen`` and its tenders each add up to ``payable_fen``. ``version`` is that
    of the goods it was priced by; ``staff_id`` who sold. A discount by hand above that person's limit needs
    ``approval_id``; without, the sale is booked and listed for somebody to look at. ``gift_wrap``: it was wrapped as a
    present.
    """

    id: UUID
    seq: Annotated[int, Field(ge=1, le=SEQ_MAX)]
    previous: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    staff_id: BigId
    sold_at: Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
    version: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    member_id: UUID | None
    lines: list[MadeLineIn] = Field(min_length=1, max_length=LINES_MAX)
    tenders: list[TenderIn] = Field(max_length=TENDERS_MAX)
    payable_fen: Fen
    approval_id: UUID | None = None
    gift_wrap: bool = False


class JournalIn(Schema):
    """The sale, and its digest: SHA-256 of the sale's JSON with sorted keys and without spaces (UTF-8)."""

    sale: MadeSaleIn
    digest: Digest


class ReasonOut(Schema):
    """Why a sale was not booked: the stable code, and the words for the people at the till."""

    code: str
    title: str
    remedy: str


class TakenOut(Schema):
    """``booked``: it is the order of this number. ``kept``: it is safe here and waits for a person.

    ``gap_fen``: paid minus what it would have cost by the server's prices; null when it could not be priced.
    """

    id: UUID
    seq: int
    state: Literal["booked", "kept"]
    number: str
    gap_fen: int | None
    reason: ReasonOut | None
    received_at: datetime


@router.post("/journal", response={201: TakenOut})
def take(request: HttpRequest, body: JournalIn) -> Status[TakenOut]:
    """Take a sale that a till made, with or without a connection. The same sale again is the same sale."""
    # The digest is over what the till wrote, before anything was read into it.
    content = json.loads(request.body)["sale"]
    taken, problem = api.take_sale(
        made=_made(body, content), till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now()
    )
    return Status(
        201,
        TakenOut.model_validate(
            {name: getattr(taken, name) for name in TakenOut.model_fields if name != "reason"}
            | {"reason": _reason(problem) if problem else None}
        ),
    )


def _made(body: JournalIn, content: dict[str, object]) -> api.MadeSale:
    sale = body.sale
    return api.MadeSale(
        id=sale.id,
        seq=sale.seq,
        previous=sale.previous,
        digest=body.digest,
        staff_id=sale.staff_id,
        sold_at=sale.sold_at,
        member_id=sale.member_id,
        lines=tuple(
            api.MadeLine(**line.model_dump(mode="json", exclude={"credits"}), credits=shares_of(line.credits) or None)
            for line in sale.lines
        ),
        tenders=tuple(TenderGiven(one.tender, one.amount_fen, one.tendered_fen, one.reference) for one in sale.tenders),
        payable_fen=sale.payable_fen,
        content=content,
        approval_id=sale.approval_id,
        gift_wrap=sale.gift_wrap,
    )


def _reason(problem: Problem) -> ReasonOut:
    return ReasonOut(
        code=problem.code,
        title=http.text(problem.title, problem.params),
        remedy=http.text(problem.remedy, problem.params),
    )
