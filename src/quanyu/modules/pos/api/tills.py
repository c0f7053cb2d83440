"""Which till it is, who works at it, and its shifts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import DeviceKind, StaffSession
from quanyu.modules.pos.api.authority import demand, may
from quanyu.modules.pos.contracts import (
    DRAWER,
    SHIFT,
    VIEW,
    CashMove,
    EnrolledTill,
    Shift,
    ShiftClosed,
    ShiftReport,
    ShiftUnknown,
    Till,
)
from quanyu.modules.pos.ops import register_till, settle_entries
from quanyu.modules.pos.ops import shifts as shift_ops
from quanyu.modules.pos.queries import reports, settings, tills
from quanyu.modules.pos.queries import shifts as shift_queries
from quanyu.platform import db


def enrol(*, code: str, address: str, now: datetime) -> EnrolledTill:
    """Exchange an enrolment code for a till and its token. Raises ``CodeUnknown`` or ``RateLimited``."""
    device = identity.enrol(code=code, address=address, now=now, kind=DeviceKind.POS)
    return EnrolledTill(till=_registered(device_id=UUID(device.device_id), store_id=device.unit_id), token=device.token)


def till_of(*, actor: Actor) -> Till:
    """Return the till on which the actor (device or staff) acts. Raises ``Unauthenticated`` without a device."""
    if actor.device_id is not None:
        known = tills.by_device(device_id=UUID(actor.device_id))
        if known is not None:
            return known
    device = identity.device_of(actor=actor)
    return _registered(device_id=UUID(device.id), store_id=device.unit_id)


def sign_in(*, actor: Actor, username: str, pin: str, now: datetime) -> StaffSession:
    """Sign somebody in at this till by PIN. Raises ``SignInRefused`` or ``SignInLocked``."""
    return identity.sign_in_at_device(device=identity.device_of(actor=actor), username=username, pin=pin, now=now)


def open_shift(*, shift_id: UUID, float_fen: int, till: Till, actor: Actor, now: datetime) -> Shift:
    """Open a shift with its float; the same id again gives the same shift. Raises ``ShiftAlreadyOpen``."""
    demand(actor, SHIFT, till)
    return db.in_transaction(
        lambda: shift_ops.open_shift(shift_id=shift_id, till=till, staff_id=int(actor.id), float_fen=float_fen, now=now)
    )


def current_shift(*, till: Till, actor: Actor) -> Shift | None:
    """Return the till's open shift."""
    demand(actor, VIEW, till)
    return shift_queries.open_at(terminal_id=till.device_id)


def move_cash(
    *, move_id: UUID, shift_id: UUID, amount_fen: int, reason: str, till: Till, actor: Actor, now: datetime
) -> CashMove:
    """Put cash into the drawer (positive) or take it out (negative), once per id. Raises ``ShiftNotOpen``."""
    demand(actor, SHIFT, till)
    return db.in_transaction(
        lambda: shift_ops.move_cash(
            move_id=move_id,
            shift_id=shift_id,
            till=till,
            staff_id=int(actor.id),
            amount_fen=amount_fen,
            reason=reason,
            now=now,
        )
    )


def shift_report(*, shift_id: UUID, till: Till, actor: Actor) -> ShiftReport:
    """Return the X report of an open shift or the stored Z report. Raises ``ShiftUnknown``.

    Whoever counts the drawer blind does not see what should be in it before the shift is closed.
    """
    demand(actor, SHIFT, till)
    shift = shift_queries.by_id(shift_id=shift_id, terminal_id=till.device_id)
    if shift is None:
        raise ShiftUnknown
    report = reports.of_shift(shift=shift)
    if shift.closed_at is None and settings.blind_count(till=till) and not may(actor, DRAWER, till):
        return reports.blinded(report)
    return report


def close_shift(*, shift_id: UUID, counted_fen: int, till: Till, actor: Actor, now: datetime) -> ShiftReport:
    """Count the drawer and store the Z report, for good. The same count again gives the same report.

    Raises ``ShiftUnknown``, ``SaleUnfinished`` (then nothing changed), ``ShiftClosed`` for another count.
    """
    demand(actor, SHIFT, till)

    def close() -> ShiftReport:
        shift = shift_ops.lock_shift(shift_id=shift_id, till=till)
        if shift is None:
            raise ShiftUnknown
        if shift.closed_at is not None:
            if shift.counted_fen != counted_fen:
                raise ShiftClosed
            return reports.of_shift(shift=shift)
        settle_entries.settle_entries(shift_id=shift_id, now=now)
        report = reports.of_shift(shift=shift, counted_fen=counted_fen)
        shift_ops.close_shift(report=report, staff_id=int(actor.id), now=now)
        return reports.of_shift(shift=shift_queries.by_id(shift_id=shift_id) or shift)

    return db.in_transaction(close)


def _registered(*, device_id: UUID, store_id: int) -> Till:
    return db.in_transaction(lambda: register_till.register_till(device_id=device_id, store_id=store_id))
