"""Events and jobs: what waits in the outbox, what was parked, what the workers say, and the readiness checks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.platform import db, health, outbox
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import NOTHING, badge, moment, number
from quanyu.platform.console.registry import Figure, SitePage, Tile, waiting

PERMISSION = "events.view"
# The relay takes seconds; an event that waits longer waits for somebody.
LATE = timedelta(minutes=5)
CHECK_LABELS = {
    "database": _("Database"),
    "migrations": _("Schema is up to date"),
    "sql_rooms": _("SQL functions are up to date"),
    "outbox": _("Events are delivered"),
}
JOB_STATE_LABELS = {
    "todo": _("Waiting"),
    "doing": _("Running"),
    "succeeded": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "aborted": _("Aborted"),
}


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the state of the machinery."""
    now = system_clock.now()
    backlog = outbox.backlog()
    figures = [
        (_("Waiting events"), number(backlog["waiting"])),
        (_("Parked events"), number(backlog["parked"])),
        (_("Oldest waiting event"), gettext("%(seconds)s s") % {"seconds": f"{backlog['oldest_s']:.0f}"}),
    ]
    tables = [_checks(now), _workers(), _jobs(), _topics(), _parked()]
    return TemplateResponse(request, "console/tables.html", {**context, "figures": figures, "tables": tables})


def _checks(now: datetime) -> Table:
    rows = [
        (
            CHECK_LABELS.get(check.name, check.name),
            badge(gettext("In order"), "good") if check.ok else badge(gettext("Not in order"), "bad"),
            check.text or NOTHING,
        )
        for check in health.checks(now=now)
    ]
    return Table(_("Readiness"), [Column(_("Check")), Column(_("Result")), Column(_("Details"))], rows)


def _workers() -> Table:
    found = db.rows("SELECT name, beat_at FROM platform_heartbeat ORDER BY beat_at DESC LIMIT 20")
    rows = [(row["name"], moment(row["beat_at"])) for row in found]
    columns = [Column(_("Worker")), Column(_("Last sign of life"), is_time=True)]
    return Table(_("Background workers"), columns, rows, empty=_("No worker has shown itself in the last day."))


def _jobs() -> Table:
    found = db.rows(
        "SELECT task_name, status::text AS status, count(*) AS jobs FROM procrastinate_jobs "
        "GROUP BY task_name, status ORDER BY task_name, status LIMIT 100"
    )
    rows = [(row["task_name"], JOB_STATE_LABELS.get(row["status"], row["status"]), row["jobs"]) for row in found]
    columns = [Column(_("Job")), Column(_("State")), Column(_("Count"), is_number=True)]
    return Table(_("Jobs"), columns, rows, empty=_("No jobs yet."))


def _topics() -> Table:
    found = db.rows(
        "SELECT topic, count(*) FILTER (WHERE published_at IS NOT NULL) AS delivered, "
        "count(*) FILTER (WHERE published_at IS NULL AND parked_at IS NULL) AS waiting, max(occurred_at) AS latest "
        "FROM platform_outbox GROUP BY topic ORDER BY topic"
    )
    rows = [(row["topic"], number(row["delivered"]), number(row["waiting"]), moment(row["latest"])) for row in found]
    columns = [
        Column(_("Event")),
        Column(_("Delivered"), is_number=True),
        Column(_("Waiting"), is_number=True),
        Column(_("Latest"), is_time=True),
    ]
    return Table(_("Events by kind"), columns, rows, empty=_("No events yet."))


def _parked() -> Table:
    found = db.rows(
        "SELECT id, topic, aggregate, attempts, parked_at, last_error FROM platform_outbox "
        "WHERE parked_at IS NOT NULL ORDER BY id DESC LIMIT 50"
    )
    rows = [
        (row["id"], row["topic"], row["aggregate"], row["attempts"], moment(row["parked_at"]), row["last_error"][:200])
        for row in found
    ]
    columns = [
        Column("#", is_number=True),
        Column(_("Event")),
        Column(_("About")),
        Column(_("Tries"), is_number=True),
        Column(_("Parked at"), is_time=True),
        Column(_("Last error")),
    ]
    return Table(_("Parked events"), columns, rows, empty=_("Nothing is parked."))


def _undelivered(units: Units, now: datetime) -> Figure:
    """Return the events that were given up, and those that wait longer than the relay should take."""
    found = db.rows(
        "SELECT count(*) AS events, min(occurred_at) AS oldest FROM platform_outbox WHERE published_at IS NULL "
        "AND (parked_at IS NOT NULL OR occurred_at < %s)",
        [now - LATE],
    )[0]
    return waiting(found["events"], found["oldest"], tone="bad")


def _failed_jobs(units: Units, now: datetime) -> Figure:
    found = db.rows(
        "SELECT count(*) AS jobs, min(coalesce(job.scheduled_at, event.at)) AS oldest FROM procrastinate_jobs AS job "
        "LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = job.id) AS event ON true "
        "WHERE job.status = 'failed'"
    )[0]
    return waiting(found["jobs"], found["oldest"], tone="bad")


TILES = (
    Tile(
        "events",
        _("Events that were not delivered"),
        "monitor_heart",
        PERMISSION,
        _undelivered,
        lambda _now: f"{reverse('admin:health')}#undelivered",
        order=90,
        is_todo=True,
    ),
    Tile(
        "failed_jobs",
        _("Jobs that failed"),
        "running_with_errors",
        PERMISSION,
        _failed_jobs,
        lambda _now: f"{reverse('admin:health')}#jobs",
        order=91,
        is_todo=True,
    ),
)
PAGE = SitePage("health", "health", _("Events and jobs"), PERMISSION, view)
