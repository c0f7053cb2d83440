"""What can be done with stock on the console: receive, correct, damage, safety stock, sharing. All by the api."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import BarcodeUnknown
from quanyu.modules.identity import api as identity
from quanyu.modules.inventory import api
from quanyu.modules.inventory.contracts import Goods, MovementKind
from quanyu.modules.inventory.models import SharingPolicy, Stock
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.forms import DeedForm, QuantityField, unit_choices

CAUSE = "console"
CHANNEL_LABELS = {"": _("All channels"), "mall": _("Mall"), "pos": _("Till"), "b2b": _("Dealer ordering")}
CORRECTIONS = (
    (MovementKind.ADJUSTMENT, _("Adjustment (more or less)")),
    (MovementKind.COUNT_GAIN, _("Count gain")),
    (MovementKind.COUNT_LOSS, _("Count loss")),
)
DAMAGES = (
    (MovementKind.DAMAGE, _("Goods were damaged")),
    (MovementKind.REPAIR, _("Damaged goods were repaired")),
    (MovementKind.SCRAP, _("Damaged goods were scrapped")),
)


class AmountForm(DeedForm):
    """Asks how much; a hidden id makes sending it twice one movement."""

    cause_id = forms.CharField(widget=forms.HiddenInput)
    quantity = QuantityField(label=_("Quantity"))

    def prepare(self) -> None:
        """Count as the SKU is counted."""
        self.fields["cause_id"].initial = str(uuid7())
        field = self.fields["quantity"]
        if isinstance(field, QuantityField):
            field.scale = self.subject.sku.quantity_scale
            field.help_text = gettext("In %(unit)s") % {
                "unit": gettext("kg") if field.scale != 1 else self.subject.sku.product.unit_name
            }


class CorrectionForm(AmountForm):
    """Asks for a correction with its reason."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, label) for kind, label in CORRECTIONS])
    quantity = QuantityField(label=_("Quantity"), signed=True)
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200)


class DamageForm(AmountForm):
    """Asks what happened to damaged goods."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, label) for kind, label in DAMAGES])
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200)


class SafetyForm(DeedForm):
    """Asks what online channels must leave."""

    quantity = QuantityField(label=_("Safety stock"))

    def prepare(self) -> None:
        """Count as the SKU is counted."""
        field = self.fields["quantity"]
        if isinstance(field, QuantityField):
            field.scale = self.subject.sku.quantity_scale


class ReceiptForm(DeedForm):
    """Goods that arrive where the list has no row for them yet."""

    cause_id = forms.CharField(widget=forms.HiddenInput)
    location = forms.ChoiceField(label=_("Location"))
    sku_code = forms.CharField(label=_("SKU code or barcode"), max_length=48)
    quantity = forms.CharField(label=_("Quantity"), max_length=16, help_text=_("Pieces, or kilograms of weighed goods"))

    def prepare(self) -> None:
        """Offer the locations within reach."""
        self.fields["cause_id"].initial = str(uuid7())
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.RECEIVE)
        within = [place.unit for place in organization.locations().values() if reach is None or place.unit.id in reach]
        self.fields["location"].choices = unit_choices(within)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Find the SKU and read the quantity as it is counted."""
        values = super().clean() or {}
        code = str(values.get("sku_code") or "").strip()
        sku_id = catalog.sku_ids_by_code(codes=[code]).get(code)
        if sku_id is None and code:
            try:
                sku_id = catalog.by_barcode(code=code).sku_id
            except BarcodeUnknown:
                self.add_error("sku_code", gettext("No SKU has this code."))
        if sku_id is not None and values.get("quantity"):
            field = QuantityField()
            field.scale = catalog.skus(ids=[sku_id])[sku_id].quantity_scale
            try:
                values["base"] = field.clean(values["quantity"])
            except forms.ValidationError as failure:
                self.add_error("quantity", failure)
        return {**values, "sku_id": sku_id}


class SharingForm(DeedForm):
    """Asks whose stock others may sell, who, what and where."""

    owner_id = forms.ChoiceField(label=_("Owner"))
    seller_owner_id = forms.ChoiceField(label=_("Who may sell it"), required=False)
    category_id = forms.ChoiceField(label=_("Category"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), choices=list(CHANNEL_LABELS.items()), required=False)
    is_shared = forms.BooleanField(label=_("Shared"), required=False, initial=True)

    def prepare(self) -> None:
        """Offer the owners there are, and the categories."""
        kinds = (UnitKind.ENTERPRISE, UnitKind.DEALER, UnitKind.SUPPLIER)
        owners = unit_choices(unit for unit in organization.units_of_kind() if unit.kind in kinds)
        categories = [(str(one.id), in_language(one.name, one.name_en)) for one in catalog.categories()]
        self.fields["owner_id"].choices = owners  # type: ignore[attr-defined]
        self.fields["seller_owner_id"].choices = [("", gettext("Everybody")), *owners]  # type: ignore[attr-defined]
        self.fields["category_id"].choices = [("", gettext("All goods")), *categories]  # type: ignore[attr-defined]


def _row(call: Call) -> dict[str, Any]:
    stock: Stock = call.subject
    return {"location_id": stock.location_id, "owner_id": stock.owner_id, "actor": call.actor, "now": call.now}


def _receive(call: Call) -> Done:
    values = call.values
    goods = [Goods(call.subject.sku_id, values["quantity"])]
    api.receive(lines=goods, cause_kind=CAUSE, cause_id=values["cause_id"], **_row(call))
    return Done(gettext("The goods are booked in."))


def _receive_new(call: Call) -> Done:
    values = call.values
    place = organization.locations(ids=[int(values["location"])])[int(values["location"])]
    api.receive(
        location_id=place.unit.id,
        owner_id=place.owner_id,
        lines=[Goods(values["sku_id"], values["base"])],
        cause_kind=CAUSE,
        cause_id=values["cause_id"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The goods are booked in."))


def _correct(call: Call) -> Done:
    values = call.values
    api.adjust(
        lines=[Goods(call.subject.sku_id, values["quantity"])],
        cause_kind=CAUSE,
        cause_id=values["cause_id"],
        reason=values["reason"],
        kind=values["kind"],
        **_row(call),
    )
    return Done(gettext("The stock is corrected."))


def _set_safety(call: Call) -> Done:
    api.set_safety(sku_id=call.subject.sku_id, quantity=call.values["quantity"], **_row(call))
    return Done(gettext("The safety stock is set."))


def _share(call: Call) -> Done:
    values = call.values
    api.set_sharing(
        owner_id=int(values["owner_id"]),
        seller_owner_id=int(values["seller_owner_id"]) if values["seller_owner_id"] else None,
        category_id=int(values["category_id"]) if values["category_id"] else None,
        channel=values["channel"] or None,
        is_shared=values["is_shared"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The sharing rule holds from now on."))


def _unshare(call: Call) -> Done:
    rule: SharingPolicy = call.subject
    api.remove_sharing(
        owner_id=rule.owner_id,
        seller_owner_id=rule.seller_owner_id,
        category_id=rule.category_id,
        channel=rule.channel or None,
        actor=call.actor,
        now=call.now,
    )
    address = reverse("admin:inventory_sharingpolicy_changelist")
    return Done(gettext("The sharing rule is removed."), go_to=address)


ROW_DEEDS = (
    Deed("receive", _("Receive goods"), api.RECEIVE, _receive, AmountForm, "input", "primary"),
    Deed("correct", _("Correct stock"), api.ADJUST, _correct, CorrectionForm, "edit"),
    Deed("damage", _("Damaged goods"), api.DAMAGE, _correct, DamageForm, "broken_image"),
    Deed("safety", _("Set safety stock"), api.ADJUST, _set_safety, SafetyForm, "shield"),
)
RECEIVE_NEW = Deed("receive", _("Receive goods"), api.RECEIVE, _receive_new, ReceiptForm, "input", "primary")
NEW_RULE = Deed("share", _("New sharing rule"), api.SHARE, _share, SharingForm, "share", "primary")
REMOVE_RULE = Deed("remove", _("Remove rule"), api.SHARE, _unshare, icon="delete", tone="danger")
