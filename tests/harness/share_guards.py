"""A sound share of a line, and what breaks each of its CHECKs and nothing else (see ``table_guards``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

SOUND: dict[str, Row] = {"orders_line_share": {"place": 1, "share_bp": 5_000}}
BROKEN: dict[str, tuple[Row, ...]] = {
    "orders_line_share_of_several": ({"share_bp": 0}, {"share_bp": -1}, {"share_bp": 10_000}),
}
