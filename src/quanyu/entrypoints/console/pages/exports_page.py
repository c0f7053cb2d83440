"""Exports: a list goes into an Excel file in the background; its reader follows it here and fetches it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console import jobs as console_jobs
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.platform import audit, db, jobs
from quanyu.platform.console import access, exports, in_clear, step_up
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import badge, moment, number
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import SitePage
from quanyu.platform.models import ListExport

DEED = "export"
STATES = {
    "waiting": (_("Waiting"), "plain"),
    "running": (_("Being made"), "info"),
    "done": (_("Ready"), "good"),
    "failed": (_("Failed"), "bad"),
    "cancelled": (_("Cancelled"), "plain"),
}


class ExportForm(DeedForm):
    """Asks what the file is for: it leaves the house, so the audit trail says why."""

    purpose = forms.CharField(label=_("What is the file for?"), min_length=2, max_length=200)
    filters = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)


class ClearForm(ExportForm):
    """Asks as well whether personal data shall stand in the file in clear, whoever may have that."""

    is_clear = forms.BooleanField(
        label=_("Personal data in clear"),
        required=False,
        help_text=_("Names and phones stand in the file as they are. The audit trail says who took them and why."),
    )


def deed_for(place: str, permission: str) -> Deed:
    """Return the deed that exports one list as it is filtered."""

    def run(call: Call) -> Done:
        db.in_transaction(lambda: _ask(place, call))
        return Done(gettext("The file is being made. You can go on working."), go_to=reverse("admin:exports"))

    def wants_clear(request: HttpRequest) -> bool:
        offered = in_clear.at(place)
        return "is_clear" in request.POST and offered is not None and access.may(request, offered.permission)

    class Form(ClearForm if in_clear.at(place) else ExportForm):  # type: ignore[misc]
        def prepare(self) -> None:
            offered = in_clear.at(place)
            if offered is not None and not self.actor.reaches(offered.permission):
                del self.fields["is_clear"]

    return Deed(
        DEED,
        _("Export to Excel"),
        permission,
        run,
        Form,
        "download",
        text=_("All rows of the list as it is filtered now, with the columns you see. Personal data stays masked."),
        step_up_when=wants_clear,
    )


def _ask(place: str, call: Call) -> None:
    export_id = exports.ask(
        place=place,
        query=call.values["filters"],
        staff_id=int(call.actor.id),
        language=get_language() or "zh-hans",
        purpose=call.values["purpose"],
        is_clear=bool(call.values.get("is_clear")),
        actor=call.actor,
        now=call.now,
    )
    jobs.defer(console_jobs.export_list, export_id=str(export_id))


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """Show one's own exports of the last day; hand a finished file out, or stop one that is being made."""
    staff_id, now = int(access.actor_of(request).id), system_clock.now()
    if "file" in request.GET:
        return _file(request, staff_id=staff_id, context=context)
    if request.method == "POST":
        exports.cancel(export_id=_id(request.POST.get("cancel")), staff_id=staff_id, now=now)
        return HttpResponseRedirect(request.path)
    found = exports.of_staff(staff_id=staff_id, now=now)
    shown = {
        **context,
        "exports": [_row(export) for export in found],
        "under_way": any(export.state in ("waiting", "running") for export in found),
    }
    return TemplateResponse(request, "console/exports.html", shown)


def _file(request: HttpRequest, *, staff_id: int, context: dict[str, Any]) -> HttpResponseBase:
    now = system_clock.now()
    try:
        path, export = exports.file_of(export_id=_id(request.GET["file"]), staff_id=staff_id, now=now)
    except Problem:
        raise Http404 from None
    offered = in_clear.at(export.place)
    if export.in_clear and (offered is None or not access.may(request, offered.permission)):
        raise Http404
    if export.in_clear and not step_up.is_fresh(request, now=now):
        return step_up.demand(request, title=_("Personal data in clear"), back=request.path, now=now, context=context)
    if request.method == "POST":
        return HttpResponseRedirect(request.get_full_path())
    db.in_transaction(
        lambda: audit.record(
            actor=access.actor_of(request),
            action="console.export_fetched",
            subject_kind="list",
            subject_id=export.place,
            reason=export.purpose,
            detail={"export_id": str(export.id), "rows": export.rows_done},
            now=now,
        )
    )
    name = f"{export.place.replace('.', '-')}-{timezone.localtime(export.created_at):%Y%m%d-%H%M}.xlsx"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


def _id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404 from None


def _row(export: ListExport) -> dict[str, Any]:
    label, tone = STATES[export.state]
    share = 100 * export.rows_done // export.rows_total if export.rows_total else 0
    return {
        "id": export.id,
        "list": _title(export.place),
        "in_clear": badge(_("Personal data in clear"), "warn") if export.in_clear else "",
        "purpose": export.purpose,
        "asked_at": moment(export.created_at),
        "state": badge(label, tone),
        "is_live": export.state in ("waiting", "running"),
        "is_done": export.state == "done",
        "share": min(share, 100),
        "rows": number(export.rows_done),
    }


def _title(place: str) -> str:
    from django.contrib import admin

    for model in admin.site._registry:  # noqa: SLF001 - Django's own admin reads it so
        if f"{model._meta.app_label}.{model._meta.model_name}" == place:
            return capfirst(str(model._meta.verbose_name_plural))
    return place


PAGE = SitePage("exports", "exports", _("My exports"), "", view)
