"""Sound rows of hand-overs, and what breaks each of their CHECKs and nothing else (see ``table_guards``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

_BEFORE, _AT, _LATER = "2026-03-01T04:00:00Z", "2026-03-02T04:00:00Z", "2026-03-03T04:00:00Z"
_ID = "00000000-0000-7000-8000-000000000001"
SOUND: dict[str, Row] = {
    "mall_handover": {"created_at": _AT, "expires_at": _LATER},
    "mall_handover_line": {"quantity": 1, "outcome": "added"},
}
BROKEN: dict[str, tuple[Row, ...]] = {
    "mall_handover_life": ({"expires_at": _AT}, {"expires_at": _BEFORE}),
    "mall_handover_taken_whole": ({"taken_at": _AT}, {"taken_by_id": _ID}),
    "mall_handover_taken_alive": (
        {"taken_by_id": _ID, "taken_at": _LATER},
        {"taken_by_id": _ID, "taken_at": _BEFORE},
    ),
    "mall_handover_line_quantity": ({"quantity": 0},),
    "mall_handover_line_outcome": ({"outcome": "?"},),
}
