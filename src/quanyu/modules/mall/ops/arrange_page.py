"""Arrange the page of a unit: save the draft, let shoppers see it, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Forbidden, NotFound
from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall.contracts.window import Block, BlockRefused, PageEdited
from quanyu.modules.mall.models import MallBlock, MallPage
from quanyu.modules.mall.rules import pages
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform import audit, db

EDIT = "mall.edit"
KINDS = (UnitKind.ENTERPRISE, UnitKind.BRAND, UnitKind.REGION, UnitKind.STORE)
_PUBLISH = """
INSERT INTO mall_block (page_id, is_draft, position, kind, is_on, title, title_en, text, text_en, more, rule,
    category_id, sku_ids, most, starts_at, ends_at, items)
SELECT page_id, false, position, kind, is_on, title, title_en, text, text_en, more, rule,
    category_id, sku_ids, most, starts_at, ends_at, items
  FROM mall_block WHERE page_id = %s AND is_draft ORDER BY position
"""
# The first version of a page, and the next one: one statement each, so that of several editors one comes through.
_MAKE = """
INSERT INTO mall_page (unit_id, version, changed_at) VALUES (%s, 1, %s) ON CONFLICT (unit_id) DO NOTHING RETURNING id
"""
_TAKE = "UPDATE mall_page SET version = version + 1, changed_at = %s WHERE unit_id = %s AND version = %s RETURNING id"


def save_draft(*, unit_id: int, version: int, blocks: Sequence[Block], actor: Actor, now: datetime) -> None:
    """Write the draft of a unit's page; ``version`` is the one seen (0: there was none).

    Raises ``NotFound``, ``Forbidden``, ``PageEdited``, ``BlockRefused``.
    """
    _demand(actor, unit_id)
    pages.demand_sound(blocks)
    _demand_goods(blocks)
    page_id = _taken(unit_id, version=version, now=now)
    MallBlock.objects.filter(page_id=page_id, is_draft=True).delete()
    MallBlock.objects.bulk_create(_row(page_id, place, block) for place, block in enumerate(blocks))
    _changed(unit_id, "mall.page_save", len(blocks), actor=actor, now=now)


def publish(*, unit_id: int, version: int, actor: Actor, now: datetime) -> None:
    """Let shoppers see the draft. Raises as :func:`save_draft`."""
    _demand(actor, unit_id)
    if version == 0:
        raise PageEdited(field="version")
    page_id = _taken(unit_id, version=version, now=now)
    MallBlock.objects.filter(page_id=page_id, is_draft=False).delete()
    copied = db.execute(_PUBLISH, [page_id])
    MallPage.objects.filter(pk=page_id).update(published_at=now)
    _changed(unit_id, "mall.page_publish", copied, actor=actor, now=now)


def take_back(*, unit_id: int, version: int, actor: Actor, now: datetime) -> None:
    """Let shoppers see the inherited page again; the draft stays. Raises as :func:`save_draft`."""
    _demand(actor, unit_id)
    if version == 0:
        raise PageEdited(field="version")
    page_id = _taken(unit_id, version=version, now=now)
    MallBlock.objects.filter(page_id=page_id, is_draft=False).delete()
    MallPage.objects.filter(pk=page_id).update(published_at=None)
    _changed(unit_id, "mall.page_take_back", 0, actor=actor, now=now)


def _demand(actor: Actor, unit_id: int) -> None:
    unit = organization.units(ids=[unit_id]).get(unit_id)
    if unit is None or unit.kind not in KINDS:
        raise NotFound(field="unit_id")
    if not actor.reaches(EDIT):
        raise Forbidden(permission=EDIT)
    if not actor.reaches(EDIT, unit_path=unit.path):
        raise NotFound(field="unit_id")


def _demand_goods(blocks: Sequence[Block]) -> None:
    """Raise ``BlockRefused`` for goods and categories that there are not."""
    skus = catalog.skus(ids={sku_id for block in blocks for sku_id in block.sku_ids})
    tree = {category.id for category in catalog.categories()}
    for number, block in enumerate(blocks, start=1):
        if any(sku_id not in skus for sku_id in block.sku_ids):
            raise BlockRefused(field=f"blocks.{number - 1}", number=number, reason=N_("there are no such goods"))
        asked = {block.category_id, *(item.category_id for item in block.items)} - {None}
        if not asked <= tree:
            raise BlockRefused(field=f"blocks.{number - 1}", number=number, reason=N_("choose a category"))


def _taken(unit_id: int, *, version: int, now: datetime) -> int:
    """Return the page of which the editor saw this version, moved on by one; made when there was none."""
    page_id = db.value(_MAKE, [unit_id, now]) if version == 0 else db.value(_TAKE, [now, unit_id, version])
    if page_id is None:
        raise PageEdited(field="version")
    return int(page_id)


def _row(page_id: int, place: int, block: Block) -> MallBlock:
    told = msgspec.to_builtins(block, builtin_types=(datetime,))
    told.pop("id")
    return MallBlock(page_id=page_id, is_draft=True, position=place, **told)


def _changed(unit_id: int, action: str, blocks: int, *, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="unit",
        subject_id=unit_id,
        unit_id=unit_id,
        detail={"blocks": blocks},
        now=now,
    )
