"""Refusals on the wire: every error of every API is one ``application/problem+json`` (RFC 9457).

A body has ``type``, ``title``, ``status``, ``code`` (stable, for programs), ``remedy`` (what to do),
``field`` (dotted path into the request or null), ``params`` (the figures in the texts),
``errors`` (one entry per wrong field) and ``request_id``. Texts are in the reader's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, override
from django.views.defaults import page_not_found

from quanyu.kernel.problem import (
    N_,
    Conflict,
    NotFound,
    Problem,
    Unauthenticated,
)

CONTENT_TYPE = "application/problem+json"
API_PREFIX = "/api/"
CODE_PREFIX = "urn:quanyu:problem:"


class RequestUnreadable(Problem):
    """The request cannot be read at all: broken JSON, a NUL character, an unknown host."""

    code = "request.unreadable"
    status = 400
    title = N_("The request could not be read.")
    remedy = N_("Send well-formed UTF-8 JSON and a valid address.")


class CursorInvalid(Problem):
    """A page cursor was altered, or belongs to another list."""

    code = "cursor.invalid"
    status = 400
    title = N_("This page cursor is not valid here.")
    remedy = N_("Start again from the first page, without a cursor.")


class MethodNotAllowed(Problem):
    """The address exists, but not with this method."""

    code = "method_not_allowed"
    status = 405
    title = N_("This address does not support the method.")
    remedy = N_("Use one of the methods named in the header Allow.")


class Denied(Problem):
    """A framework refused in front of us (CSRF, a closed door), so no permission can be named."""

    code = "forbidden"
    status = 403
    title = N_("You do not have the permission for this.")
    remedy = N_("Sign in again and repeat the request.")


class Internal(Problem):
    """Our own fault. Details stand in the log under the request id, never in the answer."""

    code = "internal"
    status = 500
    title = N_("Something went wrong on our side.")
    remedy = N_("Try again. If it stays, report the request id.")


class Unavailable(Problem):
    """The database or another necessary part is not reachable at the moment."""

    code = "unavailable"
    status = 503
    title = N_("The service is not available at the moment.")
    remedy = N_("Try again in a few seconds.")


class TooMany(Problem):
    """A limit was reached somewhere in front of us; our own limits raise ``rate.RateLimited``."""

    code = "rate_limited"
    status = 429
    title = N_("Too many requests.")
    remedy = N_("Wait a moment and try again.")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: its path, a stable code and a text in the reader's language."""

    field: str
    code: str
    message: str


class RequestInvalid(Problem):
    """Fields of the request do not fit the schema; ``errors`` names each of them."""

    code = "request.invalid"
    status = 422
    title = N_("The request does not fit the schema.")
    remedy = N_("Correct the fields listed in errors and send it again.")

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(field=errors[0].field if errors else None)
        self.errors = tuple(errors)


BY_STATUS: dict[int, type[Problem]] = {
    400: RequestUnreadable,
    401: Unauthenticated,
    403: Denied,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    429: TooMany,
    503: Unavailable,
}


def from_status(status: int) -> Problem:
    """Return the problem for a bare status that a framework answered."""
    if status == 422:
        return RequestInvalid([])
    return BY_STATUS.get(status, Internal if status >= 500 else RequestUnreadable)()


def text(message: str, params: dict[str, Any]) -> str:
    """Return the translated text with its places filled; a missing value leaves the place visible.

    A value may itself be a marked text (``reason=N_("...")``), so texts among them are translated.
    """
    translated = gettext(message) if message else ""
    values = {name: gettext(value) if isinstance(value, str) and value else value for name, value in params.items()}
    try:
        return translated % values if values else translated
    except (KeyError, ValueError, TypeError):
        return translated


def body(problem: Problem, *, request_id: str) -> dict[str, Any]:
    """Return the JSON object of a problem in the language that is active."""
    errors = problem.errors if isinstance(problem, RequestInvalid) else ()
    return {
        "type": CODE_PREFIX + problem.code,
        "title": text(problem.title, problem.params),
        "status": problem.status,
        "code": problem.code,
        "remedy": text(problem.remedy, problem.params),
        "field": problem.field,
        "params": problem.params,
        "errors": [asdict(error) for error in errors],
        "request_id": request_id,
    }


def headers(problem: Problem) -> dict[str, str]:
    """Return the headers that belong to a problem."""
    found = {"Cache-Control": "no-store"}
    if problem.status == 401:
        found["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in problem.params:
        found["Retry-After"] = str(problem.params["retry_after_s"])
    elif problem.status == 503:
        found["Retry-After"] = "2"
    return found


def encode(problem: Problem, *, request_id: str, language: str | None = None) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body for a hot route, which has no Django response.

    ``language`` is ``zh-hans`` or ``en``; without it the active language is used.
    """
    if language is None:
        content = body(problem, request_id=request_id)
    else:
        with override(language):
            content = body(problem, request_id=request_id)
    encoded = msgspec.json.encode(content, enc_hook=str)
    return problem.status, {"Content-Type": CONTENT_TYPE, **headers(problem)}, encoded


def response(problem: Problem, *, request_id: str) -> HttpResponse:
    """Return the Django response of a problem."""
    status, named, content = encode(problem, request_id=request_id)
    return HttpResponse(content, status=status, headers=named)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere (``handler404``): programs get a problem, people a page.

    The page is dear to make and needs the console, so no API waits for it.
    """
    if request.path_info.startswith(API_PREFIX):
        return response(NotFound(), request_id=str(getattr(request, "request_id", "")))
    page: HttpResponse = page_not_found(request, exception)
    return page
