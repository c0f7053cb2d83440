"""What setting up and changing a campaign asks for: one form per kind, in the words of a shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import BASIS_POINTS, format_yuan, parse_yuan
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.promotions import api
from quanyu.modules.promotions.admin.goods_field import GoodsField, goods_text
from quanyu.modules.promotions.admin.percent_field import PercentField, percent_of
from quanyu.modules.promotions.admin.sections import SectionedForm
from quanyu.modules.promotions.contracts import Campaign, CampaignItem, CampaignKind, Scope, Shares, Step
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.forms import DeedForm, MomentField, YuanField, next_hour, period_from, unit_choices

CHANNEL_LABELS = {
    "mall": _("Mall"),
    "pos": _("Till"),
    "kiosk": _("Kiosk"),
    "assistant": _("Associate"),
    "b2b": _("Dealer ordering"),
    "market": _("Marketplace"),
}


class CampaignForm(SectionedForm):
    """What every campaign says: its name, when, where, for whom, on which goods, and who bears it."""

    is_grid = True
    kind: ClassVar[CampaignKind]
    # What the kind adds; its part comes second.
    rule_fields: ClassVar[tuple[str, ...]] = ()

    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    starts = MomentField(label=_("Starts"))
    ends = MomentField(label=_("Until"))
    goods = GoodsField(
        label=_("Products (none: all)"), counted=False, required=False, help_text=_("A SKU code or barcode a line.")
    )
    excluded = GoodsField(label=_("Excluded products"), counted=False, required=False)
    category_ids = forms.MultipleChoiceField(
        label=_("Categories (none: all)"), required=False, widget=forms.SelectMultiple(attrs={"size": 8})
    )
    unit_ids = forms.MultipleChoiceField(
        label=_("Places (none: everywhere)"), required=False, widget=forms.SelectMultiple(attrs={"size": 8})
    )
    channels = forms.MultipleChoiceField(
        label=_("Ways of buying (none: all)"),
        choices=list(CHANNEL_LABELS.items()),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    tiers = forms.MultipleChoiceField(
        label=_("Membership tiers (none: all)"), required=False, widget=forms.SelectMultiple(attrs={"size": 6})
    )
    members_only = forms.BooleanField(label=_("Members only"), required=False)
    stacks = forms.BooleanField(
        label=_("Combines with other campaigns"),
        required=False,
        help_text=_("Otherwise a product enters one campaign at most."),
    )
    store_percent = PercentField(label=_("Borne by the store, percent"), initial=0)
    supplier_percent = PercentField(label=_("Borne by the supplier, percent"), initial=0)
    priority = forms.IntegerField(label=_("Priority"), initial=0, help_text=_("The higher one goes first."))

    def prepare(self) -> None:
        """Offer places within reach, categories and tiers, and a week from the next hour, or what the campaign says."""
        campaign = None if self.subject is None else api.campaign(campaign_id=self.subject.pk)
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.EDIT)
        units = {u.id: u for u in organization.units_of_kind() if reach is None or u.id in reach}
        tiers = {tier.code: in_language(tier.name, tier.name_en) for tier in api.tier_choices()}
        if campaign is not None:
            # What it names stays to be chosen, closed meanwhile or not: naming none would mean "everywhere".
            units |= organization.units(ids=campaign.scope.unit_ids)
            tiers |= {code: code for code in campaign.scope.tiers if code not in tiers}
        self._offer("unit_ids", unit_choices(units.values()))
        self._offer("category_ids", [(str(c.id), in_language(c.name, c.name_en)) for c in catalog.categories()])
        self._offer("tiers", list(tiers.items()))
        if not tiers:
            del self.fields["tiers"]
        self.fields["starts"].initial, self.fields["ends"].initial = next_hour(), next_hour(days=7)
        for name, value in self.present(campaign).items() if campaign is not None else ():
            if name in self.fields:
                self.fields[name].initial = value

    @property
    def parts(self) -> Sequence[tuple[object, Sequence[str]]]:  # type: ignore[override]
        """Return the parts of the form."""
        return (
            (_("Campaign"), ("code", "name", "name_en", "starts", "ends")),
            (_("What it gives"), self.rule_fields),
            (_("Which products"), ("goods", "excluded", "category_ids")),
            (_("Where and for whom"), ("unit_ids", "channels", "tiers", "members_only")),
            (_("With others, and who bears it"), ("store_percent", "supplier_percent", "priority", "stacks")),
        )

    def present(self, campaign: Campaign) -> dict[str, Any]:
        """Return what the fields of a campaign say."""
        scope = campaign.scope
        skus = catalog.skus(ids=[*scope.sku_ids, *scope.excluded_sku_ids])
        return {
            "code": campaign.code,
            "name": campaign.name,
            "name_en": campaign.name_en,
            "starts": campaign.period.start,
            "ends": campaign.period.end,
            "goods": "\n".join(goods_text(skus.get(sku_id)) for sku_id in sorted(scope.sku_ids)),
            "excluded": "\n".join(goods_text(skus.get(sku_id)) for sku_id in sorted(scope.excluded_sku_ids)),
            "category_ids": [str(one) for one in scope.category_ids],
            "unit_ids": [str(one) for one in scope.unit_ids],
            "channels": list(scope.channels),
            "tiers": list(scope.tiers),
            "members_only": scope.members_only,
            "stacks": campaign.stacks,
            "store_percent": percent_of(campaign.shares.store_bp),
            "supplier_percent": percent_of(campaign.shares.supplier_bp),
            "priority": campaign.priority,
            "repeats": campaign.repeats,
        }

    def rule(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return what the kind's own fields say, as the contract has it."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Put the campaign together: ``values["campaign"]``, its id that of the one that is changed."""
        values = super().clean() or {}
        if self.errors:
            return values
        store, supplier = values["store_percent"], values["supplier_percent"]
        if store + supplier > BASIS_POINTS:
            self.add_error("store_percent", gettext("Together more than 100 percent."))
            return values
        values["campaign"] = Campaign(
            id=self.subject.pk if self.subject is not None else 0,
            code=values["code"],
            name=values["name"],
            name_en=values["name_en"],
            period=period_from(values["starts"], values["ends"]),
            scope=Scope(
                unit_ids=frozenset(map(int, values["unit_ids"])),
                channels=frozenset(values["channels"]),
                category_ids=frozenset(map(int, values.get("category_ids", ()))),
                sku_ids=frozenset(row.sku.id for row in values.get("goods", ())),
                excluded_sku_ids=frozenset(row.sku.id for row in values.get("excluded", ())),
                members_only=values["members_only"],
                tiers=frozenset(values.get("tiers", ())),
            ),
            shares=Shares(BASIS_POINTS - store - supplier, store, supplier),
            priority=values["priority"],
            kind=self.kind,
            stacks=values["stacks"],
            **self.rule(values),
        )
        return values

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class ThresholdForm(CampaignForm):
    """So much off from so much on (满减)."""

    kind = CampaignKind.THRESHOLD
    rule_fields = ("steps", "repeats")

    steps = forms.CharField(
        label=_("Steps"),
        help_text=_("One a line: from yuan, discount in yuan. For example: 100 10"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    repeats = forms.BooleanField(label=_("Repeats for every multiple"), required=False)

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

    def present(self, campaign: Campaign) -> dict[str, Any]:
        """Return what the fields say."""
        steps = [f"{format_yuan(step.threshold_fen)} {format_yuan(step.off_fen)}" for step in campaign.steps]
        return {**super().present(campaign), "steps": "\n".join(steps)}

    def rule(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the steps."""
        return {"steps": tuple(values["steps"]), "repeats": values["repeats"]}


class GiftForm(CampaignForm):
    """Something for nothing from so much on (满赠)."""

    kind = CampaignKind.GIFT
    rule_fields = ("steps", "repeats")

    steps = GoodsField(
        label=_("Gifts"),
        before=1,
        help_text=_("One a line: from yuan, SKU code, how many. For example: 100 TEA-01 1"),
    )
    repeats = forms.BooleanField(
        label=_("Repeats for every multiple"), required=False, help_text=_("As long as the gift is in stock.")
    )

    def present(self, campaign: Campaign) -> dict[str, Any]:
        """Return what the fields say."""
        skus = catalog.skus(ids=[step.gift_sku_id for step in campaign.steps if step.gift_sku_id is not None])
        steps = [
            goods_text(skus.get(step.gift_sku_id or 0), step.gift_quantity, before=step.threshold_fen)
            for step in campaign.steps
        ]
        return {**super().present(campaign), "steps": "\n".join(steps)}

    def rule(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the steps."""
        steps = tuple(Step(row.amounts[0], 0, row.sku.id, row.quantity) for row in values["steps"])
        return {"steps": steps, "repeats": values["repeats"]}


class NthForm(CampaignForm):
    """The nth piece for less (第 N 件)."""

    kind = CampaignKind.NTH
    rule_fields = ("count", "off_bp", "price_fen", "same_sku", "repeats")

    count = forms.IntegerField(
        label=_("Which piece"), initial=2, min_value=2, max_value=100, help_text=_("2: the second")
    )
    off_bp = PercentField(
        label=_("Discount on it, percent"),
        required=False,
        initial=50,
        help_text=_("50: half price, 100: for nothing"),
    )
    price_fen = YuanField(label=_("Or its price (yuan)"), required=False)
    same_sku = forms.BooleanField(
        label=_("Pieces of one product"), required=False, help_text=_("Otherwise all products of the campaign count.")
    )
    repeats = forms.BooleanField(label=_("Repeats for every multiple"), required=False, initial=True)

    def present(self, campaign: Campaign) -> dict[str, Any]:
        """Return what the fields say."""
        price_fen = campaign.price_fen
        return {
            **super().present(campaign),
            "count": campaign.count,
            "off_bp": percent_of(campaign.off_bp) if campaign.off_bp else None,
            "price_fen": None if price_fen is None else format_yuan(price_fen),
            "same_sku": campaign.same_sku,
        }

    def rule(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return which piece and what it costs; a price that was typed wins over a discount that was only proposed."""
        price_fen = values["price_fen"]
        off_bp = 0 if price_fen is not None else values["off_bp"] or 0
        kept = {name: values[name] for name in ("count", "same_sku", "repeats")}
        return {**kept, "price_fen": price_fen, "off_bp": off_bp}


class BundleForm(CampaignForm):
    """Several for one price (组合价): a set of products, or any so many."""

    kind = CampaignKind.BUNDLE
    rule_fields = ("price_fen", "items", "count", "repeats")

    price_fen = YuanField(label=_("Price of the bundle (yuan)"))
    items = GoodsField(
        label=_("What the set has"),
        required=False,
        help_text=_("One a line: SKU code, how many. Empty: any products, as many as stand beside."),
    )
    count = forms.IntegerField(
        label=_("Or any so many pieces"),
        required=False,
        min_value=2,
        max_value=100,
        help_text=_("Of the products below."),
    )
    repeats = forms.BooleanField(label=_("Repeats for every multiple"), required=False, initial=True)

    def present(self, campaign: Campaign) -> dict[str, Any]:
        """Return what the fields say."""
        skus = catalog.skus(ids=[item.sku_id for item in campaign.items])
        return {
            **super().present(campaign),
            "price_fen": format_yuan(campaign.price_fen or 0),
            "items": "\n".join(goods_text(skus.get(item.sku_id), item.quantity) for item in campaign.items),
            "count": campaign.count or None,
        }

    def rule(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the set, or how many."""
        items = tuple(CampaignItem(row.sku.id, row.quantity) for row in values["items"])
        return {
            "price_fen": values["price_fen"],
            "items": items,
            "count": values["count"] or 0,
            "repeats": values["repeats"],
        }


class NewCustomerForm(CampaignForm):
    """Prices for who buys for the first time (新人价)."""

    kind = CampaignKind.NEW_CUSTOMER
    rule_fields = ("items",)

    items = GoodsField(
        label=_("Products and prices"),
        after=1,
        help_text=_("One a line: SKU code, most per order, price in yuan. For example: M-250 1 9.90"),
    )

    def prepare(self) -> None:
        """Ask for no other goods than those with a price."""
        super().prepare()
        for name in ("goods", "category_ids", "excluded", "members_only"):
            del self.fields[name]

    def present(self, campaign: Campaign) -> dict[str, Any]:
        """Return what the fields say."""
        skus = catalog.skus(ids=[item.sku_id for item in campaign.items])
        items = [goods_text(skus.get(item.sku_id), item.quantity, after=item.price_fen) for item in campaign.items]
        return {**super().present(campaign), "items": "\n".join(items)}

    def clean(self) -> dict[str, Any]:
        """Put the campaign together; that it is for members needs no saying."""
        self.cleaned_data["members_only"] = False
        return super().clean()

    def rule(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the prices."""
        return {"items": tuple(CampaignItem(row.sku.id, row.quantity, row.amounts[0]) for row in values["items"])}


class RunningForm(DeedForm):
    """What can be changed of a campaign that has started."""

    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    ends = MomentField(label=_("Until"))
    priority = forms.IntegerField(label=_("Priority"), help_text=_("The higher one goes first."))
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200, widget=forms.TextInput)

    def prepare(self) -> None:
        """Show what holds."""
        campaign = api.campaign(campaign_id=self.subject.pk)
        for name in ("name", "name_en", "priority"):
            self.fields[name].initial = getattr(campaign, name)
        self.fields["ends"].initial = campaign.period.end

    def clean(self) -> dict[str, Any]:
        """Put the campaign together: ``values["campaign"]``."""
        values = super().clean() or {}
        if self.errors:
            return values
        campaign = api.campaign(campaign_id=self.subject.pk)
        start = campaign.period.start
        period = Period(None, values["ends"]) if start is None else period_from(start, values["ends"])
        changes = {name: values[name] for name in ("name", "name_en", "priority")}
        values["campaign"] = replace(campaign, period=period, **changes)
        return values
