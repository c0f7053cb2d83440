"""Answers that a client may keep: an ETag over the body, and 304 when it has not changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags, quote_etag
from ninja.operation import Operation

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "_quanyu_etag"


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
    mark = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if mark in known or f"W/{mark}" in known or "*" in known:
        response = HttpResponseNotModified()
    response["ETag"] = mark
    # Private: prices and lists depend on who asks; always ask again before using a copy.
    response["Cache-Control"] = "private, no-cache"
    return response
