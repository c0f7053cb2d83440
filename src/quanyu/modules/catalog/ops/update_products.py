"""Change master records of products and SKUs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.catalog.contracts import (
    CodeTaken,
    EditedMeanwhile,
    ProductChanges,
    ProductUnknown,
    SkuChanges,
    SkuUnknown,
)
from quanyu.modules.catalog.models import Product, Sku
from quanyu.modules.catalog.ops import authorise, publish
from quanyu.modules.catalog.ops.create_products import demand_references, plu_of
from quanyu.modules.catalog.ops.index_skus import index_skus
from quanyu.modules.catalog.rules import rich_text
from quanyu.platform import audit, db, locks


def update_product(
    *, product_id: int, changes: ProductChanges, seen: Mapping[str, Any] | None = None, actor: Actor, now: datetime
) -> None:
    """Change a product; texts are sanitised, references checked, its SKUs found by the new names.

    ``seen`` is what the editor's form was filled with; what is not so any more refuses all of it.
    """
    authorise.demand_edit(actor)
    values: dict[str, Any] = dict(changes)
    demand_references(
        category_ids={values["category_id"]} if "category_id" in values else set(),
        brand_ids={values["brand_id"]} - {None} if "brand_id" in values else set(),
        supplier_ids={values["supplier_id"]} - {None} if "supplier_id" in values else set(),
    )
    if not 0 <= values.get("tax_rate_bp", 0) <= 10_000:
        raise Invalid(field="tax_rate_bp", reason=N_("a tax rate is between 0 % and 100 %"))
    if "description_html" in values:
        if len(values["description_html"]) > rich_text.LENGTH_MAX:
            raise Invalid(field="description_html", reason=N_("the text is too long"))
        values["description_html"] = rich_text.sanitised(values["description_html"])
    if "specification_names" in values:
        values["specification_names"] = list(values["specification_names"])
    products = Product.objects.filter(pk=product_id)
    if seen is not None:
        _demand_unchanged(locks.rows_for_update(products), seen)
    if not (products.update(**values) if values else products.exists()):
        raise ProductUnknown(field="product_id")
    index_skus(list(Sku.objects.filter(product_id=product_id).values_list("pk", flat=True)))
    audit.record(
        actor=actor,
        action="catalog.product_update",
        subject_kind="product",
        subject_id=product_id,
        detail={name: value for name, value in values.items() if name != "description_html"},
        now=now,
    )
    publish.products_changed([product_id], now=now)


def _demand_unchanged(found: list[Product], seen: Mapping[str, Any]) -> None:
    """Raise ``EditedMeanwhile`` with the fields (and what they hold now) that differ from what an editor saw."""
    if not found:
        raise ProductUnknown(field="product_id")
    changed = [name for name, value in seen.items() if getattr(found[0], name) != value]
    if changed:
        raise EditedMeanwhile(changed=",".join(changed))


def update_sku(*, sku_id: int, changes: SkuChanges, actor: Actor, now: datetime) -> None:
    """Change a SKU. Raises ``CodeTaken`` for a scale code that another SKU has."""
    authorise.demand_edit(actor)
    values: dict[str, Any] = dict(changes)
    if values.get("cost_fen", 0) < 0:
        raise Invalid(field="cost_fen", reason=N_("a cost is not negative"))
    if "specification" in values:
        values["specification"] = dict(values["specification"])
    plu = plu_of(values.pop("plu")) if "plu" in values else None
    product_id = Sku.objects.filter(pk=sku_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise SkuUnknown(field="sku_id")
    if values:
        Sku.objects.filter(pk=sku_id).update(**values)
    if "plu" in changes and not db.value("SELECT catalog_write_plu(%s, %s)", [sku_id, plu]):
        raise CodeTaken(field="plu", code=plu)
    index_skus([sku_id])
    audit.record(
        actor=actor,
        action="catalog.sku_update",
        subject_kind="sku",
        subject_id=sku_id,
        detail=values | ({"plu": plu} if "plu" in changes else {}),
        now=now,
    )
    publish.products_changed([product_id], now=now)
