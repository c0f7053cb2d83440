"""Console screens of offers: what they promise, who decided, what came of them, and the deeds on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.coupons import api
from quanyu.modules.coupons.admin import bars, deeds, texts
from quanyu.modules.coupons.contracts import Statistics, Template, TemplateState
from quanyu.modules.coupons.models import Template as TemplateRow
from quanyu.modules.coupons.models.labels import KIND_LABELS, SCOPE_LABELS
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.tiers import api as tiers
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Card, Facts, Page, Table
from quanyu.platform.console.deeds import Deed
from quanyu.platform.console.formats import (
    NOTHING,
    column,
    in_language,
    listed,
    moment,
    name_column,
    name_of,
    number,
    percent,
    tick,
    yuan,
)
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin

VIEW = "coupons.view"
_EVER_LIVE = (TemplateState.LIVE, TemplateState.STOPPED, TemplateState.FORCED_OFF)


def _gives(row: TemplateRow) -> str:
    return texts.gives(
        row.kind,
        amount_fen=row.amount_fen,
        percent_off_bp=row.percent_off_bp,
        cap_fen=row.cap_fen,
        threshold_fen=row.threshold_fen,
    )


@admin.register(TemplateRow)
class TemplateAdmin(ScopedAdmin[TemplateRow]):
    """Offers of head office and of stores."""

    view_permission = VIEW
    unit_lookups = ("owner_unit_id",)
    list_display = ("code", "shown_name", "state_shown", "shown_gives", "usable", "ends", "shown_issued", "shown_owner")
    list_filter = ("state", "kind", "scope", "is_proposal")
    search_fields = ("code", "name", "name_en")
    list_select_related = ("owner_unit", "counter")
    ordering = ("-created_at", "-id")
    list_deeds = (deeds.CREATE, deeds.PROPOSE)
    deeds = deeds.DEEDS

    shown_name = column(_("Name"), name_of, order="name")
    state_shown = column(_("State"), lambda row: texts.template_badge(row.state), order="state")
    shown_gives = column(_("Gives"), _gives)
    usable = column(_("Where it is taken"), lambda row: row.get_scope_display(), order="scope")
    ends = column(_("Claimed until"), lambda row: moment(row.claim_period.upper))
    shown_issued = column(
        _("Given out"), lambda row: texts.used_of(row.counter.issued, row.counter.total_limit), numeric=True
    )
    shown_owner = name_column("owner_unit", _("Issued by"), order="owner_unit")

    def reach(self, units: frozenset[int]) -> Q:
        """Let a place see its own offers and those that hold there: of its own, of a unit above it, everywhere."""
        if not units:
            return Q(pk__in=[])
        paths = organization.paths(unit_ids=units).values()
        above = {unit_id for path in paths for unit_id in path}
        places = TemplateRow.units.through.objects
        named = places.filter(unit_id__in=above).values("template_id")
        return Q(owner_unit_id__in=units) | Q(pk__in=named) | ~Q(pk__in=places.values("template_id"))

    def may_do(self, request: HttpRequest, deed: Deed, of_row: set[int] | None) -> bool:
        """Let staff make codes for any offer that holds where they work: the api asks for the store."""
        return super().may_do(request, deed, None if deed.name == deeds.UNLOCK.name else of_row)

    def name_of_row(self, row: TemplateRow) -> str:
        """Return name and code."""
        return f"{name_of(row)} ({row.code})"

    def page(self, request: HttpRequest, row: TemplateRow) -> Page:
        """Return the terms, who decided, and what came of the offer as far as the person may see it."""
        template = api.template(template_id=row.pk)
        units = access.units_of(request, VIEW)
        figures = api.statistics(template_id=row.pk, unit_ids=units)
        main: list[Card] = [Facts(_("Terms"), _facts(template)), *_figure_tables(figures)]
        return Page(
            title=name_of(row),
            badges=[texts.template_badge(row.state)],
            figures=_key_figures(figures) if row.state in _EVER_LIVE else (),
            main=main,
            aside=[
                Facts(_("Given out"), _issued(template)),
                Facts(_("Who bears it"), _shares(template, figures)),
                Facts(_("Decisions"), _decisions(template)),
            ],
        )


def _key_figures(figures: Statistics) -> list[tuple[object, object]]:
    total = figures.total
    rate = f"{total.used / total.claimed:.0%}" if total.claimed else NOTHING
    return [
        (_("Claimed"), number(total.claimed)),
        (_("Used"), number(total.used)),
        (_("Share used"), rate),
        (_("Sales with it"), yuan(total.sales_fen)),
        (_("Taken off"), yuan(total.cost_fen)),
    ]


def _figure_tables(figures: Statistics) -> list[Table]:
    stores = organization.units(ids=[one for one in figures.by_store if one is not None])
    people = identity.staff(ids=list(figures.by_staff))
    by_store = sorted(figures.by_store.items(), key=lambda one: (-one[1].used, -one[1].claimed))
    by_staff = sorted(figures.by_staff.items(), key=lambda one: (-one[1].claimed, one[0]))
    found = []
    if by_store:
        rows = [(gettext("Online") if store is None else _unit_name(stores.get(store)), one) for store, one in by_store]
        found.append(bars.by_store(rows, used=figures.total.used))
    if by_staff:
        named = [(people[staff].name if staff in people else NOTHING, one) for staff, one in by_staff]
        found.append(bars.by_staff(named))
    return found


def _facts(template: Template) -> list[tuple[object, object]]:
    terms = template.terms
    gift = [terms.gift_sku_id] if terms.gift_sku_id is not None else []
    skus = catalog.skus(ids=[*terms.sku_ids, *terms.excluded_sku_ids, *gift])
    categories = {one.id: in_language(one.name, one.name_en) for one in catalog.categories()}
    known_tiers = {tier.code: in_language(tier.name, tier.name_en) for tier in tiers.tiers(only_active=False)}
    places = organization.units(ids=terms.unit_ids)

    def sku_names(ids: frozenset[int]) -> str:
        return listed(in_language(skus[one].name, skus[one].name_en) for one in sorted(ids) if one in skus)

    goods = [*(categories.get(one, "") for one in sorted(terms.category_ids)), sku_names(terms.sku_ids)]
    stacks = [
        str(text)
        for is_so, text in (
            (terms.stacks_with_campaigns, _("with campaigns")),
            (terms.stacks_with_coupons, _("with other coupons")),
        )
        if is_so
    ]
    return [
        (_("Code"), template.code),
        (_("Kind"), KIND_LABELS[terms.kind]),
        (_("Gives"), texts.gives_of(terms, skus.get(terms.gift_sku_id or 0))),
        (_("Terms in words"), template.description or NOTHING),
        (_("How it is claimed"), texts.conditions(template)),
        (_("Time of claim"), texts.span(terms.claim_period.start, terms.claim_period.end)),
        (_("Time of use"), texts.time_of_use(terms)),
        (_("Weekdays and hours"), texts.exceptions(terms) or gettext("at any time")),
        (_("Where it is taken"), SCOPE_LABELS[terms.scope]),
        (_("Places"), listed(_unit_name(unit) for unit in places.values()) or gettext("Everywhere")),
        (_("Goods"), listed(name for name in goods if name) or gettext("All goods")),
        (_("Excluded goods"), sku_names(terms.excluded_sku_ids) or NOTHING),
        (
            _("Membership tiers"),
            listed(known_tiers.get(code, code) for code in sorted(terms.tiers)) or gettext("All"),
        ),
        (_("For"), texts.LEVEL_LABELS[terms.level]),
        (_("Combines"), listed(stacks) or NOTHING),
        (_("May be given away"), tick(terms.transferable)),
        (
            _("When it comes back"),
            gettext("valid for %(days)s days at least") % {"days": terms.extension_days}
            if terms.extension_days
            else gettext("valid as before"),
        ),
    ]


def _issued(template: Template) -> list[tuple[object, object]]:
    terms = template.terms
    address = f"{reverse('admin:coupons_coupon_changelist')}?template__id__exact={template.id}"
    issued = format_html('<a class="qy-link" href="{}">{}</a>', address, number(template.issued))
    return [
        (_("Coupons"), issued),
        (_("At most in all"), number(terms.total_limit)),
        (_("At most per person"), number(terms.per_person_limit)),
        (_("Budget"), yuan(terms.budget_fen)),
        (_("Of it committed"), yuan(template.committed_fen) if terms.budget_fen is not None else NOTHING),
    ]


def _shares(template: Template, figures: Statistics) -> list[tuple[object, object]]:
    shares, total = template.terms.shares, figures.total
    return [
        (_("The brand"), f"{percent(shares.brand_bp)} · {yuan(total.brand_fen)}"),
        (_("The store"), f"{percent(shares.store_bp)} · {yuan(total.store_fen)}"),
        (_("The supplier"), f"{percent(shares.supplier_bp)} · {yuan(total.supplier_fen)}"),
    ]


def _decisions(template: Template) -> list[tuple[object, object]]:
    owner = organization.units(ids=[template.owner_unit_id]).get(template.owner_unit_id)
    found: list[tuple[object, object]] = [
        (_("Issued by"), _unit_name(owner)),
        (_("Proposed by a store"), tick(template.is_proposal)),
        (_("Created by"), access.person(template.created_by)),
    ]
    if template.changed_by != template.created_by:
        found.append((_("Changed by"), access.person(template.changed_by)))
    if template.decided_by:
        found.append((_("Decided by"), access.person(template.decided_by)))
        found.append((_("Decided at"), moment(template.decided_at)))
    if template.reason:
        found.append((_("Reason"), template.reason))
    return found


def _unit_name(unit: Any) -> str:
    return NOTHING if unit is None else in_language(unit.name, unit.name_en)


def _waiting(units: Units, _now: datetime) -> Figure:
    rows = TemplateRow.objects.filter(state=TemplateState.WAITING)
    if units is not None:
        rows = rows.filter(owner_unit_id__in=units)
    found = rows.aggregate(count=Count("pk"), oldest=Min("created_at"))
    return waiting(found["count"], found["oldest"])


add_tile(
    Tile(
        "coupon_proposals",
        _("Coupon offers to decide on"),
        "confirmation_number",
        api.APPROVE,
        _waiting,
        lambda _now: f"{reverse('admin:coupons_template_changelist')}?state__exact=waiting",
        80,
        is_todo=True,
    )
)
