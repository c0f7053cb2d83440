"""Take a member file in: its rows, checked one by one and encrypted in parts; the file itself is not kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.members.contracts.importing import ImportNotReady, ImportUnknown
from quanyu.modules.members.models import ImportJob, ImportPart
from quanyu.modules.members.queries import imports as import_queries
from quanyu.modules.members.rules import import_columns, import_rows, places
from quanyu.modules.members.rules.import_rows import ImportRow
from quanyu.platform import audit, db, pii

PART_ROWS = 1_000
NO_ROWS = N_("it has no rows below its headings")
KEPT_DAYS = 30
_SOURCE = re.compile(r"^[a-z0-9][a-z0-9._-]{0,59}\Z")


def open_job(
    *, file_name: str, source: str, headings: Sequence[str], store_id: int | None, actor: Actor, now: datetime
) -> UUID:
    """Write down that an import begins. Raises ``Invalid`` for a source that is no short name."""
    if not _SOURCE.match(source):
        raise Invalid(field="source", reason=N_("a short name of small letters, digits and dashes is needed"))
    job_id = uuid7()
    ImportJob.objects.create(
        id=job_id,
        source=source,
        file_name=file_name[-200:],
        store_id=store_id,
        headings=[heading[:60] for heading in headings],
        created_by=(actor.name or actor.id)[:80],
        created_at=now,
    )
    _record("members.import_upload", job_id, actor=actor, now=now)
    return job_id


def parts(
    places_: Mapping[str, int], rows: Iterator[tuple[int, Sequence[Any]]], *, today: date
) -> Iterator[list[ImportRow]]:
    """Yield the rows of a file in parts; empty rows and the template's sample are left out."""
    read = (
        import_rows.read(number, cells, today=today)
        for number, cells in ((number, _cells(places_, row)) for number, row in rows)
        if cells
    )
    while part := list(islice(read, PART_ROWS)):
        yield part


def keep_part(*, job_id: UUID, number: int, rows: list[ImportRow]) -> None:
    """Store a part, encrypted as one."""
    ImportPart.objects.create(
        job_id=job_id,
        number=number,
        row_count=len(rows),
        rows_encrypted=pii.seal(import_queries.pack(rows), places.of_import(f"{job_id}:{number}")),
    )


def complete(*, job_id: UUID, row_count: int) -> None:
    """Say that all rows are in: the job may be checked."""
    ImportJob.objects.filter(pk=job_id).update(row_count=row_count)


def start(*, job_id: UUID, actor: Actor, now: datetime) -> None:
    """Let a checked import run. Raises ``ImportUnknown``, ``ImportNotReady``."""
    _change(job_id, ("checked",), "running", "started_at", now)
    _record("members.import_start", job_id, actor=actor, now=now)


def cancel(*, job_id: UUID, actor: Actor, now: datetime) -> None:
    """Stop an import; what was written stays. Raises ``ImportUnknown``, ``ImportNotReady``."""
    _change(job_id, ("reading", "checked", "running"), "cancelled", "finished_at", now)
    _record("members.import_cancel", job_id, actor=actor, now=now)


def fail(*, job_id: UUID, problem: str, now: datetime) -> None:
    """Give an import up, with the code of the reason."""
    db.execute(
        "UPDATE members_import_job SET state = 'failed', problem = %s, finished_at = %s "
        "WHERE id = %s AND state IN ('reading', 'running')",
        [problem[:60], now, job_id],
    )


def forget(*, before: datetime) -> int:
    """Forget the rows of imports that ended or were left lying before a moment; counts and verdicts stay."""
    return db.execute(
        "UPDATE members_import_part p SET rows_encrypted = ''::bytea FROM members_import_job j "
        "WHERE j.id = p.job_id AND j.created_at < %s AND j.state <> 'running' AND length(p.rows_encrypted) > 0",
        [before],
    )


def checked(*, job_id: UUID, counts: Mapping[str, int]) -> None:
    """Say that every row was judged: the import may be started."""
    db.execute(
        "UPDATE members_import_job SET state = 'checked', preview = %s::jsonb WHERE id = %s AND state = 'reading'",
        [msgspec.json.encode(dict(counts)).decode(), job_id],
    )


def finish(*, job_id: UUID, now: datetime) -> None:
    """Say that every part was written."""
    db.execute(
        "UPDATE members_import_job SET state = 'done', finished_at = %s WHERE id = %s AND state = 'running' "
        "AND position = row_count",
        [now, job_id],
    )


def _cells(places_: Mapping[str, int], row: Sequence[Any]) -> dict[str, Any]:
    """Return the cells by column; nothing for an empty row or the sample."""
    cells = {column: row[place] for column, place in places_.items() if place < len(row)}
    texts = [str(cell).strip() for cell in row if cell is not None]
    if not any(texts) or (texts and texts[0].casefold().startswith(import_columns.SAMPLE_MARKS)):
        return {}
    return cells


def _change(job_id: UUID, before: tuple[str, ...], after: str, moment: str, now: datetime) -> None:
    waiting = ImportJob.objects.filter(pk=job_id, state__in=before, row_count__gt=0)
    if not waiting.update(**{"state": after, moment: now}):
        if not ImportJob.objects.filter(pk=job_id).exists():
            raise ImportUnknown(field="import_id")
        raise ImportNotReady(field="import_id")


def _record(action: str, job_id: UUID, *, actor: Actor, now: datetime) -> None:
    audit.record(actor=actor, action=action, subject_kind="member_import", subject_id=job_id, now=now)
