"""The outbox: facts leave a transaction with it, and reach each handler once.

``append`` runs inside the business transaction. ``relay_batch`` takes waiting events with
``SKIP LOCKED``, calls every handler of the topic in a transaction of its own together with an
inbox row, and parks an event whose handlers failed ``TRIES`` times, so that the rest flows on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

import msgspec
import structlog
from django.db import connection, transaction

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.platform import audit, db, logs, metrics

TRIES = 8
_log = structlog.get_logger(__name__)


class Event(Protocol):
    """A frozen dataclass with a ``topic`` such as ``orders.paid.1`` and an ``aggregate`` id."""

    topic: ClassVar[str]

    @property
    def aggregate(self) -> str:
        """The id of the thing the fact is about; events of one aggregate keep their order."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as a handler receives it."""

    id: int
    topic: str
    aggregate: str
    occurred_at: datetime
    payload: dict[str, Any]


Handler = Callable[[Delivery], None]
_handlers: dict[str, dict[str, Handler]] = defaultdict(dict)


def listen(topic: str, name: str, handler: Handler) -> None:
    """Register a handler under a permanent name. Called by ``entrypoints`` only."""
    known = _handlers[topic].setdefault(name, handler)
    if known is not handler:
        raise ValueError(f"two handlers are called {name!r} for {topic!r}")


def append(event: Event, *, now: datetime) -> None:
    """Append the event in the present transaction. Raises ``RuntimeError`` outside of one."""
    if not connection.in_atomic_block:
        raise RuntimeError("an event is appended in the transaction that makes it true")
    payload = msgspec.json.encode(event).decode()
    db.execute(
        "SELECT platform_outbox_append(%s, %s, %s::jsonb, %s)",
        [event.topic, event.aggregate, payload, now],
    )


def load(event_type: type[Any], delivery: Delivery) -> Any:
    """Turn a delivery back into its event dataclass; fields it does not know are ignored."""
    known = {field.name for field in fields(event_type)}
    facts = {name: fact for name, fact in delivery.payload.items() if name in known}
    return msgspec.convert(facts, event_type, strict=False)


def relay_batch(*, limit: int = 200) -> int:
    """Deliver up to ``limit`` waiting events; return how many were tried.

    Events of one aggregate keep their order: none overtakes an earlier one that waits for its next
    try or is just being delivered by another relay. A parked event no longer holds the others up.
    """
    now = system_clock.now()
    with transaction.atomic(durable=True):
        taken = _take(now=now, limit=limit)
        blocked_from = _first_elsewhere(taken)
        done, failed = [], []
        for row in taken:
            if row["id"] > blocked_from.get(row["aggregate"], row["id"]):
                continue
            error = _deliver(_delivery(row))
            if error is None:
                done.append(row["id"])
            else:
                failed.append((row["id"], row["attempts"] + 1, error))
                blocked_from[row["aggregate"]] = row["id"]
        _settle(now=now, done=done, failed=failed)
    return len(done) + len(failed)


def _take(*, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Lock waiting events that are due and not behind one that waits for its next try."""
    return db.rows(
        "SELECT id, topic, aggregate, payload, occurred_at, attempts FROM platform_outbox AS event "
        "WHERE published_at IS NULL AND parked_at IS NULL AND next_at <= %s AND NOT EXISTS ("
        "SELECT FROM platform_outbox AS earlier WHERE earlier.aggregate = event.aggregate "
        "AND earlier.id < event.id AND earlier.published_at IS NULL AND earlier.parked_at IS NULL "
        "AND earlier.next_at > %s) "
        "ORDER BY id LIMIT %s FOR UPDATE OF event SKIP LOCKED",
        [now, now, limit],
    )


def _first_elsewhere(taken: list[dict[str, Any]]) -> dict[str, int]:
    """Return, per aggregate of ours, its earliest waiting event that another relay holds."""
    found = db.rows(
        "SELECT aggregate, min(id) AS id FROM platform_outbox "
        "WHERE aggregate = ANY(%s) AND NOT id = ANY(%s) AND published_at IS NULL AND parked_at IS NULL "
        "GROUP BY aggregate",
        [list({row["aggregate"] for row in taken}), [row["id"] for row in taken]],
    )
    return {row["aggregate"]: row["id"] for row in found}


def _delivery(row: dict[str, Any]) -> Delivery:
    payload = row["payload"]
    return Delivery(
        id=row["id"],
        topic=row["topic"],
        aggregate=row["aggregate"],
        occurred_at=row["occurred_at"],
        payload=msgspec.json.decode(payload) if isinstance(payload, str) else payload,
    )


def _deliver(delivery: Delivery) -> str | None:
    """Call the handlers that have not yet dealt with the event; return the first error."""
    first_error = None
    for name, handler in _handlers.get(delivery.topic, {}).items():
        try:
            # A savepoint per handler: its effect and its inbox row stand or fall together.
            with transaction.atomic(), db.joined():
                fresh = db.execute(
                    "INSERT INTO platform_inbox (handler, event_id, handled_at) "
                    "VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    [name, delivery.id, system_clock.now()],
                )
                if fresh:
                    handler(delivery)
        except Exception as failure:  # noqa: BLE001 - one poison event must not stop the others
            _log.warning("outbox.handler_failed", handler=name, event_id=delivery.id, **logs.failure(failure))
            metrics.outbox_failures.labels(handler=name).inc()
            first_error = first_error or f"{name}: {logs.scrub(repr(failure))}"[:500]
    return first_error


def _settle(*, now: datetime, done: list[int], failed: list[tuple[int, int, str]]) -> None:
    if done:
        db.execute(
            "UPDATE platform_outbox SET published_at = %s WHERE id = ANY(%s)",
            [system_clock.now(), done],
        )
    for event_id, attempts, error in failed:
        db.execute(
            "UPDATE platform_outbox SET attempts = %s, last_error = %s, next_at = %s, parked_at = %s WHERE id = %s",
            [
                attempts,
                error,
                now + timedelta(seconds=min(2**attempts, 300)),
                now if attempts >= TRIES else None,
                event_id,
            ],
        )


def retry(event_id: int, *, actor: Actor, reason: str, now: datetime) -> bool:
    """Let a parked event be delivered once more; ``False``: it is not parked. Handlers that dealt with it skip it."""
    done = db.execute(
        "UPDATE platform_outbox SET parked_at = NULL, attempts = 0, next_at = %s "
        "WHERE id = %s AND parked_at IS NOT NULL AND published_at IS NULL",
        [now, event_id],
    )
    return _decided("outbox.retry", event_id, done, actor=actor, reason=reason, now=now)


def discard(event_id: int, *, actor: Actor, reason: str, now: datetime) -> bool:
    """Give a parked event up for good: it counts as delivered, its error stays; ``False``: it is not parked."""
    done = db.execute(
        "UPDATE platform_outbox SET published_at = %s WHERE id = %s AND parked_at IS NOT NULL AND published_at IS NULL",
        [now, event_id],
    )
    return _decided("outbox.discard", event_id, done, actor=actor, reason=reason, now=now)


def _decided(action: str, event_id: int, done: int, *, actor: Actor, reason: str, now: datetime) -> bool:
    if done:
        audit.record(actor=actor, action=action, subject_kind="event", subject_id=event_id, reason=reason, now=now)
    return bool(done)


def prune(now: datetime, *, kept_days: int = 30) -> int:
    """Remove events that were delivered long ago, with their inbox rows; return how many events."""
    before = now - timedelta(days=kept_days)
    db.execute("DELETE FROM platform_inbox USING platform_outbox WHERE event_id = id AND published_at < %s", [before])
    return db.execute("DELETE FROM platform_outbox WHERE published_at < %s", [before])


def drain(*, limit: int = 10_000) -> int:
    """Relay until nothing waits that is due; return how many deliveries were made."""
    total = 0
    while total < limit:
        taken = relay_batch()
        if taken == 0:
            return total
        total += taken
    return total


def backlog() -> dict[str, Any]:
    """Return waiting and parked counts and the age of the oldest waiting event in seconds."""
    return db.rows(
        "SELECT count(*) FILTER (WHERE parked_at IS NULL) AS waiting, "
        "count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked, "
        "coalesce(extract(epoch FROM now() - min(occurred_at) "
        "FILTER (WHERE parked_at IS NULL)), 0)::float AS oldest_s "
        "FROM platform_outbox WHERE published_at IS NULL"
    )[0]
