"""Let a manager approve with a PIN what a cashier may not do alone, and use that word up for one sale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Device
from quanyu.modules.pos.contracts import DISCOUNT, Approval, ApprovalRefused, Till
from quanyu.modules.pos.rules.discounts import VALID_FOR, ApprovalSpent, Discounted, GivenApproval, above, reach
from quanyu.platform import audit, db

# What stands in the trail beside the reasons of discounts when an amount was made round.
ROUNDING = "rounding"
_GIVEN = "id, asked_by_id, approved_by_id, most_bp, most_fen, given_at"


def approve_discounts(
    *,
    approval: Approval,
    lines: Sequence[Discounted],
    limit_bp: int,
    till: Till,
    device: Device,
    cashier: Actor,
    now: datetime,
) -> GivenApproval:
    """Check the manager's PIN and permission, and write down what he allows for one sale. Audited.

    The lines are those above the limit, at least one. Raises ``SignInRefused`` or ``SignInLocked`` for the PIN,
    ``ApprovalRefused`` for the permission. The sign-in lasts for this one question.
    """
    manager = _manager(approval, till=till, device=device, now=now)
    most_bp, most_fen = reach(lines, limit_bp=limit_bp)
    given = GivenApproval(uuid7(), int(cashier.id), int(manager.id), most_bp, most_fen, now)

    def work() -> None:
        db.execute(
            "INSERT INTO pos_discount_approval (id, terminal_id, asked_by_id, approved_by_id, most_bp, most_fen, "
            "given_at) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [given.id, till.device_id, given.asked_by_id, given.approved_by_id, most_bp, most_fen, now],
        )
        audit.record(
            actor=manager,
            action="pos.approve_discount",
            subject_kind="discount_approval",
            subject_id=given.id,
            reason=reasons(lines),
            detail={"cashier": cashier.id, "most_bp": most_bp, "most_fen": most_fen, "lines": told(lines)},
            unit_id=till.store_id,
            now=now,
        )

    db.in_transaction(work)
    return given


def given(*, approval_id: UUID, till: Till) -> GivenApproval | None:
    """Return what a manager allowed at this till, used or not."""
    found = db.row(
        f"SELECT {_GIVEN} FROM pos_discount_approval WHERE id = %s AND terminal_id = %s",  # noqa: S608 - own columns
        [approval_id, till.device_id],
    )
    return GivenApproval(**found) if found else None


def use(*, approval_id: UUID, sale_id: UUID, till: Till, at: datetime) -> GivenApproval:
    """Use the approval up for this sale, made ``at``; again for the same sale is the same. Raises ``ApprovalSpent``.

    A sale that was refused gives it back: nothing was sold by it, and the till tries again under another id.
    """
    # Held first: of two sales that come at once, the second sees what became of the first.
    lock(approval_id=approval_id)
    db.execute(
        "UPDATE pos_discount_approval SET sale_id = %s "
        "WHERE id = %s AND terminal_id = %s AND given_at > %s AND sale_id IS DISTINCT FROM %s "
        "AND (sale_id IS NULL OR pos_sale_came_to_nothing(sale_id)) "
        # One word for one sale.
        "AND NOT EXISTS (SELECT 1 FROM pos_discount_approval other WHERE other.sale_id = %s)",
        [sale_id, approval_id, till.device_id, at - VALID_FOR, sale_id, sale_id],
    )
    found = db.row(
        f"SELECT {_GIVEN} FROM pos_discount_approval WHERE id = %s AND sale_id = %s",  # noqa: S608 - own columns
        [approval_id, sale_id],
    )
    if found is None:
        raise ApprovalSpent(field="approval_id")
    return GivenApproval(**found)


def lock(*, approval_id: UUID) -> None:
    """Hold the approval until the transaction ends."""
    db.value("SELECT 1 FROM pos_discount_approval WHERE id = %s FOR UPDATE", [approval_id])


def note_given(
    *,
    sale_id: UUID,
    lines: Sequence[Discounted],
    cashier_id: int,
    approval: GivenApproval | None,
    limit_bp: int | None,
    till: Till,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down in the audit trail what was taken off by hand: who asked, who approved, why.

    ``limit_bp`` ``None``: the cashier may give any discount. Inside the transaction of the sale's note.
    """
    rounding_fen = sum(line.rounding_fen for line in lines)
    is_above = limit_bp is not None and approval is None and bool(above(lines, limit_bp=limit_bp))
    audit.record(
        actor=actor,
        action="pos.discount",
        subject_kind="order",
        subject_id=sale_id,
        reason=reasons(lines),
        detail={
            "cashier": str(cashier_id),
            "approved_by": str(approval.approved_by_id) if approval else None,
            "approval": str(approval.id) if approval else None,
            "above_limit": is_above,
            "discount_fen": sum(line.discount_fen for line in lines),
            "lines": told(lines),
        }
        | ({"rounding_fen": rounding_fen} if rounding_fen else {}),
        unit_id=till.store_id,
        now=now,
    )


def reasons(lines: Sequence[Discounted]) -> str:
    """Return the reasons, each once, in a fixed order."""
    rounding = {ROUNDING} if any(line.rounding_fen for line in lines) else set()
    return ", ".join(sorted({line.reason for line in lines if line.discount_fen} | rounding))


def told(lines: Sequence[Discounted]) -> list[dict[str, object]]:
    """Return the lines with a discount as the audit trail keeps them."""
    return [
        {
            "sku_id": line.sku_id,
            "quantity": line.quantity,
            "list_fen": line.list_fen,
            "discount_fen": line.discount_fen,
            "reason": line.reason,
        }
        | ({"rounding_fen": line.rounding_fen} if line.rounding_fen else {})
        for line in lines
        if line.discount_fen or line.rounding_fen
    ]


def _manager(approval: Approval, *, till: Till, device: Device, now: datetime) -> Actor:
    session = identity.sign_in_at_device(device=device, username=approval.username, pin=approval.pin, now=now)
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
    return manager
