"""Write an outfit or a tutorial, whole, when nobody else has changed it meanwhile."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.catalog.contracts import EditedMeanwhile, ProductUnknown
from quanyu.modules.catalog.contracts.content import Shot
from quanyu.modules.catalog.contracts.guides import (
    GUIDE_GOODS_MAX,
    GUIDE_TEXT_MAX,
    GUIDE_TITLE_MAX,
    STEPS_MAX,
    Guide,
    GuideUnknown,
)
from quanyu.modules.catalog.models import Guide as GuideRow
from quanyu.modules.catalog.models import GuideGoods, Product
from quanyu.modules.catalog.ops import authorise
from quanyu.modules.organization import api as organization
from quanyu.platform import audit, locks

_PICTURE = re.compile(r"^catalog/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}-(thumb|card|full)\.webp\Z")


def write_guide(*, guide: Guide, actor: Actor, now: datetime) -> int:
    """Write a guide and return its id; ``id`` 0 makes a new one, ``version`` is what the editor saw.

    Raises ``Forbidden``, ``GuideUnknown``, ``EditedMeanwhile``, ``ProductUnknown`` and ``Invalid``.
    """
    authorise.demand_edit(actor)
    _demand_sound(guide)
    _demand_unit(guide.unit_id)
    wanted = set(guide.product_ids)
    if Product.objects.filter(pk__in=wanted).count() != len(wanted):
        raise ProductUnknown(field="product_ids")
    row = _row(guide)
    cover = guide.cover or Shot("", "", "")
    told = {
        "kind": guide.kind.value,
        "unit_id": guide.unit_id,
        "title": guide.title.strip(),
        "title_en": guide.title_en.strip(),
        "text": guide.text,
        "text_en": guide.text_en,
        "steps": [asdict(step) for step in guide.steps],
        "thumb": cover.thumb,
        "card": cover.card,
        "full": cover.full,
        "version": guide.version + 1,
        "published_from": guide.published_from,
        "published_until": guide.published_until,
        "changed_at": now,
    }
    for name, value in told.items():
        setattr(row, name, value)
    row.save()
    GuideGoods.objects.filter(guide_id=row.pk).delete()
    GuideGoods.objects.bulk_create(
        GuideGoods(guide_id=row.pk, position=place, product_id=id_) for place, id_ in enumerate(guide.product_ids)
    )
    audit.record(
        actor=actor,
        action="catalog.guide_write",
        subject_kind="guide",
        subject_id=row.pk,
        detail={"kind": guide.kind.value, "goods": len(wanted), "is_draft": guide.published_from is None},
        unit_id=guide.unit_id,
        now=now,
    )
    return int(row.pk)


def _row(guide: Guide) -> GuideRow:
    if not guide.id:
        return GuideRow()
    found = locks.rows_for_update(GuideRow.objects.filter(pk=guide.id))
    if not found:
        raise GuideUnknown(field="id")
    row: GuideRow = found[0]
    if row.version != guide.version:
        raise EditedMeanwhile(field="version", changed=row.title)
    return row


def _demand_unit(unit_id: int) -> None:
    if unit_id not in organization.units(ids=[unit_id]):
        raise Invalid(field="unit_id", reason=N_("choose where it is shown"))


def _demand_sound(guide: Guide) -> None:
    if not guide.title.strip():
        raise Invalid(field="title", reason=N_("it needs a title"))
    texts = (guide.text, guide.text_en, *(text for step in guide.steps for text in (step.text, step.text_en)))
    if max(map(len, (guide.title, guide.title_en))) > GUIDE_TITLE_MAX or max(map(len, texts)) > GUIDE_TEXT_MAX:
        raise Invalid(field="text", reason=N_("a text is too long"))
    if len(guide.steps) > STEPS_MAX or any(not step.text.strip() for step in guide.steps):
        raise Invalid(field="steps", reason=N_("at most 12 steps, each with a text"))
    if len(guide.product_ids) > GUIDE_GOODS_MAX or len(set(guide.product_ids)) != len(guide.product_ids):
        raise Invalid(field="product_ids", reason=N_("at most 12 products, each once"))
    if guide.published_from is not None and not guide.product_ids:
        raise Invalid(field="product_ids", reason=N_("what shoppers see has goods"))
    until = guide.published_until
    if until is not None and (guide.published_from is None or until <= guide.published_from):
        raise Invalid(field="published_until", reason=N_("the end is after the beginning"))
    cover = guide.cover
    if cover is not None and any(not _PICTURE.match(path) for path in (cover.thumb, cover.card, cover.full)):
        raise Invalid(field="cover", reason=N_("the picture was not uploaded here"))
