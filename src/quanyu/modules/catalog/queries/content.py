"""The content of products and where shared codes lead."""

from __future__ import annotations

from typing import Any

from quanyu.modules.catalog.contracts.content import (
    ProductContent,
    Section,
    SectionKind,
    Service,
    SharedPlace,
    Shot,
    SizeGuide,
)
from quanyu.platform import db

_SECTIONS = (
    "SELECT id, kind, title, title_en, body_html, body_html_en, sku_ids FROM catalog_section "
    "WHERE content_id = %s ORDER BY position"
)
_PICTURES = (
    'SELECT section_id, thumb, card, "full", alt FROM catalog_content_picture WHERE content_id = %s '
    "ORDER BY section_id NULLS FIRST, position"
)
_SERVICES = "SELECT name, name_en, text, text_en, minutes FROM catalog_service WHERE content_id = %s ORDER BY position"


def content(product_id: int) -> ProductContent:
    """Return the content of a product; empty when nothing was written. Four queries."""
    head = db.row("SELECT * FROM catalog_content WHERE product_id = %s", [product_id])
    if head is None:
        return ProductContent()
    shots: dict[int | None, list[Shot]] = {}
    for row in db.rows(_PICTURES, [product_id]):
        shots.setdefault(row["section_id"], []).append(Shot(row["thumb"], row["card"], row["full"], row["alt"]))
    return ProductContent(
        size_guide=_guide(head),
        photos=tuple(shots.get(None, ())),
        sections=tuple(_section(row, shots.get(row["id"], [])) for row in db.rows(_SECTIONS, [product_id])),
        services=tuple(Service(**row) for row in db.rows(_SERVICES, [product_id])),
        version=head["version"],
    )


def share(token: str) -> SharedPlace | None:
    """Return where a shared code leads; ``None`` for no such code."""
    row = db.row("SELECT token, product_id, unit_id FROM catalog_share WHERE token = %s", [token])
    return None if row is None else SharedPlace(**row)


def _section(row: dict[str, Any], shots: list[Shot]) -> Section:
    return Section(
        kind=SectionKind(row["kind"]),
        title=row["title"],
        title_en=row["title_en"],
        body_html=row["body_html"],
        body_html_en=row["body_html_en"],
        pictures=tuple(shots),
        sku_ids=tuple(row["sku_ids"]),
    )


def _guide(head: dict[str, Any]) -> SizeGuide | None:
    if not head["size_columns"]:
        return None
    rows = db.json_value("SELECT size_rows FROM catalog_content WHERE product_id = %s", [head["product_id"]])
    return SizeGuide(
        title=head["size_title"],
        title_en=head["size_title_en"],
        note=head["size_note"],
        note_en=head["size_note_en"],
        columns=tuple(head["size_columns"]),
        rows=tuple(tuple(row) for row in rows),
    )
