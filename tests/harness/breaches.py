"""Plant a breach, see that reconciliation finds it, and take it out again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from quanyu.platform import db


class _TakenOut(Exception):
    """Rolls the planted breach back."""


def found_by(view: str, *statements: tuple[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return what the view shows after the statements ran with all guards off; nothing of them stays.

    The guards (constraints, triggers) would refuse most breaches: ``session_replication_role`` puts triggers and
    foreign keys to sleep, a CHECK that stands in the way is dropped by the caller's statements.
    """
    rows: list[dict[str, Any]] = []
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
            for statement, parameters in statements:
                db.execute(statement, parameters)
            rows = db.rows(f'SELECT * FROM "{view}"')
            raise _TakenOut
    except _TakenOut:
        return rows
