"""Console screens of member imports: upload, what every row would be, start, progress, and the file of problems."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.identity import api as identity
from quanyu.modules.members import api
from quanyu.modules.members.contracts.importing import Verdict
from quanyu.modules.members.models import ImportJob
from quanyu.modules.members.ops.import_report import REASONS, columns_of_file
from quanyu.modules.members.queries import imports as import_queries
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform.console import access
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    clauses,
    column,
    listed,
    moment,
    moment_column,
    name_of,
    number,
    tick,
)
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import SitePage, add_page
from quanyu.platform.console.scoped_admin import EVERYWHERE, ScopedAdmin

IMPORT = "members.import"
FILES = "member_import_files"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATE_TONES = {
    "reading": "info",
    "checked": "warn",
    "running": "info",
    "done": "good",
    "cancelled": "plain",
    "failed": "bad",
}
VERDICT_LABELS = {
    Verdict.NEW: _("New members"),
    Verdict.PROBABLE: _("New, may be known already (the pair goes to the review queue)"),
    Verdict.KNOWN: _("Known members; gaps are filled"),
    Verdict.REPEATED: _("Rows that repeat an earlier one"),
    Verdict.ERROR: _("Rows with errors; left out"),
}
ERRORS_SHOWN = 50
LIVE = ("reading", "running")


class UploadForm(DeedForm):
    """The file, and where it comes from."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV (UTF-8 or GBK) or XLSX, at most 50 MB and 200,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=60,
        initial="file",
        help_text=_("A short name such as old-till: customer numbers of two sources are different numbers."),
    )
    store_id = forms.ChoiceField(label=_("Joined at store"), required=False)

    def prepare(self) -> None:
        """Offer the stores within reach."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=IMPORT)
        stores = organization.units_of_kind(kind=UnitKind.STORE)
        within = [(str(store.id), store.name) for store in stores if reach is None or store.id in reach]
        self.fields["store_id"].choices = [("", NOTHING), *within]  # type: ignore[attr-defined]


def _upload(call: Call) -> Done:
    uploaded: UploadedFile[Any] = call.values["file"]
    with tempfile.TemporaryDirectory() as folder:
        # Readable by this process alone, and gone with the request: what is kept of the file is encrypted.
        path = Path(folder) / "members"
        with path.open("wb") as out:
            for chunk in uploaded.chunks():
                out.write(chunk)
        job = api.import_file(
            path=path,
            file_name=uploaded.name or "members",
            source=call.values["source"].strip(),
            store_id=int(call.values["store_id"]) if call.values["store_id"] else None,
            actor=call.actor,
            now=call.now,
        )
    return Done(
        gettext("%(rows)s rows were read. They are being checked; nothing is written yet.")
        % {"rows": number(job.row_count)},
        go_to=reverse("admin:members_importjob_change", args=[job.id]),
    )


def _start(call: Call) -> Done:
    api.start_import(import_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The import runs. You can go on working."))


def _cancel(call: Call) -> Done:
    api.cancel_import(import_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The import is stopped. What was written stays."))


def _percent(job: ImportJob) -> str:
    share = 100 * job.position // job.row_count if job.row_count else 0
    return f"{number(job.position)} ({share}%)"


@admin.register(ImportJob)
class ImportJobAdmin(ScopedAdmin[ImportJob]):
    """Files of members that came in, with what became of their rows."""

    view_permission = IMPORT
    unit_lookups = EVERYWHERE
    list_display = ("file", "source", "rows", "progress", "state_shown", "by", "uploaded_at")
    list_filter = ("state", ("created_at", admin.DateFieldListFilter))
    ordering = ("-created_at", "-id")
    list_deeds = (
        Deed(
            "upload",
            _("Import a file"),
            IMPORT,
            _upload,
            UploadForm,
            "upload_file",
            "primary",
            text=_("The file is checked first; you see what every row would be before anything is written."),
        ),
    )
    deeds = (
        Deed(
            "start",
            _("Write these rows"),
            IMPORT,
            _start,
            icon="play_arrow",
            tone="primary",
            text=_("New members are made, gaps of known ones are filled. Rows with errors are left out."),
            when=lambda job: job.state == "checked",
        ),
        Deed(
            "cancel",
            _("Stop"),
            IMPORT,
            _cancel,
            icon="stop",
            tone="danger",
            text=_("Rows that were written stay; the others are not written."),
            when=lambda job: job.state in ("reading", "checked", "running") and job.row_count > 0,
        ),
    )

    file = column(_("File"), lambda job: job.file_name)
    rows = column(_("Rows"), lambda job: number(job.row_count), order="row_count")
    progress = column(_("Written"), _percent)
    state_shown = column(_("State"), lambda job: badge(job.get_state_display(), STATE_TONES[job.state]))
    by = column(_("By"), lambda job: job.created_by)
    uploaded_at = moment_column("created_at", _("Uploaded at"))

    @property
    def list_note(self) -> object:  # type: ignore[override]
        """Offer the template above the list."""
        text = _("Begin with the template: it says what each column takes.")
        address = f"{reverse(f'admin:{FILES}')}?template"
        return format_html('{} <a class="qy-link" href="{}">{}</a>', text, address, _("Download the template"))

    def name_of_row(self, row: ImportJob) -> str:
        """Return the name of the file."""
        return row.file_name

    def detail_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show one import; while it is being worked on, the page comes again by itself."""
        answer = super().detail_view(request, object_id)
        if self.row(request, object_id).state in LIVE:
            answer.headers["Refresh"] = "3"
        return answer

    def page(self, request: HttpRequest, row: ImportJob) -> Page:
        """Return the preview, the outcome and the first problems, by row number; no personal data."""
        figures = [(_("Rows"), number(row.row_count)), (_("Written"), _percent(row))]
        main: list[Card] = [_counts(row)]
        problems = _problems(row)
        if problems.rows:
            main.append(problems)
        facts: list[tuple[object, object]] = [
            (_("Source"), row.source),
            (_("Joined at store"), name_of(row.store)),
            (_("By"), row.created_by),
            (_("Uploaded at"), moment(row.created_at)),
            (_("Started at"), moment(row.started_at)),
            (_("Finished at"), moment(row.finished_at)),
        ]
        unknown = import_queries.job(row.pk).unknown_headings
        if unknown:
            facts.append((_("Columns that are not read"), listed(unknown)))
        if row.preview:
            address = f"{reverse(f'admin:{FILES}')}?import={row.pk}"
            facts.append(
                (_("Problems"), format_html('<a class="qy-link" href="{}">{}</a>', address, _("Download as Excel")))
            )
        state = badge(row.get_state_display(), STATE_TONES[row.state])
        return Page(title=row.file_name, badges=[state], figures=figures, main=main, aside=[Facts("", facts)])


def _counts(job: ImportJob) -> Table:
    rows = [
        (label, number(job.preview.get(verdict, 0)), number(job.outcome.get(verdict, 0)) if job.outcome else NOTHING)
        for verdict, label in VERDICT_LABELS.items()
    ]
    columns = [Column(_("Rows that are")), Column(_("Checked"), is_number=True), Column(_("Written"), is_number=True)]
    note = _("What is written is judged again: a repeated row then finds the member its first row made.")
    return Table(_("What the rows are"), columns, rows, note=note)


def _problems(job: ImportJob) -> Table:
    found: list[tuple[object, ...]] = []
    reasons: Counter[str] = Counter()
    for _part, verdicts in import_queries.verdicts_of(job.pk):
        for row, verdict, note in verdicts:
            if verdict == Verdict.ERROR:
                texts = [gettext(REASONS[code]) for _column, code in note]
                reasons.update(texts)
                if len(found) < ERRORS_SHOWN:
                    found.append((number(row), clauses(texts)))
    note = clauses(f"{text}: {number(count)}" for text, count in reasons.most_common(6))
    columns = [Column(_("Row of the file"), is_number=True), Column(_("Why"))]
    return Table(_("First rows with errors"), columns, found, note=note)


def _download(path: Path, name: str) -> HttpResponse:
    """Return a small file as an attachment that no cache keeps; the file itself goes with its folder."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(path.read_bytes(), content_type=XLSX, headers=headers)


def _files(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """Say what the columns are; hand out the template, or the rows of an import that need a look."""
    if "template" in request.GET:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "template.xlsx"
            api.import_template(path=path)
            return _download(path, "members-template.xlsx")
    if "import" not in request.GET:
        rows = [(title, tick(is_key)) for title, is_key in columns_of_file()]
        note = format_html('<a class="qy-link" href="?template">{}</a>', _("Download the template"))
        table = Table("", [Column(_("Column of the file")), Column(_("Leads to a member"))], rows, note=note)
        shown = {**context, "page": Page(title=_("Files of member imports"), main=[table]), "buttons": []}
        return TemplateResponse(request, "console/detail.html", shown)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problems.xlsx"
        try:
            job_id = UUID(request.GET["import"])
            api.import_problems(import_id=job_id, path=path, actor=access.actor_of(request), now=system_clock.now())
        except (ValueError, Problem):
            raise Http404 from None
        return _download(path, "members-problems.xlsx")


add_page(SitePage(FILES, "member-import-files", _("Files of member imports"), IMPORT, _files))
