"""The review queue: open pairs, each side as the member that stands for it today."""

from __future__ import annotations

from uuid import UUID

import msgspec

from quanyu.modules.members.contracts import Evidence, Match, MatchState
from quanyu.modules.members.queries import members as member_queries
from quanyu.platform import db

# A pair whose sides became one since waits for nobody; when that merge is undone, the pair is refused.
OPEN_PAIRS = """
    SELECT p.id, p.cause, p.score, p.evidence, p.state, p.created_at, l.id AS left_id, r.id AS right_id
      FROM members_match p
      JOIN members_member a ON a.id = p.low_id
      JOIN members_member b ON b.id = p.high_id
      JOIN members_member l ON l.id = coalesce(a.merged_into_id, a.id)
      JOIN members_member r ON r.id = coalesce(b.merged_into_id, b.id)
     WHERE p.state = 'open' AND l.id <> r.id AND l.is_active AND r.is_active
       AND l.erased_at IS NULL AND r.erased_at IS NULL
"""


def open_pairs(*, after: tuple[float, UUID] | None = None, limit: int = 50) -> list[Match]:
    """Return open pairs, the likeliest first; two queries. ``after`` is (score, id) of the last one seen."""
    seek = "AND (p.score, p.id) < (%s, %s)" if after else ""
    found = db.rows(
        f"{OPEN_PAIRS} {seek} ORDER BY p.score DESC, p.id DESC LIMIT %s",
        [*(after or ()), limit],
    )
    people = member_queries.members({row[side] for row in found for side in ("left_id", "right_id")})
    return [
        Match(
            id=row["id"],
            left=people[row["left_id"]],
            right=people[row["right_id"]],
            cause=row["cause"],
            score=row["score"],
            evidence=evidence_of(row["evidence"]),
            state=MatchState(row["state"]),
            created_at=row["created_at"],
        )
        for row in found
    ]


def open_count() -> int:
    """Return how many pairs wait for a decision."""
    return int(db.value(f"SELECT count(*) FROM ({OPEN_PAIRS}) AS pairs"))  # noqa: S608 - text from above


def evidence_of(stored: object) -> tuple[Evidence, ...]:
    """Return the evidence as it stands in a row of the queue (text or decoded jsonb)."""
    rows = msgspec.json.decode(stored) if isinstance(stored, str | bytes) else stored
    return tuple(msgspec.convert(rows, list[Evidence]))
