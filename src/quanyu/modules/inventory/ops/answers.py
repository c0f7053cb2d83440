"""Read the answers of the SQL room: what was done, or what was short."""

from __future__ import annotations

from typing import Any

import msgspec

from quanyu.modules.inventory.contracts import Shortage, StockShort


def accepted(answer: Any) -> dict[str, Any]:
    """Return the answer ``{"ok": true, ...}`` of a stock function. Raises ``StockShort`` for a refusal."""
    done: dict[str, Any] = msgspec.json.decode(answer) if isinstance(answer, str) else answer
    if not done["ok"]:
        raise StockShort([Shortage(**short) for short in done["short"]])
    return done
