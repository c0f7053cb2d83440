"""Put a product's pictures in order, and say what they show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.contracts import EditedMeanwhile, ProductUnknown
from quanyu.modules.catalog.models import Image, Product
from quanyu.modules.catalog.ops import authorise, publish
from quanyu.platform import audit, locks


def arrange_pictures(*, product_id: int, image_ids: Sequence[int], actor: Actor, now: datetime) -> None:
    """Give the pictures this order; the first one is the main picture.

    Raises ``ProductUnknown``, and ``EditedMeanwhile`` when these are not the product's pictures (any more).
    """
    authorise.demand_edit(actor)
    if not locks.rows_for_update(Product.objects.filter(pk=product_id)):
        raise ProductUnknown(field="product_id")
    pictures = {image.pk: image for image in Image.objects.filter(product_id=product_id)}
    if sorted(pictures) != sorted(image_ids):
        raise EditedMeanwhile(field="image_ids", changed="pictures")
    for position, image_id in enumerate(image_ids):
        pictures[image_id].position = position
    Image.objects.bulk_update(pictures.values(), ["position"])
    _changed("catalog.picture_order", product_id, {"image_ids": list(image_ids)}, actor=actor, now=now)


def describe_picture(*, product_id: int, image_id: int, alt: str, alt_en: str, actor: Actor, now: datetime) -> None:
    """Say in both languages what a picture shows. Raises ``ProductUnknown`` when it is not on the product."""
    authorise.demand_edit(actor)
    said = {"alt": alt[:120], "alt_en": alt_en[:120]}
    if not Image.objects.filter(pk=image_id, product_id=product_id).update(**said):
        raise ProductUnknown(field="image_id")
    _changed("catalog.picture_describe", product_id, {"image_id": image_id, **said}, actor=actor, now=now)


def _changed(action: str, product_id: int, detail: dict[str, object], *, actor: Actor, now: datetime) -> None:
    audit.record(actor=actor, action=action, subject_kind="product", subject_id=product_id, detail=detail, now=now)
    publish.products_changed([product_id], now=now)
