"""The sales as the order path keeps them in memory: all that are not over at the start of a day, with their stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from quanyu.modules.flash.contracts import Sale
from quanyu.modules.flash.queries import sales
from quanyu.modules.flash.rules.board import Board, Posted
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform import marks

_MOMENTS = ("closed_from", "starts_at", "ends_at", "stopped_at")


def _part(days: Sequence[date]) -> marks.Part[dict[date, Board]]:
    def made(rows: list[dict[str, Any]]) -> dict[date, Board]:
        for row in rows:
            row |= {name: marks.moment(row[name]) for name in _MOMENTS}
        board = Board.of(Posted(sale, _stores_of(sale)) for sale in map(sales.made, rows))
        return dict.fromkeys(days, board)

    return marks.Part(sales.COMING, [marks.start_of(min(days))], made)


def _stores_of(sale: Sale) -> frozenset[int] | None:
    """Return the stores below the units of a sale; ``None``: everywhere."""
    if not sale.unit_ids:
        return None
    return frozenset(
        store_id
        for unit_id in sale.unit_ids
        for store_id in organization.subtree_ids(unit_id=unit_id, kind=UnitKind.STORE, with_closed=True)
    )


# Which stores stand below a unit changes with the units.
BOARD: marks.Kept[date, Board] = marks.Kept(topics=["flash.sale", "organization.location"], part=_part, most=8)
