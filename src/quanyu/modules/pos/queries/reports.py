"""X and Z reports: what a shift brought, by tender, and what should lie in the drawer."""

from __future__ import annotations

from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Tender
from quanyu.modules.pos.contracts import Shift, ShiftReport, TenderTotal
from quanyu.modules.pos.queries import shifts
from quanyu.modules.pos.rules import drawer


def of_shift(*, shift: Shift, counted_fen: int | None = None) -> ShiftReport:
    """Return the report of a shift: the stored one when it is closed, else computed now."""
    if shift.closed_at is not None:
        return _stored(shift)
    found = payments.cash_totals(shift_id=shift.id)
    tenders = tuple(TenderTotal(tender, *found[tender]) for tender in sorted(found))
    moves = [move.amount_fen for move in shifts.cash_moves(shift_id=shift.id)]
    cash_paid_fen, cash_refunded_fen, _ = found.get(Tender.CASH, (0, 0, 0))
    hand_discounts, hand_discount_fen = shifts.hand_discounts(shift_id=shift.id)
    roundings, rounding_fen = shifts.roundings(shift_id=shift.id)
    expected_fen = drawer.expected_cash(
        float_fen=shift.float_fen, cash_paid_fen=cash_paid_fen, cash_refunded_fen=cash_refunded_fen, moves=moves
    )
    return ShiftReport(
        kind="X" if counted_fen is None else "Z",
        shift=shift,
        tenders=tenders,
        cash_in_fen=sum(amount for amount in moves if amount > 0),
        cash_out_fen=-sum(amount for amount in moves if amount < 0),
        expected_fen=expected_fen,
        counted_fen=counted_fen,
        over_short_fen=None if counted_fen is None else counted_fen - expected_fen,
        hand_discounts=hand_discounts,
        hand_discount_fen=hand_discount_fen,
        roundings=roundings,
        rounding_fen=rounding_fen,
    )


def blinded(report: ShiftReport) -> ShiftReport:
    """Return the report without what would tell the sum in the drawer: for whoever counts it."""
    return ShiftReport(
        kind=report.kind,
        shift=report.shift,
        tenders=tuple(total for total in report.tenders if total.tender != Tender.CASH),
        cash_in_fen=report.cash_in_fen,
        cash_out_fen=report.cash_out_fen,
        expected_fen=None,
        counted_fen=None,
        over_short_fen=None,
        hand_discounts=report.hand_discounts,
        hand_discount_fen=report.hand_discount_fen,
        roundings=report.roundings,
        rounding_fen=report.rounding_fen,
    )


def _stored(shift: Shift) -> ShiftReport:
    stored = shifts.stored_report(shift_id=shift.id)
    return ShiftReport(
        kind="Z",
        shift=shift,
        tenders=stored["tenders"],
        cash_in_fen=stored["cash_in_fen"],
        cash_out_fen=stored["cash_out_fen"],
        expected_fen=shift.expected_fen,
        counted_fen=shift.counted_fen,
        over_short_fen=stored["over_short_fen"],
        # Reports of before have no such figures.
        hand_discounts=stored.get("hand_discounts", 0),
        hand_discount_fen=stored.get("hand_discount_fen", 0),
        roundings=stored.get("roundings", 0),
        rounding_fen=stored.get("rounding_fen", 0),
    )
