"""Earning rules on the console: the chain's default, overrides of units below it, and the range they must keep."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.points import api
from quanyu.modules.points.admin.shown import VIEW, rule_text
from quanyu.modules.points.models import Rule
from quanyu.platform.console import access
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import NOTHING, badge, column, link, moment, moment_column, name_column, name_of
from quanyu.platform.console.forms import DeedForm, MomentField, YuanField, unit_choices
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

_KINDS = (UnitKind.ENTERPRISE, UnitKind.BRAND, UnitKind.REGION, UnitKind.DEALER, UnitKind.STORE)


class RuleForm(DeedForm):
    """Asks where, how much money, how many points, and from when."""

    is_grid = True

    unit = forms.ChoiceField(label=_("Valid for"), help_text=_("And everything below it without a rule of its own"))
    per = YuanField(label=_("For every (yuan)"), initial="1")
    points = forms.IntegerField(label=_("Points"), min_value=0, initial=1)
    starts_at = MomentField(label=_("In force from"), required=False, help_text=_("Empty: from now on"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def prepare(self) -> None:
        """Offer the units within reach."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.CONFIGURE)
        units = [u for u in organization.units_of_kind() if u.kind in _KINDS and (reach is None or u.id in reach)]
        self.fields["unit"].choices = unit_choices(units)  # type: ignore[attr-defined]


class RangeForm(DeedForm):
    """Asks for the bounds, in points for 100 yuan."""

    least = forms.IntegerField(label=_("Least points for 100 yuan"), min_value=0)
    most = forms.IntegerField(label=_("Most points for 100 yuan"), min_value=0)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def prepare(self) -> None:
        """Show what holds now."""
        known = api.earning_range()
        if known is not None:
            self.fields["least"].initial, self.fields["most"].initial = known.least, known.most


class FollowForm(DeedForm):
    """Asks why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


def _set_rule(call: Call) -> Done:
    values = call.values
    api.set_rule(
        unit_id=int(values["unit"]),
        points=values["points"],
        per_fen=values["per"],
        starts_at=values["starts_at"],
        reason=values["reason"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The rule is set. Orders from then on earn by it; earlier ones keep theirs."))


def _set_range(call: Call) -> Done:
    values = call.values
    api.set_range(least=values["least"], most=values["most"], reason=values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The range is set."))


def _follow(call: Call) -> Done:
    api.set_rule(
        unit_id=call.subject.unit_id,
        points=None,
        per_fen=None,
        reason=call.values["reason"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("From now on the rule of the unit above holds here."))


SET_RULE = Deed("set-rule", _("Set a rule"), api.CONFIGURE, _set_rule, RuleForm, "rule_settings", "primary")
SET_RANGE = Deed(
    "set-range",
    _("Range for stores"),
    api.CONFIGURE,
    _set_range,
    RangeForm,
    "straighten",
    text=_("Rules of brands, regions and stores must lie within it. Set by head office."),
)
FOLLOW = Deed(
    "follow",
    _("Follow the unit above"),
    api.CONFIGURE,
    _follow,
    FollowForm,
    "subdirectory_arrow_left",
    when=lambda rule: rule.points is not None and rule.is_in_force,
)


def _holds_now() -> Combinable:
    """Tell whether a version has begun and no later one of its unit has."""
    begun = Rule.objects.filter(unit_id=OuterRef("unit_id"), starts_at__lte=timezone.now())
    later = begun.filter(
        Q(starts_at__gt=OuterRef("starts_at")) | Q(starts_at=OuterRef("starts_at"), version__gt=OuterRef("version"))
    )
    return Q(starts_at__lte=timezone.now()) & ~Exists(later)


class InForceFilter(admin.SimpleListFilter):
    """Rules that hold now, or all versions there ever were."""

    title = _("validity")
    parameter_name = "versions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("now", _("In force")), ("later", _("To come"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rule]) -> QuerySet[Rule]:
        """Return the rows that fit."""
        if self.value() == "now":
            return queryset.filter(_holds_now())
        return queryset.filter(starts_at__gt=timezone.now()) if self.value() == "later" else queryset


def state_badge(rule: Any) -> object:
    """Return whether a version holds, is to come, or was replaced."""
    if rule.starts_at > timezone.now():
        return badge(_("To come"), "info")
    return badge(_("In force"), "good") if rule.is_in_force else badge(_("Replaced"))


@admin.register(Rule)
class RuleAdmin(ScopedAdmin[Rule]):
    """Every version of every earning rule."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("at_unit", "kind_of_unit", "says", "state_shown", "starts", "version", "by")
    list_filter = (InForceFilter, unit_filter("unit", kind__in=_KINDS))
    search_fields = ("unit__code__exact", "unit__name")
    search_help_text = _("Name or code of the place")
    list_select_related = ("unit",)
    ordering = ("unit__path", "-version")
    list_deeds = (SET_RULE, SET_RANGE)
    deeds = (FOLLOW,)

    at_unit = name_column("unit", _("Valid for"), order="unit__code")
    kind_of_unit = column(_("Kind"), lambda rule: rule.unit.get_kind_display())
    says = column(_("Points"), rule_text)
    state_shown = column(_("State"), state_badge)
    starts = moment_column("starts_at", _("In force from"))
    by = column(_("By"), lambda rule: access.person(rule.actor))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        """Say of each version whether it holds now."""
        return super().get_queryset(request).annotate(is_in_force=_holds_now())

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Say on top what holds where nothing is set, and which range binds the stores."""
        answer = super().changelist_view(request, extra_context)
        if answer.context_data is not None:
            answer.context_data["list_note"] = _note()
        return answer

    def name_of_row(self, row: Rule) -> str:
        """Return whose rule it is."""
        return name_of(row.unit)

    def page(self, request: HttpRequest, row: Rule) -> Page:
        """Return this version and the others of the place."""
        facts: list[tuple[object, object]] = [
            (_("Valid for"), link("organization_unit_change", row.unit_id, name_of(row.unit))),
            (_("Points"), rule_text(row)),
            (_("In force from"), moment(row.starts_at)),
            (_("Version"), row.version),
            (_("By"), access.person(row.actor)),
            (_("Reason"), row.reason or NOTHING),
        ]
        columns = [Column(_("Version")), Column(_("Points")), Column(_("In force from"), is_time=True), Column(_("By"))]
        rows = [
            (link("points_rule_change", other.pk, other.version), rule_text(other), moment(other.starts_at),
             access.person(other.actor))
            for other in Rule.objects.filter(unit_id=row.unit_id).order_by("-version")
        ]  # fmt: skip
        main: list[Card] = [Facts("", facts), Table(_("All versions"), columns, rows)]
        return Page(title=name_of(row.unit), badges=[state_badge(row)], main=main)


def _note() -> str:
    texts = [
        gettext("The nearest rule holds: the store's, else that of the unit above it. Without any, 1 yuan is 1 point.")
    ]
    known = api.earning_range()
    if known is not None:
        texts.append(
            gettext("Head office allows %(least)s to %(most)s points for 100 yuan.")
            % {"least": known.least, "most": known.most}
        )
    return " ".join(texts)
