"""Files as shops have them, and imports of them from upload to outcome, without a browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import xlsxwriter

from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.kernel.clock import system_clock
from quanyu.platform.files import doors, importer, keep, reading, texts
from quanyu.platform.files.importer import Importer
from quanyu.platform.files.keep import KeptRow
from quanyu.platform.models import FileJob

Table = Sequence[Sequence[Any]]


def xlsx(path: Path, rows: Table, *, text: bool = True) -> Path:
    """Write a sheet; with ``text`` false, what looks like a number becomes one, as a person's typing does."""
    options = {"strings_to_numbers": not text, "strings_to_formulas": False, "constant_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell is not None:
                    (sheet.write if not text or not isinstance(cell, str) else sheet.write_string)(line, place, cell)
    return path


def text_file(path: Path, rows: Table, *, encoding: str = "utf-8", mark: str = ",") -> Path:
    """Write a CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows([["" if cell is None else cell for cell in row] for row in rows])
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def read(path: Path) -> list[tuple[int, list[Any]]]:
    """Return every row of a file."""
    with reading.opened(path) as table:
        return list(table.rows())


def upload(kind: str, path: Path, *, actor: Actor = SYSTEM, name: str | None = None) -> UUID:
    """Take a file in and leave it waiting."""
    return doors.take_in(
        kind=kind,
        path=path,
        file_name=name or path.name,
        language="en",
        actor=actor,
        now=system_clock.now(),
        send=lambda _job_id: None,
    )


def work(job_id: UUID, *, actor: Actor = SYSTEM) -> str:
    """Work on an import as a worker does; return its state."""
    return doors.work_on(job_id, actor_of=lambda _job: actor, clock=system_clock.now)


def checked(kind: str, path: Path, *, actor: Actor = SYSTEM) -> FileJob:
    """Upload and check a file."""
    job_id = upload(kind, path, actor=actor)
    work(job_id, actor=actor)
    return FileJob.objects.get(id=job_id)


def start(job_id: UUID, *, actor: Actor = SYSTEM, send: Callable[[UUID], object] = lambda _job_id: None) -> None:
    """Let a checked import be applied."""
    doors.start(job_id=job_id, actor=actor, now=system_clock.now(), send=send)


def applied(kind: str, path: Path, *, actor: Actor = SYSTEM) -> FileJob:
    """Upload, check and apply a file."""
    job = checked(kind, path, actor=actor)
    start(job.id, actor=actor)
    work(job.id, actor=actor)
    return FileJob.objects.get(id=job.id)


def rows_of(job: FileJob) -> list[KeptRow]:
    """Return all rows of an import."""
    return keep.rows_after(job.id, cursor=0, limit=10_000)


def errors_of(job: FileJob) -> list[tuple[int, str, str]]:
    """Return (row, column, code) of every error."""
    return [(row.number, fault.column, fault.code) for row in rows_of(job) for fault in row.content.errors]


def sentences_of(job: FileJob) -> list[str]:
    """Return what the errors say."""
    kind = importer.of_kind(job.kind)
    assert isinstance(kind, Importer)
    return [texts.sentence(kind, fault) for row in rows_of(job) for fault in row.content.errors]
