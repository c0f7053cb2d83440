"""A second person: one asks, another decides, and what was decided holds once, for exactly what was asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.modules.identity.contracts import (
    Approval,
    ApprovalDecided,
    ApprovalRefused,
    ApprovalState,
    ApprovedAct,
    Asking,
)
from quanyu.modules.identity.queries import approvals as query
from quanyu.platform import audit, db

# From the request on; who decides late decides about something that may have changed.
GOOD_FOR = timedelta(hours=24)
_acts: dict[str, ApprovedAct] = {}


def register(act: ApprovedAct) -> None:
    """Let this act be carried out once it is approved. Safe to repeat."""
    _acts[act.kind] = act


def act_of(approval: Approval) -> ApprovedAct | None:
    """Return who carries an approved request out at once; ``None``: its asker repeats it."""
    return None if approval.is_repeated_by_asker else _acts.get(approval.kind)


def request(asking: Asking, *, actor: Actor, now: datetime) -> Approval:
    """Write a request down, or return the live one for exactly this. Raises ``ApprovalRefused``. Audited."""
    db.execute(
        "UPDATE identity_approval SET state = 'expired' WHERE kind = %s AND request_sha256 = %s "
        "AND state IN ('requested', 'approved') AND expires_at <= %s",
        [asking.kind, asking.digest, now],
    )
    standing = query.last(kind=asking.kind, digest=asking.digest)
    if standing is not None and standing.state is ApprovalState.REFUSED:
        raise ApprovalRefused
    if standing is not None and standing.state is not ApprovalState.EXPIRED:
        return standing
    approval_id = uuid7()
    made = db.execute(
        "INSERT INTO identity_approval (id, kind, subject_kind, subject_id, subject, unit_id, permission, amount_fen, "
        "reason, request, request_sha256, is_repeated_by_asker, state, requested_by, requested_at, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, 'requested', %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        [
            approval_id,
            asking.kind,
            asking.subject_kind,
            asking.subject_id,
            asking.subject,
            asking.unit_id,
            asking.permission,
            asking.amount_fen,
            asking.reason,
            msgspec.json.encode(asking.request).decode(),
            asking.digest,
            asking.repeated_by_asker,
            actor.signature,
            now,
            now + GOOD_FOR,
        ],
    )
    if not made:
        # Somebody sent the same at the same moment.
        found = query.last(kind=asking.kind, digest=asking.digest)
        assert found is not None
        return found
    asked = query.get(approval_id)
    _record("identity.request_approval", asked, reason=asking.reason, actor=actor, now=now)
    return asked


def decide(approval_id: UUID, *, approve: bool, note: str, actor: Actor, now: datetime) -> Approval:
    """Approve or refuse, once; the door has looked who decides. Raises ``ApprovalDecided``. Audited."""
    state = ApprovalState.APPROVED if approve else ApprovalState.REFUSED
    decided = db.execute(
        "UPDATE identity_approval SET state = %s, decided_by = %s, decided_at = %s, note = %s "
        "WHERE id = %s AND state = 'requested' AND expires_at > %s",
        [state.value, actor.signature, now, note.strip(), approval_id, now],
    )
    if not decided:
        raise ApprovalDecided
    done = query.get(approval_id)
    _record(f"identity.approval_{state.value}", done, reason=note, actor=actor, now=now)
    return done


def use(*, kind: str, digest: bytes, now: datetime) -> bool:
    """Use up the approval of exactly this request in the present transaction; ``False``: there is none."""
    return bool(db.value("SELECT identity_use_approval(%s, %s, %s)", [kind, digest, now]))


def _record(action: str, one: Approval, *, reason: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind=one.subject_kind,
        subject_id=one.subject,
        reason=reason,
        detail={
            "approval_id": str(one.id),
            "kind": one.kind,
            "amount_fen": one.amount_fen,
            "requested_by": one.requested_by,
        },
        unit_id=one.unit_id,
        now=now,
    )
