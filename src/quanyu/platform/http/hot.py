"""Hot routes: the few operations that are asked for all the time, answered beside Django at a tenth of its cost.

A hot route has the same address, the same JSON and the same errors as the Django operation it stands before; that one
stays for the OpenAPI document, and for everything rare. The rule that makes this cheap to keep true: **a hot handler
answers the common case, and passes on whatever is unusual** (:class:`PassOn`) before it has done anything. Django then
answers the same request, with its own errors; there is no second vocabulary of them. A test compares both answers.

A handler gets a :class:`Request` and returns an :class:`Answer`; a ``Problem`` it raises is told as everywhere. This
room does around it what the middleware does: request id, language, access log, figures, headers.
"""

from __future__ import annotations

import asyncio
import functools
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, TypeVar

import msgspec
import structlog
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import translation
from django.utils.translation import trans_real

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid, Problem, Unauthenticated
from quanyu.platform import logs, metrics
from quanyu.platform.http import browser_rules, middleware, problems

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
S = TypeVar("S", bound=msgspec.Struct)

JSON = b"application/json; charset=utf-8"
_log = structlog.get_logger("quanyu.http")
_access = logs.AccessLog("quanyu.http")
_PLACE = re.compile(r"\{([a-z_]+)(?::(int|uuid))?\}")
# The same as Django's converters, so that both sides know the same addresses.
_SHAPES = {
    None: r"[^/]+",
    "int": r"[0-9]+",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}


class PassOn(Exception):
    """Not for a hot route: Django answers this request. Raised before anything was done."""


class Request:
    """A request as a hot handler sees it. ``headers`` are raw; of several with one name the last counts.

    ``params`` are the places of the address. A handler sets ``actor`` as soon as it knows who asks, for the log.
    """

    __slots__ = ("actor", "body", "headers", "language", "method", "params", "path", "query", "request_id", "scope")

    def __init__(self, scope: Scope, *, body: bytes, params: Mapping[str, str]) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        if len(self.headers) != len(scope["headers"]):
            # The same header twice: how the two are joined is Django's business.
            raise PassOn
        self.body = body
        self.params = params
        self.actor: Actor | None = None
        self.request_id = middleware.request_id_from(self.header(b"x-request-id"))
        self.language = _language(self.header(b"cookie"), self.header(b"accept-language"))

    def header(self, name: bytes) -> str:
        """Return a header's value, empty when it was not sent; ``name`` in small letters."""
        return self.headers.get(name, b"").decode("latin-1")

    def bearer(self) -> str:
        """Return the token of ``Authorization: Bearer``. Raises ``Unauthenticated`` when there is none."""
        scheme, _, token = self.header(b"authorization").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated
        return token

    def json(self, decoder: msgspec.json.Decoder[S]) -> S:
        """Return the body as the struct that knows the common case; any other body is Django's to judge."""
        if b"\\u0000" in self.body:
            raise PassOn
        try:
            return decoder.decode(self.body)
        except (msgspec.DecodeError, ValueError):
            raise PassOn from None


class Answer:
    """An answer: its JSON (or what ``content_type`` says, if anything) and further headers, names in small letters."""

    __slots__ = ("content", "content_type", "headers", "status")

    def __init__(
        self,
        status: int,
        content: bytes,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        content_type: bytes = JSON,
    ) -> None:
        self.status = status
        self.content = content
        self.headers = headers
        self.content_type = content_type


Handler = Callable[[Request], Awaitable[Answer]]


class HotRoute:
    """One hot operation. ``template`` as Django shows it in figures and logs: ``api/mall/v1/orders``."""

    def __init__(self, template: str, handler: Handler) -> None:
        self.template = template
        self._handler = handler
        self._seconds = metrics.request_seconds.labels(route=template)
        self._counts: dict[int, Any] = {}

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, params: Mapping[str, str] | None = None
    ) -> Receive | None:
        """Answer a request whose body has arrived; or return a ``receive`` with which Django can answer it."""
        started = time.perf_counter()
        message = await receive()
        body: bytes = message.get("body", b"")
        try:
            if not _is_plain(scope):
                raise PassOn
            request = Request(scope, body=body, params=params or {})
            answer = await self._answer(request)
        except PassOn:
            return _again(message, receive)
        # Accounted before it is sent: a client that hangs up now was answered all the same.
        self._account(request, answer.status, seconds=time.perf_counter() - started)
        await _send(send, answer, request)
        return None

    async def _answer(self, request: Request) -> Answer:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)
        try:
            return await self._handler(request)
        except PassOn:
            raise
        except Problem as problem:
            return refusal(problem, request)
        except DataError as failure:
            _log.warning("http.value_out_of_range", **logs.failure(failure))
            return refusal(Invalid(reason=N_("a figure or text is outside of what can be stored")), request)
        except (OperationalError, InterfaceError) as failure:
            _log.error("http.database_unavailable", **logs.failure(failure))
            return refusal(problems.Unavailable(), request)
        except Exception as failure:  # noqa: BLE001 - whatever happened, the client is answered
            _log.error("http.unexpected", **logs.failure(failure))
            return refusal(problems.Internal(), request)

    def _account(self, request: Request, status: int, *, seconds: float) -> None:
        count = self._counts.get(status)
        if count is None:
            count = self._counts[status] = metrics.requests.labels(route=self.template, status=str(status))
        count.inc()
        self._seconds.observe(seconds)
        actor = request.actor
        _access.note(
            "http.request",
            method=request.method,
            route=self.template,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            actor=f"{actor.kind}:{actor.id}" if actor else None,
            request_id=request.request_id,
        )
        # One write for all that were answered in this turn of the loop.
        asyncio.get_running_loop().call_soon(_access.write)


class Router:
    """Finds the hot route of a method and path. Places of a template are whole segments."""

    def __init__(self, routes: Mapping[tuple[str, str], Any]) -> None:
        self._exact: dict[tuple[str, str], Any] = {}
        self._shaped: dict[tuple[str, int], list[tuple[re.Pattern[str], Any]]] = {}
        for (method, template), route in routes.items():
            if "{" in template:
                key = method, template.count("/")
                self._shaped.setdefault(key, []).append((re.compile(_pattern(template)), route))
            else:
                self._exact[method, template] = route

    def find(self, method: str, path: str) -> tuple[Any, Mapping[str, str]] | None:
        """Return the route and the places of its address, or nothing."""
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, {}
        for pattern, route in self._shaped.get((method, path.count("/")), ()):
            found = pattern.fullmatch(path)
            if found is not None:
                return route, found.groupdict()
        return None


def refusal(problem: Problem, request: Request) -> Answer:
    """Return the answer that tells a problem, the same as Django's."""
    status, named, content = problems.encode(problem, request_id=request.request_id, language=request.language)
    kind = named.pop("Content-Type").encode()
    headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    return Answer(status, content, headers=headers, content_type=kind)


def _pattern(template: str) -> str:
    parts, at = [], 0
    for place in _PLACE.finditer(template):
        name, kind = place.groups()
        parts += [re.escape(template[at : place.start()]), f"(?P<{name}>{_SHAPES[kind]})"]
        at = place.end()
    return "".join(parts) + re.escape(template[at:])


def _is_plain(scope: Scope) -> bool:
    """Tell whether a request has nothing that Django's own checks would refuse."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return _is_our_host(host) and b"%00" not in scope["query_string"] and "\x00" not in scope["path"]


@functools.lru_cache(maxsize=256)
def _is_our_host(host: bytes) -> bool:
    allowed = list(settings.ALLOWED_HOSTS)
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)


@functools.lru_cache(maxsize=1024)
def _language(cookies: str, accepted: str) -> str:
    """Return the reader's language, found as ``get_language_from_request`` does: by cookie, then by the browser."""
    chosen = parse_cookie(cookies).get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen and chosen in trans_real.get_languages() and translation.check_for_language(chosen):
        return chosen
    for wanted in [chosen, *(name for name, _ in trans_real.parse_accept_lang_header(accepted))]:
        if wanted == "*":
            break
        if not trans_real.language_code_re.search(wanted):
            continue
        try:
            return translation.get_supported_language_variant(wanted)
        except LookupError:
            continue
    try:
        return translation.get_supported_language_variant(settings.LANGUAGE_CODE)
    except LookupError:
        return settings.LANGUAGE_CODE


@functools.lru_cache(maxsize=16)
def always(language: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of every answer of an API."""
    named = {
        "content-language": language,
        "vary": "Accept-Language",
        "cross-origin-opener-policy": "same-origin",
        **{name.lower(): value for name, value in browser_rules.rules_of("/api/").items()},
    }
    return tuple((name.encode(), value.encode()) for name, value in named.items())


async def _send(send: Send, answer: Answer, request: Request) -> None:
    own = [
        *([(b"content-type", answer.content_type)] if answer.content_type else []),
        (b"content-length", str(len(answer.content)).encode()),
        (b"x-request-id", request.request_id.encode()),
        *answer.headers,
    ]
    given = {name for name, _ in answer.headers}
    headers = own + [pair for pair in always(request.language) if pair[0] not in given]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


def _again(message: Message, receive: Receive) -> Receive:
    """Give back a ``receive`` from which the body comes once more."""
    given = iter((message,))

    async def received() -> Message:
        return next(given, None) or await receive()

    return received
