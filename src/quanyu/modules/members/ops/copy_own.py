"""Make a member's copy of everything that is kept of them, and write down that it was made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.members.contracts import PersonalCopy
from quanyu.modules.members.models import ExportRequest
from quanyu.modules.members.ops import holders
from quanyu.modules.members.queries import members, own_copy
from quanyu.platform import audit


def copy_own(*, member_id: UUID, actor: Actor, now: datetime) -> PersonalCopy:
    """Return the copy. It is made at once and kept nowhere. Raises ``MemberUnknown``."""
    family = own_copy.family_of(member_id)
    member = members.members([member_id])[member_id]
    ExportRequest.objects.create(member_id=member.id, requested_at=now, ready_at=now, expires_at=now)
    made = own_copy.copy_of(
        member_id=member_id, family=family, holders=holders.all_of_them(), language=member.language, now=now
    )
    audit.record(actor=actor, action="members.export", subject_kind="member", subject_id=member.id, now=now)
    return made
