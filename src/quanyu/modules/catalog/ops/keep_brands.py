"""Make and rename brands of goods; a new name is found at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.contracts import BrandChanges, BrandUnknown, CodeTaken
from quanyu.modules.catalog.models import Brand, Sku
from quanyu.modules.catalog.ops import authorise
from quanyu.modules.catalog.ops.index_skus import index_skus
from quanyu.platform import audit, db


def create_brand(*, code: str, name: str, name_en: str, actor: Actor, now: datetime) -> int:
    """Insert a brand and return its id."""
    authorise.demand_edit(actor)
    brand_id = db.value(
        "INSERT INTO catalog_brand (code, name, name_en) VALUES (%s, %s, %s) "
        "ON CONFLICT (code) DO NOTHING RETURNING id",
        [code, name, name_en],
    )
    if brand_id is None:
        raise CodeTaken(field="code", code=code)
    audit.record(
        actor=actor,
        action="catalog.brand_create",
        subject_kind="brand",
        subject_id=brand_id,
        detail={"code": code},
        now=now,
    )
    return int(brand_id)


def update_brand(*, brand_id: int, changes: BrandChanges, actor: Actor, now: datetime) -> None:
    """Rename a brand and refresh what its SKUs are found by."""
    authorise.demand_edit(actor)
    values: dict[str, Any] = dict(changes)
    brands = Brand.objects.filter(pk=brand_id)
    if not (brands.update(**values) if values else brands.exists()):
        raise BrandUnknown(field="brand_id")
    index_skus(list(Sku.objects.filter(product__brand_id=brand_id).values_list("pk", flat=True)))
    audit.record(
        actor=actor,
        action="catalog.brand_update",
        subject_kind="brand",
        subject_id=brand_id,
        detail=values,
        now=now,
    )
