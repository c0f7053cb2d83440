"""Where imports stand: jobs and their rows. Every move is one conditional statement, so that nobody moves twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec
from django.conf import settings

from quanyu.platform import db, pii
from quanyu.platform.files import cells as cell_forms
from quanyu.platform.files.cells import Cell
from quanyu.platform.files.columns import Value
from quanyu.platform.files.importer import RowError
from quanyu.platform.models import FileJob, FileRow

KEPT = timedelta(days=7)
# A worker shows with every batch that it lives; one that has not for so long is taken for dead.
LEASE = timedelta(seconds=60)
BATCH = 500
WORKED_ON = ("uploaded", "checking", "applying")
OPEN = (*WORKED_ON, "checked")
NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
WRITTEN, SAME = "written", "same"
VERDICTS = (NEW, CHANGED, UNCHANGED, REFUSED)


@dataclass(frozen=True, slots=True)
class Content:
    """A row as it is kept: its cells, what they say, what stood in the books at the preview, what is wrong."""

    cells: Sequence[Cell]
    values: Mapping[str, Value | None] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[RowError] = ()


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row of a job with its number in the file."""

    number: int
    verdict: str
    outcome: str
    content: Content


def path_of(job_id: UUID) -> Path:
    """Return where the uploaded file lies until it was checked: readable by this account alone."""
    folder = Path(settings.CONFIG.home) / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{job_id}.upload"


def hash_of(*parts: str) -> bytes:
    """Return 16 bytes by which a row's thing is found again within its file."""
    return pii.blind_index("\0".join(parts), "file.row")[:16]


def sha256_of(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def take(job_id: UUID, *, now: datetime) -> FileJob | None:
    """Take a job that waits, or whose worker died; ``None`` when there is nothing to do for this one."""
    taken = db.execute(
        "UPDATE platform_file_job SET beat_at = %s, state = CASE state WHEN 'uploaded' THEN 'checking' ELSE state END "
        "WHERE id = %s AND state IN ('uploaded', 'checking', 'applying') AND (beat_at IS NULL OR beat_at <= %s)",
        [now, job_id, now - LEASE],
    )
    return FileJob.objects.get(id=job_id) if taken else None


def let_go(job_id: UUID) -> None:
    """Let the next worker take a job at once that this one could not finish."""
    db.execute("UPDATE platform_file_job SET beat_at = NULL WHERE id = %s", [job_id])


def abandoned(now: datetime) -> list[UUID]:
    """Return jobs that nobody has worked on for longer than a worker may be silent."""
    found = db.rows(
        "SELECT id FROM platform_file_job WHERE state IN ('uploaded', 'checking', 'applying') "
        "AND coalesce(beat_at, started_at, created_at) <= %s ORDER BY created_at LIMIT 100",
        [now - LEASE],
    )
    return [row["id"] for row in found]


def read_on(job_id: UUID, *, before: int, count: int, progress: int, now: datetime) -> bool:
    """Count rows as read; ``False`` when the job is not being checked any more, or another worker was quicker."""
    return bool(
        db.execute(
            "UPDATE platform_file_job SET rows_read = rows_read + %s, progress = %s, beat_at = %s "
            "WHERE id = %s AND state = 'checking' AND rows_read = %s",
            [count, progress, now, job_id, before],
        )
    )


def apply_on(job_id: UUID, *, after: int, cursor: int, count: int, now: datetime) -> bool:
    """Move the cursor; ``False`` when the job does not run any more, or another worker was quicker."""
    return bool(
        db.execute(
            "UPDATE platform_file_job SET cursor = %s, rows_applied = rows_applied + %s, beat_at = %s, "
            "progress = 100 * (rows_applied + %s) / rows_read WHERE id = %s AND state = 'applying' AND cursor = %s",
            [cursor, count, now, count, job_id, after],
        )
    )


def count(job_id: UUID, column: str, more: Mapping[str, int], problems: Mapping[str, int]) -> None:
    """Add to the figures of a job whose row this transaction holds; ``column`` is ``counts`` or ``outcome``."""
    job = FileJob.objects.only("counts", "outcome", "problems").get(id=job_id)
    FileJob.objects.filter(id=job_id).update(
        **{column: _sum(getattr(job, column), more), "problems": _sum(job.problems, problems)}
    )


def checked(job_id: UUID, *, now: datetime) -> bool:
    """Say that every row was judged: the import may be applied."""
    return bool(
        db.execute(
            "UPDATE platform_file_job SET state = 'checked', checked_at = %s, beat_at = NULL, progress = 100 "
            "WHERE id = %s AND state = 'checking'",
            [now, job_id],
        )
    )


def started(job_id: UUID, *, staff_id: int | None, now: datetime) -> bool:
    """Let a checked import be applied; ``False`` for one that is not checked, or was started already."""
    return bool(
        db.execute(
            "UPDATE platform_file_job SET state = 'applying', started_at = %s, beat_at = NULL, progress = 0 "
            "WHERE id = %s AND staff_id IS NOT DISTINCT FROM %s AND state = 'checked' AND rows_read > 0",
            [now, job_id, staff_id],
        )
    )


def cancelled(job_id: UUID, *, staff_id: int | None, now: datetime) -> bool:
    """Stop an import between two batches; what was written stays."""
    return bool(
        db.execute(
            "UPDATE platform_file_job SET state = 'cancelled', finished_at = %s, beat_at = NULL WHERE id = %s "
            "AND staff_id IS NOT DISTINCT FROM %s AND state IN ('uploaded', 'checking', 'checked', 'applying')",
            [now, job_id, staff_id],
        )
    )


def finished(job_id: UUID, *, now: datetime) -> bool:
    """Say that every row was applied."""
    return bool(
        db.execute(
            "UPDATE platform_file_job SET state = 'done', finished_at = %s, beat_at = NULL, progress = 100 "
            "WHERE id = %s AND state = 'applying' AND rows_applied = rows_read",
            [now, job_id],
        )
    )


def failed(job_id: UUID, *, reason: str, shown: str = "", now: datetime) -> None:
    """Give a job up, with the code of the reason."""
    db.execute(
        "UPDATE platform_file_job SET state = 'failed', reason = %s, shown = %s, finished_at = %s, beat_at = NULL "
        "WHERE id = %s AND state IN ('uploaded', 'checking', 'applying')",
        [reason, shown[:80], now, job_id],
    )


def insert(job_id: UUID, rows: Sequence[tuple[int, str, bytes | None, bytes | None, Content]]) -> None:
    """Keep checked rows: (number, verdict, key, group, content)."""
    FileRow.objects.bulk_create(
        [
            FileRow(
                job_id=job_id,
                number=number,
                verdict=verdict,
                problem=content.errors[0].code if content.errors else "",
                key_hash=key,
                group_hash=group,
                content=sealed(job_id, number, content),
            )
            for number, verdict, key, group, content in rows
        ]
    )


def settle(job_id: UUID, outcomes: Mapping[int, tuple[str, Content | None]]) -> None:
    """Note what became of rows; a content comes with new errors."""
    plain: dict[str, list[int]] = {}
    for number, (outcome, content) in outcomes.items():
        if content is None:
            plain.setdefault(outcome, []).append(number)
            continue
        FileRow.objects.filter(job_id=job_id, number=number).update(
            outcome=outcome, problem=content.errors[0].code, content=sealed(job_id, number, content)
        )
    for outcome, numbers in plain.items():
        FileRow.objects.filter(job_id=job_id, number__in=numbers).update(outcome=outcome)


def rows_after(job_id: UUID, *, cursor: int, limit: int = 0) -> list[KeptRow]:
    """Return the next rows of a job in the order of the file, by default a batch."""
    found = FileRow.objects.filter(job_id=job_id, number__gt=cursor).order_by("number")
    return _opened(job_id, found[: limit or BATCH])


def rows_like(job_id: UUID, *, limit: int, after: int = 0, **wanted: Any) -> list[KeptRow]:
    """Return rows of a verdict, an outcome or a problem, in the order of the file."""
    found = FileRow.objects.filter(job_id=job_id, number__gt=after, **wanted).order_by("number")[:limit]
    return _opened(job_id, found)


def earlier_keys(job_id: UUID, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Return which of the things an earlier row of the file is about, by their hash."""
    found = FileRow.objects.filter(job_id=job_id, key_hash__in=keys).exclude(verdict=REFUSED)
    return {bytes(cast("bytes", key)): number for key, number in found.values_list("key_hash", "number")}


def last_of_groups(job_id: UUID, groups: Sequence[bytes]) -> dict[bytes, KeptRow]:
    """Return the last earlier row of each group."""
    found = FileRow.objects.filter(job_id=job_id, group_hash__in=groups).exclude(verdict=REFUSED)
    last = list(found.order_by("group_hash", "-number").distinct("group_hash"))
    opened = {row.number: row for row in _opened(job_id, last)}
    return {bytes(cast("bytes", row.group_hash)): opened[row.number] for row in last}


def sealed(job_id: UUID, number: int, content: Content) -> bytes:
    """Return a content encrypted for its place: a file may hold anything, personal data among it."""
    kept = [
        [cell_forms.packed(cell) for cell in content.cells],
        {
            code: ["d", value.isoformat()] if isinstance(value, date) else value
            for code, value in content.values.items()
        },
        dict(content.before),
        [[one.code, one.column, one.what, one.remedy, dict(one.params)] for one in content.errors],
    ]
    return pii.seal(msgspec.msgpack.encode(kept), _place(job_id, number))


def prune(now: datetime) -> int:
    """Forget imports that are older than a week, with their rows and files; return how many."""
    old = list(
        FileJob.objects.filter(created_at__lte=now - KEPT).exclude(state="applying").values_list("id", flat=True)[:100]
    )
    for job_id in old:
        path_of(job_id).unlink(missing_ok=True)
    FileRow.objects.filter(job_id__in=old).delete()
    FileJob.objects.filter(id__in=old).delete()
    return len(old)


def _opened(job_id: UUID, rows: Any) -> list[KeptRow]:
    return [
        KeptRow(
            row.number, row.verdict, row.outcome, _content(pii.open_sealed(row.content, _place(job_id, row.number)))
        )
        for row in rows
    ]


def _content(kept: bytes) -> Content:
    packed, values, before, errors = msgspec.msgpack.decode(kept)
    return Content(
        [cell_forms.unpacked(cell) for cell in packed],
        {code: date.fromisoformat(value[1]) if isinstance(value, list) else value for code, value in values.items()},
        before,
        [RowError(*one) for one in errors],
    )


def _place(job_id: UUID, number: int) -> str:
    return f"platform_file_row|content|{job_id}:{number}"


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in (*one, *(set(other) - set(one)))}
