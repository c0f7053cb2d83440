"""Around every request: request id, language, access log, metrics, and problems for every API path."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import get_language_from_request

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.platform import metrics
from quanyu.platform.http import problems

_log = structlog.get_logger("quanyu.http")
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/", "/media/")
HEADER = "X-Request-ID"


def request_id_from(sent: str) -> str:
    """Return the caller's request id when it is well-formed, else a new one."""
    return sent if _ACCEPTABLE_ID.fullmatch(sent) else uuid7().hex


class RequestContext:
    """Wraps every request; only the browser's rules stand before it in ``MIDDLEWARE``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request in the reader's language and account for it."""
        started = time.perf_counter()
        request_id = request_id_from(request.headers.get(HEADER, ""))
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        with translation.override(get_language_from_request(request)):
            response = self._answer(request, request_id)
        response[HEADER] = request_id
        self._account(request, response, seconds=time.perf_counter() - started)
        return response

    def _answer(self, request: HttpRequest, request_id: str) -> HttpResponseBase:
        if not request.path_info.startswith(problems.API_PREFIX):
            return self._get_response(request)
        if _has_nul(request):
            return problems.response(problems.RequestUnreadable(), request_id=request_id)
        response = self._get_response(request)
        if response.status_code < 400 or not _is_frameworks_own(response):
            return response
        # Django's own page: an unknown address, a method that is not allowed, a refused host ...
        converted: HttpResponse = problems.response(problems.from_status(response.status_code), request_id=request_id)
        if "Allow" in response:
            converted["Allow"] = response["Allow"]
        return converted

    def _account(self, request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
        match = request.resolver_match
        # The template of the address, never the address: it may hold what identifies a person.
        route = match.route if match else "unmatched"
        metrics.requests.labels(route=route, status=str(response.status_code)).inc()
        metrics.request_seconds.labels(route=route).observe(seconds)
        if request.path_info.startswith(_QUIET):
            return
        actor = getattr(request, "auth", None)
        _log.info(
            "http.request",
            method=request.method,
            route=route,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 1),
            actor=f"{actor.kind}:{actor.id}" if isinstance(actor, Actor) else None,
        )


def _has_nul(request: HttpRequest) -> bool:
    return "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")


def _is_frameworks_own(response: HttpResponseBase) -> bool:
    return "json" not in response.headers.get("Content-Type", "")
