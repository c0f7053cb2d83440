"""Outfits and tutorials: one, all of them, and those that shoppers of a store see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from quanyu.modules.catalog.contracts.content import Shot
from quanyu.modules.catalog.contracts.guides import GUIDES_MAX, Guide, GuideKind, GuideStep
from quanyu.platform import db

_GUIDES = """
SELECT g.id, g.kind, g.unit_id, g.title, g.title_en, g.text, g.text_en, g.steps::text AS steps,
       g.thumb, g.card, g."full", g.version, g.published_from, g.published_until,
       ARRAY(SELECT i.product_id FROM catalog_guide_goods i WHERE i.guide_id = g.id ORDER BY i.position) AS product_ids
  FROM catalog_guide g
"""
_SHOWN = "g.unit_id = ANY(%s) AND g.published_from <= %s AND (g.published_until IS NULL OR g.published_until > %s)"


def guide(guide_id: int) -> Guide | None:
    """Return one, shown or not; ``None`` when there is none."""
    row = db.row(_GUIDES + "WHERE g.id = %s", [guide_id])
    return None if row is None else _made(row)


def every() -> list[Guide]:
    """Return all for the console, the last changed first, at most ``GUIDES_MAX``."""
    return [_made(row) for row in db.rows(_GUIDES + "ORDER BY g.changed_at DESC, g.id DESC LIMIT %s", [GUIDES_MAX])]


def shown(*, path: Sequence[int], product_id: int | None, limit: int, now: datetime) -> list[Guide]:
    """Return what shoppers see at a unit (path: root first), of a product or of all, the newest first. One query."""
    of_product, given = "", []
    if product_id is not None:
        of_product = " AND EXISTS (SELECT FROM catalog_guide_goods o WHERE o.guide_id = g.id AND o.product_id = %s)"
        given = [product_id]
    rows = db.rows(
        f"{_GUIDES} WHERE {_SHOWN}{of_product} ORDER BY g.published_from DESC, g.id DESC LIMIT %s",
        [list(path), now, now, *given, limit],
    )
    return [_made(row) for row in rows]


def _made(row: dict[str, Any]) -> Guide:
    return Guide(
        id=row["id"],
        version=row["version"],
        kind=GuideKind(row["kind"]),
        unit_id=row["unit_id"],
        title=row["title"],
        title_en=row["title_en"],
        text=row["text"],
        text_en=row["text_en"],
        steps=msgspec.json.decode(row["steps"], type=tuple[GuideStep, ...]),
        cover=Shot(row["thumb"], row["card"], row["full"], row["title"]) if row["card"] else None,
        product_ids=tuple(row["product_ids"]),
        published_from=row["published_from"],
        published_until=row["published_until"],
    )
