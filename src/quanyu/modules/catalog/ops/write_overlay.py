"""Write cells of the grid of stores and SKUs: each is judged against what its editor saw, and has its own outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Forbidden
from quanyu.modules.catalog.contracts import ListingChange
from quanyu.modules.catalog.contracts.overlay_and_labels import CellOutcome, CellState, OverlayCell
from quanyu.modules.catalog.ops import authorise, set_listings
from quanyu.modules.catalog.queries import overlay
from quanyu.modules.organization import api as organization


def write_overlay(*, cells: Sequence[OverlayCell], actor: Actor, now: datetime) -> list[CellOutcome]:
    """Write what is still as its editor saw it. Raises ``Forbidden`` for one who lists nowhere."""
    if not actor.reaches(authorise.LIST):
        raise Forbidden(permission=authorise.LIST)
    set_listings.hold()
    paths = organization.paths(unit_ids={cell.unit_id for cell in cells})
    near = {unit_id for unit_id, path in paths.items() if actor.reaches(authorise.LIST, unit_path=path)}
    pairs = {(cell.unit_id, cell.sku_id) for cell in cells if cell.unit_id in near}
    found = overlay.overlay(pairs)
    rows = {key: {name: getattr(row, name) for name in overlay.FIELDS} for key, row in found.items()}
    outcomes, touched = [], set()
    for cell in cells:
        key = (cell.unit_id, cell.sku_id)
        if key not in rows:
            outcomes.append(CellOutcome(cell, CellState.REFUSED, None))
            continue
        holds = rows[key][cell.field]
        if holds == cell.wanted:
            outcomes.append(CellOutcome(cell, CellState.SAME, holds))
        elif holds != cell.was:
            outcomes.append(CellOutcome(cell, CellState.STALE, holds))
        else:
            rows[key][cell.field] = cell.wanted
            touched.add(key)
            outcomes.append(CellOutcome(cell, CellState.SAVED, cell.wanted))
    kept: dict[int, list[ListingChange]] = defaultdict(list)
    cleared: dict[int, list[int]] = defaultdict(list)
    for unit_id, sku_id in sorted(touched):
        row = rows[unit_id, sku_id]
        # What says the same as the master record is no deviation: the master's next change holds here as well.
        if row == overlay.master(is_listed=found[unit_id, sku_id].is_listed_by_default):
            cleared[unit_id].append(sku_id)
        else:
            kept[unit_id].append(ListingChange(sku_id, **row))
    for unit_id, changes in kept.items():
        set_listings.set_listings(unit_id=unit_id, listings=changes, actor=actor, now=now)
    for unit_id, sku_ids in cleared.items():
        set_listings.clear_listings(unit_id=unit_id, sku_ids=sku_ids, actor=actor, now=now)
    return outcomes
