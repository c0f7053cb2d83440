"""The category tree and the brands, whole: a chain has hundreds of them, not thousands."""

from __future__ import annotations

from typing import Any

from quanyu.modules.catalog.contracts import BrandInfo, CategoryInfo, CategoryUnknown
from quanyu.platform import db


def categories() -> list[CategoryInfo]:
    """Return all categories, each after its parent, siblings by position and code."""
    found = db.rows(
        "SELECT id, code, name, name_en, parent_id, path, position FROM catalog_category "
        "ORDER BY cardinality(path), position, code"
    )
    below: dict[int | None, list[CategoryInfo]] = {}
    for row in found:
        below.setdefault(row["parent_id"], []).append(_category(row))
    ordered: list[CategoryInfo] = []
    waiting = below.get(None, [])[::-1]
    while waiting:
        category = waiting.pop()
        ordered.append(category)
        waiting.extend(below.get(category.id, [])[::-1])
    return ordered


def category(category_id: int) -> CategoryInfo:
    """Return one category. Raises ``CategoryUnknown``."""
    row = db.row(
        "SELECT id, code, name, name_en, parent_id, path, position FROM catalog_category WHERE id = %s",
        [category_id],
    )
    if row is None:
        raise CategoryUnknown(field="category_id")
    return _category(row)


def brands() -> list[BrandInfo]:
    """Return all brands by code."""
    found = db.rows("SELECT id, code, name, name_en FROM catalog_brand ORDER BY code")
    return [BrandInfo(**row) for row in found]


def _category(row: dict[str, Any]) -> CategoryInfo:
    return CategoryInfo(**{**row, "path": tuple(row["path"])})
