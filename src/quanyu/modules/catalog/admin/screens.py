"""Console screens of the catalogue: products with variants, pictures and barcodes, categories, brands, listings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Prefetch, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api
from quanyu.modules.catalog.admin import deeds as can
from quanyu.modules.catalog.models import Barcode, Brand, Category, Image, Listing, Product, Sku
from quanyu.modules.catalog.rules.natural_order import natural
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform.console import access, registry
from quanyu.platform.console.content import Block, Card, Column, Facts, Page, Table
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    link,
    listed,
    moment,
    name_column,
    name_of,
    percent,
    tick,
    yuan,
)
from quanyu.platform.console.scoped_admin import EVERYWHERE, ScopedAdmin, unit_filter

VIEW = "catalog.view"
# What goods cost the chain is for those who read its reports.
COST = "reports.view"
PICTURES = "/media/"


def _only_suppliers(units: frozenset[int]) -> bool:
    kinds = {unit.kind for unit in organization.units(ids=units).values()}
    return bool(kinds) and kinds == {UnitKind.SUPPLIER}


class MasterAdmin(ScopedAdmin[Any]):
    """Master records are everybody's who may see the catalogue; a supplier sees his own goods only."""

    view_permission = VIEW
    unit_lookups = EVERYWHERE
    supplier_lookup = ""

    def reach(self, units: frozenset[int]) -> Q:
        """Return everything, for suppliers their own goods, and nothing to who holds it nowhere."""
        if not units:
            return Q(pk__in=[])
        if self.supplier_lookup and _only_suppliers(units):
            return Q(**{f"{self.supplier_lookup}__in": units})
        return Q()


@admin.register(Product)
class ProductAdmin(MasterAdmin):
    """Products with their variants."""

    supplier_lookup = "supplier_id"
    list_display = ("picture", "code", "shown_name", "category_name", "brand_name", "made_by", "sku_count", "on_sale")
    list_filter = ("is_active", "category", "brand", unit_filter("supplier", kind="supplier"))
    search_fields = ("code", "name", "name_en", "skus__barcodes__code__exact")
    search_help_text = _("Name, code or barcode")
    list_select_related = ("category", "brand", "supplier")
    list_display_links = ("code", "shown_name")
    ordering = ("code",)
    list_deeds = (can.CREATE_PRODUCT,)
    detail_template = "catalog/product.html"
    deeds = (can.EDIT_PRODUCT, can.ADD_SKU, can.ADD_PICTURE, can.ARRANGE_PICTURES, can.REMOVE_PICTURE)

    shown_name = column(_("Name"), name_of, order="name")
    category_name = name_column("category", _("Category"))
    brand_name = name_column("brand", _("Brand"))
    made_by = name_column("supplier", _("Supplier"))
    sku_count = column(_("SKUs"), lambda product: len(product.skus.all()), numeric=True)
    on_sale = column(_("On sale"), lambda product: tick(product.is_active), order="is_active")

    @admin.display(description="")
    def picture(self, product: Product) -> object:
        """Return the small picture."""
        images = product.images.all()
        source = f"{PICTURES}{images[0].thumb}" if images else ""
        if not source:
            return format_html('<span class="qy-thumb material-symbols-outlined" aria-hidden="true">{}</span>', "image")
        return format_html('<img class="qy-thumb" src="{}" alt="" loading="lazy">', source)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bring SKUs and pictures along, for the columns that need them."""
        pictures = Prefetch("images", Image.objects.order_by("position", "id"))
        return super().get_queryset(request).prefetch_related("skus", pictures)

    def page(self, request: HttpRequest, row: Product) -> Page:
        """Return the product, its variants, pictures and stores that deviate."""
        supplier = name_of(row.supplier)
        facts: list[tuple[object, object]] = [
            (_("Code"), row.code),
            (_("Name"), row.name),
            (_("English name"), row.name_en or NOTHING),
            (_("Category"), name_of(row.category)),
            (_("Brand"), name_of(row.brand)),
            (_("Supplier"), supplier),
            (_("Unit of sale"), row.unit_name),
            (_("Sold by weight"), tick(row.is_weighed)),
            (_("Tax rate"), percent(row.tax_rate_bp)),
            (_("Variant attributes"), listed(row.specification_names) or NOTHING),
            (_("Listed in every store"), tick(row.is_listed_by_default)),
            (_("Created at"), moment(row.created_at)),
        ]
        main: list[Card] = [Facts("", facts), _skus(row, shows_cost=access.may(request, COST))]
        shown = api.products(ids=[row.pk])[row.pk].pictures
        may_edit = access.may(request, can.EDIT)
        if shown or may_edit:
            gallery = {"pictures": shown, "may_edit": may_edit, "row_id": row.pk, "name": name_of(row)}
            main.append(Block(_("Pictures"), "catalog/pictures.html", gallery))
        state = badge(_("On sale"), "good") if row.is_active else badge(_("Off sale"))
        extra = {"ways": _ways(request, row), "cover": shown[0].card if shown else "", "subtitle": row.code}
        return Page(title=name_of(row), badges=[state], main=main, extra=extra)


def _ways(request: HttpRequest, product: Product) -> list[tuple[str, object, str]]:
    """Return where one goes from a product, as (icon, title, address), as far as this person may."""
    skus = list(product.skus.order_by("code").values_list("pk", flat=True)[:1])
    asked = {"overlay": "sku", "stock_sku": "sku"}
    shown = []
    for name, icon in (
        ("overlay", "storefront"),
        ("stock_sku", "inventory"),
        ("labels", "print"),
        ("product_content", "article"),
    ):
        page = next((one for one in registry.pages() if one.name == name), None)
        if page is not None and access.may(request, page.permission) and skus:
            query = urlencode({asked[name]: skus[0]} if name in asked else {"product": product.pk})
            shown.append((icon, page.title, f"{reverse(f'admin:{name}')}?{query}"))
    return shown


def _skus(product: Product, *, shows_cost: bool) -> Table:
    columns = [
        Column(_("SKU code")),
        Column(_("Name")),
        Column(_("Variant")),
        Column(_("Barcodes")),
        Column(_("Scale code (PLU)")),
        Column(_("Cost"), is_number=True),
        Column(_("On sale")),
    ]
    rows = [
        (
            link("catalog_sku_change", sku.pk, sku.code),
            name_of(sku),
            listed(sku.specification.values()) or NOTHING,
            listed(barcode.code for barcode in sku.barcodes.all()) or NOTHING,
            sku.plu or NOTHING,
            yuan(sku.cost_fen) if shows_cost else NOTHING,
            tick(sku.is_active),
        )
        for sku in sorted(product.skus.prefetch_related("barcodes"), key=lambda sku: natural(sku.code))
    ]
    return Table(_("SKUs"), columns, rows)


@admin.register(Sku)
class SkuAdmin(MasterAdmin):
    """What is priced, stocked and sold."""

    supplier_lookup = "product__supplier_id"
    list_display = ("code", "shown_name", "of_product", "codes", "weighed", "on_sale")
    list_filter = ("is_active", "product__is_weighed", "product__category")
    search_fields = ("code", "name", "name_en", "plu__exact", "barcodes__code__exact")
    search_help_text = _("Name, SKU code, scale code or barcode")
    list_select_related = ("product",)
    ordering = ("code",)
    deeds = (can.EDIT_SKU, can.ADD_BARCODE, can.REMOVE_BARCODE, can.LIST_IN_STORE)

    shown_name = column(_("Name"), name_of, order="name")
    of_product = name_column("product", _("Product"))
    codes = column(_("Barcodes"), lambda sku: listed(code.code for code in sku.barcodes.all()) or NOTHING)
    weighed = column(_("Sold by weight"), lambda sku: tick(sku.quantity_scale != 1))
    on_sale = column(_("On sale"), lambda sku: tick(sku.is_active), order="is_active")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bring the barcodes along."""
        return super().get_queryset(request).prefetch_related("barcodes")

    def page(self, request: HttpRequest, row: Sku) -> Page:
        """Return the SKU with its barcodes and the stores that deviate."""
        facts: list[tuple[object, object]] = [
            (_("Product"), link("catalog_product_change", row.product_id, name_of(row.product))),
            (_("SKU code"), row.code),
            (_("Name"), row.name),
            (_("English name"), row.name_en or NOTHING),
            (_("Variant"), listed(row.specification.values()) or NOTHING),
            (_("Scale code (PLU)"), row.plu or NOTHING),
            (_("Unit of sale"), row.product.unit_name),
            (_("Tax rate"), percent(row.product.tax_rate_bp)),
        ]
        if access.may(request, COST):
            facts.append((_("Cost"), yuan(row.cost_fen)))
        barcodes = Barcode.objects.filter(sku=row).order_by("code")
        codes = Table(
            _("Barcodes"),
            [Column(_("Barcode")), Column(_("Pieces in the pack"), is_number=True)],
            [(barcode.code, barcode.pack_quantity) for barcode in barcodes],
            empty=_("No barcodes."),
        )
        state = badge(_("On sale"), "good") if row.is_active else badge(_("Off sale"))
        return Page(title=name_of(row), badges=[state], main=[Facts("", facts), codes, _deviations(request, row)])


def _deviations(request: HttpRequest, sku: Sku) -> Table:
    units = access.units_of(request, VIEW)
    found = Listing.objects.filter(sku=sku).select_related("unit").order_by("unit__code")
    if units is not None:
        found = found.filter(unit_id__in=units)
    columns = [
        Column(_("Store")),
        Column(_("Listed")),
        Column(_("Pickup")),
        Column(_("Express")),
        Column(_("Instant delivery")),
    ]
    rows = [
        (name_of(one.unit), *map(tick, (one.is_listed, one.allows_pickup, one.allows_express, one.allows_instant)))
        for one in found[:200]
    ]
    return Table(_("Stores that deviate"), columns, rows, empty=_("Every store does as the master record says."))


@admin.register(Category)
class CategoryAdmin(MasterAdmin):
    """The category tree."""

    list_display = ("code", "indented", "belongs_to", "position")
    search_fields = ("code", "name", "name_en")
    list_select_related = ("parent",)
    ordering = ("path",)
    list_deeds = (can.CREATE_CATEGORY,)
    deeds = (can.EDIT_CATEGORY,)

    indented = column(_("Name"), lambda row: f"{'　' * (len(row.path) - 1)}{name_of(row)}", order="path")
    belongs_to = name_column("parent", _("Belongs to"))

    def page(self, request: HttpRequest, row: Category) -> Page:
        """Return the category."""
        facts: list[tuple[object, object]] = [
            (_("Code"), row.code),
            (_("Name"), row.name),
            (_("English name"), row.name_en or NOTHING),
            (_("Belongs to"), name_of(row.parent)),
            (_("Position"), row.position),
        ]
        return Page(title=name_of(row), main=[Facts("", facts)])


@admin.register(Brand)
class BrandAdmin(MasterAdmin):
    """Brands of goods."""

    list_display = ("code", "shown_name")
    search_fields = ("code", "name", "name_en")
    ordering = ("code",)
    list_deeds = (can.CREATE_BRAND,)
    deeds = (can.EDIT_BRAND,)
    shown_name = column(_("Name"), name_of, order="name")

    def page(self, request: HttpRequest, row: Brand) -> Page:
        """Return the brand."""
        facts: list[tuple[object, object]] = [
            (_("Code"), row.code),
            (_("Name"), row.name),
            (_("English name"), row.name_en or NOTHING),
        ]
        return Page(title=name_of(row), main=[Facts("", facts)])


@admin.register(Listing)
class ListingAdmin(ScopedAdmin[Listing]):
    """Stores' deviations from the master records."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("at_store", "sku_code", "sku_name", "listed", "pickup", "express", "instant")
    list_filter = (unit_filter("unit", kind="store"), "is_listed")
    search_fields = ("sku__code", "sku__name")
    list_select_related = ("unit", "sku")
    ordering = ("unit__code", "sku__code", "id")
    list_note = _("Only deviations stand here; without a row the master record holds.")
    deeds = (can.CHANGE_LISTING, can.CLEAR_LISTING)

    at_store = name_column("unit", _("Store"), order="unit__code")
    sku_code = column(_("SKU code"), lambda row: row.sku.code, order="sku__code")
    sku_name = column(_("Name"), lambda row: in_language(row.sku.name, row.sku.name_en))
    listed = column(_("Listed"), lambda row: tick(row.is_listed))
    pickup = column(_("Pickup"), lambda row: tick(row.allows_pickup))
    express = column(_("Express"), lambda row: tick(row.allows_express))
    instant = column(_("Instant delivery"), lambda row: tick(row.allows_instant))

    def name_of_row(self, row: Listing) -> str:
        """Return the SKU and the store."""
        return f"{name_of(row.sku)} · {name_of(row.unit)}"

    def page(self, request: HttpRequest, row: Listing) -> Page:
        """Return the deviation."""
        facts: list[tuple[object, object]] = [
            (_("Store"), name_of(row.unit)),
            (_("SKU"), link("catalog_sku_change", row.sku_id, name_of(row.sku))),
            (_("Listed"), tick(row.is_listed)),
            (_("Pickup"), tick(row.allows_pickup)),
            (_("Express"), tick(row.allows_express)),
            (_("Instant delivery"), tick(row.allows_instant)),
        ]
        return Page(title=self.name_of_row(row), main=[Facts("", facts)])
