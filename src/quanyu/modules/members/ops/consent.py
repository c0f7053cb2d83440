"""The consent ledger: rows are added, never changed; the newest of a purpose holds."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.members.events import ConsentChanged
from quanyu.modules.members.models import Consent, Member
from quanyu.modules.members.ops import authorise, merge_members
from quanyu.platform import audit, outbox

_PURPOSE = re.compile(r"^[a-z][a-z0-9_.]{2,39}\Z")


def record_consent(
    *,
    member_id: UUID,
    purpose: str,
    is_given: bool,
    policy_version: str,
    channel: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Append a row when it says something new; repeating what holds already adds nothing."""
    authorise.demand_self_or_edit(actor, member_id=member_id)
    if not _PURPOSE.match(purpose):
        raise Invalid(field="purpose", reason=N_("there is no such purpose"))
    # The member's row orders what two devices say at the same time.
    member_id = merge_members.lock_current(member_id)[0].pk
    # Of files that were merged the newest row holds, whoever of them it was written for.
    family = [member_id, *Member.objects.filter(merged_into_id=member_id).values_list("pk", flat=True)]
    newest = Consent.objects.filter(member_id__in=family, purpose=purpose).order_by("-pk").first()
    if newest is None and not is_given:
        return
    if newest is not None and newest.is_given == is_given and (not is_given or newest.policy_version == policy_version):
        return
    version = policy_version or (newest.policy_version if newest else "")
    Consent.objects.create(
        member_id=member_id, purpose=purpose, is_given=is_given, policy_version=version, channel=channel, at=now
    )
    audit.record(
        actor=actor,
        action="members.consent_give" if is_given else "members.consent_withdraw",
        subject_kind="member",
        subject_id=member_id,
        detail={"purpose": purpose, "policy_version": version},
        now=now,
    )
    outbox.append(ConsentChanged(member_id, purpose, is_given, version), now=now)
