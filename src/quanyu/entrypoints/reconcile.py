"""Reconciliation: every invariant as a query that must return no rows.

Each module keeps its own queries in its SQL room's views called ``<module>_breach_*``; a row of such a view is a
breach. This file only finds and runs them, so a new invariant needs a view and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quanyu.platform import db

SHOWN = 20


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
