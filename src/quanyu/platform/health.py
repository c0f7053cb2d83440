"""``/healthz``: the process lives. ``/readyz``: it can do its work. ``/metrics``: how it is doing.

What is not ready, and every figure, is for the house only: a reader on this machine, or one who brings the
token of ``QUANYU_METRICS_TOKEN`` as ``Authorization: Bearer``.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

import msgspec
import prometheus_client
import structlog
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from quanyu.kernel.clock import system_clock
from quanyu.platform import db, heartbeat, logs, metrics, outbox
from quanyu.platform.db import sql_rooms

_log = structlog.get_logger(__name__)
RELAY_SILENT_S = 60
_ALIVE = b'{"status":"alive"}'
_JSON = "application/json"
# A proxy on this machine forwards strangers from a loopback address.
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so for the process to work; ``text`` says what is wrong."""

    name: str
    ok: bool
    text: str = ""


async def live(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Answer ``/healthz`` as a bare ASGI route: it touches nothing, so it says only that we run."""
    headers = [
        (b"content-type", _JSON.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _ALIVE})


def live_view(request: HttpRequest) -> HttpResponse:
    """Answer ``/healthz`` where Django serves it (development, tests)."""
    return HttpResponse(_ALIVE, content_type=_JSON, headers={"Cache-Control": "no-store"})


def ready_view(request: HttpRequest) -> HttpResponse:
    """Answer ``/readyz``: 200 when every check holds, else 503; the house also reads what does not."""
    found = checks(now=system_clock.now())
    ready = all(check.ok for check in found)
    content: dict[str, Any] = {"status": "ready" if ready else "not_ready"}
    if is_of_the_house(request):
        content["checks"] = [asdict(check) for check in found]
    return HttpResponse(
        msgspec.json.encode(content),
        status=200 if ready else 503,
        content_type=_JSON,
        headers={"Cache-Control": "no-store"},
    )


def metrics_view(request: HttpRequest) -> HttpResponse:
    """Answer ``/metrics`` in Prometheus' text form, with the outbox as it stands now; 404 for strangers."""
    if not is_of_the_house(request):
        return HttpResponse(status=404)
    try:
        waiting = outbox.backlog()
        metrics.outbox_waiting.set(waiting["waiting"])
        metrics.outbox_parked.set(waiting["parked"])
    except Error as failure:
        # The other figures are worth most when the database is away.
        _log.warning("metrics.outbox_unknown", **logs.failure(failure))
    return HttpResponse(prometheus_client.generate_latest(), content_type=prometheus_client.CONTENT_TYPE_LATEST)


def is_of_the_house(request: HttpRequest) -> bool:
    """Tell whether the asker sits on this machine, with no proxy in between, or knows the token."""
    wanted = settings.CONFIG.metrics_token
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    if wanted is not None and scheme.lower() == "bearer":
        return hmac.compare_digest(sent.strip().encode(), wanted.get_secret_value().encode())
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def checks(*, now: datetime) -> list[Check]:
    """Return every check; the ones behind an unreachable database are not tried."""
    try:
        db.value("SELECT 1")
    except Error as failure:
        _log.warning("health.database_unreachable", **logs.failure(failure))
        connection.close()
        return [Check("database", ok=False, text="the database cannot be reached")]
    return [Check("database", ok=True), _migrations(), _sql_rooms(), _outbox(now)]


def _migrations() -> Check:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return Check("migrations", ok=missing == 0, text=f"{missing} to apply" if missing else "")


def _sql_rooms() -> Check:
    stale = sql_rooms.stale()
    return Check("sql_rooms", ok=not stale, text=", ".join(stale))


def _outbox(now: datetime) -> Check:
    """The relay beats every few seconds while it works; silence is bad only when something waits."""
    waiting = db.value(
        "SELECT EXISTS (SELECT FROM platform_outbox "
        "WHERE published_at IS NULL AND parked_at IS NULL AND next_at <= %s)",
        [now],
    )
    last = heartbeat.latest("relay")
    silent = last is None or now - last > timedelta(seconds=RELAY_SILENT_S)
    stuck = bool(waiting) and silent
    return Check("outbox", ok=not stuck, text="events wait and no relay is running" if stuck else "")
