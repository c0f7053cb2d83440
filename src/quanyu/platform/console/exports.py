"""Lists as Excel files: the rows and columns of a screen, masked as the screen masks them, made by a background job.

A file holds what its reader may see at the moment it is made: the list is asked again as that person, with the same
filters. Rows are read and written in batches, so a million of them need no more memory than a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import xlsxwriter
from django.conf import settings
from django.contrib.admin.utils import label_for_field
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q
from django.http import HttpRequest, QueryDict
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import override

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_, Conflict, Forbidden, NotFound
from quanyu.platform import audit, db
from quanyu.platform.console import in_clear
from quanyu.platform.console.formats import field_text
from quanyu.platform.console.scoped_admin import ScopedAdmin
from quanyu.platform.models import ListExport

KEPT = timedelta(hours=24)
BATCH = 1_000
LIVE_MAX = 3
# A worker shows with every batch that it lives; one that has not for so long is taken for dead.
SILENT = timedelta(seconds=90)
TRIES_MAX = 3
# What one sheet of Excel holds, less the line of titles.
SHEET_ROWS = 1_048_575
_YUAN = re.compile(r"-?¥[\d,]+\.\d\d")
_COUNT = re.compile(r"-?\d{1,3}(,\d{3})*|-?[1-9]\d{0,8}")
_SPACES = re.compile(r"\s+")
Progress = Callable[[int], bool]


class TooManyExports(Conflict):
    """The person has as many exports under way as the machine should carry."""

    code = "platform.too_many_exports"
    title = N_("%(most)s of your exports are still being made.")
    remedy = N_("Wait until one is done, or cancel it.")


class ExportUnknown(NotFound):
    """No such export of this person, or its file has been cleared away."""

    code = "platform.export_unknown"
    title = N_("There is no such file any more.")
    remedy = N_("Export the list again.")


def ask(
    *,
    place: str,
    query: str,
    staff_id: int,
    language: str,
    purpose: str,
    is_clear: bool = False,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Note that a list is wanted as a file and return the export's id; the caller sends the job with it.

    Raises ``TooManyExports``, and ``Forbidden`` for personal data in clear (``is_clear``) without the permission.
    Runs in the caller's transaction; audited with list, filters and purpose.
    """
    offered = in_clear.at(place)
    if is_clear and (offered is None or not actor.reaches(offered.permission)):
        raise Forbidden(permission=offered.permission if offered is not None else "")
    live = ListExport.objects.filter(staff_id=staff_id, state__in=["waiting", "running"])
    if live.filter(created_at__gt=now - KEPT).count() >= LIVE_MAX:
        raise TooManyExports(most=LIVE_MAX)
    made = ListExport.objects.create(
        id=uuid7(),
        place=place,
        query=query,
        staff_id=staff_id,
        language=language,
        purpose=purpose,
        in_clear=is_clear,
        state="waiting",
        created_at=now,
    )
    audit.record(
        actor=actor,
        action="console.export_in_clear" if is_clear else "console.export",
        subject_kind="list",
        subject_id=place,
        reason=purpose,
        detail={"filters": query, "export_id": str(made.id)},
        now=now,
    )
    return made.id


def of_staff(*, staff_id: int, now: datetime) -> list[ListExport]:
    """Return a person's exports of the last day, newest first."""
    return list(ListExport.objects.filter(staff_id=staff_id, created_at__gt=now - KEPT).order_by("-created_at")[:50])


def cancel(*, export_id: UUID, staff_id: int, now: datetime) -> None:
    """Stop an export that is not finished; the job sees it at its next batch."""
    ListExport.objects.filter(id=export_id, staff_id=staff_id, state__in=["waiting", "running"]).update(
        state="cancelled", finished_at=now
    )


def file_of(*, export_id: UUID, staff_id: int, now: datetime) -> tuple[Path, ListExport]:
    """Return the finished file of a person's own export. Raises ``ExportUnknown``."""
    found = ListExport.objects.filter(id=export_id, staff_id=staff_id, state="done", created_at__gt=now - KEPT).first()
    path = _path(export_id)
    if found is None or not path.exists():
        raise ExportUnknown
    return path, found


def perform(export_id: UUID, *, listed: ScopedAdmin[Any], request: HttpRequest, now: Callable[[], datetime]) -> str:
    """Make the file of an export that waits (or was left half made by a crash) and return its state."""
    if not _begin(export_id, now()):
        return ListExport.objects.values_list("state", flat=True).get(id=export_id)
    export = ListExport.objects.get(id=export_id)
    request.GET = QueryDict(export.query)
    target, half = _path(export_id), _path(export_id).with_suffix(".part")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with override(export.language):
            rows = listed.get_changelist_instance(request).get_queryset(request)
            ListExport.objects.filter(id=export_id).update(rows_total=rows.count())
            clear = in_clear.reader(listed, request) if export.in_clear else None
            whole = write(half, listed, rows, go_on=lambda done: _note(export_id, done, now()), clear=clear)
    except (OperationalError, InterfaceError):
        # The database is away: once this worker is silent for long enough, another one begins again.
        half.unlink(missing_ok=True)
        raise
    except Exception:
        half.unlink(missing_ok=True)
        ListExport.objects.filter(id=export_id, state="running").update(state="failed", finished_at=now())
        raise
    if whole:
        half.replace(target)
    else:
        half.unlink(missing_ok=True)
    done = ListExport.objects.filter(id=export_id, state="running")
    done.update(state="done", finished_at=now(), rows_total=F("rows_done"))
    return ListExport.objects.values_list("state", flat=True).get(id=export_id)


def abandoned(now: datetime) -> list[UUID]:
    """Return exports that a worker died with; what was begun too often is given up and said to have failed."""
    silent = ListExport.objects.filter(state="running", beat_at__lte=now - SILENT)
    silent.filter(tries__gte=TRIES_MAX).update(state="failed", finished_at=now)
    return list(silent.order_by("created_at").values_list("id", flat=True)[:100])


def write(
    path: Path, listed: ScopedAdmin[Any], rows: Any, *, go_on: Progress, clear: in_clear.Read | None = None
) -> bool:
    """Write the rows as the list shows them (``clear`` tells what is not masked); ``False``: ``go_on`` said stop."""
    names = [name for name in listed.list_display if name != "action_checkbox"]
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold, yuan = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "¥#,##0.00"})
    titles = [capfirst(str(label_for_field(name, listed.model, listed))) for name in names]
    done = 0
    try:
        for sheet_rows in _sheets(_texts(rows, names, listed, clear)):
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, max(len(titles) - 1, 0), 20)
            sheet.write_row(0, 0, titles, bold)
            for line, texts in enumerate(sheet_rows, start=1):
                for place, text in enumerate(texts):
                    _put(sheet, line, place, text, yuan)
                done += 1
                if done % BATCH == 0 and not go_on(done):
                    return False
        return go_on(done)
    finally:
        book.close()


def prune(now: datetime) -> int:
    """Remove exports older than a day with their files; return how many."""
    old = list(ListExport.objects.filter(created_at__lte=now - KEPT).values_list("id", flat=True)[:1000])
    for export_id in old:
        _path(export_id).unlink(missing_ok=True)
        _path(export_id).with_suffix(".part").unlink(missing_ok=True)
    ListExport.objects.filter(id__in=old).delete()
    return len(old)


def _path(export_id: UUID) -> Path:
    return Path(settings.CONFIG.home) / "exports" / f"{export_id}.xlsx"


def _begin(export_id: UUID, now: datetime) -> bool:
    """Take an export that waits, or one whose worker is silent; two workers never make the same file at once."""
    free = Q(state="waiting") | Q(state="running", beat_at__isnull=True) | Q(state="running", beat_at__lte=now - SILENT)
    taken = ListExport.objects.filter(free, id=export_id).update(
        state="running", rows_done=0, beat_at=now, tries=F("tries") + 1
    )
    return bool(taken)


def _note(export_id: UUID, done: int, now: datetime) -> bool:
    """Keep the progress; ``False`` once somebody has cancelled."""
    return bool(
        db.execute(
            "UPDATE platform_list_export SET rows_done = %s, beat_at = %s WHERE id = %s AND state = 'running'",
            [done, now, export_id],
        )
    )


def _sheets(rows: Iterator[Sequence[str]]) -> Iterator[Iterator[Sequence[str]]]:
    """Cut rows into sheets; an empty list is one sheet with titles only."""
    first = True
    for row in rows:
        yield _led_by(row, islice(rows, SHEET_ROWS - 1))
        first = False
    if first:
        yield iter(())


def _led_by(row: Sequence[str], rest: Iterator[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield row
    yield from rest


def _texts(
    rows: Any, names: Sequence[Any], listed: ScopedAdmin[Any], clear: in_clear.Read | None
) -> Iterator[list[str]]:
    found = iter(rows.iterator(chunk_size=BATCH))
    while batch := list(islice(found, BATCH)):
        told: Sequence[Mapping[str, str]] = clear(batch) if clear is not None else [{}] * len(batch)
        for row, own in zip(batch, told, strict=True):
            yield [own[name] if name in own else _text(row, name, listed) for name in names]


def _text(row: Any, name: Any, listed: ScopedAdmin[Any]) -> str:
    """Return one cell as the list shows it, without its markup."""
    shown = name if callable(name) else getattr(listed, name, None)
    if callable(shown):
        value = shown(row)
    elif name in {field.name for field in row._meta.fields}:
        value = field_text(row, row._meta.get_field(name))
    else:
        value = getattr(row, name)
        value = value() if callable(value) else value
    return _SPACES.sub(" ", strip_tags(str(value))).strip()


def _put(sheet: Any, line: int, place: int, text: str, yuan: Any) -> None:
    """Write amounts and counts as numbers, everything else as text: codes and long numbers stay whole."""
    if _YUAN.fullmatch(text):
        sheet.write_number(line, place, float(text.replace("¥", "").replace(",", "")), yuan)
    elif _COUNT.fullmatch(text):
        sheet.write_number(line, place, int(text.replace(",", "")))
    else:
        sheet.write_string(line, place, text)
