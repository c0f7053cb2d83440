"""Answers that a client may keep: an ETag over the body, and 304 when it has not changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from ninja.operation import Operation

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "_quanyu_etag"
# Private: prices and lists depend on who asks, and no cache that others share may keep them; always ask again before
# using a copy. Even a cache that errs must tell readers apart by what they bring.
CACHE_CONTROL = "private, no-cache"
WHO_ASKS = "Authorization"


def etag(view: View) -> View:
    """Give the GET operation below ``@router.get`` an ETag and answer 304 when it still holds."""
    setattr(view, _MARK, True)
    return view


def bind(operation: Operation) -> None:
    """Wrap a marked operation once it is bound to its API."""
    if not getattr(operation.view_func, _MARK, False):
        return
    extra = operation.openapi_extra or {}
    extra.setdefault("responses", {})[304] = {"description": "Not Modified"}
    operation.openapi_extra = extra
    inner = operation.run

    def run(request: HttpRequest, **path: Any) -> HttpResponseBase:
        return _revalidated(request, inner(request, **path))

    operation.run = run  # type: ignore[method-assign]


def _revalidated(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    mark = mark_of(response.content)
    if is_known(mark, request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    response["ETag"] = mark
    response["Cache-Control"] = CACHE_CONTROL
    patch_vary_headers(response, [WHO_ASKS])
    return response


def mark_of(content: bytes) -> str:
    """Return the strong ETag of a body: the same content has the same one, whoever made it."""
    return quote_etag(hashlib.sha256(content).hexdigest()[:32])


def is_known(mark: str, if_none_match: str) -> bool:
    """Tell whether a client that sent this header ``If-None-Match`` has the body with this ETag."""
    if not if_none_match:
        return False
    known = parse_etags(if_none_match)
    return mark in known or f"W/{mark}" in known or "*" in known
