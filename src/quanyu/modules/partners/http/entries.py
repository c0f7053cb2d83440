"""What old tills sold and took back, in batches; each has its own outcome and holds up no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import AfterValidator, AwareDatetime, Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.partners import api
from quanyu.modules.partners.contracts import COUNT, RETURN, SALE, Outcome, Said
from quanyu.modules.partners.http import auth
from quanyu.platform import http
from quanyu.platform.http import Fen, OneLine, Quantity, Schema

router = Router(tags=["entries"])
SEQ_MAX = 10**12
LINES_MAX, TENDERS_MAX = 200, 10
Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
Code = Annotated[OneLine, Field(min_length=1, max_length=64)]
TillCode = Annotated[OneLine, Field(min_length=1, max_length=40)]


def _no_phone(text: str) -> str:
    if re.fullmatch(r"(\+?86)?1[3-9][0-9]{9}", text, re.ASCII):
        raise ValueError("a phone number is no member number")
    return text


class SoldLineIn(Schema):
    """A line: any code of the article (the old system's own, ours, a barcode), and what was paid for it."""

    code: Code
    name: Annotated[OneLine, Field(max_length=120)] = ""
    quantity: Quantity
    unit_price_fen: Fen
    net_fen: Fen


class MoneyIn(Schema):
    """Money as the old till took it: ``cash``, or its own word for anything else, which is recorded as a card."""

    tender: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,20}$")]
    amount_fen: Fen
    reference: Annotated[OneLine, Field(max_length=60)] = ""


class OldSaleIn(Schema):
    """A sale that happened. ``external_id`` and ``seq`` are the old till's and stand for this sale for ever.

    Lines' ``net_fen`` and the tenders each add up to ``payable_fen``. ``member``: a member or card number, no phone.
    """

    till: TillCode
    external_id: Code
    seq: Annotated[int, Field(ge=1, le=SEQ_MAX)]
    sold_at: Moment
    cashier: Annotated[OneLine, Field(max_length=20)] = ""
    member: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,32}$"), AfterValidator(_no_phone)] = ""
    lines: list[SoldLineIn] = Field(min_length=1, max_length=LINES_MAX)
    tenders: list[MoneyIn] = Field(max_length=TENDERS_MAX)
    payable_fen: Fen


class BackLineIn(Schema):
    """So much of a line of the sale, counted from 1, that came back."""

    line: Annotated[int, Field(ge=1, le=LINES_MAX)]
    quantity: Quantity
    restock: Literal["sellable", "damaged", "none"] = "sellable"


class OldReturnIn(Schema):
    """A return that happened. ``sale`` is the external id of the sale, at ``sale_till`` when that was another till."""

    till: TillCode
    external_id: Code
    seq: Annotated[int, Field(ge=1, le=SEQ_MAX)]
    returned_at: Moment
    sale: Code
    sale_till: Annotated[OneLine, Field(max_length=40)] = ""
    lines: list[BackLineIn] = Field(min_length=1, max_length=LINES_MAX)
    refund_fen: Fen


class CountedLineIn(Schema):
    """So much of an article was counted, in base units."""

    code: Code
    quantity: Annotated[int, Field(ge=0, le=10**9)]


class OldCountIn(Schema):
    """What was counted at a moment: the difference to the ledger of that moment is booked."""

    till: TillCode
    external_id: Annotated[OneLine, Field(min_length=1, max_length=30)]
    counted_at: Moment
    lines: list[CountedLineIn] = Field(min_length=1, max_length=LINES_MAX)


class SalesIn(Schema):
    """Up to 200 sales."""

    sales: list[OldSaleIn] = Field(min_length=1, max_length=api.BATCH_MAX)


class ReturnsIn(Schema):
    """Up to 200 returns."""

    returns: list[OldReturnIn] = Field(min_length=1, max_length=api.BATCH_MAX)


class CountsIn(Schema):
    """Up to 50 counts."""

    counts: list[OldCountIn] = Field(min_length=1, max_length=50)


class WhyOut(Schema):
    """Why it was not booked: the stable code, and words for people."""

    code: str
    title: str
    remedy: str


class OutcomeOut(Schema):
    """``booked``: it is the order (or return) of this number. ``kept``: it is safe and waits for a person; sending it
    again, unchanged, tries again. ``refused``: it was not noted.

    ``gap_fen``: paid (or given back) minus what it would have been here; null when nobody can say.
    """

    till: str
    external_id: str
    state: Literal["booked", "kept", "refused"]
    number: str
    gap_fen: int | None
    reason: WhyOut | None


class OutcomesOut(Schema):
    """The outcomes, in the order sent."""

    outcomes: list[OutcomeOut]


@router.post("/sales", response=OutcomesOut)
def take_sales(request: HttpRequest, body: SalesIn) -> OutcomesOut:
    """Hand in sales. The same sale again is the same sale. 上报销售；同一笔重复上报仍是同一笔。"""
    said = [
        Said(SALE, one.till, one.external_id, one.seq, one.sold_at, one.payable_fen, one.model_dump(mode="json"))
        for one in body.sales
    ]
    return _taken(request, said)


@router.post("/returns", response=OutcomesOut)
def take_returns(request: HttpRequest, body: ReturnsIn) -> OutcomesOut:
    """Hand in returns of sales that were handed in. 上报退货，指明原销售。"""
    said = [
        Said(RETURN, one.till, one.external_id, one.seq, one.returned_at, one.refund_fen, one.model_dump(mode="json"))
        for one in body.returns
    ]
    return _taken(request, said)


@router.post("/counts", response=OutcomesOut)
def take_counts(request: HttpRequest, body: CountsIn) -> OutcomesOut:
    """Hand in stock counts, where the chain takes them from this partner. 上报盘点结果（需总部允许）。"""
    said = [
        Said(COUNT, one.till, one.external_id, None, one.counted_at, 0, one.model_dump(mode="json"))
        for one in body.counts
    ]
    return _taken(request, said)


def _taken(request: HttpRequest, said: Sequence[Said]) -> OutcomesOut:
    found = api.take(said=said, partner=auth.partner_of(request), now=system_clock.now())
    return OutcomesOut(outcomes=[_out(one) for one in found])


def _out(one: Outcome) -> OutcomeOut:
    problem = one.problem
    reason = None
    if problem is not None:
        reason = WhyOut(
            code=problem.code,
            title=http.text(problem.title, problem.params),
            remedy=http.text(problem.remedy, problem.params),
        )
    return OutcomeOut(
        till=one.till,
        external_id=one.external_id,
        state=one.state,
        number=one.number,
        gap_fen=one.gap_fen,
        reason=reason,
    )
