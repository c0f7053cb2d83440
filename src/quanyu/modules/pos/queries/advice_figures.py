"""What advice did, from the sales that it was counted for: two statements, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from quanyu.modules.pos.rules.advice_figures import AdviceFigures, AdviceReport, PairFigures, Share
from quanyu.platform import db

_PAIRS_MAX = 20
_FIGURES = """
SELECT day, store_id, staff_id, is_control, count(*) AS baskets, count(*) FILTER (WHERE has_added) AS added,
    count(*) FILTER (WHERE has_bought) AS bought, sum(lines) AS lines, sum(payable_fen) AS payable_fen
FROM pos_advised_sale
WHERE day >= %(since)s AND day < %(until)s AND (%(stores)s::bigint[] IS NULL OR store_id = ANY (%(stores)s))
GROUP BY GROUPING SETS ((is_control), (is_control, day), (is_control, store_id), (is_control, staff_id))
"""
_PAIRS = """
SELECT piece.because_sku_id, piece.sku_id, count(*) AS shown,
    count(*) FILTER (WHERE piece.was_added AND piece.was_bought) AS added
FROM pos_advised_sale AS sale JOIN pos_advice_given AS piece ON piece.sale_id = sale.order_id
WHERE NOT sale.is_control AND sale.day >= %(since)s AND sale.day < %(until)s
    AND (%(stores)s::bigint[] IS NULL OR sale.store_id = ANY (%(stores)s))
GROUP BY 1, 2 ORDER BY added DESC, shown DESC, 1, 2 LIMIT %(most)s
"""


def report(*, stores: Sequence[int] | None, since: date, until: date) -> AdviceReport:
    """Return the figures of these stores (``None``: every one), from a day to before a day."""
    asked = {"stores": None if stores is None else list(stores), "since": since, "until": until, "most": _PAIRS_MAX}
    found: dict[tuple[Any, ...], dict[bool, Share]] = defaultdict(dict)
    for row in db.rows(_FIGURES, asked):
        key = (row.pop("day"), row.pop("store_id"), row.pop("staff_id"))
        is_control = row.pop("is_control")
        found[key][is_control] = Share(**{name: int(value) for name, value in row.items()})
    figures = {
        key: AdviceFigures(shares.get(False, Share()), shares.get(True, Share())) for key, shares in found.items()
    }
    sides: list[dict[Any, AdviceFigures]] = [
        {key[side]: one for key, one in figures.items() if key[side] is not None} for side in range(3)
    ]
    return AdviceReport(
        whole=figures.get((None, None, None), AdviceFigures()),
        by_day=dict(sorted(sides[0].items())),
        by_store=sides[1],
        by_staff=sides[2],
        pairs=tuple(PairFigures(**row) for row in db.rows(_PAIRS, asked)),
    )
