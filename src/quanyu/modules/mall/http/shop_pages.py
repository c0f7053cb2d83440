"""The bodies of shop pages: what SQL made, in the frame that the API promises. Django's operations and the hot routes
send the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from quanyu.modules.mall.contracts import NO_FILTERS, After, Filters, OfferPage
from quanyu.platform.http import CursorInvalid, cursors

JSON = "application/json; charset=utf-8"


def offers_scope(store_id: int, *, category_id: int | None, sort: str, text: str, filters: Filters = NO_FILTERS) -> str:
    """Return the name of a list: a cursor of another one is refused."""
    narrowed = "" if filters == NO_FILTERS else f"{astuple(filters)}:"
    return f"mall.offers:{store_id}:{category_id}:{sort}:{narrowed}{text}"


def place(values: Sequence[Any] | None) -> After | None:
    """Return the place that a cursor names. Raises ``CursorInvalid``."""
    if values is None:
        return None
    if len(values) != 2 or not all(isinstance(value, int) for value in values):
        raise CursorInvalid(field="cursor")
    return values[0], values[1]


def offers_json(page: OfferPage, *, scope: str) -> bytes:
    """Return the JSON of a page of offers."""
    cursor = "null" if page.next_after is None else f'"{cursors.encode(scope, page.next_after)}"'
    return b'{"items":%s,"next_cursor":%s}' % (page.items, cursor.encode())
