"""Open a shift, move cash, look at the X report, count and close."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Shift, ShiftReport
from quanyu.modules.pos.http import auth
from quanyu.platform import http
from quanyu.platform.http import BigId, OneLine, Schema

router = Router(tags=["shifts"])
# No drawer holds more than a million yuan.
Cash = Annotated[int, Field(ge=0, le=100_000_000)]
CashDelta = Annotated[int, Field(ge=-100_000_000, le=100_000_000)]


class OpenIn(Schema):
    """The shift's id, made by the till and kept before sending, and the cash put into the drawer."""

    id: UUID
    float_fen: Cash


class CashMoveIn(Schema):
    """Cash put in (positive) or taken out (negative); the id is made by the till."""

    id: UUID
    amount_fen: CashDelta
    reason: Annotated[OneLine, Field(min_length=1, max_length=100)]


class CloseIn(Schema):
    """The cash that was counted in the drawer."""

    counted_fen: Cash


class ShiftOut(Schema):
    """A cashier's time at a till."""

    id: UUID
    staff_id: BigId
    float_fen: int
    opened_at: datetime
    closed_at: datetime | None
    closed_by_id: int | None


class CurrentShiftOut(Schema):
    """The till's open shift, or null."""

    shift: ShiftOut | None


class CashMoveOut(Schema):
    """Cash put in or taken out."""

    id: UUID
    shift_id: UUID
    amount_fen: int
    reason: str
    staff_id: BigId
    at: datetime


class TenderTotalOut(Schema):
    """What one tender brought and gave back."""

    tender: str
    paid_fen: int
    refunded_fen: int
    count: int


class ShiftReportOut(Schema):
    """X: the shift goes on; Z: it is closed. Amounts that would tell a blind count are null before.

    ``hand_discounts`` sales had discounts given by hand, ``hand_discount_fen`` in all; ``roundings`` sales were
    rounded off, by ``rounding_fen`` in all.
    """

    kind: Literal["X", "Z"]
    shift: ShiftOut
    tenders: list[TenderTotalOut]
    cash_in_fen: int
    cash_out_fen: int
    expected_fen: int | None
    counted_fen: int | None
    over_short_fen: int | None = Field(description="Counted minus expected: over is positive, short negative.")
    hand_discounts: int
    hand_discount_fen: int
    roundings: int
    rounding_fen: int


@router.post("/shifts", response={201: ShiftOut})
def open_shift(request: HttpRequest, body: OpenIn) -> Status[ShiftOut]:
    """Open a shift; a till has one at a time. The same id again gives the same shift."""
    shift = api.open_shift(
        shift_id=body.id,
        float_fen=body.float_fen,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, _shift_out(shift))


@router.get("/shifts/current", response=CurrentShiftOut)
def current(request: HttpRequest) -> CurrentShiftOut:
    """Return the till's open shift."""
    shift = api.current_shift(till=auth.till_of(request), actor=http.actor_of(request))
    return CurrentShiftOut(shift=_shift_out(shift) if shift else None)


@router.post("/shifts/{uuid:shift_id}/cash-moves", response={201: CashMoveOut})
def move_cash(request: HttpRequest, shift_id: UUID, body: CashMoveIn) -> Status[CashMoveOut]:
    """Put cash into the drawer or take it out, with the reason."""
    moved = api.move_cash(
        move_id=body.id,
        shift_id=shift_id,
        amount_fen=body.amount_fen,
        reason=body.reason,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, CashMoveOut.model_validate(moved))


@router.get("/shifts/{uuid:shift_id}/report", response=ShiftReportOut)
def report(request: HttpRequest, shift_id: UUID) -> ShiftReportOut:
    """Return the X report of the open shift, or the stored Z report."""
    return _report_out(api.shift_report(shift_id=shift_id, till=auth.till_of(request), actor=http.actor_of(request)))


@router.post("/shifts/{uuid:shift_id}/closing", response=ShiftReportOut)
def close(request: HttpRequest, shift_id: UUID, body: CloseIn) -> ShiftReportOut:
    """Close the shift with the counted cash and store its Z report."""
    return _report_out(
        api.close_shift(
            shift_id=shift_id,
            counted_fen=body.counted_fen,
            till=auth.till_of(request),
            actor=http.actor_of(request),
            now=system_clock.now(),
        )
    )


def _shift_out(shift: Shift) -> ShiftOut:
    return ShiftOut.model_validate({name: getattr(shift, name) for name in ShiftOut.model_fields})


def _report_out(report: ShiftReport) -> ShiftReportOut:
    named = {name: getattr(report, name) for name in ShiftReportOut.model_fields}
    return ShiftReportOut.model_validate(named | {"shift": _shift_out(report.shift)})
