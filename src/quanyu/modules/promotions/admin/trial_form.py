"""What a price simulation asks for, and the basket that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import PriceMissing, PriceSet
from quanyu.modules.promotions import api
from quanyu.modules.promotions.admin.asked import CHANNEL_LABELS
from quanyu.modules.promotions.admin.goods_field import GoodsField
from quanyu.modules.promotions.admin.sections import SectionedForm
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    CouponFacts,
    CouponKind,
    FreightFacts,
    MemberFacts,
    PointsFacts,
    Quote,
)
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.forms import MomentField, YuanField, unit_choices

VIEW = "promotions.view"
NOBODY, MEMBER = "-", ""
# A chain that has not said how points pay: 100 points make a yuan, up to half of the goods.
POINTS_BY_DEFAULT = PointsFacts(wanted=0, balance=0, points_per_yuan=100, cap_bp=5_000)
_PLENTY = 1_000_000
TYPED_COUPON = "typed"
COUPON_LABELS = {
    "": _("None"),
    CouponKind.AMOUNT: _("An amount off"),
    CouponKind.PERCENT: _("Percent off"),
    CouponKind.FREIGHT: _("Free delivery"),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A basket that was put and what came out, with the goods by SKU and all rights by the source of a row."""

    basket: Basket
    quote: Quote
    skus: dict[int, SkuInfo]
    campaigns: dict[str, Campaign]
    coupons: dict[str, CouponFacts]


class TrialForm(SectionedForm):
    """A basket by hand: where, when, who, which goods, and which rights are tried."""

    parts = (
        (_("Where, when and who"), ("store", "channel", "at", "who", "is_new")),
        (_("Basket"), ("basket", "templates")),
        (_("A coupon of your own"), ("coupon_kind", "coupon_amount", "coupon_threshold", "coupon_cap")),
        (_("Points and delivery"), ("points", "freight", "free_from")),
    )

    store = forms.ChoiceField(label=_("Store"))
    channel = forms.ChoiceField(label=_("Way of buying"), choices=list(CHANNEL_LABELS.items()))
    who = forms.ChoiceField(label=_("Who buys"))
    is_new = forms.BooleanField(label=_("Has not bought before"), required=False)
    at = MomentField(label=_("When"))
    basket = GoodsField(
        label=_("Products"),
        after=1,
        amounts_needed=False,
        rows=6,
        help_text=_("One a line: SKU code or barcode, how many, and perhaps what the till takes off in yuan."),
    )
    templates = forms.MultipleChoiceField(
        label=_("Coupons to try"), required=False, widget=forms.SelectMultiple(attrs={"size": 4})
    )
    coupon_kind = forms.ChoiceField(label=_("What it takes off"), choices=list(COUPON_LABELS.items()), required=False)
    coupon_amount = forms.DecimalField(
        label=_("Yuan or percent off"), min_value=0, max_value=1_000_000, decimal_places=2, required=False
    )
    coupon_threshold = YuanField(label=_("From yuan"), required=False)
    coupon_cap = YuanField(label=_("At most yuan off"), required=False)
    points = forms.IntegerField(label=_("Points to pay with"), min_value=0, max_value=100_000_000, required=False)
    freight = YuanField(label=_("Delivery fee (yuan)"), required=False)
    free_from = YuanField(label=_("Delivery is free from (yuan)"), required=False)

    def prepare(self) -> None:
        """Offer stores within reach, the tiers and coupons there are, and the present moment."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=VIEW)
        stores = organization.units_of_kind(kind=UnitKind.STORE)
        self._offer("store", unit_choices(unit for unit in stores if reach is None or unit.id in reach))
        tiers = [(tier.code, in_language(tier.name, tier.name_en)) for tier in api.tier_choices()]
        plain = [(NOBODY, gettext("Not a member")), (MEMBER, gettext("A member without a tier"))]
        self._offer("who", [*plain, *tiers])
        self.fields["who"].required = False
        self.fields["at"].initial = timezone.localtime().replace(second=0, microsecond=0)
        self.fields["who"].initial = NOBODY
        coupons = api.coupon_choices(at=timezone.now())
        self._offer("templates", [(one.id, in_language(one.name, one.name_en)) for one in coupons])
        if not coupons:
            del self.fields["templates"]

    def clean(self) -> dict[str, Any]:
        """Demand an amount of a coupon that takes one off."""
        values = super().clean() or {}
        needs_amount = values.get("coupon_kind") in (CouponKind.AMOUNT, CouponKind.PERCENT)
        if needs_amount and not values.get("coupon_amount") and "coupon_amount" not in self.errors:
            self.add_error("coupon_amount", gettext("Say how much it takes off."))
        return values

    def trial(self) -> Trial:
        """Price the basket. Raises ``Problem`` as the chain does."""
        values, rows = self.cleaned_data, self.cleaned_data["basket"]
        store_id = int(values["store"])
        path = organization.paths(unit_ids=[store_id])[store_id]
        campaigns = api.campaigns_in_force(unit_id=store_id, path=path, channel=values["channel"], at=values["at"])
        coupons = self._coupons()
        gift_ids = api.gift_skus(campaigns=campaigns, coupons=coupons)
        skus = {row.sku.id: row.sku for row in rows} | catalog.skus(ids=gift_ids)
        member = self._member()
        prices = pricing.prices(
            unit_id=store_id, path=path, sku_ids=skus, tier=member.tier if member else None, at=values["at"]
        )
        gifts = {
            sku_id: _line(0, skus[sku_id], _PLENTY, prices[sku_id])
            for sku_id in gift_ids
            if sku_id in skus and sku_id in prices
        }
        lines = []
        for number, row in enumerate(rows, 1):
            if row.sku.id not in prices:
                raise PriceMissing(field=f"basket.{number}")
            line = _line(number, row.sku, row.quantity, prices[row.sku.id])
            lines.append(replace(line, manual_discount_fen=row.amounts[0]) if row.amounts else line)
        wanted = values.get("points") or 0
        rule = api.points_rule(path=path) or POINTS_BY_DEFAULT
        basket = Basket(
            channel=values["channel"],
            store_id=store_id,
            member=member,
            lines=tuple(lines),
            freight=FreightFacts("express", values["freight"] or 0, values["free_from"]),
            campaigns=tuple(campaigns),
            at=values["at"],
            store_path=path,
            coupons=tuple(coupons),
            points=replace(rule, wanted=wanted, balance=wanted) if wanted else None,
            gifts=gifts,
        )
        return Trial(
            basket,
            api.price(basket=basket),
            skus,
            {one.code: one for one in campaigns},
            {f"coupon:{one.id}": one for one in coupons},
        )

    def _member(self) -> MemberFacts | None:
        who = self.cleaned_data["who"]
        if who == NOBODY:
            return None
        off = {tier.code: tier.discount_bp for tier in api.tier_choices()}
        return MemberFacts(tier=who, discount_bp=off.get(who, 0), is_new=self.cleaned_data["is_new"])

    def _coupons(self) -> list[CouponFacts]:
        """Return the chosen templates, then the coupon of one's own; they may stand beside each other here."""
        values = self.cleaned_data
        chosen = values.get("templates") or ()
        coupons = [one for one in api.coupon_choices(at=values["at"]) if one.id in chosen]
        if values["coupon_kind"]:
            kind = CouponKind(values["coupon_kind"])
            amount = int((values["coupon_amount"] or 0) * 100)
            coupons.append(
                CouponFacts(
                    id=TYPED_COUPON,
                    code=TYPED_COUPON,
                    name=gettext("Coupon"),
                    name_en=gettext("Coupon"),
                    kind=kind,
                    amount_fen=amount if kind is CouponKind.AMOUNT else 0,
                    percent_off_bp=amount if kind is CouponKind.PERCENT else 0,
                    cap_fen=values["coupon_cap"],
                    threshold_fen=values["coupon_threshold"] or 0,
                    stacks_with_coupons=True,
                )
            )
        return coupons

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


def _line(number: int, sku: SkuInfo, quantity: int, prices: PriceSet) -> BasketLine:
    return BasketLine(number, sku.id, sku.category_path, sku.supplier_id, quantity, sku.quantity_scale, prices)
