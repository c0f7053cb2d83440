"""What the console's sheets ask: rows with sums, why a figure is what it is, transfers. Reads only.

``units`` are those that the reader's permission reaches (``None``: all); a row is within reach when its location or
its owner is.
"""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.inventory.contracts import Explained, Figure, PlaceStock, Sheet, SheetFilter, Transfer
from quanyu.modules.inventory.queries import explained as _explained
from quanyu.modules.inventory.queries import sheets as _sheets
from quanyu.modules.inventory.queries import transfers as _transfers

VIEW = "inventory.view"
SHEET_ROWS_MAX = 500
ENTRIES_MAX = 200


def sheet(*, of: SheetFilter, after: str = "", limit: int = 50) -> Sheet:
    """Return a page of stock rows and the sums of all that the filter chooses; one statement, at most 500 rows.

    ``after`` is ``Sheet.next`` of the page before. Raises ``Invalid`` for one that is not from here.
    """
    return _sheets.sheet(of=of, after=after, limit=max(1, min(limit, SHEET_ROWS_MAX)))


def places(*, units: frozenset[int] | None, sku_id: int | None = None) -> dict[int, PlaceStock]:
    """Return what lies at each location with stock within reach, of all SKUs or of one; one statement."""
    return _sheets.places(units=units, sku_id=sku_id)


def explain(
    *,
    location_id: int,
    sku_id: int,
    owner_id: int,
    figure: Figure,
    since: datetime | None = None,
    until: datetime | None = None,
    before: str = "",
    limit: int = 50,
    now: datetime,
) -> Explained | None:
    """Return the ledger of a figure and the sums that explain it, from one snapshot; ``None``: no such row.

    ``since`` and ``until`` narrow the ledger of what moved; promises are those that are open now. ``AVAILABLE`` brings
    the promises, for on hand less reserved is what is available. Raises ``Invalid`` for a cursor not from here. No
    permission check.
    """
    return _explained.explained(
        location_id=location_id,
        sku_id=sku_id,
        owner_id=owner_id,
        figure=figure,
        since=since,
        until=until,
        before=before,
        limit=max(1, min(limit, ENTRIES_MAX)),
        now=now,
    )


def transfers(
    *,
    units: frozenset[int] | None,
    transfer_id: str | None = None,
    only_open: bool = False,
    sku_id: int | None = None,
    to_location_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
    with_lines: bool = False,
) -> list[Transfer]:
    """Return transfers from, to or of the units, the newest first; one statement.

    ``sku_id`` and ``to_location_id`` narrow those that are open, ``sku_id`` their lines as well. ``before`` is the
    ``key`` of the last one seen.
    """
    return _transfers.transfers(
        units=units,
        transfer_id=transfer_id,
        only_open=only_open,
        sku_id=sku_id,
        to_location_id=to_location_id,
        before=before,
        limit=limit,
        with_lines=with_lines,
    )
