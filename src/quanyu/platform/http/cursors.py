"""Opaque, signed page cursors: a list continues after the last row seen, whatever was added since."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from django.conf import settings
from pydantic import Field

from quanyu.platform.http.problems import CursorInvalid
from quanyu.platform.http.schemas import QuerySchema, Schema

T = TypeVar("T")
Row = TypeVar("Row")
LIMIT_MAX = 100
_SIGNATURE_BYTES = 16


class PageQuery(QuerySchema):
    """Query parameters of every list: declare ``page: http.PageQuery = Query(...)``."""

    cursor: str | None = Field(None, max_length=600, description="next_cursor of the page before.")
    limit: int = Field(20, ge=1, le=LIMIT_MAX, description="Rows per page.")


class Page(Schema, Generic[T]):
    """One page of a list; ``next_cursor`` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


def encode(scope: str, values: Sequence[Any]) -> str:
    """Return the cursor after a row with these sort values, valid within ``scope`` only."""
    content = msgspec.json.encode(list(values), enc_hook=str)
    return base64.urlsafe_b64encode(_sign(scope, content) + content).rstrip(b"=").decode()


def decode(scope: str, cursor: str) -> list[Any]:
    """Return the sort values in a cursor (times and ids as text). Raises ``CursorInvalid``."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as failure:
        raise CursorInvalid(field="cursor") from failure
    signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _sign(scope, content)):
        raise CursorInvalid(field="cursor")
    values: list[Any] = msgspec.json.decode(content)
    return values


def after(page: PageQuery, *, scope: str) -> list[Any] | None:
    """Return the sort values to continue after, or ``None`` on the first page.

    ``scope`` names the list and its filters (``"mall.orders:paid"``), so that a cursor of one list
    is refused by another. Raises ``CursorInvalid``.
    """
    return None if page.cursor is None else decode(scope, page.cursor)


def page(rows: Sequence[Row], query: PageQuery, *, scope: str, key: Callable[[Row], Sequence[Any]]) -> dict[str, Any]:
    """Make a page of rows that were read with ``limit + 1``; ``key`` gives a row's sort values."""
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    return {"items": shown, "next_cursor": encode(scope, key(shown[-1])) if more else None}


def _sign(scope: str, content: bytes) -> bytes:
    return hmac.digest(_key(settings.SECRET_KEY), scope.encode() + b"\0" + content, "sha256")[:_SIGNATURE_BYTES]


@functools.lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hashlib.sha256(b"quanyu.cursor\0" + secret.encode()).digest()
