"""Catalog's door, further: outfits and tutorials with their goods (CNT-01)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.contracts.guides import Guide, GuideUnknown
from quanyu.modules.catalog.ops import write_guide as write_op
from quanyu.modules.catalog.queries import guides as queries
from quanyu.platform import db


def guide(*, guide_id: int) -> Guide:
    """Return an outfit or tutorial, shown or not. Raises ``GuideUnknown``."""
    found = queries.guide(guide_id)
    if found is None:
        raise GuideUnknown(field="guide_id")
    return found


def guides() -> list[Guide]:
    """Return all outfits and tutorials, drafts too, the last changed first."""
    return queries.every()


def shown_guides(*, path: Sequence[int], product_id: int | None = None, limit: int = 60, now: datetime) -> list[Guide]:
    """Return what shoppers see at a unit, by its path (root first); with a product, those it belongs to. One query."""
    return queries.shown(path=path, product_id=product_id, limit=limit, now=now)


def write_guide(*, guide: Guide, actor: Actor, now: datetime) -> int:
    """Write an outfit or tutorial and return its id; ``version`` is the one seen, 0 for a new one. Locks its row.

    Raises ``Forbidden``, ``GuideUnknown``, ``EditedMeanwhile``, ``ProductUnknown``, ``Invalid``.
    """
    return db.in_transaction(lambda: write_op.write_guide(guide=guide, actor=actor, now=now))
