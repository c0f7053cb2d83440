"""Products with their variants and barcodes from files: a row is a variant, rows with one product code one product."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog import api
from quanyu.modules.catalog.admin.import_columns import PRODUCT_COLUMNS
from quanyu.modules.catalog.contracts import (
    BarcodeInvalid,
    BarcodeReserved,
    CodeTaken,
    NewProduct,
    NewSku,
    ProductChanges,
    SkuChanges,
)
from quanyu.modules.catalog.ops.import_goods import GoodsImport
from quanyu.modules.catalog.queries.goods_on_file import ProductOnFile, SkuOnFile
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit, UnitKind
from quanyu.platform.files import importer
from quanyu.platform.files.columns import Value
from quanyu.platform.files.importer import Deed, Importer, Known, Row, RowError, error

EDIT = "catalog.edit"
_PARTING = re.compile(r"[\s,，、;；|/]+")
_SCIENTIFIC = re.compile(r"^\d+(?:\.\d+)?[eE]\+?\d+\Z")
_VARIANT = re.compile(r"^\s*([^=:：]{1,20})[=:：]\s*(.{1,60}?)\s*\Z")
# What a variant without a name of its own is called.
PLAIN_VARIANT = "规格"
_TAX_BP = 1300


@dataclass(frozen=True, slots=True)
class _Thing:
    """What was found about a row: the SKU, its product, what its references mean."""

    sku: SkuOnFile | None
    product: ProductOnFile | None
    category_id: int | None
    brand_id: int | None
    supplier_id: int | None
    barcodes: tuple[str, ...]


class _Names:
    """Categories or brands by code and by name, in either language."""

    def __init__(self, things: Sequence[Any]) -> None:
        self._codes = {thing.code: thing for thing in things}
        self._names: dict[str, list[Any]] = {}
        for thing in things:
            for name in {thing.name.casefold(), thing.name_en.casefold()} - {""}:
                self._names.setdefault(name, []).append(thing)

    def find(self, text: str, column: str, errors: list[RowError]) -> Any:
        """Return what a text means; an unknown or ambiguous one is an error."""
        if not text:
            return None
        found = [self._codes[text]] if text in self._codes else self._names.get(text.casefold(), [])
        if len(found) != 1:
            errors.append(error("ambiguous" if found else "unknown", column, shown=text))
            return None
        return found[0]


@dataclass(frozen=True, slots=True)
class _Books:
    """What stands about all rows of a batch."""

    skus: dict[str, SkuOnFile]
    products: dict[str, ProductOnFile]
    categories: _Names
    brands: _Names
    suppliers: dict[str, Unit]
    supplier_codes: dict[int, str]
    owners: dict[str, str]


def look_up(rows: Sequence[Row], actor: Actor, now: datetime, hold: bool) -> list[Known]:  # noqa: FBT001 - the protocol of importers
    """Return what stands about the rows' goods; a fixed number of questions."""
    codes = [row.text("code") for row in rows]
    skus, products = api.goods_on_file(codes=codes, product_codes=[_product_code(row) for row in rows], hold=hold)
    named = {row.text("supplier") for row in rows if row.text("supplier")}
    ids = {sku.product.supplier_id for sku in skus.values()} | {product.supplier_id for product in products.values()}
    books = _Books(
        skus,
        products,
        _Names(api.categories()),
        _Names(api.brands()),
        organization.units_by_code(codes=named),
        {unit.id: unit.code for unit in organization.units(ids=[one for one in ids if one is not None]).values()},
        api.sku_codes_of_barcodes(codes=[code for row in rows for code in _barcodes(row)]),
    )
    # A barcode that an earlier row of the batch brings is taken as well.
    brought: dict[str, str] = {}
    return [_known(row, books, brought) for row in rows]


def _known(row: Row, books: _Books, brought: dict[str, str]) -> Known:
    errors: list[RowError] = []
    sku = books.skus.get(row.text("code"))
    product = sku.product if sku is not None else books.products.get(_product_code(row))
    category = books.categories.find(row.text("category"), "category", errors)
    brand = books.brands.find(row.text("brand"), "brand", errors)
    supplier = books.suppliers.get(row.text("supplier"))
    if row.text("supplier") and (supplier is None or supplier.kind is not UnitKind.SUPPLIER):
        errors.append(error("unknown", "supplier", shown=row.text("supplier")))
    found = _barcodes(row)
    errors += _barcode_errors(row, found, books, brought)
    if sku is not None and row.text("product") not in ("", sku.product.product_code):
        errors.append(error("fixed", "product", shown=sku.product.product_code))
    if product is not None and row.values.get("is_weighed") not in (None, product.is_weighed):
        errors.append(error("fixed", "is_weighed", shown="✓" if product.is_weighed else "–"))
    thing = _Thing(sku, product, _id(category), _id(brand), _id(supplier), found)
    values: dict[str, Value | None] = {}
    if product is not None:
        values |= {
            "product": product.product_code,
            "name": product.name,
            "name_en": product.name_en,
            "category": row.text("category") if _id(category) == product.category_id else product.category_code,
            "brand": row.text("brand") if brand and brand.id == product.brand_id else product.brand_code,
            "supplier": books.supplier_codes.get(product.supplier_id or 0, ""),
            "unit_name": product.unit_name,
            "is_weighed": product.is_weighed,
            "tax_rate": product.tax_rate_bp,
        }
    if sku is not None:
        values |= {
            "code": sku.code,
            "variant": row.text("variant") if _variant(row.text("variant")) == sku.specification else _shown(sku),
            "barcodes": row.text("barcodes") if set(found) <= set(sku.barcodes) else ", ".join(sku.barcodes),
            "plu": row.text("plu") if row.text("plu").zfill(5) == sku.plu else sku.plu,
            "cost": sku.cost_fen,
            "is_active": sku.is_active,
        }
    return Known(sku is not None, values, errors, thing)


def _barcode_errors(row: Row, found: Sequence[str], books: _Books, brought: dict[str, str]) -> list[RowError]:
    """Return what is wrong with the row's barcodes: no barcode, read as something else, or another SKU's."""
    own = row.text("code")
    faults = api.barcode_faults(codes=found)
    errors = []
    for code in found:
        fault = faults.get(code)
        if _SCIENTIFIC.match(code):
            errors.append(error("number_damaged", "barcodes"))
        elif isinstance(fault, BarcodeInvalid | BarcodeReserved):
            errors.append(RowError(fault.code, "barcodes", fault.title, fault.remedy, fault.params))
        elif books.owners.get(code, own) != own or brought.setdefault(code, own) != own:
            errors.append(RowError(CodeTaken.code, "barcodes", CodeTaken.title, CodeTaken.remedy, {"code": code}))
    return errors


def write(deeds: Sequence[Deed], import_id: str, actor: Actor, now: datetime) -> None:
    """Ring at catalog's door once for all rows."""
    new: dict[str, list[Deed]] = {}
    variants: list[tuple[int, bool, NewSku]] = []
    products: dict[int, ProductChanges] = {}
    skus: dict[int, SkuChanges] = {}
    barcodes: list[tuple[int, str]] = []
    for deed in deeds:
        thing: _Thing = deed.known.thing
        if thing.product is None:
            new.setdefault(_product_code(deed.row), []).append(deed)
            continue
        changes = _product_changes(deed.row, thing, deed.changes)
        if changes:
            products.setdefault(thing.product.product_id, ProductChanges()).update(changes)
        if thing.sku is None:
            variants.append((thing.product.product_id, thing.product.is_weighed, _new_sku(deed, thing.product.name)))
            continue
        changed = _sku_changes(deed.row, deed.changes)
        if changed:
            skus[thing.sku.id] = changed
        barcodes += [(thing.sku.id, code) for code in thing.barcodes if code not in thing.sku.barcodes]
    goods = GoodsImport(
        import_id,
        products=[_new_product(code, of_product) for code, of_product in new.items()],
        variants=variants,
        product_changes=products,
        sku_changes=skus,
        barcodes=barcodes,
        off_sale=[
            deed.row.text("code")
            for deed in deeds
            if deed.known.thing.sku is None and deed.row.values.get("is_active") is False
        ],
    )
    api.import_goods(goods=goods, actor=actor, now=now)


def _new_product(code: str, deeds: Sequence[Deed]) -> NewProduct:
    first, thing = deeds[0].row, deeds[0].known.thing
    names = {name for deed in deeds for name in _variant(deed.row.text("variant"))} - {PLAIN_VARIANT}
    tax = first.values.get("tax_rate")
    return NewProduct(
        code=code,
        name=first.text("name"),
        name_en=first.text("name_en"),
        category_id=thing.category_id,
        brand_id=thing.brand_id,
        supplier_id=thing.supplier_id,
        unit_name=first.text("unit_name"),
        is_weighed=bool(first.values.get("is_weighed")),
        tax_rate_bp=tax if isinstance(tax, int) else _TAX_BP,
        specification_names=tuple(sorted(names)),
        skus=tuple(_new_sku(deed, first.text("name")) for deed in deeds),
    )


def _new_sku(deed: Deed, name: str) -> NewSku:
    row = deed.row
    variant = _variant(row.text("variant"))
    cost = row.values.get("cost")
    own = " ".join([row.text("name") or name, *variant.values()])
    return NewSku(
        code=row.text("code"),
        name=own[:140],
        name_en=" ".join(filter(None, [row.text("name_en"), *(variant.values() if row.text("name_en") else ())]))[:140],
        specification=variant,
        cost_fen=cost if isinstance(cost, int) else 0,
        plu=row.text("plu") or None,
        barcodes=deed.known.thing.barcodes,
    )


def _product_changes(row: Row, thing: _Thing, changed: frozenset[str]) -> ProductChanges:
    changes = ProductChanges()
    if "name" in changed:
        changes["name"] = row.text("name")
    if "name_en" in changed:
        changes["name_en"] = row.text("name_en")
    if "category" in changed and thing.category_id is not None:
        changes["category_id"] = thing.category_id
    if "brand" in changed:
        changes["brand_id"] = thing.brand_id
    if "supplier" in changed:
        changes["supplier_id"] = thing.supplier_id
    if "unit_name" in changed:
        changes["unit_name"] = row.text("unit_name")
    tax = row.values.get("tax_rate")
    if "tax_rate" in changed and isinstance(tax, int):
        changes["tax_rate_bp"] = tax
    return changes


def _sku_changes(row: Row, changed: frozenset[str]) -> SkuChanges:
    changes = SkuChanges()
    cost = row.values.get("cost")
    if "variant" in changed:
        changes["specification"] = _variant(row.text("variant"))
    if "cost" in changed and isinstance(cost, int):
        changes["cost_fen"] = cost
    if "plu" in changed:
        changes["plu"] = row.text("plu") or None
    if "is_active" in changed:
        changes["is_active"] = bool(row.values["is_active"])
    return changes


def _product_code(row: Row) -> str:
    return row.text("product") or row.text("code")


def _barcodes(row: Row) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, _PARTING.split(row.text("barcodes")))))


def _variant(text: str) -> dict[str, str]:
    """Return ``颜色=红;尺码=M`` as names and values; any other text is one value."""
    parts = [part for part in re.split("[;；]", text) if part.strip()]
    found = [_VARIANT.match(part) for part in parts]
    if parts and all(found):
        return {one[1].strip(): one[2] for one in found if one is not None}
    return {PLAIN_VARIANT: text.strip()} if text.strip() else {}


def _shown(sku: SkuOnFile) -> str:
    if set(sku.specification) == {PLAIN_VARIANT}:
        return sku.specification[PLAIN_VARIANT]
    return ";".join(f"{name}={value}" for name, value in sku.specification.items())


def _id(thing: Any) -> int | None:
    return None if thing is None else int(thing.id)


importer.add(
    Importer(
        name="products",
        title=_("Products"),
        note=_("Products with variants, barcodes, costs and tax rates."),
        icon="inventory_2",
        permission=EDIT,
        columns=PRODUCT_COLUMNS,
        keys=("code",),
        group="product",
        look_up=look_up,
        write=write,
        columns_of={"category_id": "category", "brand_id": "brand", "supplier_id": "supplier", "code": "code"},
        order=10,
    )
)
