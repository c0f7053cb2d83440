"""Let somebody go: no sign-in works from this moment on."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.identity import events
from quanyu.modules.identity.ops import sessions
from quanyu.platform import audit, db, outbox


def deactivate_staff(*, staff_id: int, actor: Actor, now: datetime) -> bool:
    """Deactivate a person and end every sign-in; false when it had been done before."""
    left = db.row(
        "UPDATE identity_staff SET is_active = false WHERE id = %s AND is_active RETURNING unit_id", [staff_id]
    )
    if left is None:
        return False
    ended = sessions.end_all(staff_id=staff_id, now=now)
    outbox.append(events.StaffDeactivated(staff_id=staff_id, unit_id=left["unit_id"]), now=now)
    audit.record(
        actor=actor,
        action="identity.deactivate_staff",
        subject_kind="staff",
        subject_id=staff_id,
        detail={"ended_sessions": ended},
        unit_id=left["unit_id"],
        now=now,
    )
    return True


def reactivate_staff(*, staff_id: int, actor: Actor, now: datetime) -> bool:
    """Take somebody back with the roles he had; PIN and password are the old ones."""
    changed = db.execute("UPDATE identity_staff SET is_active = true WHERE id = %s AND NOT is_active", [staff_id])
    if changed:
        audit.record(
            actor=actor, action="identity.reactivate_staff", subject_kind="staff", subject_id=staff_id, now=now
        )
    return changed == 1
