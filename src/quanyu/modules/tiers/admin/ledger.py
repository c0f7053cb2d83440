"""Where members stand, and the ledger of growth behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.tiers import api
from quanyu.modules.tiers.admin.shown import CAUSE_LABELS, last_day, names, tier_badge
from quanyu.modules.tiers.contracts import Standing as Position
from quanyu.modules.tiers.contracts import TierKind
from quanyu.modules.tiers.models import REASON_LABELS, Growth, Standing, Tier
from quanyu.modules.tiers.rules.standing import ZONE
from quanyu.platform.console import access
from quanyu.platform.console.content import Card, Column, Facts, Page, Step, Table, Timeline
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import NOTHING, column, in_language, link, moment, moment_column, number
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import hang_deed
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

ENTRIES_SHOWN = 100
STEPS_SHOWN = 20
TONES = {"growth": "good", "kept": "good", "level": "good", "paid": "good", "refund": "bad", "downgrade": "warn"}


class GrantForm(DeedForm):
    """Asks for a paid tier and its last day."""

    tier = forms.ChoiceField(label=_("Paid tier"))
    last_day = forms.DateField(label=_("Ends on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(
        label=_("Reason"), min_length=2, max_length=200, help_text=_("It is written to the audit trail.")
    )

    def prepare(self) -> None:
        """Offer the paid tiers, for as long as they last."""
        paid = [tier for tier in api.tiers() if tier.kind is TierKind.PAID]
        self.fields["tier"].choices = [  # type: ignore[attr-defined]
            (tier.code, in_language(tier.name, tier.name_en)) for tier in paid
        ]
        today = system_clock.now().astimezone(ZONE).date()
        self.fields["last_day"].initial = today + timedelta(days=paid[0].duration_days if paid else 0)


def _grant(call: Call) -> Done:
    last = call.values["last_day"]
    until = datetime(last.year, last.month, last.day, tzinfo=ZONE) + timedelta(days=1)
    member = call.subject.member_id if isinstance(call.subject, Standing) else call.subject.pk
    api.grant_paid(
        member_id=member,
        tier=call.values["tier"],
        until=until,
        cause_kind="staff",
        cause_id=str(uuid4()),
        reason=call.values["reason"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The paid tier is granted."))


GRANT = Deed("grant-tier", _("Grant a paid tier"), api.GRANT, _grant, GrantForm, "workspace_premium")
hang_deed("members.member", GRANT)


@admin.register(Standing)
class StandingAdmin(ScopedAdmin[Standing]):
    """Members who ever had growth or a paid tier, with where they stand."""

    view_permission = api.VIEW
    unit_lookups = ("member__store_id",)
    list_display = ("who", "number_shown", "tier_shown", "growth_shown", "ends", "paid_shown", "paid_ends")
    list_filter = ("growth_tier", "paid_tier", unit_filter("member__store", kind="store"))
    search_fields = ("member__number__exact", "member__card_number__exact", "member__phone_last4__exact")
    search_help_text = _("Member number, card number, or the last four digits of the phone")
    list_select_related = ("member", "growth_tier", "paid_tier")
    ordering = ("-growth",)
    deeds = (GRANT,)

    who = column(_("Member"), lambda row: row.member.name_masked or NOTHING)
    number_shown = column(_("Member number"), lambda row: row.member.number)
    tier_shown = column(_("Tier by growth"), lambda row: _badge(row.growth_tier), order="growth_tier__rank")
    growth_shown = column(_("Growth"), lambda row: number(row.growth), order="growth", numeric=True)
    ends = column(_("Valid until"), lambda row: last_day(row.valid_until), order="valid_until")
    paid_shown = column(_("Paid tier"), lambda row: _badge(row.paid_tier) if row.paid_tier else NOTHING)
    paid_ends = column(_("Paid until"), lambda row: last_day(row.paid_until), order="paid_until")

    def page(self, request: HttpRequest, row: Standing) -> Page:
        """Return where the member stands, the steps that led there and the ledger."""
        known = names()
        position = api.standing(member_id=row.member_id, now=system_clock.now())
        aside: list[Card] = [_steps(row, known)]
        return Page(
            title=str(row.member),
            badges=[tier_badge(position.tier, known)],
            figures=_figures(position),
            main=[Facts("", _facts(row, position, known)), _ledger(row)],
            aside=aside,
        )


@admin.register(Growth)
class GrowthAdmin(ScopedAdmin[Growth]):
    """The ledger of growth of all members."""

    view_permission = api.VIEW
    unit_lookups = ("member__store_id",)
    list_display = ("when", "who", "change", "after", "cause", "why", "by")
    list_filter = ("cause_kind", ("at", admin.DateFieldListFilter))
    search_fields = ("member__number__exact", "cause_id__exact")
    search_help_text = _("Member number, or the number of an order or return")
    list_select_related = ("member",)
    ordering = ("-id",)

    when = moment_column("at", _("When"))
    who = column(_("Member"), lambda row: link("tiers_standing_change", row.member_id, str(row.member)))
    change = column(_("Growth"), lambda row: _signed(row.amount), numeric=True)
    after = column(_("After it"), lambda row: number(row.balance), numeric=True)
    cause = column(_("Cause"), lambda row: _cause(row.cause_kind, row.cause_id))
    why = column(_("Reason"), lambda row: row.reason or NOTHING)
    by = column(_("By"), lambda row: access.person(row.actor))

    def page(self, request: HttpRequest, row: Growth) -> Page:
        """Return one entry."""
        facts: list[tuple[object, object]] = [
            (_("Member"), link("tiers_standing_change", row.member_id, str(row.member))),
            (_("Growth"), _signed(row.amount)),
            (_("After it"), number(row.balance)),
            (_("Cause"), _cause(row.cause_kind, row.cause_id)),
            (_("Earned at"), moment(row.counted_at)),
            (_("Booked at"), moment(row.at)),
            (_("Reason"), row.reason or NOTHING),
            (_("By"), access.person(row.actor)),
        ]
        return Page(title=gettext("Growth entry"), main=[Facts("", facts)])


def _badge(tier: Tier) -> object:
    return tier_badge(tier.code, {tier.code: in_language(tier.name, tier.name_en)})


def _figures(position: Position) -> list[tuple[object, object]]:
    following = position.next
    return [
        (_("Growth in all"), number(position.growth)),
        (_("Growth that counts now"), number(position.window_growth)),
        (
            gettext("Missing to %(tier)s") % {"tier": in_language(following.name, following.name_en)}
            if following
            else _("Next tier"),
            number(following.missing) if following else _("at the top"),
        ),
        (_("Missing to keep the tier"), number(position.keep_missing)),
    ]


def _facts(row: Standing, position: Position, known: dict[str, str]) -> list[tuple[object, object]]:
    return [
        (_("Member number"), link("members_member_change", row.member_id, row.member.number)),
        (_("Tier by growth"), tier_badge(position.growth_tier, known)),
        (_("Since"), moment(position.since)),
        (_("Valid until"), last_day(position.valid_until)),
        (_("Paid tier"), tier_badge(position.paid_tier, known) if position.paid_tier else NOTHING),
        (_("Paid until"), last_day(position.paid_until)),
    ]


def _ledger(row: Standing) -> Table:
    columns = [
        Column(_("When"), is_time=True),
        Column(_("Growth"), is_number=True),
        Column(_("After it"), is_number=True),
        Column(_("Cause")),
        Column(_("Reason")),
    ]
    entries = api.history(member_id=row.member_id, limit=ENTRIES_SHOWN)
    rows = [
        (
            moment(entry.at),
            _signed(entry.amount),
            number(entry.balance),
            _cause(entry.cause_kind, entry.cause_id),
            entry.reason or NOTHING,
        )
        for entry in entries
    ]
    note = ""
    if len(rows) == ENTRIES_SHOWN:
        note = gettext("Only the newest %(count)s entries are shown.") % {"count": ENTRIES_SHOWN}
    return Table(_("Growth ledger"), columns, rows, note=note, empty=_("No growth yet."))


def _steps(row: Standing, known: dict[str, str]) -> Timeline:
    found = reversed(api.changes(member_id=row.member_id, limit=STEPS_SHOWN))
    steps = [
        Step(
            moment(change.at),
            f"{known.get(change.from_tier, change.from_tier) or NOTHING} → "
            f"{known.get(change.to_tier, change.to_tier) or NOTHING}",
            REASON_LABELS.get(change.reason, change.reason),
            TONES.get(change.reason, "plain"),
        )
        for change in found
    ]
    return Timeline(_("Steps between tiers"), steps)


def _signed(amount: int) -> str:
    return f"{amount:+,}"


def _cause(kind: str, key: str) -> object:
    label = CAUSE_LABELS.get(kind, kind)
    return link("orders_order_change", key, label) if kind == "order" else label
