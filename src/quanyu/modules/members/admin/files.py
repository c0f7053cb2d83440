"""Console screens of members: masked; a name, phone or address in clear is shown once, for a stated purpose."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.members import api
from quanyu.modules.members.models import Consent, Contact, Identity, Member
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    link,
    moment,
    moment_column,
    name_column,
    name_of,
    number,
    tick,
)
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import Figure, Tile, add_tile
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW, EDIT, REVEAL = "members.view", "members.edit", "pii.reveal"
CHANNEL_LABELS = {
    "mall": _("Mall"),
    "pos": _("Till"),
    "kiosk": _("Kiosk"),
    "assistant": _("Associate"),
    "import": _("Import"),
    "demo": _("Demo"),
    "console": _("Console"),
}
KEY_LABELS = {
    "phone": _("Phone"),
    "openid": _("WeChat openid"),
    "unionid": _("WeChat unionid"),
    "card": _("Member card"),
    "external": _("Number in another system"),
    "wecom": _("WeCom contact"),
    "email": _("E-mail"),
    "platform": _("Marketplace account"),
}
TIER_LABELS = {
    "basic": _("Basic"),
    "silver": _("Silver"),
    "gold": _("Gold"),
}
PURPOSE_LABELS = {"marketing": _("Marketing messages"), "profiling": _("Personal recommendations")}
FIELD_LABELS = {"phone": _("Phone"), "name": _("Full name")}


class RevealForm(DeedForm):
    """Asks what to show, and why; the purpose is written to the audit trail."""

    field = forms.ChoiceField(label=_("What to show"))
    purpose = forms.CharField(
        label=_("Purpose"), min_length=4, max_length=200, help_text=_("It is written to the audit trail.")
    )

    def prepare(self) -> None:
        """Offer name, phone and each address."""
        choices: list[tuple[str, object]] = list(FIELD_LABELS.items())
        choices += [
            (f"address:{shown.id}", gettext("Address: %(masked)s") % {"masked": shown.masked})
            for shown in api.addresses(member_id=self.subject.pk)
        ]
        self.fields["field"].choices = choices  # type: ignore[attr-defined]


def _reveal(call: Call) -> Done:
    field, purpose = call.values["field"], call.values["purpose"]
    if field == "name":
        shown = api.reveal_name(member_id=call.subject.pk, purpose=purpose, actor=call.actor, now=call.now)
        return _once(FIELD_LABELS["name"], shown)
    if field == "phone":
        shown = api.reveal_phone(member_id=call.subject.pk, purpose=purpose, actor=call.actor, now=call.now)
        return _once(FIELD_LABELS["phone"], shown)
    known = {f"address:{one.id}": one.id for one in api.addresses(member_id=call.subject.pk)}
    address = api.reveal_address(
        member_id=call.subject.pk, address_id=known[field], purpose=purpose, actor=call.actor, now=call.now
    )
    text = f"{address.name}, {address.phone}, {address.area_name} {address.text}"
    return _once(_("Delivery address"), text)


def _once(label: object, text: str) -> Done:
    return Done(gettext("That you looked, and why, is in the audit trail."), once=((label, text or NOTHING),))


def _close(call: Call) -> Done:
    api.close_member(member_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The membership is closed."))


@admin.register(Member)
class MemberAdmin(ScopedAdmin[Member]):
    """Members who joined at the stores one may see; head office sees all."""

    view_permission = VIEW
    unit_lookups = ("store_id",)
    list_display = ("number", "shown_name", "shown_phone", "tier_shown", "level", "joined_through", "home", "joined")
    list_filter = ("level", unit_filter("store", kind="store"), ("created_at", admin.DateFieldListFilter))
    search_fields = ("number__exact", "card_number__exact", "phone_last4__exact")
    search_help_text = _("Member number, card number, or the last four digits of the phone")
    list_select_related = ("store",)
    ordering = ("-created_at", "-id")
    deeds = (
        Deed("reveal", _("Show personal data"), REVEAL, _reveal, RevealForm, "visibility"),
        Deed(
            "close",
            _("Close membership"),
            EDIT,
            _close,
            icon="person_remove",
            tone="danger",
            text=_("The member is signed out everywhere. Orders stay."),
            when=lambda member: member.is_active,
        ),
    )

    shown_name = column(_("Full name"), lambda member: member.name_masked or NOTHING)
    shown_phone = column(_("Phone"), lambda member: member.phone_masked or NOTHING)
    tier_shown = column(_("Tier"), lambda member: TIER_LABELS.get(member.tier, member.tier), order="tier")
    joined_through = column(_("Joined through"), lambda member: CHANNEL_LABELS.get(member.channel, member.channel))
    home = name_column("store", _("Joined at store"))
    joined = moment_column("created_at", _("Joined at"))

    def page(self, request: HttpRequest, row: Member) -> Page:
        """Return the member's file, masked."""
        facts: list[tuple[object, object]] = [
            (_("Member number"), row.number),
            (_("Card number"), row.card_number),
            (_("Full name"), row.name_masked or NOTHING),
            (_("Phone"), row.phone_masked or NOTHING),
            (_("Birthday"), f"****-{row.birthday:%m-%d}" if row.birthday else NOTHING),
            (_("Tier"), TIER_LABELS.get(row.tier, row.tier)),
            (_("Joined through"), CHANNEL_LABELS.get(row.channel, row.channel)),
            (_("Joined at store"), name_of(row.store)),
            (_("Joined at"), moment(row.created_at)),
        ]
        state = badge(_("Valid"), "good") if row.is_active else badge(_("Membership closed"))
        badges = [state, badge(row.get_level_display(), "info")]
        if row.merged_into is not None:
            badges = [badge(_("Merged into another file"), "warn")]
            facts.insert(0, (_("Kept file"), link("members_member_change", row.merged_into_id, row.merged_into.number)))
        main: list[Card] = [
            Facts("", facts),
            _keys(row),
            *_contacts(row),
            _addresses(row),
            _consents(row),
            *_merges(row),
        ]
        return Page(title=str(row), badges=badges, main=main)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Leave merged files out of the list; the page of one says where it went."""
        rows = super().get_queryset(request)
        is_list = request.path == reverse("admin:members_member_changelist")
        return rows.filter(merged_into__isnull=True) if is_list else rows


def _keys(member: Member) -> Table:
    columns = [Column(_("Key")), Column(_("Value")), Column(_("Namespace")), Column(_("Proved at"), is_time=True)]
    rows = [
        (
            KEY_LABELS.get(key.kind, key.kind),
            key.value_masked,
            key.namespace or NOTHING,
            moment(key.verified_at) if key.verified_at else _("told, not proved"),
        )
        for key in Identity.objects.filter(member=member).order_by("created_at")
    ]
    return Table(_("Known by"), columns, rows, empty=_("No keys."))


def _contacts(member: Member) -> list[Card]:
    """Return phones and mailboxes that are shared with others, where there are any."""
    found = Contact.objects.filter(member=member).order_by("created_at")
    rows = [(KEY_LABELS.get(contact.kind, _("Address")), contact.value_masked) for contact in found]
    note = _("Told, and shared with another member or not proved: they lead to nobody by themselves.")
    return [Table(_("Contacts"), [Column(_("Kind")), Column(_("Value"))], rows, note=note)] if rows else []


def _merges(member: Member) -> list[Card]:
    """Return the merges the file took part in, where there are any."""
    rows = [
        (
            link("members_merge_change", record.id, moment(record.at)),
            _("merged into another") if record.loser_id == member.pk else _("another merged into it"),
            _("stands") if record.undone_at is None else _("undone"),
        )
        for record in api.merges_of(member_id=member.pk)
    ]
    columns = [Column(_("Merged at"), is_time=True), Column(_("What happened")), Column(_("State"))]
    return [Table(_("Merges"), columns, rows)] if rows else []


def _addresses(member: Member) -> Table:
    rows = [(shown.masked, tick(shown.is_default)) for shown in api.addresses(member_id=member.pk)]
    return Table(_("Addresses"), [Column(_("Address")), Column(_("Default"))], rows, empty=_("No addresses."))


def _consents(member: Member) -> Table:
    columns = [
        Column(_("Purpose")),
        Column(_("Consent")),
        Column(_("Policy version")),
        Column(_("Recorded at"), is_time=True),
    ]
    rows = [
        (
            PURPOSE_LABELS.get(consent.purpose, consent.purpose),
            badge(_("Consented"), "good") if consent.is_given else badge(_("Withdrawn"), "warn"),
            consent.policy_version or NOTHING,
            moment(consent.at),
        )
        for consent in Consent.objects.filter(member=member).order_by("-id")[:50]
    ]
    return Table(_("Consents"), columns, rows, empty=_("No consents: that means no."))


def _new_members(units: Units, now: datetime) -> Figure:
    members = Member.objects.filter(merged_into__isnull=True, **({} if units is None else {"store_id__in": units}))
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    # The whole chain's members are not counted here: that reads all of them, and tells nobody what to do.
    week = members.filter(created_at__gte=midnight - timedelta(days=6)).count()
    return Figure(number(members.filter(created_at__gte=midnight).count()), parts=((_("Last 7 days"), number(week)),))


add_tile(
    Tile(
        "members",
        _("Joined today"),
        "group",
        VIEW,
        _new_members,
        lambda _now: reverse("admin:members_member_changelist"),
        80,
    )
)
