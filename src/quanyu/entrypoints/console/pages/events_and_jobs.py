"""Events and jobs: what waits in the outbox, what was parked, what the workers say, and the readiness checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console.pages.machine_words import DUTIES as DUTY_WORDS
from quanyu.entrypoints.console.pages.machine_words import LISTENERS, TOPICS, with_code
from quanyu.entrypoints.wiring import DUTIES
from quanyu.kernel.clock import system_clock
from quanyu.modules.payments.models import TENDER_LABELS
from quanyu.platform import db, health, jobs, outbox
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import NOTHING, badge, moment, number
from quanyu.platform.console.registry import Figure, SitePage, Tile, waiting

PERMISSION, DECIDE = "events.view", "events.decide"
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
    """Show the state of the machinery; a post retries or discards what was given up, with a reason."""
    now = system_clock.now()
    if request.method == "POST":
        return _decide(request, now)
    backlog = outbox.backlog()
    figures = [
        (_("Waiting events"), number(backlog["waiting"])),
        (_("Parked events"), number(backlog["parked"])),
        (_("Oldest waiting event"), gettext("%(seconds)s s") % {"seconds": f"{backlog['oldest_s']:.0f}"}),
    ]
    content = {
        **context,
        "figures": figures,
        "given_up": _given_up(),
        "may_decide": access.may(request, DECIDE),
        "tables": [_checks(now), _duties(), _providers(now), _consumers(), _workers(), _jobs(), _topics()],
    }
    return TemplateResponse(request, "console/health.html", content)


def _given_up() -> list[dict[str, Any]]:
    """Return the events and jobs that wait for a person: what, about what, tries, when, and the error."""
    parked = db.rows(
        "SELECT id, topic, aggregate, attempts, parked_at, last_error FROM platform_outbox "
        "WHERE parked_at IS NOT NULL AND published_at IS NULL ORDER BY id DESC LIMIT 50"
    )
    events = [
        {
            "kind": "event",
            "id": row["id"],
            "name": row["topic"],
            "about": row["aggregate"],
            "tries": row["attempts"],
            "at": moment(row["parked_at"]),
            "error": row["last_error"][:300],
        }
        for row in parked
    ]
    failed = [
        {
            "kind": "job",
            "id": row["id"],
            "name": row["task_name"],
            "about": row["args"][:120],
            "tries": row["attempts"],
            "at": moment(row["at"]),
            "error": "",
        }
        for row in jobs.failed()
    ]
    return [*events, *failed]


def _decide(request: HttpRequest, now: datetime) -> HttpResponse:
    if not access.may(request, DECIDE):
        raise PermissionDenied
    deeds = {
        ("event", "retry"): outbox.retry,
        ("event", "discard"): outbox.discard,
        ("job", "retry"): jobs.retry,
        ("job", "discard"): jobs.discard,
    }
    deed = deeds.get((request.POST.get("kind", ""), request.POST.get("deed", "")))
    key, reason = request.POST.get("id", ""), request.POST.get("reason", "").strip()
    if deed is None or not key.isdigit() or len(key) > 18:
        raise Http404
    if not 2 <= len(reason) <= 200:
        messages.error(request, gettext("Say why, in 2 to 200 characters."))
    elif db.in_transaction(lambda: deed(int(key), actor=access.actor_of(request), reason=reason, now=now)):
        messages.success(request, gettext("Done; it stands in the audit trail."))
    else:
        messages.error(request, gettext("It is not given up any more."))
    return HttpResponseRedirect(request.path)


def _duties() -> Table:
    """Return the duties by the clock: those of the worker's loop, and those of the calendar with their last run."""
    loop = [
        (with_code(DUTY_WORDS, duty.name), gettext("every %(seconds)s s") % {"seconds": f"{duty.every_s:g}"}, NOTHING)
        for duty in DUTIES
    ]
    runs = db.rows(
        "SELECT task_name, max(defer_timestamp) AS last FROM procrastinate_periodic_defers GROUP BY task_name"
    )
    last = {row["task_name"]: datetime.fromtimestamp(row["last"], UTC) for row in runs}
    calendar = [(with_code(DUTY_WORDS, name), _rhythm(cron), moment(last.get(name))) for name, cron in jobs.calendar()]
    columns = [Column(_("Duty")), Column(_("When")), Column(_("Last run"), is_time=True)]
    return Table(_("Duties by the clock"), columns, [*loop, *calendar])


def _rhythm(cron: str) -> str:
    """Return five cron fields (UTC) in words and the stores' time where they are simple, else as they are."""
    minute, hour, *days = cron.split()
    if days != ["*"] * 3:
        return gettext("by the calendar: %(cron)s") % {"cron": cron}
    if hour == "*" and minute == "*":
        return gettext("every minute")
    if hour == "*" and minute.startswith("*/"):
        return gettext("every %(minutes)s minutes") % {"minutes": minute.removeprefix("*/")}
    if hour == "*" and minute.isdigit():
        return gettext("every hour, at minute %(minute)s") % {"minute": minute}
    if hour.isdigit() and minute.isdigit():
        at = timezone.localtime(system_clock.now().astimezone(UTC).replace(hour=int(hour), minute=int(minute)))
        return gettext("every day at %(time)s") % {"time": f"{at:%H:%M}"}
    return gettext("by the calendar: %(cron)s") % {"cron": cron}


def _consumers() -> Table:
    """Return how far each listener is: its last event, and what waits for it."""
    found = db.rows("SELECT handler, max(event_id) AS last, max(handled_at) AS at FROM platform_inbox GROUP BY handler")
    newest = db.value("SELECT coalesce(max(id), 0) FROM platform_outbox")
    rows = [
        (with_code(LISTENERS, row["handler"]), number(row["last"]), number(newest), moment(row["at"])) for row in found
    ]
    columns = [
        Column(_("Listener")),
        Column(_("Last event"), is_number=True),
        Column(_("Newest event"), is_number=True),
        Column(_("Handled at"), is_time=True),
    ]
    return Table(_("Who listens, and how far"), columns, sorted(rows, key=str), empty=_("No events yet."))


def _providers(now: datetime) -> Table:
    """Return what payment providers owe an answer to, and what they refused."""
    found = db.rows(
        "SELECT what, tender, count(*) FILTER (WHERE state IN ('created', 'asking')) AS open, "
        "count(*) FILTER (WHERE state = 'failed') AS failed, "
        "min(created_at) FILTER (WHERE state IN ('created', 'asking')) AS oldest FROM ("
        "SELECT 'payment' AS what, tender, state, created_at FROM payments_payment WHERE created_at > %s UNION ALL "
        "SELECT 'refund', p.tender, r.state, r.created_at FROM payments_refund AS r "
        "JOIN payments_payment AS p ON p.id = r.payment_id WHERE r.created_at > %s"
        ") AS asked GROUP BY what, tender ORDER BY what, tender",
        [now - timedelta(days=7)] * 2,
    )
    rows = [
        (
            _("Payments") if row["what"] == "payment" else _("Refunds"),
            TENDER_LABELS.get(row["tender"], row["tender"]),
            number(row["open"]),
            number(row["failed"]),
            moment(row["oldest"]),
        )
        for row in found
        if row["open"] or row["failed"]
    ]
    columns = [
        Column(_("Kind")),
        Column(_("Tender")),
        Column(_("Without an answer"), is_number=True),
        Column(_("Failed"), is_number=True),
        Column(_("Oldest"), is_time=True),
    ]
    return Table(_("Providers, the last seven days"), columns, rows, empty=_("Every provider has answered."))


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
    rows = [
        (with_code(DUTY_WORDS, row["task_name"]), JOB_STATE_LABELS.get(row["status"], row["status"]), row["jobs"])
        for row in found
    ]
    columns = [Column(_("Job")), Column(_("State")), Column(_("Count"), is_number=True)]
    return Table(_("Jobs"), columns, rows, empty=_("No jobs yet."))


def _topics() -> Table:
    found = db.rows(
        "SELECT topic, count(*) FILTER (WHERE published_at IS NOT NULL) AS delivered, "
        "count(*) FILTER (WHERE published_at IS NULL AND parked_at IS NULL) AS waiting, max(occurred_at) AS latest "
        "FROM platform_outbox GROUP BY topic ORDER BY topic"
    )
    rows = [
        (with_code(TOPICS, row["topic"]), number(row["delivered"]), number(row["waiting"]), moment(row["latest"]))
        for row in found
    ]
    columns = [
        Column(_("Event")),
        Column(_("Delivered"), is_number=True),
        Column(_("Waiting"), is_number=True),
        Column(_("Latest"), is_time=True),
    ]
    return Table(_("Events by kind"), columns, rows, empty=_("No events yet."))


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
