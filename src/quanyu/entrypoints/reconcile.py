"""Reconciliation: every invariant as a query that must return no rows.

Each module keeps its own queries in its SQL room's views called ``<module>_breach_*``; a row of such a view is a
breach. This file only finds and runs them, so a new invariant needs a view and nothing else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quanyu.kernel.actor import Actor
from quanyu.platform import audit, db, locks

SHOWN = 20
RUN = "integrity.run"


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: the view's name, what it promises (the view's comment), and rows that break it."""

    name: str
    promise: str
    breaches: tuple[dict[str, Any], ...]


def run() -> list[Check]:
    """Run every ``<module>_breach_*`` view and return one check each, with up to 20 breaches."""
    views = db.rows(
        "SELECT c.relname AS name, coalesce(obj_description(c.oid), '') AS promise FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        r"WHERE c.relkind = 'v' AND n.nspname = current_schema() AND c.relname ~ '^[a-z]+_breach_' "
        "ORDER BY c.relname"
    )
    return [
        Check(
            name=view["name"],
            promise=view["promise"],
            # The name comes from the catalogue of this database, never from a request.
            breaches=tuple(db.rows(f'SELECT * FROM "{view["name"]}" LIMIT {SHOWN}')),  # noqa: S608
        )
        for view in views
    ]


def run_and_note(*, actor: Actor, now: datetime) -> list[Check] | None:
    """Run all checks and keep what they found in the audit trail, where nobody can take it back.

    ``None``: somebody else is at it; the checks read whole tables, and twice at once helps nobody.
    """
    return db.in_transaction(lambda: _run_and_note(actor, now))


def _run_and_note(actor: Actor, now: datetime) -> list[Check] | None:
    if not locks.try_advisory(locks.Space.RECONCILIATION, 0):
        return None
    begun = time.monotonic()
    checks = run()
    broken = {check.name: len(check.breaches) for check in checks if check.breaches}
    took = round((time.monotonic() - begun) * 1000)
    detail = {"checks": len(checks), "broken": broken, "milliseconds": took}
    audit.record(actor=actor, action=RUN, subject_kind="integrity", subject_id="all", detail=detail, now=now)
    return checks
