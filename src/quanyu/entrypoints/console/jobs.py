"""Work of the console in the background: lists as Excel files."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity.backend import StaffBackend
from quanyu.platform import jobs
from quanyu.platform.console import exports
from quanyu.platform.console.scoped_admin import ScopedAdmin
from quanyu.platform.models import ListExport


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
