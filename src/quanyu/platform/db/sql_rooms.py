"""Apply the SQL rooms: functions, views and triggers of the platform and of every module.

They are plain files under ``<app>/sql/*.sql``, applied after Django's migrations in the order of
``INSTALLED_APPS`` (lower modules first) and by file name, in one transaction, whenever a checksum
changed. Every file must be repeatable (``CREATE OR REPLACE`` ...). See docs/adr/0004.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.db import connection, transaction

_LOCK_KEY = 7_310_001


@dataclass(frozen=True, slots=True)
class SqlRoomFile:
    """One file of a SQL room with the checksum of its present text."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """The checksum by which a change is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def files() -> list[SqlRoomFile]:
    """Return every SQL room file in the order in which they are applied."""
    found: list[SqlRoomFile] = []
    for app in apps.get_app_configs():
        if app.name.startswith("quanyu."):
            found.extend(
                SqlRoomFile(f"{app.label}/{path.name}", path.read_text("utf-8"))
                for path in sorted(Path(app.path, "sql").glob("*.sql"))
            )
    return found


def stale() -> list[str]:
    """Return the names of the files whose text differs from what the database has applied."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT path, sha256 FROM platform_sql_file")
        applied = dict(cursor.fetchall())
    return [file.name for file in files() if applied.get(file.name) != file.sha256]


def apply() -> list[str]:
    """Apply all files in one transaction when any is stale; return the names of the stale ones.

    All are applied, not only the stale ones: a view or function may be built on an earlier one.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Two starting processes must not replace the same function at the same time.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_KEY])
        changed = stale()
        if not changed:
            return []
        for file in files():
            cursor.execute(file.text)
            cursor.execute(
                "INSERT INTO platform_sql_file (path, sha256, applied_at) VALUES (%s, %s, %s) "
                "ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, "
                "applied_at = excluded.applied_at",
                [file.name, file.sha256, datetime.now(UTC)],
            )
    return changed
