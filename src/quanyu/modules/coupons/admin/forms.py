"""What setting up and changing an offer asks for, in parts, in the words of a shop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import BASIS_POINTS, format_yuan
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.coupons import api
from quanyu.modules.coupons.admin import texts
from quanyu.modules.coupons.contracts import Template, Terms, UseScope
from quanyu.modules.coupons.models.labels import KIND_LABELS, SCOPE_LABELS
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.promotions.contracts import CouponKind, Shares
from quanyu.modules.tiers import api as tiers
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.forms import DeedForm, MomentField, YuanField, next_hour, period_from, unit_choices

MONTH_DAYS = 30
# The field with the figure that is the terms' ``amount_fen``.
_WORTH = {CouponKind.AMOUNT: "amount_fen", CouponKind.SERVICE: "worth_fen"}


class SkuCodesField(forms.CharField):
    """SKU codes, one a line; clean as ids. A search box helps to fill it."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        attrs = {
            "rows": rows,
            "data-goods": reverse_lazy("admin:goods_search"),
            "data-goods-find": _("Find a product"),
            "data-goods-before": 0,
        }
        super().__init__(widget=forms.Textarea(attrs=attrs), max_length=10_000, required=False, **kwargs)

    def clean(self, value: Any) -> list[int]:
        """Return SKU ids in their order. Raises ``ValidationError`` that names the code."""
        codes = super().clean(value).split()
        ids = catalog.sku_ids_by_code(codes=codes)
        unknown = [code for code in codes if code not in ids]
        if unknown:
            raise forms.ValidationError(gettext("No SKU has the code %(code)s.") % {"code": unknown[0]})
        return [ids[code] for code in codes]


class HoursField(forms.CharField):
    """Hours of the day such as ``09:00-11:30 14:00-24:00``; clean as pairs of minutes."""

    def clean(self, value: Any) -> tuple[tuple[int, int], ...]:
        """Return the pairs. Raises ``ValidationError``."""
        text = super().clean(value).replace("–", "-").replace("：", ":").replace("，", " ").replace(",", " ")
        try:
            return tuple((_minutes(one), _minutes(other)) for one, other in (span.split("-") for span in text.split()))
        except ValueError:
            raise forms.ValidationError(gettext("Write hours like 09:00-11:30.")) from None


class DaysField(forms.CharField):
    """Days such as ``2026-10-01 2026-10-02``; clean as dates."""

    def clean(self, value: Any) -> frozenset[date]:
        """Return the days. Raises ``ValidationError``."""
        text = super().clean(value).replace("，", " ").replace(",", " ")
        try:
            return frozenset(date.fromisoformat(day) for day in text.split())
        except ValueError:
            raise forms.ValidationError(gettext("Write days like 2026-10-01.")) from None


class OfferForm(DeedForm):
    """All terms of an offer. Names of fields are those the api's refusals name."""

    permission: ClassVar[str] = api.EDIT

    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    description = forms.CharField(
        label=_("Terms in words"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    unit_id = forms.ChoiceField(label=_("Proposed by"))
    kind = forms.ChoiceField(label=_("Kind"), choices=list(KIND_LABELS.items()))
    threshold_fen = YuanField(label=_("From a purchase of (yuan)"), required=False)
    amount_fen = YuanField(label=_("Money off: yuan"), required=False)
    percent_off_bp = forms.DecimalField(
        label=_("Percent off: percent"),
        required=False,
        decimal_places=2,
        help_text=_("15 takes 15 percent off: customers call it 8.5 fold."),
    )
    cap_fen = YuanField(label=_("Percent off: at most yuan"), required=False)
    gift_sku_id = SkuCodesField(label=_("Gift: product"), rows=1)
    gift_quantity = forms.IntegerField(label=_("Gift: quantity"), required=False, min_value=1)
    worth_fen = YuanField(
        label=_("Service: worth in yuan"),
        required=False,
        help_text=_("What one counts for in the budget and for those who bear it."),
    )
    sku_ids = SkuCodesField(label=_("Products (none: all)"))
    excluded_sku_ids = SkuCodesField(label=_("Excluded products"))
    category_ids = forms.MultipleChoiceField(
        label=_("Categories (none: all)"), required=False, widget=forms.SelectMultiple(attrs={"size": 7})
    )
    claim_from = MomentField(label=_("Claimed from"))
    claim_until = MomentField(label=_("Claimed until"))
    lasts_days = forms.IntegerField(
        label=_("Usable for days"), required=False, help_text=_("From the claim. Or give fixed dates instead.")
    )
    starts_after_days = forms.IntegerField(label=_("Usable after days"), required=False, initial=0)
    use_from = MomentField(label=_("Fixed dates: usable from"), required=False)
    use_until = MomentField(label=_("Fixed dates: usable until"), required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("Weekdays (none: every day)"),
        choices=texts.WEEKDAYS,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 7}),
    )
    hours = HoursField(label=_("Hours"), required=False, max_length=120, help_text=_("Such as 09:00-11:30 14:00-24:00"))
    excluded_dates = DaysField(
        label=_("Excluded days"), required=False, max_length=400, help_text=_("Such as 2026-10-01 2026-10-02")
    )
    scope = forms.ChoiceField(label=_("Where it is taken"), choices=list(SCOPE_LABELS.items()))
    unit_ids = forms.MultipleChoiceField(
        label=_("Places (none: everywhere)"), required=False, widget=forms.SelectMultiple(attrs={"size": 7})
    )
    tiers = forms.MultipleChoiceField(
        label=_("Membership tiers (none: all)"), required=False, widget=forms.SelectMultiple(attrs={"size": 5})
    )
    level = forms.ChoiceField(label=_("For"), choices=list(texts.LEVEL_LABELS.items()))
    per_person_limit = forms.IntegerField(label=_("At most per person"), required=False, initial=1, min_value=1)
    total_limit = forms.IntegerField(label=_("At most in all"), required=False, min_value=1)
    points_price = forms.IntegerField(label=_("Price in points"), required=False, min_value=0)
    is_listed = forms.BooleanField(label=_("Listed in the coupon centre"), required=False, initial=True)
    needs_staff_code = forms.BooleanField(label=_("Needs a staff code"), required=False)
    is_new_member_pack = forms.BooleanField(label=_("Part of the new-member pack"), required=False)
    transferable = forms.BooleanField(label=_("May be given away"), required=False)
    budget_fen = YuanField(label=_("Budget (yuan)"), required=False)
    store_percent = forms.IntegerField(label=_("Borne by the store, percent"), min_value=0, max_value=100, initial=0)
    supplier_percent = forms.IntegerField(
        label=_("Borne by the supplier, percent"), min_value=0, max_value=100, initial=0
    )
    stacks_with_campaigns = forms.BooleanField(label=_("Combines with campaigns"), required=False, initial=True)
    stacks_with_coupons = forms.BooleanField(label=_("Combines with other coupons"), required=False)
    extension_days = forms.IntegerField(
        label=_("Days added when it comes back"),
        required=False,
        min_value=0,
        help_text=_("After a cancelled or refunded order it is valid that many days at least."),
    )

    parts: ClassVar[Sequence[tuple[object, Sequence[str]]]] = (
        (_("Coupon offer"), ("code", "name", "name_en", "unit_id", "description")),
        (
            _("What it gives"),
            ("kind", "threshold_fen", "amount_fen", "percent_off_bp", "cap_fen", "gift_sku_id", "gift_quantity",
             "worth_fen"),
        ),
        (_("How it is claimed"), ("claim_from", "claim_until", "per_person_limit", "total_limit", "points_price",
                                  "is_listed", "needs_staff_code", "is_new_member_pack", "transferable")),
        (_("When it is used"), ("weekdays", "hours", "excluded_dates", "lasts_days", "starts_after_days", "use_from",
                                "use_until")),
        (_("Where and for whom"), ("unit_ids", "tiers", "scope", "level")),
        (_("Which products"), ("sku_ids", "excluded_sku_ids", "category_ids")),
        (_("With others, and who bears it"), ("budget_fen", "store_percent", "supplier_percent", "extension_days",
                                              "stacks_with_campaigns", "stacks_with_coupons")),
    )  # fmt: skip

    def prepare(self) -> None:
        """Offer what is within reach, and a month from the next hour, or what the offer says."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=self.permission)
        places = unit_choices(unit for unit in organization.units_of_kind() if reach is None or unit.id in reach)
        self._offer("unit_ids", places)
        self._offer("unit_id", places)
        self._offer("category_ids", [(str(one.id), in_language(one.name, one.name_en)) for one in catalog.categories()])
        self._offer("tiers", [(tier.code, in_language(tier.name, tier.name_en)) for tier in tiers.tiers()])
        if self.permission != api.PROPOSE or self.subject is not None:
            del self.fields["unit_id"]
        initial: dict[str, Any] = {
            "claim_from": next_hour(),
            "claim_until": next_hour(days=MONTH_DAYS),
            "lasts_days": MONTH_DAYS,
        }
        if self.subject is not None:
            del self.fields["code"]
            initial = present(api.template(template_id=self.subject.pk))
        for name, value in initial.items():
            if name in self.fields:
                self.fields[name].initial = value

    def sections(self) -> list[tuple[object, list[BoundField]]]:
        """Return the headings with their fields, for the template."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in self.parts]

    def clean(self) -> dict[str, Any]:
        """Make the terms of what was asked."""
        values = super().clean() or {}
        if self.errors:
            return values
        if values["store_percent"] + values["supplier_percent"] > 100:
            self.add_error("store_percent", gettext("Together more than 100 percent."))
            return values
        claim_period = self._period(values, "claim_from", "claim_until")
        use_period = (
            self._period(values, "use_from", "use_until") if values["use_from"] or values["use_until"] else None
        )
        if claim_period is None or self.errors:
            return values
        return {**values, "terms": _terms(values, claim_period=claim_period, use_period=use_period)}

    def _period(self, values: dict[str, Any], start: str, end: str) -> Period | None:
        for name in (start, end):
            if not values[name]:
                self.add_error(name, gettext("Give both ends of the time."))
                return None
        try:
            return period_from(values[start], values[end])
        except forms.ValidationError as failure:
            self.add_error(end, failure)
            return None

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class ProposalForm(OfferForm):
    """The same for a store that proposes."""

    permission = api.PROPOSE


def present(template: Template) -> dict[str, Any]:
    """Return what the fields of an offer say."""
    terms = template.terms
    codes = {sku.id: sku.code for sku in catalog.skus(ids=_sku_ids(terms)).values()}
    use = terms.use_period
    fen = {
        name: format_yuan(value)
        for name in ("threshold_fen", "amount_fen", "cap_fen", "budget_fen")
        if (value := getattr(terms, name))
    }
    same = (
        "kind", "lasts_days", "starts_after_days", "scope", "level", "per_person_limit", "total_limit",
        "points_price", "is_listed", "needs_staff_code", "is_new_member_pack", "transferable",
        "stacks_with_campaigns", "stacks_with_coupons", "extension_days",
    )  # fmt: skip
    return {
        **{name: getattr(terms, name) for name in same},
        **fen,
        "worth_fen": fen.get("amount_fen", "") if terms.kind is CouponKind.SERVICE else "",
        "name": template.name,
        "name_en": template.name_en,
        "description": template.description,
        "percent_off_bp": Decimal(terms.percent_off_bp) / 100 if terms.percent_off_bp else None,
        "gift_sku_id": codes.get(terms.gift_sku_id or 0, ""),
        "gift_quantity": terms.gift_quantity or None,
        "sku_ids": "\n".join(codes[one] for one in sorted(terms.sku_ids) if one in codes),
        "excluded_sku_ids": "\n".join(codes[one] for one in sorted(terms.excluded_sku_ids) if one in codes),
        "category_ids": [str(one) for one in terms.category_ids],
        "claim_from": terms.claim_period.start,
        "claim_until": terms.claim_period.end,
        "use_from": use.start if use else None,
        "use_until": use.end if use else None,
        "weekdays": [str(day) for day in sorted(terms.weekdays)],
        "hours": " ".join(f"{texts.hour(start)}-{texts.hour(end)}" for start, end in terms.hours),
        "excluded_dates": " ".join(day.isoformat() for day in sorted(terms.excluded_dates)),
        "unit_ids": [str(one) for one in terms.unit_ids],
        "tiers": sorted(terms.tiers),
        "store_percent": terms.shares.store_bp // 100,
        "supplier_percent": terms.shares.supplier_bp // 100,
    }


def _terms(values: dict[str, Any], *, claim_period: Period, use_period: Period | None) -> Terms:
    store_bp, supplier_bp = 100 * values["store_percent"], 100 * values["supplier_percent"]
    kind = CouponKind(values["kind"])
    is_percent, is_gift = kind is CouponKind.PERCENT, kind is CouponKind.GIFT
    return Terms(
        kind=kind,
        claim_period=claim_period,
        threshold_fen=values["threshold_fen"] or 0,
        amount_fen=values[_WORTH[kind]] or 0 if kind in _WORTH else 0,
        percent_off_bp=int((values["percent_off_bp"] or 0) * 100) if is_percent else 0,
        cap_fen=values["cap_fen"] if is_percent else None,
        gift_sku_id=next(iter(values["gift_sku_id"]), None) if is_gift else None,
        gift_quantity=(values["gift_quantity"] or 0) if is_gift else 0,
        category_ids=frozenset(map(int, values["category_ids"])),
        sku_ids=frozenset(values["sku_ids"]),
        excluded_sku_ids=frozenset(values["excluded_sku_ids"]),
        use_period=use_period,
        lasts_days=values["lasts_days"] if use_period is None else None,
        starts_after_days=(values["starts_after_days"] or 0) if use_period is None else 0,
        weekdays=frozenset(map(int, values["weekdays"])),
        hours=values["hours"],
        excluded_dates=values["excluded_dates"],
        scope=UseScope(values["scope"]),
        unit_ids=frozenset(map(int, values["unit_ids"])),
        tiers=frozenset(values["tiers"]),
        level=values["level"],
        per_person_limit=values["per_person_limit"],
        total_limit=values["total_limit"],
        budget_fen=values["budget_fen"],
        shares=Shares(BASIS_POINTS - store_bp - supplier_bp, store_bp, supplier_bp),
        stacks_with_campaigns=values["stacks_with_campaigns"],
        stacks_with_coupons=values["stacks_with_coupons"],
        transferable=values["transferable"],
        points_price=values["points_price"] or 0,
        needs_staff_code=values["needs_staff_code"],
        is_new_member_pack=values["is_new_member_pack"],
        is_listed=values["is_listed"],
        extension_days=values["extension_days"] or 0,
    )


def _sku_ids(terms: Terms) -> list[int]:
    gift = [terms.gift_sku_id] if terms.gift_sku_id is not None else []
    return [*terms.sku_ids, *terms.excluded_sku_ids, *gift]


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    total = int(hours) * 60 + int(minutes or 0)
    if not 0 <= total <= 24 * 60:
        raise ValueError("no such time of day")
    return total
