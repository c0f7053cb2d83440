"""Quanyu's own state: is the schema current, do events flow, when was the last backup."""

import time
from collections.abc import Iterator
from pathlib import Path

from quanyu.entrypoints.cli.checks.finding import Finding, ok, problem, warning
from quanyu.platform.config import Config

OUTBOX_SECONDS_MAX = 60.0
BACKUP_HOURS_MAX = 26.0


def look(settings: Config) -> Iterator[Finding]:
    """All findings that read Quanyu's tables. Needs Django ready."""
    schema = migrations()
    yield schema
    if schema.remedy:
        return  # without current tables the other questions have no answer
    yield sql_rooms()
    yield outbox()
    yield backup(settings.backup_dir, demo=settings.demo)


def migrations() -> Finding:
    """Every migration of this code is applied."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    # Not the plan to migrate: that ends at what is applied, and does not see a gap below.
    loader = MigrationLoader(connection)
    missing = [".".join(node) for node in sorted(loader.graph.nodes) if node not in loader.applied_migrations]
    if missing:
        shown = ", ".join(missing[:3]) + (" ..." if len(missing) > 3 else "")
        return problem("migrations", f"{len(missing)} not applied: {shown}", "Run `quanyu migrate`.")
    return ok("migrations", f"all {len(loader.applied_migrations)} applied")


def sql_rooms() -> Finding:
    """The SQL functions in the database are those of this code."""
    from quanyu.platform.db import sql_rooms as rooms

    stale = rooms.stale()
    if stale:
        return problem("sql", f"{len(stale)} files changed since they were loaded: {stale[0]}", "Run `quanyu migrate`.")
    return ok("sql", f"all {len(rooms.files())} files loaded")


def outbox() -> Finding:
    """Events reach their listeners."""
    from quanyu.platform import outbox as events

    backlog = events.backlog()
    if backlog["parked"]:
        found = f"{backlog['parked']} events failed 8 times and are parked"
        return problem("events", found, "Read platform_outbox.last_error, mend the cause, then release them.")
    if backlog["oldest_s"] > OUTBOX_SECONDS_MAX:
        found = f"{backlog['waiting']} events wait, the oldest for {backlog['oldest_s']:.0f} s"
        return warning("events", found, "Start the worker: `quanyu up`, or python -m quanyu.entrypoints.worker.")
    return ok("events", f"{backlog['waiting']} waiting, none parked")


def backup(folder: Path, *, demo: bool, now: float | None = None) -> Finding:
    """There is a recent backup in the home folder."""
    newest = max((path.stat().st_mtime for path in folder.glob("*.tar")), default=None)
    if newest is None:
        if demo:
            return ok("backup", "none, and a demo needs none")
        return warning("backup", f"none in {folder}", "Run `quanyu backup`, daily, and copy it to another machine.")
    hours = ((time.time() if now is None else now) - newest) / 3600
    if hours > BACKUP_HOURS_MAX:
        return warning("backup", f"the last one is {hours:.0f} h old", "Run `quanyu backup` daily.")
    return ok("backup", f"the last one is {hours:.1f} h old")
