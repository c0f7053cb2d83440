"""Read a topic of the outbox on and on: nothing missed, nothing twice. For asyncio code.

Outbox ids are given when a row is written and become visible when its transaction commits, in another order: a reader
that goes on from the last id it saw misses the row whose transaction took longer. So a position here is no id but a
**snapshot** of the database: which transactions it had seen. What is new is what the snapshot of the last look does not
show and that of this one does. No transaction, however long it runs, holds the others up.

The module whose topic is read makes a partial index on ``platform_outbox (transaction_id)`` for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from quanyu.platform.db import lean

# A client brings a position back, so what it may cost to read on from it is bounded.
TRANSACTIONS_BACK_MAX = 200_000
POSITION_CHARACTERS_MAX = 4000
_POSITION = re.compile(r"(?P<at>[0-9]{13})-(?P<snapshot>(?P<xmin>[0-9]{1,19}):(?P<xmax>[0-9]{1,19}):(?P<open>[0-9,]*))")


@dataclass(frozen=True, slots=True)
class Position:
    """What a reader has seen: a snapshot of the database, and when it was taken by our clock."""

    snapshot: str
    at: datetime

    def __str__(self) -> str:
        """Return the text that :func:`position_of` reads."""
        return f"{int(self.at.timestamp() * 1000)}-{self.snapshot}"


@dataclass(frozen=True, slots=True)
class Found:
    """What came since a position, oldest transaction first, and the position after it.

    ``payloads`` are JSON as the database wrote it; ``None`` when the reader cannot go on from where it was: too much
    came since, or the position is of another database.
    """

    position: Position
    payloads: list[msgspec.Raw] | None


def position_of(text: str, *, now: datetime, seconds_max: float) -> Position | None:
    """Return the position that a client brought back, ``None`` when it is not one of ours or too old."""
    told = _POSITION.fullmatch(text) if len(text) <= POSITION_CHARACTERS_MAX else None
    if told is None:
        return None
    xmin, xmax = int(told["xmin"]), int(told["xmax"])
    still_open = [int(one) for one in told["open"].split(",")] if told["open"] else []
    fits = 0 < xmin <= xmax < 2**63 and all(xmin <= one < xmax for one in still_open)
    if not fits or still_open != sorted(set(still_open)) or xmax - xmin > TRANSACTIONS_BACK_MAX:
        return None
    at = datetime.fromtimestamp(int(told["at"]) / 1000, UTC)
    if not now - timedelta(seconds=seconds_max) <= at <= now + timedelta(seconds=seconds_max):
        return None
    return Position(told["snapshot"], at)


async def here(*, now: datetime) -> Position:
    """Return the present position."""
    found = await lean.row("SELECT pg_current_snapshot()")
    (snapshot,) = found or (None,)
    assert snapshot is not None
    return Position(snapshot.decode(), now)


async def since(position: Position, *, topic: str, limit: int, now: datetime) -> Found:
    """Return the payloads of a topic that became visible after a position; one statement, one snapshot.

    ``topic`` is one of ours, never a client's: it is written into the statement so that its partial index serves.
    Raises psycopg's errors.
    """
    if not re.fullmatch(r"[a-z_.0-9]+", topic):
        raise ValueError(f"{topic!r} is no topic")
    found = await lean.row(
        "SELECT pg_current_snapshot(), ("  # noqa: S608 - the topic was looked at
        "SELECT json_agg(event.payload) FROM (SELECT payload FROM platform_outbox "
        f"WHERE topic = '{topic}' AND transaction_id >= pg_snapshot_xmin(%s::pg_snapshot) "
        "AND NOT pg_visible_in_snapshot(transaction_id, %s::pg_snapshot) "
        # Of a database that was restored elsewhere: transactions that this one has not reached yet.
        "AND transaction_id < pg_snapshot_xmax(pg_current_snapshot()) "
        "ORDER BY transaction_id, id LIMIT %s) AS event"
        "), pg_snapshot_xmax(%s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())",
        [position.snapshot, position.snapshot, limit + 1, position.snapshot],
    )
    snapshot, payloads, is_of_elsewhere = found or (None, None, None)
    assert snapshot is not None
    after = Position(snapshot.decode(), now)
    came = msgspec.json.decode(payloads or b"[]", type=list[msgspec.Raw])
    return Found(after, None if is_of_elsewhere == b"t" or len(came) > limit else came)
