"""Write the tier that the tiers module has decided on into the member's file, where prices look for it."""

from __future__ import annotations

from uuid import UUID

from quanyu.modules.members.contracts import MemberUnknown
from quanyu.platform import db


def set_tier(*, member_id: UUID, tier: str) -> bool:
    """Write the tier; ``False`` when it stands there already. Raises ``MemberUnknown``."""
    if db.value("SELECT members_set_tier(%s, %s)", [member_id, tier]):
        return True
    if db.value("SELECT 1 FROM members_member WHERE id = %s", [member_id]) is None:
        raise MemberUnknown(field="member_id")
    return False
