"""What a member may have at a till: tier, benefits of the day, points, and the coupons of this store."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import ScannedCoupon
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.organization import api as organization
from quanyu.modules.points import api as points
from quanyu.modules.pos.contracts import MemberRights, Till
from quanyu.modules.pos.queries import advice, settings, tills
from quanyu.modules.tiers import api as tiers


def of_member(*, member_id: UUID, till: Till, now: datetime) -> MemberRights:
    """Return the rights of a member at this till, in a fixed number of queries. Raises ``MemberUnknown``."""
    member = members.member(id=member_id)
    path = organization.paths(unit_ids=[till.store_id])[till.store_id]
    benefits = tiers.benefits_on(
        member_id=member.id, birthday=member.birthday, is_lunar=member.lunar_birthday, path=path, at=now
    )
    since = now - settings.member_code_counts_for(till=till)
    return MemberRights(
        member=member,
        tier=tiers.tier(code=benefits.tier),
        benefits=benefits,
        points=points.balance(member_id=member.id, now=now),
        coupons=tuple(coupons.usable(member_id=member.id, path=path, channel=Channel.POS, at=now)),
        was_here=tills.shown_since(member_id=member.id, terminal_id=till.device_id, since=since),
        bought_lately=advice.bought_lately(member_id=member.id, till=till, now=now),
        is_new=not orders.members_with_orders(member_ids=[member.id]),
    )


def coupon_by_code(*, text: str, till: Till, now: datetime) -> ScannedCoupon:
    """Return the coupon behind a code. Raises ``CodeRefused`` and ``RateLimited``, which counts wrong ones."""
    return coupons.by_code(text=text, till_id=str(till.device_id), store_id=till.store_id, now=now)
