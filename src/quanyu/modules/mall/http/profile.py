"""The member's own page: who one is, where one stands, what happened, and what one may write oneself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.loyalty import api as loyalty
from quanyu.modules.loyalty.contracts import Profile, TimelineEntry
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.member_schemas import MemberOut, member_out
from quanyu.modules.mall.http.points import ExpiryOut
from quanyu.modules.members import api as members
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import DayBenefits, Tier
from quanyu.platform import http
from quanyu.platform.http import OneLine, Page, PageQuery, Schema, cursors

router = Router(tags=["me"])


class TierOut(Schema):
    """A membership tier by its names."""

    code: str
    name: str
    name_en: str


class NextTierOut(TierOut):
    """The next tier above: its ``threshold`` of growth, and how much is ``missing``."""

    threshold: int
    missing: int


class StandingOut(Schema):
    """Where the member stands. ``growth`` counts towards tiers now; ``keep_missing`` by ``valid_until`` keeps the tier.

    ``paid_until``: until then a paid tier holds.
    """

    tier: TierOut
    growth: int
    valid_until: datetime | None
    keep_missing: int
    paid_until: datetime | None
    next: NextTierOut | None


class BenefitsOut(Schema):
    """What a purchase gets today: ``discount_bp`` off the base price (500 is 5 %), points times the multiplier.

    ``points_multiplier_bp`` 10000 is once; ``because`` says what raised it today (``birthday``, ``day:<id>``).
    """

    discount_bp: int
    points_multiplier_bp: int
    because: list[str]


class PointsSumOut(Schema):
    """Points that can be used, points that may be used later, and the days on which the next ones end."""

    available: int
    pending: int
    debt: int
    expiring: list[ExpiryOut]


class ProfileOut(MemberOut):
    """The member's page. ``coupons`` counts those that could be used."""

    standing: StandingOut
    benefits: BenefitsOut
    points: PointsSumOut
    coupons: int


class ProfileIn(Schema):
    """What changes; what is null stays. A birthday is the day of birth, ``lunar_birthday`` how it is celebrated."""

    name: Annotated[OneLine, Field(min_length=1, max_length=60)] | None = None
    birthday: date | None = None
    lunar_birthday: bool | None = None
    language: Literal["zh-hans", "en"] | None = None


class TimelineOut(Schema):
    """One thing that happened, in any channel.

    ``what`` is a stable word within the kind, ``subject`` the number or id that leads to it, ``text`` what it is
    called, ``items`` names of goods.
    """

    at: datetime
    kind: str
    what: str
    subject: str
    text: str
    store_id: int | None
    channel: str
    amount_fen: int
    points: int
    items: list[str]


@router.get("/me", response=ProfileOut)
def me(request: HttpRequest) -> ProfileOut:
    """Return the signed-in member: file, tier and growth, benefits, points, coupons."""
    return _profile_out(auth.member_id_of(request))


@router.patch("/me", response=ProfileOut)
def change_me(request: HttpRequest, body: ProfileIn) -> ProfileOut:
    """Correct one's own file."""
    member_id = auth.member_id_of(request)
    members.update_member(
        member_id=member_id,
        name=body.name,
        birthday=body.birthday,
        lunar_birthday=body.lunar_birthday,
        language=body.language,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return _profile_out(member_id)


@router.get("/me/timeline", response=Page[TimelineOut])
def timeline(request: HttpRequest, query: Query[PageQuery]) -> dict[str, object]:
    """Return all that happened with the member in all channels, newest first."""
    member_id = auth.member_id_of(request)
    scope = f"mall.timeline:{member_id}"
    after = http.after(query, scope=scope)
    page = loyalty.timeline(member_id=member_id, before="" if after is None else after[0], limit=query.limit)
    return {
        "items": [_entry_out(entry) for entry in page.entries],
        "next_cursor": cursors.encode(scope, [page.next]) if page.next else None,
    }


def _profile_out(member_id: UUID) -> ProfileOut:
    now = system_clock.now()
    member = members.member(id=member_id)
    profile = loyalty.profile(member_id=member_id, now=now)
    today = tiers.benefits_on(member_id=member_id, birthday=member.birthday, is_lunar=member.lunar_birthday, at=now)
    return ProfileOut.model_validate(
        member_out(member).model_dump()
        | {
            "standing": _standing_out(profile, tiers.tier(code=profile.tier)),
            "benefits": _benefits_out(today),
            "points": PointsSumOut(
                available=profile.points,
                pending=profile.points_pending,
                debt=profile.points_debt,
                expiring=[ExpiryOut.model_validate(one) for one in profile.expiring],
            ),
            "coupons": profile.coupons,
        }
    )


def _standing_out(profile: Profile, tier: Tier) -> StandingOut:
    return StandingOut(
        tier=TierOut(code=tier.code, name=tier.name, name_en=tier.name_en),
        growth=profile.window_growth,
        valid_until=profile.valid_until,
        keep_missing=profile.keep_missing,
        paid_until=profile.paid_until,
        next=NextTierOut.model_validate(profile.next_tier) if profile.next_tier else None,
    )


def _benefits_out(today: DayBenefits) -> BenefitsOut:
    return BenefitsOut(
        discount_bp=today.discount_bp,
        points_multiplier_bp=today.points_multiplier_bp,
        because=list(today.because),
    )


def _entry_out(entry: TimelineEntry) -> TimelineOut:
    named = {name: getattr(entry, name) for name in TimelineOut.model_fields}
    return TimelineOut.model_validate(named | {"kind": entry.kind.value, "items": list(entry.items)})
