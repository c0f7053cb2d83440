"""Work of the console in the background: lists as Excel files, and files on their way in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest

from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Unauthenticated
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.backend import StaffBackend
from quanyu.platform import db, jobs
from quanyu.platform.console import exports
from quanyu.platform.console.scoped_admin import ScopedAdmin
from quanyu.platform.files import doors, keep
from quanyu.platform.models import FileJob, ListExport


@jobs.task("console.export_list", retries=2)
def export_list(export_id: str) -> str:
    """Make the file of an export, seen with the eyes of who asked for it; return what became of it.

    Rights are looked at now: a person who lost them meanwhile gets an empty list or none at all.
    """
    export = ListExport.objects.get(id=UUID(export_id))
    listed = next(
        one
        for one in admin.site._registry.values()  # noqa: SLF001 - Django's own admin reads it so
        if isinstance(one, ScopedAdmin) and one.place == export.place
    )
    request = HttpRequest()
    request.method = "GET"
    person = StaffBackend().get_user(export.staff_id)
    if person is None:
        exports.cancel(export_id=export.id, staff_id=export.staff_id, now=system_clock.now())
        return "cancelled"
    request.user = person
    return exports.perform(export.id, listed=listed, request=request, now=system_clock.now)


@jobs.task("console.work_on_file", retries=3)
def work_on_file(job_id: str) -> str:
    """Check or apply an import with the rights its person has now; return where it stands."""
    return doors.work_on(UUID(job_id), actor_of=_person_of, clock=system_clock.now)


@jobs.periodic("console.go_on", cron="* * * * *")
def go_on(now: datetime) -> None:
    """Give what a dead worker had in hand to a living one: imports go on, exports begin again."""
    # Idle silence is measured when the work is sent, not when the clock was due.
    moment = system_clock.now()
    for job_id in keep.abandoned(moment):
        _send(work_on_file, job_id=str(job_id))
    for export_id in exports.abandoned(moment):
        _send(export_list, export_id=str(export_id))


def _send(job: jobs.Task[[str], str], **key: Any) -> None:
    """Send a job, unless the same one waits already."""
    once = f"{job.name}:{':'.join(key.values())}"
    db.in_transaction(lambda: jobs.defer(job, once=once, **key))


def _person_of(job: FileJob) -> Actor | None:
    """Return who an import belongs to; ``None`` for one who left. The command line's belongs to the system."""
    if job.staff_id is None:
        return SYSTEM
    try:
        return identity.actor_for_staff(staff_id=job.staff_id)
    except Unauthenticated:
        return None
