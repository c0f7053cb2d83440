"""Let a manager approve with a PIN what a cashier may not do alone."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Device
from quanyu.modules.pos.contracts import DISCOUNT, ApprovalRefused, Sale, Till
from quanyu.platform import audit, db


def approve_discount(*, sale: Sale, till: Till, device: Device, cashier: Actor, now: datetime) -> None:
    """Check the manager's PIN and permission, and write down who approved what for whom.

    Raises ``SignInRefused`` or ``SignInLocked`` for the PIN, ``ApprovalRefused`` for the permission.
    The sign-in lasts for this one question.
    """
    assert sale.approval is not None
    session = identity.sign_in_at_device(device=device, username=sale.approval.username, pin=sale.approval.pin, now=now)
    try:
        manager = identity.actor_for_token(token=session.token, now=now)
        if manager is None:
            raise ApprovalRefused(field="approval", permission=DISCOUNT)
        try:
            identity.require(actor=manager, permission=DISCOUNT, unit_id=till.store_id)
        except (Forbidden, NotFound):
            raise ApprovalRefused(field="approval", permission=DISCOUNT) from None
    finally:
        identity.sign_out(token=session.token, now=now)
    db.in_transaction(
        lambda: audit.record(
            actor=manager,
            action="pos.approve_discount",
            subject_kind="order",
            subject_id=sale.id,
            detail={"cashier": cashier.id, "discounts_fen": [line.discount_fen for line in sale.lines]},
            unit_id=till.store_id,
            now=now,
        )
    )
