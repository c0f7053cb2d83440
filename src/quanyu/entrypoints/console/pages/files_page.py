"""Import files: choose a kind, fetch its template, upload, look at what would change, apply, fetch what was refused."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console import jobs as console_jobs
from quanyu.entrypoints.console.pages import file_preview
from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden, NotFound, Problem
from quanyu.platform import jobs
from quanyu.platform.console import access
from quanyu.platform.console.deeds import refusal_text
from quanyu.platform.console.registry import SitePage
from quanyu.platform.files import doors, importer, papers, texts
from quanyu.platform.files.importer import Elsewhere, Importer
from quanyu.platform.files.refusals import FileRefused

PERMISSION = "files.import"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a request may carry is limited before it reaches us; larger files come in by the command line.
UPLOAD_BYTES_MAX = 30 * 2**20
_LANGUAGES = ("zh-hans", "en")


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """Show the kinds, one kind, or one import; hand files out; take uploads and orders."""
    actor, now = access.actor_of(request), system_clock.now()
    try:
        if request.method == "POST":
            return _posted(request, context, actor, now)
        for name, answer in _ANSWERS.items():
            if name in request.GET:
                return answer(request, context, actor)
    except (NotFound, Forbidden):
        raise Http404 from None
    shown = {
        **context,
        "kinds": [_kind(kind) for kind in _allowed(actor)],
        "imports": [file_preview.line(job) for job in doors.jobs_of(actor=actor)],
    }
    return TemplateResponse(request, "console/files/index.html", shown)


def _posted(request: HttpRequest, context: dict[str, Any], actor: Actor, now: datetime) -> HttpResponseBase:
    if "import" not in request.POST:
        return _upload(request, context, actor, now)
    job_id = _id(request.POST["import"])
    try:
        if request.POST.get("act") == "start":
            doors.start(job_id=job_id, actor=actor, now=now, send=_send)
        elif request.POST.get("act") == "cancel":
            doors.cancel(job_id=job_id, actor=actor, now=now)
    except NotFound:
        raise
    except Problem as refusal:
        # Clicked twice, or done meanwhile: the page shows how it stands.
        messages.warning(request, refusal_text(refusal))
    return HttpResponseRedirect(f"{request.path}?import={job_id}")


def _upload(request: HttpRequest, context: dict[str, Any], actor: Actor, now: datetime) -> HttpResponseBase:
    kind = _of_kind(request.POST.get("kind", ""), actor)
    uploaded = request.FILES.get("file")
    if uploaded is None:
        return _one_kind(request, context, kind, refused=gettext("Choose a file first."))
    if (uploaded.size or 0) > UPLOAD_BYTES_MAX:
        return _one_kind(request, context, kind, refused=refusal_text(FileRefused("too_large")))
    try:
        return HttpResponseRedirect(_taken(uploaded, kind, actor, now, request.path))
    except Forbidden:
        raise
    except Problem as refusal:
        return _one_kind(request, context, kind, refused=refusal_text(refusal))


def _taken(uploaded: UploadedFile[Any], kind: Importer | Elsewhere, actor: Actor, now: datetime, here: str) -> str:
    """Hand an upload to its kind and return the address that follows."""
    name = uploaded.name or kind.name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as out:
            for chunk in uploaded.chunks():
                out.write(chunk)
        if isinstance(kind, Elsewhere):
            return kind.take(path, name, actor, now)
        language = get_language() or _LANGUAGES[0]
        job_id = doors.take_in(
            kind=kind.name, path=path, file_name=name, language=language, actor=actor, now=now, send=_send
        )
    return f"{here}?import={job_id}"


def _send(job_id: UUID) -> None:
    jobs.defer(console_jobs.work_on_file, job_id=str(job_id))


def _kind_page(request: HttpRequest, context: dict[str, Any], actor: Actor) -> HttpResponseBase:
    return _one_kind(request, context, _of_kind(request.GET["kind"], actor))


def _one_kind(
    request: HttpRequest, context: dict[str, Any], kind: Importer | Elsewhere, refused: str = ""
) -> HttpResponseBase:
    columns = kind.columns if isinstance(kind, Importer) else ()
    keys = kind.keys if isinstance(kind, Importer) else ()
    shown = {
        **context,
        "title": kind.title,
        "kind": _kind(kind),
        "columns": [
            {
                "title": texts.heading(column),
                "is_key": column.code in keys,
                "is_needed": column.is_needed,
                "hint": texts.hint(column, is_key=column.code in keys),
                "sample": file_preview.sample(column),
            }
            for column in columns
        ],
        "refused": refused,
        "size_max": UPLOAD_BYTES_MAX,
        "size_max_mb": UPLOAD_BYTES_MAX // 2**20,
        "in_chinese": texts.in_chinese(),
    }
    return TemplateResponse(request, "console/files/kind.html", shown, status=422 if refused else 200)


def _import_page(request: HttpRequest, context: dict[str, Any], actor: Actor) -> HttpResponseBase:
    shown = {**context, **file_preview.content(_id(request.GET["import"]), actor, request.GET.get("show", ""))}
    return TemplateResponse(request, "console/files/import.html", shown)


def _part(request: HttpRequest, context: dict[str, Any], actor: Actor) -> HttpResponseBase:
    """Answer what stands below the title of an import, for a page that asks again and again."""
    shown = {**context, **file_preview.content(_id(request.GET["part"]), actor, request.GET.get("show", ""))}
    return TemplateResponse(request, "console/files/import_part.html", shown)


def _template(request: HttpRequest, context: dict[str, Any], actor: Actor) -> HttpResponseBase:
    kind = _of_kind(request.GET["template"], actor)
    language = request.GET.get("language", "")
    with override(language if language in _LANGUAGES else get_language()):
        name = gettext("%(kind)s - import template") % {"kind": kind.title}
        if isinstance(kind, Elsewhere):
            return _download(kind.template, name)
        return _download(lambda path: papers.template(kind, path), name)


def _returned(request: HttpRequest, context: dict[str, Any], actor: Actor) -> HttpResponseBase:
    job = doors.job_of(job_id=_id(request.GET["returned"]), actor=actor)
    kind = _of_kind(job.kind, actor)
    if not isinstance(kind, Importer):
        raise Http404
    doors.note_returned(job=job, actor=actor, now=system_clock.now())
    every_row = request.GET.get("rows") == "all"
    name = gettext("%(file)s - with problems") % {"file": Path(job.file_name).stem}
    return _download(lambda path: papers.returned(job, kind, path, every_row=every_row), name)


def _download(write: Callable[[Path], object], name: str) -> HttpResponse:
    """Return a file as an attachment that no cache keeps; the file itself goes with its folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.xlsx"
        write(path)
        content = path.read_bytes()
    headers = {
        "Content-Disposition": f"attachment; filename=\"import.xlsx\"; filename*=UTF-8''{quote(name)}.xlsx",
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type=XLSX, headers=headers)


def _allowed(actor: Actor) -> list[Importer | Elsewhere]:
    return [kind for kind in importer.kinds() if actor.reaches(kind.permission)]


def _of_kind(name: str, actor: Actor) -> Importer | Elsewhere:
    found = next((kind for kind in _allowed(actor) if kind.name == name), None)
    if found is None:
        raise Http404
    return found


def _kind(kind: Importer | Elsewhere) -> dict[str, Any]:
    return {"name": kind.name, "title": kind.title, "note": kind.note, "icon": kind.icon}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


_ANSWERS: dict[str, Callable[[HttpRequest, dict[str, Any], Actor], HttpResponseBase]] = {
    "kind": _kind_page,
    "import": _import_page,
    "part": _part,
    "template": _template,
    "returned": _returned,
}
PAGE = SitePage("files", "files", _("Import files"), PERMISSION, view)
