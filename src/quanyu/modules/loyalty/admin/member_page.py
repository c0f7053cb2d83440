"""A member at a glance: figures, tier, small charts, favourites and one timeline over all channels, masked throughout.

Who looks needs ``loyalty.view`` and must reach the member as in the list of members (the store where it joined).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.loyalty import api
from quanyu.modules.loyalty.admin import charts, narrowing, timeline_rows
from quanyu.modules.loyalty.contracts import Profile
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Level, Member, MemberUnknown
from quanyu.modules.organization import api as organization
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import Tier
from quanyu.platform.console import access, registry
from quanyu.platform.console.deeds import refusal_text
from quanyu.platform.console.formats import NOTHING, in_language, moment, number, yuan
from quanyu.platform.console.registry import SitePage

TITLE = _("Member at a glance")
MEMBERS_VIEW, REVEAL = "members.view", "pii.reveal"
LEVEL_LABELS = {Level.IDENTIFIED: _("Identified"), Level.VERIFIED: _("Verified")}
ENTRIES = 25
# Stores and categories that are named.
RANKED = 5


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the member asked for; without one, a search."""
    asked = request.GET.get("id", "")
    if not asked:
        return TemplateResponse(request, "loyalty/search.html", {**context, **_search(request)})
    member = _reached(request, asked)
    now = system_clock.now()
    try:
        asked_for = narrowing.read(request.GET)
        timeline = api.timeline(
            member_id=member.id,
            kind=asked_for.kind,
            channel=asked_for.channel,
            before=request.GET.get("before", ""),
            limit=ENTRIES,
        )
    except Problem:
        raise Http404 from None
    profile = api.profile(member_id=member.id, now=now)
    known = {tier.code: tier for tier in tiers.tiers(only_active=False)}
    ranked = profile.by_store[:RANKED]
    stores = _store_names(profile, [*(one.store_id for one in ranked), *(entry.store_id for entry in timeline.entries)])
    shown = {
        "title": member.name_masked or member.number,
        "member": member,
        "initial": (member.name_masked or "?")[:1],
        "facts": _facts(member),
        "tier": _tier(profile, known),
        "figures": _figures(profile, stores),
        "months": charts.months(profile.by_month),
        "channels": charts.channels(profile.by_channel, labels=timeline_rows.CHANNEL_LABELS),
        "stores": charts.ranks((stores.get(one.store_id, NOTHING), one.spend_fen, one.orders) for one in ranked),
        "categories": _categories(member.id, now),
        "favourites_title": _("Favourite goods, 12 months"),
        "stores_title": _("Favourite stores, 12 months"),
        "is_narrowed": asked_for != narrowing.Narrowing(),
        "narrowing": narrowing.content(member.id, asked_for),
        "expiring": [(one.last_day, number(one.points)) for one in profile.expiring],
        "days": timeline_rows.by_day(timeline.entries, stores=stores, tiers=known),
        "is_first": not request.GET.get("before"),
        "newest": narrowing.address(member.id, asked_for),
        "earlier": narrowing.address(member.id, asked_for, before=timeline.next) if timeline.next else "",
        "links": _links(request, member.id),
    }
    return TemplateResponse(request, "loyalty/member.html", {**context, **shown})


def address(member_id: UUID) -> str:
    """Return the address of a member's page."""
    return narrowing.address(member_id, narrowing.Narrowing())


registry.add_page(SitePage("member_view", "member-view", TITLE, api.VIEW, view))
registry.hang_lead("members.member", registry.Lead(TITLE, "person_search", api.VIEW, lambda member: address(member.pk)))


def _categories(member_id: UUID, now: datetime) -> list[dict[str, object]]:
    names = {one.id: in_language(one.name, one.name_en) for one in catalog.categories()}
    bought = api.categories(member_id=member_id, now=now)[:RANKED]
    return charts.ranks((names.get(one.category_id, NOTHING), one.spend_fen, None) for one in bought)


def _search(request: HttpRequest) -> dict[str, Any]:
    """Return what a search found within reach; nothing without one."""
    text = request.GET.get("q", "").strip()
    if not text:
        return {"q": "", "found": [], "refusal": ""}
    try:
        found = members.find(text=text, actor=access.actor_of(request), now=system_clock.now())
    except Problem as refusal:
        return {"q": text, "found": [], "refusal": refusal_text(refusal)}
    names = {tier.code: tier for tier in tiers.tiers(only_active=False)}
    within = [one.member for one in found if _is_reached(request, one.member)]
    rows = [
        {
            "member": member,
            "address": address(member.id),
            "tier": _tier_name(names, member.tier),
            "joined": moment(member.created_at),
        }
        for member in within
    ]
    return {"q": text, "found": rows, "refusal": "" if rows else gettext("Nobody within your reach was found.")}


def _reached(request: HttpRequest, asked: str) -> Member:
    """Return the member when both permissions reach it. Raises ``Http404`` for any other, existing or not."""
    try:
        member = members.member(id=UUID(asked))
    except (ValueError, MemberUnknown):
        raise Http404 from None
    if not _is_reached(request, member):
        raise Http404
    return member


def _is_reached(request: HttpRequest, member: Member) -> bool:
    reaches = [access.units_of(request, permission) for permission in (api.VIEW, MEMBERS_VIEW)]
    return access.may(request, MEMBERS_VIEW) and all(units is None or member.store_id in units for units in reaches)


def _facts(member: Member) -> list[tuple[object, object]]:
    # The day is what a store congratulates on; the year is the person's own.
    birthday = f"****-{member.birthday:%m-%d}" if member.birthday else NOTHING
    if member.birthday and member.lunar_birthday:
        birthday = gettext("%(day)s, by the Chinese calendar") % {"day": birthday}
    return [
        (_("Member number"), member.number),
        (_("Phone"), member.phone_masked or NOTHING),
        (_("Birthday"), birthday),
        (_("Identification"), LEVEL_LABELS[member.level]),
        (_("Joined through"), timeline_rows.CHANNEL_LABELS.get(member.channel, member.channel)),
        (_("Joined at"), moment(member.created_at)),
    ]


def _tier(profile: Profile, known: dict[str, Tier]) -> dict[str, Any]:
    """Return the tier with the way to the next one, as the page shows it."""
    following = profile.next_tier
    reached = 100
    sentence = gettext("The highest tier is reached.")
    if following is not None:
        reached = min(100, profile.window_growth * 100 // following.threshold) if following.threshold else 100
        sentence = gettext("%(missing)s growth to %(tier)s") % {
            "missing": number(following.missing),
            "tier": in_language(following.name, following.name_en),
        }
    until = ""
    if profile.valid_until is not None:
        until = gettext("Valid until %(at)s") % {"at": _last_day(profile.valid_until)}
        if profile.keep_missing:
            until += " · " + gettext("%(missing)s more growth keeps it") % {"missing": number(profile.keep_missing)}
    return {
        "code": profile.tier,
        "name": _tier_name(known, profile.tier),
        "growth": number(profile.window_growth),
        "reached": reached,
        "next": sentence,
        "until": until,
        "paid_until": _last_day(profile.paid_until) if profile.paid_until else "",
    }


def _figures(profile: Profile, stores: dict[int, str]) -> list[dict[str, object]]:
    average = profile.spend_fen // profile.orders if profile.orders else None
    pending = []
    if profile.points_pending:
        pending.append(gettext("%(points)s to come") % {"points": number(profile.points_pending)})
    if profile.points_debt:
        pending.append(gettext("%(points)s owed") % {"points": number(profile.points_debt)})
    last = stores.get(profile.last_store_id or 0, "")
    return [
        _figure("payments", _("Spend of 12 months"), yuan(profile.spend_fen), _orders(profile.orders)),
        _figure("receipt_long", _("Average order"), yuan(average), ""),
        _figure("toll", _("Points"), number(profile.points), " · ".join(pending)),
        _figure("confirmation_number", _("Coupons"), number(profile.coupons), _("can be used")),
        _figure("schedule", _("Last visit"), moment(profile.last_visit)[:10], last),
        _figure("storefront", _("Favourite store"), stores.get(profile.favourite_store_id or 0, NOTHING), ""),
    ]


def _figure(icon: str, label: object, value: object, below: object) -> dict[str, object]:
    return {"icon": icon, "label": label, "value": value, "below": below}


def _orders(count: int) -> str:
    return gettext("%(count)s orders") % {"count": number(count)}


def _last_day(end: datetime) -> str:
    """Return the last day that a tier holds: its end is the midnight after it."""
    return moment(end - timedelta(seconds=1))[:10]


def _tier_name(known: dict[str, Tier], code: str) -> str:
    return in_language(known[code].name, known[code].name_en) if code in known else code


def _store_names(profile: Profile, more: list[int | None]) -> dict[int, str]:
    wanted = {profile.last_store_id, profile.favourite_store_id, *more} - {None}
    found = organization.units(ids=[unit_id for unit_id in wanted if unit_id is not None])
    return {unit_id: in_language(unit.name, unit.name_en) for unit_id, unit in found.items()}


def _links(request: HttpRequest, member_id: UUID) -> list[tuple[object, str, str]]:
    """Return (title, icon, address) of what this person may do or open next."""
    links: list[tuple[object, str, str]] = [
        (_("Member file"), "badge", reverse("admin:members_member_change", args=[member_id]))
    ]
    if access.may(request, tiers.GRANT):
        grant = reverse("admin:members_member_act_on", args=[member_id, "grant-tier"])
        links.append((_("Grant a paid tier"), "workspace_premium", grant))
    if access.may(request, REVEAL):
        reveal = reverse("admin:members_member_act_on", args=[member_id, "reveal"])
        links.append((_("Show personal data"), "visibility", reveal))
    return links
