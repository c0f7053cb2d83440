"""Take goods of a receipt back: say first what it would bring, then do it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.aftersales.contracts import ReturnedLine, ReturnPreview, ReturnResult
from quanyu.modules.checkout.contracts import LINES_MAX
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.platform import http
from quanyu.platform.http import OneLine, Quantity, Schema, ShortText

router = Router(tags=["receipts"])
Number = Annotated[str, Field(min_length=4, max_length=32, pattern=r"^[A-Za-z0-9-]+$")]


class ReturnLineIn(Schema):
    """How much of a line comes back (pieces or grams), and what becomes of the goods."""

    line_number: Annotated[int, Field(ge=1, le=LINES_MAX)]
    quantity: Quantity
    restock: Literal["sellable", "damaged", "none"] = "sellable"


class PreviewIn(Schema):
    """What would come back."""

    lines: list[ReturnLineIn] = Field(min_length=1, max_length=LINES_MAX)


class ReturnIn(PreviewIn):
    """The return; its id is made by the till and kept before sending."""

    id: UUID
    reason: Annotated[OneLine, Field(min_length=1, max_length=40)]
    note: ShortText = ""


class WithheldOut(Schema):
    """A discount or gift that the goods which stay do not reach any more, and what the refund loses by it.

    A negative ``amount_fen`` comes back: an earlier return had withheld it, and now those goods came back as well.
    """

    kind: str
    source: str
    label: str
    threshold_fen: int
    kept_fen: int
    amount_fen: int


class RightsBackOut(Schema):
    """What a return does to money, points and coupons: amount = the lines + freight - withheld.

    ``refunds`` are (tender, fen): by which tenders the amount goes back. ``points_taken_back``: earned points that go.
    """

    amount_fen: int
    refunds: list[tuple[str, int]]
    lines: list[tuple[int, int, int]] = Field(description="Line number, quantity in base units, fen.")
    freight_fen: int
    points_restored: int
    points_taken_back: int
    coupons_returned: int
    withheld: list[WithheldOut]


class PreviewOut(RightsBackOut):
    """What a return would bring; points go as far as the order has earned by now."""


class ReturnOut(RightsBackOut):
    """A return that was booked."""

    id: UUID
    number: str


@router.post("/receipts/{number}/returns/preview", response=PreviewOut)
def preview(request: HttpRequest, number: Number, body: PreviewIn) -> PreviewOut:
    """Say what a return would bring; nothing is booked."""
    found = api.preview_return(
        number=number,
        lines=_lines(body),
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return PreviewOut.model_validate(_rights_back(found))


@router.post("/receipts/{number}/returns", response={201: ReturnOut})
def take_back(request: HttpRequest, number: Number, body: ReturnIn) -> Status[ReturnOut]:
    """Take goods back; the money goes back the way it came."""
    done = api.take_back(
        return_id=body.id,
        number=number,
        lines=_lines(body),
        reason=body.reason,
        note=body.note,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, return_out(done))


def return_out(done: ReturnResult) -> ReturnOut:
    """Return a booked return for the wire."""
    return ReturnOut.model_validate(
        _rights_back(done)
        | {
            "id": done.id,
            "number": done.number,
        }
    )


def _rights_back(found: ReturnPreview | ReturnResult) -> dict[str, object]:
    return {
        "amount_fen": found.amount_fen,
        "refunds": list(found.refunds),
        "lines": list(found.lines),
        "freight_fen": found.freight_fen,
        "points_restored": found.points_restored,
        "points_taken_back": found.points_taken_back,
        "coupons_returned": found.coupons_returned,
        "withheld": [WithheldOut.model_validate(one) for one in found.withheld],
    }


def _lines(body: PreviewIn) -> tuple[ReturnedLine, ...]:
    return tuple(ReturnedLine(line.line_number, line.quantity, line.restock) for line in body.lines)
