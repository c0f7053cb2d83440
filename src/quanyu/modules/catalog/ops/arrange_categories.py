"""Make, rename and move categories; a move rewrites the paths of everything below."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.contracts import CategoryChanges, CategoryMisplaced, CategoryUnknown, CodeTaken
from quanyu.modules.catalog.models import Category
from quanyu.modules.catalog.ops import authorise
from quanyu.platform import audit, db, locks


def create_category(
    *, code: str, name: str, name_en: str, parent_id: int | None, position: int, actor: Actor, now: datetime
) -> int:
    """Insert a category below its parent and return its id."""
    authorise.demand_edit(actor)
    # A parent that is being moved would leave its new child behind under the old path.
    if parent_id is not None:
        locks.rows_for_update(Category.objects.filter(pk=parent_id))
    made = db.row(
        "INSERT INTO catalog_category (code, name, name_en, parent_id, position, path) "
        "SELECT %(code)s, %(name)s, %(name_en)s, %(parent)s::bigint, %(position)s, '{}' "
        "WHERE %(parent)s::bigint IS NULL OR EXISTS (SELECT FROM catalog_category WHERE id = %(parent)s::bigint) "
        "ON CONFLICT (code) DO NOTHING RETURNING id",
        {"code": code, "name": name, "name_en": name_en, "parent": parent_id, "position": position},
    )
    if made is None:
        if Category.objects.filter(code=code).exists():
            raise CodeTaken(field="code", code=code)
        raise CategoryUnknown(field="parent_id")
    _write_paths(made["id"], parent_id)
    audit.record(
        actor=actor,
        action="catalog.category_create",
        subject_kind="category",
        subject_id=made["id"],
        detail={"code": code},
        now=now,
    )
    return int(made["id"])


def update_category(*, category_id: int, changes: CategoryChanges, actor: Actor, now: datetime) -> None:
    """Change a category's texts or place. Raises ``CategoryMisplaced`` for a place below itself."""
    authorise.demand_edit(actor)
    values: dict[str, Any] = dict(changes)
    # All rows, in order: two moves at once could otherwise make a ring.
    everything = {category.pk: category for category in locks.rows_for_update(Category.objects.all())}
    if category_id not in everything:
        raise CategoryUnknown(field="category_id")
    if "parent_id" in values:
        parent_id = values["parent_id"]
        if parent_id is not None and parent_id not in everything:
            raise CategoryUnknown(field="parent_id")
        if parent_id is not None and category_id in everything[parent_id].path:
            raise CategoryMisplaced(field="parent_id")
    if values:
        Category.objects.filter(pk=category_id).update(**values)
    if "parent_id" in values:
        _write_paths(category_id, values["parent_id"])
    audit.record(
        actor=actor,
        action="catalog.category_update",
        subject_kind="category",
        subject_id=category_id,
        detail=values,
        now=now,
    )


def _write_paths(category_id: int, parent_id: int | None) -> None:
    """Put the subtree under its (new) parent: the part of each path from the category on is kept."""
    db.execute(
        "UPDATE catalog_category c SET path = "
        "  coalesce((SELECT path FROM catalog_category WHERE id = %(parent)s), '{}') || CASE "
        "    WHEN c.id = %(id)s THEN ARRAY[c.id] ELSE c.path[array_position(c.path, %(id)s::bigint):] END "
        "WHERE c.id = %(id)s OR c.path @> ARRAY[%(id)s::bigint]",
        {"id": category_id, "parent": parent_id},
    )
