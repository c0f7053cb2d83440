"""Console screens of campaigns: who may see what they give, set them up and stop them, through the api."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import BASIS_POINTS, parse_yuan
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.promotions import api
from quanyu.modules.promotions.contracts import Scope, Shares, Step
from quanyu.modules.promotions.models import Campaign
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    moment,
    name_of,
    percent,
    tick,
    yuan,
)
from quanyu.platform.console.forms import DeedForm, MomentField, ReasonForm, next_hour, period_from, unit_choices
from quanyu.platform.console.scoped_admin import ScopedAdmin

VIEW = "promotions.view"
CHANNEL_LABELS = {
    "mall": _("Mall"),
    "pos": _("Till"),
    "kiosk": _("Kiosk"),
    "assistant": _("Associate"),
    "b2b": _("Dealer ordering"),
    "market": _("Marketplace"),
}


class CampaignForm(DeedForm):
    """Asks for a threshold discount: what, where, when, for whom, and who bears it."""

    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    starts = MomentField(label=_("Starts"))
    ends = MomentField(label=_("Until"))
    steps = forms.CharField(
        label=_("Steps"),
        help_text=_("One a line: from yuan, discount in yuan. For example: 100 10"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    repeats = forms.BooleanField(label=_("Repeats for every multiple"), required=False)
    members_only = forms.BooleanField(label=_("Members only"), required=False)
    channels = forms.MultipleChoiceField(
        label=_("Ways of buying (none: all)"),
        choices=list(CHANNEL_LABELS.items()),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    unit_ids = forms.MultipleChoiceField(
        label=_("Places (none: everywhere)"), required=False, widget=forms.SelectMultiple(attrs={"size": 8})
    )
    category_ids = forms.MultipleChoiceField(
        label=_("Categories (none: all)"), required=False, widget=forms.SelectMultiple(attrs={"size": 8})
    )
    store_percent = forms.IntegerField(label=_("Borne by the store, percent"), min_value=0, max_value=100, initial=0)
    supplier_percent = forms.IntegerField(
        label=_("Borne by the supplier, percent"), min_value=0, max_value=100, initial=0
    )
    priority = forms.IntegerField(label=_("Priority"), initial=0, help_text=_("The higher one goes first."))

    def prepare(self) -> None:
        """Offer places within reach and categories, and a week from the next hour."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.EDIT)
        places = unit_choices(unit for unit in organization.units_of_kind() if reach is None or unit.id in reach)
        categories = [(str(one.id), in_language(one.name, one.name_en)) for one in catalog.categories()]
        self.fields["unit_ids"].choices = places  # type: ignore[attr-defined]
        self.fields["category_ids"].choices = categories  # type: ignore[attr-defined]
        self.fields["starts"].initial, self.fields["ends"].initial = next_hour(), next_hour(days=7)

    def clean_steps(self) -> list[Step]:
        """Return the steps. Raises ``ValidationError`` for a line that is none."""
        steps = []
        for line in self.cleaned_data["steps"].splitlines():
            if not line.strip():
                continue
            try:
                threshold, off = line.replace(",", " ").split()
                steps.append(Step(parse_yuan(threshold), parse_yuan(off)))
            except ValueError:
                raise forms.ValidationError(gettext("A step is two amounts, such as: 100 10")) from None
        return steps

    def clean(self) -> dict[str, Any]:
        """Make the period and the shares."""
        values = super().clean() or {}
        if values.get("starts") and values.get("ends"):
            values["period"] = period_from(values["starts"], values["ends"])
        store, supplier = values.get("store_percent") or 0, values.get("supplier_percent") or 0
        if store + supplier > 100:
            self.add_error("store_percent", gettext("Together more than 100 percent."))
        brand_bp = BASIS_POINTS - 100 * (store + supplier)
        return {**values, "shares": Shares(brand_bp=brand_bp, store_bp=100 * store, supplier_bp=100 * supplier)}


def _create(call: Call) -> Done:
    values = call.values
    scope = Scope(
        unit_ids=frozenset(map(int, values["unit_ids"])),
        channels=frozenset(values["channels"]),
        category_ids=frozenset(map(int, values["category_ids"])),
        members_only=values["members_only"],
    )
    made = api.create_campaign(
        code=values["code"],
        name=values["name"],
        name_en=values["name_en"],
        period=values["period"],
        steps=values["steps"],
        scope=scope,
        shares=values["shares"],
        repeats=values["repeats"],
        priority=values["priority"],
        actor=call.actor,
        now=call.now,
    )
    address = reverse("admin:promotions_campaign_change", args=[made.id])
    return Done(gettext("The campaign is set up."), go_to=address)


def _stop(call: Call) -> Done:
    api.stop_campaign(campaign_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The campaign is stopped."))


def state_badge(campaign: Campaign) -> object:
    """Return whether a campaign holds, is to come, or is over."""
    now = timezone.now()
    if not campaign.is_active:
        return badge(_("Stopped"), "bad")
    if campaign.period.upper is not None and campaign.period.upper <= now:
        return badge(_("Over"))
    if campaign.period.lower is not None and campaign.period.lower > now:
        return badge(_("To come"), "info")
    return badge(_("In force"), "good")


def step_texts(campaign: Campaign) -> str:
    """Return the steps as a customer reads them."""
    steps = sorted(campaign.steps.all(), key=lambda step: step.threshold_fen)
    texts = [
        gettext("%(off)s off from %(threshold)s") % {"off": yuan(step.off_fen), "threshold": yuan(step.threshold_fen)}
        for step in steps
    ]
    return "; ".join(texts)


@admin.register(Campaign)
class CampaignAdmin(ScopedAdmin[Campaign]):
    """Threshold discounts."""

    view_permission = VIEW
    unit_lookups = ("units",)
    list_display = ("code", "shown_name", "state_shown", "gives", "starts", "ends", "for_members")
    list_filter = ("is_active", "members_only")
    search_fields = ("code", "name", "name_en")
    ordering = ("-created_at", "-id")
    list_deeds = (Deed("create", _("New campaign"), api.EDIT, _create, CampaignForm, "add", "primary"),)
    deeds = (
        Deed(
            "stop",
            _("Stop campaign"),
            api.EDIT,
            _stop,
            ReasonForm,
            "stop_circle",
            "danger",
            when=lambda campaign: campaign.is_active,
        ),
    )

    shown_name = column(_("Name"), name_of, order="name")
    state_shown = column(_("State"), state_badge)
    gives = column(_("Gives"), step_texts)
    starts = column(_("Starts"), lambda campaign: moment(campaign.period.lower))
    ends = column(_("Until"), lambda campaign: moment(campaign.period.upper))
    for_members = column(_("Members only"), lambda campaign: tick(campaign.members_only))

    def reach(self, units: frozenset[int]) -> Q:
        """Let a place see the campaigns that hold there: those of its own, of a unit above it, and everywhere."""
        if not units:
            return Q(pk__in=[])
        paths = organization.paths(unit_ids=units).values()
        above = {unit_id for path in paths for unit_id in path}
        named = Campaign.units.through.objects.filter(unit_id__in=above).values("campaign_id")
        everywhere = Campaign.units.through.objects.values("campaign_id")
        return Q(pk__in=named) | ~Q(pk__in=everywhere)

    def units_of_row(self, row: Campaign) -> set[int]:
        """Return the places a campaign names; one that names none is the whole chain's."""
        return set(row.units.values_list("id", flat=True)) or {organization.enterprise().id}

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bring the steps along."""
        return super().get_queryset(request).prefetch_related("steps")

    def page(self, request: HttpRequest, row: Campaign) -> Page:
        """Return what the campaign gives, where, and who bears it."""
        skus = catalog.skus(ids=[*row.sku_ids, *row.excluded_sku_ids])
        categories = {one.id: in_language(one.name, one.name_en) for one in catalog.categories()}
        everywhere, everything = gettext("Everywhere"), gettext("All goods")

        def sku_names(ids: list[int]) -> str:
            return ", ".join(in_language(skus[sku_id].name, skus[sku_id].name_en) for sku_id in ids if sku_id in skus)

        goods = [*(categories.get(one, "") for one in row.category_ids), sku_names(row.sku_ids)]
        facts: list[tuple[object, object]] = [
            (_("Code"), row.code),
            (_("Starts"), moment(row.period.lower)),
            (_("Until"), moment(row.period.upper)),
            (_("Places"), ", ".join(name_of(unit) for unit in row.units.all()) or everywhere),
            (_("Ways of buying"), ", ".join(str(CHANNEL_LABELS.get(one, one)) for one in row.channels) or _("All")),
            (_("Goods"), ", ".join(name for name in goods if name) or everything),
            (_("Excluded goods"), sku_names(row.excluded_sku_ids) or NOTHING),
            (_("Members only"), tick(row.members_only)),
            (_("Repeats for every multiple"), tick(row.repeats)),
            (_("Priority"), row.priority),
        ]
        shares: list[tuple[object, object]] = [
            (_("The brand"), percent(row.brand_share_bp)),
            (_("The store"), percent(row.store_share_bp)),
            (_("The supplier"), percent(row.supplier_share_bp)),
        ]
        steps = [(yuan(step.threshold_fen), yuan(step.off_fen)) for step in row.steps.order_by("threshold_fen")]
        columns = [Column(_("From amount"), is_number=True), Column(_("Discount"), is_number=True)]
        main: list[Card] = [Facts("", facts), Table(_("Steps"), columns, steps)]
        return Page(title=name_of(row), badges=[state_badge(row)], main=main, aside=[Facts(_("Who bears it"), shares)])
