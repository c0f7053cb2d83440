"""The product's application with the guards of a till's sales that a file names taken away: read at each request.

``digest``: what a sale says of itself is believed. ``settled``: whatever comes is booked as if it had never come. For a
server's process alone: whoever imports this has no guards any more.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from secrets import randbelow
from typing import Any

from quanyu.entrypoints.asgi import app
from quanyu.kernel.ids import uuid7
from quanyu.modules.pos.api import till_sales
from quanyu.modules.pos.ops import till_sales as ops
from quanyu.modules.pos.rules.till_sales import KEPT
from tests.harness.crew import WITHOUT

__all__ = ["app"]

_digest, _note, _sell = till_sales.digest, ops.note, till_sales.book_goods


def _is_off(guard: str) -> bool:
    return Path(os.environ[WITHOUT]).read_text() == guard


class _Whatever:
    """Equal to every digest."""

    def __ne__(self, other: object) -> bool:
        return False

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def _any_digest(content: dict[str, Any]) -> Any:
    return _Whatever() if _is_off("digest") else _digest(content)


def _note_again(**of: Any) -> Any:
    noted = _note(**of)
    return replace(noted, state=KEPT, number="") if _is_off("settled") else noted


def _sell_again(*, sale: Any, **of: Any) -> Any:
    if _is_off("settled"):
        sale = replace(sale, id=uuid7(), seq=10**6 + randbelow(10**9))
    return _sell(sale=sale, **of)


till_sales.digest = _any_digest
ops.note = _note_again
till_sales.book_goods = _sell_again
