"""The ladder of tiers: what each takes and gives, how many members stand in it, and its figures to edit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import format_yuan
from quanyu.modules.tiers import api, contracts
from quanyu.modules.tiers.admin.shown import off, times
from quanyu.modules.tiers.contracts import ONCE_BP, TierKind
from quanyu.modules.tiers.models import KIND_LABELS, LEVEL_LABELS, Tier
from quanyu.platform.console import access
from quanyu.platform.console.content import Facts, Page
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import NOTHING, badge, column, in_language, moment, number, tick, yuan
from quanyu.platform.console.forms import DeedForm, YuanField
from quanyu.platform.console.scoped_admin import EVERYWHERE, ScopedAdmin


class TimesField(forms.DecimalField):
    """A multiplier typed as a number of times (1.5), clean as basis points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=10, decimal_places=2, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return basis points."""
        typed = super().clean(value)
        return None if typed is None else int(typed * ONCE_BP)


class PercentField(forms.DecimalField):
    """A percentage, clean as basis points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=90, decimal_places=2, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return basis points."""
        typed = super().clean(value)
        return None if typed is None else int(typed * 100)


class FiguresForm(DeedForm):
    """The figures of a tier; those of the other way to reach one are left out."""

    is_grid = True

    name = forms.CharField(label=_("Name"), max_length=40)
    name_en = forms.CharField(label=_("English name"), max_length=40)
    rank = forms.IntegerField(
        label=_("Rank"), min_value=0, max_value=1000, help_text=_("The higher rank is the better tier.")
    )
    threshold = forms.IntegerField(label=_("Growth needed"), min_value=0, required=False)
    keep_threshold = forms.IntegerField(label=_("Growth to keep it"), min_value=0, required=False)
    validity_days = forms.IntegerField(label=_("Valid for (days)"), min_value=1, max_value=3650, required=False)
    price_fen = YuanField(label=_("Price (yuan)"), required=False)
    duration_days = forms.IntegerField(label=_("Lasts (days)"), min_value=1, max_value=3650, required=False)
    discount_bp = PercentField(label=_("Discount off the base price (%)"))
    points_multiplier_bp = TimesField(label=_("Points (times)"))
    birthday_multiplier_bp = TimesField(label=_("Points at the birthday (times)"))
    birthday_days_before = forms.IntegerField(label=_("Days before the birthday"), min_value=0, max_value=31)
    birthday_days_after = forms.IntegerField(label=_("Days after the birthday"), min_value=0, max_value=31)
    birthday_coupon = forms.CharField(label=_("Birthday coupon (offer's code)"), max_length=40, required=False)
    level_needed = forms.ChoiceField(label=_("Identification needed"), choices=list(LEVEL_LABELS.items()))
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def prepare(self) -> None:
        """Fill in the present figures."""
        kind = TierKind(self.subject.kind) if self.subject is not None else TierKind.GROWTH
        left_out = ("price_fen", "duration_days") if kind is TierKind.GROWTH else _OF_GROWTH
        for name in left_out:
            del self.fields[name]
        if self.subject is None:
            return
        for name, field in self.fields.items():
            value = getattr(self.subject, name)
            if isinstance(field, TimesField):
                value = f"{value / ONCE_BP:g}"
            elif isinstance(field, PercentField):
                value = f"{value / 100:g}"
            elif isinstance(field, YuanField):
                value = format_yuan(value)
            field.initial = value

    def figures(self) -> dict[str, Any]:
        """Return what was typed, as a tier has it."""
        typed = dict(self.cleaned_data)
        for name in ("threshold", "keep_threshold"):
            if name in typed:
                typed[name] = typed[name] or 0
        return typed


class NewTierForm(FiguresForm):
    """A tier that is new; paid ones too."""

    field_order = ("code", "kind")

    code = forms.SlugField(label=_("Code"), max_length=20)

    def prepare(self) -> None:
        """Ask for a tier by growth."""
        super().prepare()
        self.fields["points_multiplier_bp"].initial = self.fields["birthday_multiplier_bp"].initial = "1"
        self.fields["discount_bp"].initial = "0"
        self.fields["birthday_days_before"].initial = self.fields["birthday_days_after"].initial = 0
        self.fields["validity_days"].initial = 365


_OF_GROWTH = ("threshold", "keep_threshold", "validity_days")


def _save(call: Call) -> Done:
    present = api.tier(code=call.subject.pk)
    api.save_tier(tier=replace(present, **_figures(call.values)), actor=call.actor, now=call.now)
    return Done(gettext("The figures are saved. Nobody loses a tier by them before its time is over."))


def _add(call: Call) -> Done:
    blank = contracts.Tier(
        code=call.values["code"], name="", name_en="", kind=TierKind.GROWTH, rank=0, threshold=0, keep_threshold=0,
        validity_days=None, discount_bp=0, points_multiplier_bp=ONCE_BP, level_needed="identified",
        birthday_multiplier_bp=ONCE_BP, birthday_days_before=0, birthday_days_after=0, birthday_coupon="", price_fen=0,
        duration_days=0,
    )  # fmt: skip
    api.save_tier(tier=replace(blank, **_figures(call.values)), actor=call.actor, now=call.now)
    return Done(gettext("The tier is open."))


def _figures(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed, as a tier has it: an empty threshold is none."""
    typed = {name: value for name, value in values.items() if name != "code"}
    return {
        **typed,
        **{name: typed[name] or 0 for name in ("threshold", "keep_threshold", "price_fen") if name in typed},
    }


def _needs(tier: Tier) -> str:
    if tier.kind == TierKind.PAID:
        return yuan(tier.price_fen)
    return number(tier.threshold)


def _lasts(tier: Tier) -> str:
    days = tier.duration_days if tier.kind == TierKind.PAID else tier.validity_days
    return gettext("%(days)s days") % {"days": days} if days else gettext("for ever")


def _birthday(tier: Tier) -> str:
    if tier.birthday_multiplier_bp == ONCE_BP:
        return NOTHING
    shown = times(tier.birthday_multiplier_bp)
    before, after = tier.birthday_days_before, tier.birthday_days_after
    if before == after:
        return gettext("%(times)s, ±%(days)s days") % {"times": shown, "days": before} if before else shown
    return gettext("%(times)s, −%(before)s to +%(after)s days") % {"times": shown, "before": before, "after": after}


@admin.register(Tier)
class TierAdmin(ScopedAdmin[Tier]):
    """The tiers of the chain."""

    view_permission = api.VIEW
    unit_lookups = EVERYWHERE
    list_display = (
        "called", "needs", "keeps", "lasts", "discount", "points", "birthday", "level_needed", "used",
    )  # fmt: skip
    search_fields = ()
    ordering = ("rank",)
    change_list_template = "tiers/ladder.html"
    list_deeds = (Deed("add", _("New tier"), api.EDIT, _add, NewTierForm, "add", "primary"),)
    deeds = (
        Deed(
            "figures", _("Edit figures"), api.EDIT, _save, FiguresForm, "edit", "primary",
            text=_("What is changed holds from the next purchase on. Members keep their tier until its time is over."),
        ),
    )  # fmt: skip

    called = column(_("Tier"), lambda tier: in_language(tier.name, tier.name_en), order="rank")
    needs = column(_("Growth needed"), _needs, numeric=True)
    keeps = column(_("To keep it"), lambda tier: number(tier.keep_threshold or None), numeric=True)
    lasts = column(_("Holds for"), _lasts)
    discount = column(_("Discount"), lambda tier: off(tier.discount_bp))
    points = column(_("Points"), lambda tier: times(tier.points_multiplier_bp), numeric=True)
    birthday = column(_("At the birthday"), _birthday)
    used = column(_("In use"), lambda tier: tick(tier.is_active))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the ladder above the figures."""
        units = access.units_of(request, self.view_permission)
        shown = {"ladder": _ladder(api.members_by_tier(store_ids=units))}
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def page(self, request: HttpRequest, row: Tier) -> Page:
        """Return a tier with all its figures."""
        takes: list[tuple[object, object]] = [
            (_("Code"), row.code),
            (_("Reached"), KIND_LABELS[TierKind(row.kind)]),
            (_("Rank"), row.rank),
            (_("Growth needed"), _needs(row)),
            (_("Growth to keep it"), number(row.keep_threshold or None)),
            (_("Holds for"), _lasts(row)),
            (_("Price"), yuan(row.price_fen) if row.kind == TierKind.PAID else NOTHING),
            (_("Identification needed"), row.get_level_needed_display()),
        ]
        gives: list[tuple[object, object]] = [
            (_("Discount off the base price"), off(row.discount_bp)),
            (_("Points"), times(row.points_multiplier_bp)),
            (_("Points at the birthday"), times(row.birthday_multiplier_bp)),
            (_("Birthday counts"), _birthday(row)),
            (_("Birthday coupon"), row.birthday_coupon or NOTHING),
            (_("Changed at"), moment(row.changed_at)),
        ]
        state = badge(_("In use"), "good") if row.is_active else badge(_("Out of use"))
        main: list[Any] = [Facts(_("How it is reached"), takes), Facts(_("Its benefits"), gives)]
        return Page(title=in_language(row.name, row.name_en), badges=[state], main=main)


def _ladder(counts: dict[str, int]) -> list[dict[str, object]]:
    """Return the steps of the ladder, the lowest first, each with its members and their share."""
    total = sum(counts.values()) or 1
    steps: list[dict[str, object]] = []
    for tier in api.tiers():
        members = counts.get(tier.code, 0)
        steps.append(
            {
                "code": tier.code,
                "name": in_language(tier.name, tier.name_en),
                "members": number(members),
                "share": f"{members * 100 / total:.1f}%",
                "width": f"{members * 100 / total:.2f}",
                "needs": yuan(tier.price_fen)
                if tier.kind is TierKind.PAID
                else gettext("from %(growth)s growth") % {"growth": number(tier.threshold)},
                "discount": off(tier.discount_bp),
                "points": times(tier.points_multiplier_bp),
            }
        )
    return steps
