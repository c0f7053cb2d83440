"""Write the content of a product, whole, when nobody else has changed it meanwhile; and give products shared codes."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, replace
from datetime import datetime
from itertools import chain

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.catalog.contracts import EditedMeanwhile, ProductUnknown, SkuUnknown
from quanyu.modules.catalog.contracts.content import (
    COLUMNS_MAX,
    GOODS_MAX,
    PICTURES_MAX,
    ROWS_MAX,
    SECTIONS_MAX,
    SERVICES_MAX,
    ProductContent,
    Shot,
    SizeGuide,
)
from quanyu.modules.catalog.models import Content, ContentPicture, Product, Section, Service, Sku
from quanyu.modules.catalog.ops import authorise
from quanyu.modules.catalog.rules import rich_text
from quanyu.platform import audit, db, locks

_TOO_MUCH = N_("this is more than fits on a page")
_TOKEN_BYTES = 12
# What fits into the columns (models.Content, Section, Service).
_TITLE_MAX, _NOTE_MAX, _COLUMN_MAX, _CELL_MAX, _NAME_MAX, _TEXT_MAX = 60, 300, 30, 60, 40, 200
_PICTURE = re.compile(r"^catalog/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}-(thumb|card|full)\.webp\Z")


def write_content(*, product_id: int, content: ProductContent, actor: Actor, now: datetime) -> None:
    """Replace the content of a product; ``content.version`` is what the editor saw.

    Raises ``Forbidden``, ``ProductUnknown``, ``EditedMeanwhile``, ``SkuUnknown`` and ``Invalid``.
    """
    authorise.demand_edit(actor)
    _demand_sound(content)
    if not locks.rows_for_update(Product.objects.filter(pk=product_id)):
        raise ProductUnknown(field="product_id")
    head = Content.objects.filter(pk=product_id).first()
    if (head.version if head else 0) != content.version:
        raise EditedMeanwhile(field="version", changed="content")
    guide = content.size_guide or SizeGuide("", (), ())
    told = {
        "version": content.version + 1,
        "size_title": guide.title,
        "size_title_en": guide.title_en,
        "size_note": guide.note,
        "size_note_en": guide.note_en,
        "size_columns": list(guide.columns),
        "size_rows": [list(row) for row in guide.rows],
        "changed_at": now,
    }
    Content.objects.update_or_create(product_id=product_id, defaults=told)
    _write_parts(product_id, content)
    audit.record(
        actor=actor,
        action="catalog.content_write",
        subject_kind="product",
        subject_id=product_id,
        detail={
            "size_guide": content.size_guide is not None,
            "photos": len(content.photos),
            "sections": [section.kind.value for section in content.sections],
            "services": len(content.services),
        },
        now=now,
    )


def share(*, product_id: int, unit_id: int, now: datetime) -> str:
    """Return the shared code of a product in a store, made at the first asking."""
    db.execute(
        "INSERT INTO catalog_share (token, product_id, unit_id, created_at) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        [secrets.token_urlsafe(_TOKEN_BYTES), product_id, unit_id, now],
    )
    return str(
        db.value("SELECT token FROM catalog_share WHERE product_id = %s AND unit_id = %s", [product_id, unit_id])
    )


def _write_parts(product_id: int, content: ProductContent) -> None:
    ContentPicture.objects.filter(content_id=product_id).delete()
    Section.objects.filter(content_id=product_id).delete()
    Service.objects.filter(content_id=product_id).delete()
    sections = Section.objects.bulk_create(
        Section(
            content_id=product_id,
            position=place,
            kind=one.kind.value,
            title=one.title,
            title_en=one.title_en,
            body_html=rich_text.sanitised(one.body_html),
            body_html_en=rich_text.sanitised(one.body_html_en),
            sku_ids=list(one.sku_ids),
        )
        for place, one in enumerate(content.sections)
    )
    shots = [_shot(product_id, None, place, shot) for place, shot in enumerate(content.photos)]
    for row, one in zip(sections, content.sections, strict=True):
        shots += [_shot(product_id, row.pk, place, shot) for place, shot in enumerate(one.pictures)]
    ContentPicture.objects.bulk_create(shots)
    Service.objects.bulk_create(
        Service(content_id=product_id, position=place, **asdict(one)) for place, one in enumerate(content.services)
    )


def _shot(product_id: int, section_id: int | None, place: int, shot: Shot) -> ContentPicture:
    named = asdict(replace(shot, alt=shot.alt[:120]))
    return ContentPicture(content_id=product_id, section_id=section_id, position=place, **named)


def _demand_fitting(content: ProductContent) -> None:
    """Raise ``Invalid`` for a text that is longer than its place, and for pictures that were not stored here."""
    guide = content.size_guide or SizeGuide("", (), ())
    texts = [
        (_TITLE_MAX, (guide.title, guide.title_en)),
        (_TITLE_MAX, chain.from_iterable((one.title, one.title_en) for one in content.sections)),
        (_NOTE_MAX, (guide.note, guide.note_en)),
        (_COLUMN_MAX, guide.columns),
        (_CELL_MAX, chain.from_iterable(guide.rows)),
        (_NAME_MAX, chain.from_iterable((one.name, one.name_en) for one in content.services)),
        (_TEXT_MAX, chain.from_iterable((one.text, one.text_en) for one in content.services)),
    ]
    if any(len(text) > most for most, found in texts for text in found):
        raise Invalid(field="text", reason=N_("a text is too long"))
    shots = chain(content.photos, *(one.pictures for one in content.sections))
    if any(not _PICTURE.match(path) for shot in shots for path in (shot.thumb, shot.card, shot.full)):
        raise Invalid(field="pictures", reason=N_("the picture was not uploaded here"))


def _demand_sound(content: ProductContent) -> None:
    _demand_fitting(content)
    guide = content.size_guide
    if guide is not None:
        if not guide.columns or len(guide.columns) > COLUMNS_MAX or not 0 < len(guide.rows) <= ROWS_MAX:
            raise Invalid(field="size_guide", reason=N_("a size guide has 1 to 12 columns and 1 to 60 rows"))
        if any(len(row) != len(guide.columns) for row in guide.rows):
            raise Invalid(field="size_guide", reason=N_("every row needs a cell for each column"))
    if len(content.sections) > SECTIONS_MAX or len(content.services) > SERVICES_MAX:
        raise Invalid(field="sections", reason=_TOO_MUCH)
    if any(len(shots) > PICTURES_MAX for shots in (content.photos, *(one.pictures for one in content.sections))):
        raise Invalid(field="pictures", reason=_TOO_MUCH)
    for one in content.sections:
        if not one.title.strip():
            raise Invalid(field="title", reason=N_("every section needs a title"))
        if max(len(one.body_html), len(one.body_html_en)) > rich_text.LENGTH_MAX or len(one.sku_ids) > GOODS_MAX:
            raise Invalid(field="sections", reason=_TOO_MUCH)
    if any(not one.name.strip() or not 0 <= one.minutes <= 1440 for one in content.services):
        raise Invalid(field="services", reason=N_("a service has a name and takes at most 1440 minutes"))
    wanted = {sku_id for one in content.sections for sku_id in one.sku_ids}
    if wanted and Sku.objects.filter(pk__in=wanted).count() != len(wanted):
        raise SkuUnknown(field="sku_ids")
