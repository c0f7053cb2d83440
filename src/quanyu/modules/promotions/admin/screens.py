"""Console screens of campaigns: who may see what they give, set them up, change and stop them, through the api."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.quantity import Quantity
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.organization import api as organization
from quanyu.modules.promotions import api
from quanyu.modules.promotions.admin.asked import CHANNEL_LABELS
from quanyu.modules.promotions.admin.deeds import CHANGE, CHANGE_RUNNING, CREATE, KIND_LABELS, STOP
from quanyu.modules.promotions.contracts import CampaignKind
from quanyu.modules.promotions.models import Campaign, CampaignStep
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    clauses,
    column,
    in_language,
    listed,
    moment,
    name_of,
    percent,
    quantity,
    tick,
    yuan,
)
from quanyu.platform.console.scoped_admin import ScopedAdmin

VIEW = "promotions.view"


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


def gives(campaign: Campaign) -> str:
    """Return what the campaign gives as a customer reads it."""
    match campaign.kind:
        case CampaignKind.THRESHOLD:
            return step_texts(campaign)
        case CampaignKind.GIFT:
            return clauses(_gift_text(step) for step in sorted(campaign.steps.all(), key=lambda one: one.threshold_fen))
        case CampaignKind.NTH:
            if campaign.price_fen is not None:
                values = {"count": campaign.count, "price": yuan(campaign.price_fen)}
                return gettext("Piece %(count)s for %(price)s") % values
            return gettext("Piece %(count)s: %(off)s off") % {
                "count": campaign.count,
                "off": percent(campaign.off_bp),
            }
        case CampaignKind.BUNDLE:
            pieces = campaign.count or sum(item.quantity for item in campaign.items.all())
            return gettext("%(count)s pieces for %(price)s") % {"count": pieces, "price": yuan(campaign.price_fen)}
        case _:
            prices = [item.price_fen for item in campaign.items.all()]
            return gettext("Prices from %(price)s") % {"price": yuan(min(prices, default=None))}


def _gift_text(step: CampaignStep) -> str:
    """Return a gift by its name, how many of it, and the amount it begins at."""
    gift = step.gift_sku
    if gift is None:
        return gettext("A gift from %(threshold)s") % {"threshold": yuan(step.threshold_fen)}
    pieces = (
        "" if step.gift_quantity == gift.quantity_scale else f" × {Quantity(step.gift_quantity, gift.quantity_scale)}"
    )
    name = in_language(gift.name, gift.name_en)
    return gettext("%(gift)s free from %(threshold)s") % {
        "gift": f"{name}{pieces}",
        "threshold": yuan(step.threshold_fen),
    }


def step_texts(campaign: Campaign) -> str:
    """Return the steps of a threshold discount as a customer reads them."""
    steps = sorted(campaign.steps.all(), key=lambda step: step.threshold_fen)
    texts = [
        gettext("%(off)s off from %(threshold)s") % {"off": yuan(step.off_fen), "threshold": yuan(step.threshold_fen)}
        for step in steps
    ]
    return clauses(texts)


class KindFilter(admin.SimpleListFilter):
    """Campaigns of one kind."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """Return the kinds by name."""
        return list(KIND_LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        """Return those of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() in KIND_LABELS else queryset


@admin.register(Campaign)
class CampaignAdmin(ScopedAdmin[Campaign]):
    """Campaigns of every kind."""

    view_permission = VIEW
    unit_lookups = ("units",)
    list_display = ("code", "shown_name", "shown_kind", "state_shown", "shown_gives", "starts", "ends", "for_members")
    list_filter = (KindFilter, "is_active", "members_only")
    search_fields = ("code", "name", "name_en")
    ordering = ("-created_at", "-id")
    # There is a button per kind: too many for the head of the page.
    change_list_template = "promotions/campaign_list.html"
    list_deeds = CREATE
    deeds = (*CHANGE, CHANGE_RUNNING, STOP)

    shown_name = column(_("Name"), name_of, order="name")
    shown_kind = column(_("Kind"), lambda campaign: KIND_LABELS[campaign.kind], order="kind")
    state_shown = column(_("State"), state_badge)
    shown_gives = column(_("Gives"), gives)
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
        """Bring steps and products along."""
        return super().get_queryset(request).prefetch_related("steps__gift_sku", "items")

    def page(self, request: HttpRequest, row: Campaign) -> Page:
        """Return what the campaign gives, where, and who bears it."""
        skus = _skus(row)
        shares: list[tuple[object, object]] = [
            (_("The brand"), percent(row.brand_share_bp)),
            (_("The store"), percent(row.store_share_bp)),
            (_("The supplier"), percent(row.supplier_share_bp)),
        ]
        main: list[Card] = [Facts("", _facts(row, skus)), *_rule_card(row, skus)]
        badges = [badge(KIND_LABELS[row.kind]), state_badge(row)]
        return Page(title=name_of(row), badges=badges, main=main, aside=[Facts(_("Who bears it"), shares)])


def _skus(row: Campaign) -> dict[int, SkuInfo]:
    gifts = [step.gift_sku_id for step in row.steps.all() if step.gift_sku_id is not None]
    items = [item.sku_id for item in row.items.all()]
    return catalog.skus(ids=[*row.sku_ids, *row.excluded_sku_ids, *gifts, *items])


def _facts(row: Campaign, skus: dict[int, SkuInfo]) -> list[tuple[object, object]]:
    categories = {one.id: in_language(one.name, one.name_en) for one in catalog.categories()}
    tiers = {tier.code: in_language(tier.name, tier.name_en) for tier in api.tier_choices()}

    def sku_names(ids: list[int]) -> str:
        return listed(_name(skus.get(sku_id)) for sku_id in ids)

    goods = [*(categories.get(one, "") for one in row.category_ids), sku_names(row.sku_ids)]
    if row.items.all():
        goods = [gettext("Those named below")]
    return [
        (_("Code"), row.code),
        (_("Gives"), gives(row)),
        (_("Starts"), moment(row.period.lower)),
        (_("Until"), moment(row.period.upper)),
        (_("Places"), listed(name_of(unit) for unit in row.units.all()) or gettext("Everywhere")),
        (_("Ways of buying"), listed(str(CHANNEL_LABELS.get(one, one)) for one in row.channels) or _("All")),
        (_("Goods"), listed(name for name in goods if name) or gettext("All goods")),
        (_("Excluded goods"), sku_names(row.excluded_sku_ids) or NOTHING),
        (_("Members only"), tick(row.members_only or row.kind == CampaignKind.NEW_CUSTOMER)),
        (_("Membership tiers"), listed(tiers.get(code, code) for code in row.tiers) or gettext("All")),
        (_("Repeats for every multiple"), tick(row.repeats)),
        (_("Combines with other campaigns"), tick(row.stacks)),
        (_("Priority"), row.priority),
    ]


def _rule_card(row: Campaign, skus: dict[int, SkuInfo]) -> list[Card]:
    """Return the steps, or the products with how many and at which price."""
    columns = [Column(_("From amount"), is_number=True), Column(_("Discount"), is_number=True)]
    steps = row.steps.order_by("threshold_fen")
    if row.kind == CampaignKind.THRESHOLD:
        return [Table(_("Steps"), columns, [(yuan(step.threshold_fen), yuan(step.off_fen)) for step in steps])]
    if row.kind == CampaignKind.GIFT:
        columns = [columns[0], Column(_("Gift")), Column(_("Quantity"), is_number=True)]
        rows = [(yuan(step.threshold_fen), *_named(skus, step.gift_sku_id or 0, step.gift_quantity)) for step in steps]
        return [Table(_("Gifts"), columns, rows)]
    named = [Column(_("Product")), Column(_("Quantity"), is_number=True)]
    items = row.items.order_by("id")
    if row.kind == CampaignKind.NEW_CUSTOMER:
        named = [named[0], Column(_("Most per order"), is_number=True), Column(_("Price"), is_number=True)]
        rows = [(*_named(skus, item.sku_id, item.quantity), yuan(item.price_fen)) for item in items]
        return [Table(_("New-customer prices"), named, rows)]
    if items:
        return [Table(_("The set"), named, [_named(skus, item.sku_id, item.quantity) for item in items])]
    return []


def _named(skus: dict[int, SkuInfo], sku_id: int, count: int) -> tuple[str, str]:
    sku = skus.get(sku_id)
    return _name(sku), quantity(count, sku.quantity_scale if sku else 1, sku.unit_name if sku else "")


def _name(sku: SkuInfo | None) -> str:
    return NOTHING if sku is None else f"{in_language(sku.name, sku.name_en)} ({sku.code})"
