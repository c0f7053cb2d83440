"""What the catalogue's deeds ask for."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import format_yuan
from quanyu.modules.catalog import api
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform.console.formats import in_language, link
from quanyu.platform.console.forms import DeedForm, YuanField, unit_choices

LIST = "catalog.list"
NONE = ("", "–")


def _categories() -> list[tuple[str, str]]:
    indent = "　"
    return [
        (str(one.id), f"{indent * (len(one.path) - 1)}{in_language(one.name, one.name_en)}") for one in api.categories()
    ]


def _brands() -> list[tuple[str, str]]:
    return [(str(one.id), in_language(one.name, one.name_en)) for one in api.brands()]


def _suppliers() -> list[tuple[str, str]]:
    return unit_choices(organization.units_of_kind(kind=UnitKind.SUPPLIER))


def whole(text: str) -> int | None:
    """Return the number that a choice stands for, ``None`` for no choice."""
    return int(text) if text else None


class ProductForm(DeedForm):
    """What can change of a product."""

    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    category_id = forms.ChoiceField(label=_("Category"))
    brand_id = forms.ChoiceField(label=_("Brand"), required=False)
    supplier_id = forms.ChoiceField(label=_("Supplier"), required=False)
    unit_name = forms.CharField(label=_("Unit of sale"), max_length=10, initial="件")
    tax_rate_bp = forms.IntegerField(
        label=_("Tax rate (basis points)"), min_value=0, max_value=10_000, initial=1300, help_text=_("1300 is 13%.")
    )
    description_html = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    is_listed_by_default = forms.BooleanField(label=_("Listed in every store"), required=False, initial=True)

    def prepare(self) -> None:
        """Offer categories, brands and suppliers, and propose what holds."""
        self.fields["category_id"].choices = _categories()  # type: ignore[attr-defined]
        self.fields["brand_id"].choices = [NONE, *_brands()]  # type: ignore[attr-defined]
        self.fields["supplier_id"].choices = [NONE, *_suppliers()]  # type: ignore[attr-defined]
        if self.subject is not None:
            for name, field in self.fields.items():
                field.initial = getattr(self.subject, name, field.initial)

    def changes(self) -> dict[str, Any]:
        """Return the clean values as the api takes them."""
        values = {name: self.cleaned_data[name] for name in ProductForm.base_fields}
        numbers = {name: whole(values[name]) for name in ("category_id", "brand_id", "supplier_id")}
        return {**values, **numbers}

    def clean(self) -> dict[str, Any]:
        """Put the values together as the api takes them."""
        values = super().clean() or {}
        if not self.errors:
            values["changes"] = self.changes()
        return values


class EditProductForm(ProductForm):
    """What can change of a product that exists."""

    is_active = forms.BooleanField(label=_("On sale"), required=False)
    # What the form was filled with: whoever saves it later than somebody else is told so.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        """Note what the editor sees."""
        super().prepare()
        names = [*ProductForm.base_fields, "is_active"]
        self.fields["seen"].initial = json.dumps({name: getattr(self.subject, name) for name in names})

    def clean_seen(self) -> dict[str, Any] | None:
        """Return what the form was filled with; nothing when it does not say."""
        try:
            seen = json.loads(self.cleaned_data["seen"] or "null")
        except ValueError:
            raise forms.ValidationError(_("Open the form again.")) from None
        names = {*ProductForm.base_fields, "is_active"}
        return {name: value for name, value in seen.items() if name in names} if isinstance(seen, dict) else None

    def changes(self) -> dict[str, Any]:
        """Return the clean values as the api takes them."""
        return {**super().changes(), "is_active": self.cleaned_data["is_active"]}


class NewProductForm(ProductForm):
    """A new product with its first SKU."""

    field_order = ("code", "name", "name_en")
    code = forms.CharField(label=_("Product code"), max_length=40)
    is_weighed = forms.BooleanField(label=_("Sold by weight"), required=False)
    sku_code = forms.CharField(label=_("SKU code"), max_length=40)
    cost_fen = YuanField(label=_("Cost (yuan)"), required=False)
    barcode = forms.CharField(label=_("Barcode"), max_length=48, required=False)
    plu = forms.CharField(label=_("Scale code (PLU)"), max_length=5, required=False)


class SkuForm(DeedForm):
    """What can change of a SKU."""

    name = forms.CharField(label=_("Name"), max_length=140)
    name_en = forms.CharField(label=_("English name"), max_length=140, required=False)
    variant = forms.CharField(
        label=_("Variant"),
        required=False,
        help_text=_("One a line: colour=red"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    cost_fen = YuanField(label=_("Cost (yuan)"), required=False)
    plu = forms.CharField(label=_("Scale code (PLU)"), max_length=5, required=False)

    def clean_variant(self) -> dict[str, str]:
        """Return the attributes by name."""
        pairs = [line.partition("=") for line in self.cleaned_data["variant"].splitlines() if line.strip()]
        return {name.strip(): value.strip() for name, _sign, value in pairs}


class EditSkuForm(SkuForm):
    """What can change of a SKU that exists."""

    is_active = forms.BooleanField(label=_("On sale"), required=False)

    def prepare(self) -> None:
        """Propose what holds."""
        sku = self.subject
        self.fields["name"].initial, self.fields["name_en"].initial = sku.name, sku.name_en
        self.fields["variant"].initial = "\n".join(f"{name}={value}" for name, value in sku.specification.items())
        self.fields["cost_fen"].initial = format_yuan(sku.cost_fen)
        self.fields["plu"].initial, self.fields["is_active"].initial = sku.plu, sku.is_active


class NewSkuForm(SkuForm):
    """A further variant."""

    field_order = ("code", "name", "name_en")
    code = forms.CharField(label=_("SKU code"), max_length=40)
    barcode = forms.CharField(label=_("Barcode"), max_length=48, required=False)


class BarcodeForm(DeedForm):
    """A barcode to add."""

    code = forms.CharField(label=_("Barcode"), max_length=48)
    pack_quantity = forms.IntegerField(label=_("Pieces in the pack"), min_value=1, initial=1)

    def clean_code(self) -> str:
        """Lead to the goods that have the barcode already."""
        code: str = self.cleaned_data["code"].strip()
        owner = api.sku_codes_of_barcodes(codes=[code]).get(code)
        if owner is not None:
            sku_id = api.sku_ids_by_code(codes=[owner])[owner]
            text = gettext("The barcode is on {} already.")
            raise forms.ValidationError(format_html(text, link("catalog_sku_change", sku_id, owner)))
        return code


class RemoveBarcodeForm(DeedForm):
    """A barcode to take off."""

    code = forms.ChoiceField(label=_("Barcode"))

    def prepare(self) -> None:
        """Offer the SKU's barcodes."""
        codes = self.subject.barcodes.order_by("code").values_list("code", flat=True)
        self.fields["code"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]


class PictureForm(DeedForm):
    """A picture to put on a product."""

    picture = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG or WebP, at most 8 MB. It is kept at three sizes."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    alt = forms.CharField(label=_("Description of the picture"), max_length=120, required=False)


class RemovePictureForm(DeedForm):
    """A picture to take off."""

    image_id = forms.ChoiceField(label=_("Picture"))

    def prepare(self) -> None:
        """Offer the product's pictures."""
        shown = api.products(ids=[self.subject.pk])[self.subject.pk].pictures
        choices = [(str(one.id), f"{place}. {one.alt}") for place, one in enumerate(shown, start=1)]
        self.fields["image_id"].choices = choices  # type: ignore[attr-defined]


class OrderOfPicturesForm(DeedForm):
    """Where each picture stands; the gallery of the product's page sends the same. ``order``: the ids in that order."""

    def prepare(self) -> None:
        """Ask for a place for each picture, as they stand now."""
        self.pictures = api.products(ids=[self.subject.pk])[self.subject.pk].pictures
        for place, one in enumerate(self.pictures, start=1):
            label = gettext("Place of picture %(place)s") % {"place": place}
            self.fields[f"at_{one.id}"] = forms.IntegerField(
                label=f"{label} · {one.alt}" if one.alt else label, initial=place, min_value=1, max_value=1000
            )

    def clean(self) -> dict[str, Any]:
        """Put them in order; pictures given the same place stay as they stand."""
        values = super().clean() or {}
        values["order"] = sorted(
            (one.id for one in self.pictures), key=lambda image_id: values.get(f"at_{image_id}", 0)
        )
        return values


class NamesForm(DeedForm):
    """Two names."""

    name = forms.CharField(label=_("Name"), max_length=60)
    name_en = forms.CharField(label=_("English name"), max_length=60, required=False)

    def prepare(self) -> None:
        """Propose the present names."""
        if self.subject is not None:
            self.fields["name"].initial, self.fields["name_en"].initial = self.subject.name, self.subject.name_en


class NewBrandForm(NamesForm):
    """A new brand."""

    field_order = ("code",)
    code = forms.CharField(label=_("Code"), max_length=30)


class CategoryForm(NamesForm):
    """What can change of a category."""

    parent_id = forms.ChoiceField(label=_("Belongs to"), required=False)
    position = forms.IntegerField(label=_("Position"), initial=0)

    def prepare(self) -> None:
        """Offer the tree."""
        super().prepare()
        self.fields["parent_id"].choices = [NONE, *_categories()]  # type: ignore[attr-defined]
        if self.subject is not None:
            self.fields["parent_id"].initial = self.subject.parent_id
            self.fields["position"].initial = self.subject.position


class NewCategoryForm(CategoryForm):
    """A new category."""

    field_order = ("code",)
    code = forms.CharField(label=_("Code"), max_length=30)


class ListingForm(DeedForm):
    """How a store deviates for a SKU."""

    is_listed = forms.BooleanField(label=_("Listed"), required=False, initial=True)
    allows_pickup = forms.BooleanField(label=_("Pickup"), required=False, initial=True)
    allows_express = forms.BooleanField(label=_("Express"), required=False, initial=True)
    allows_instant = forms.BooleanField(label=_("Instant delivery"), required=False, initial=True)

    def prepare(self) -> None:
        """Propose what holds."""
        for name, field in self.fields.items():
            field.initial = getattr(self.subject, name, field.initial)


class StoreListingForm(ListingForm):
    """The same, with the store to choose."""

    field_order = ("unit_id",)
    unit_id = forms.ChoiceField(label=_("Store"))

    def prepare(self) -> None:
        """Offer the stores within reach."""
        super().prepare()
        reach = identity.visible_unit_ids(actor=self.actor, permission=LIST)
        stores = organization.units_of_kind(kind=UnitKind.STORE)
        within = unit_choices(store for store in stores if reach is None or store.id in reach)
        self.fields["unit_id"].choices = within  # type: ignore[attr-defined]
