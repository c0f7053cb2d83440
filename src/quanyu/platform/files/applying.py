"""Write what was previewed, batch by batch: a batch and the place where it ends are one transaction.

A crash between or inside two batches neither loses nor repeats a row. What somebody changed since the preview is not
written over: such a row is refused, and the preview of the next upload shows it as it is now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.platform import db
from quanyu.platform.files import keep
from quanyu.platform.files.checking import differing, wire_of
from quanyu.platform.files.importer import Deed, Importer, Known, Row, RowError, error
from quanyu.platform.files.keep import CHANGED, NEW, REFUSED, SAME, WRITTEN, Content, KeptRow
from quanyu.platform.models import FileJob

Outcomes = dict[int, tuple[str, Content | None]]


def apply(job: FileJob, importer: Importer, *, actor: Actor, clock: Callable[[], datetime]) -> None:
    """Write the rows of a job that was taken and started, from where its cursor stands."""
    while db.in_transaction(partial(_apply_batch, job.id, importer, actor=actor, now=clock())):
        pass


def _apply_batch(job_id: UUID, importer: Importer, *, actor: Actor, now: datetime) -> bool:
    cursor = FileJob.objects.values_list("cursor", flat=True).get(id=job_id)
    rows = keep.rows_after(job_id, cursor=cursor)
    if not rows:
        keep.finished(job_id, now=now)
        return False
    if not keep.apply_on(job_id, after=cursor, cursor=rows[-1].number, count=len(rows), now=now):
        return False
    wanted = [row for row in rows if row.verdict in (NEW, CHANGED)]
    outcomes = _write(importer, wanted, str(job_id), actor=actor, now=now) if wanted else {}
    keep.settle(job_id, outcomes)
    # Rows that the preview refused or found unchanged are counted with what they were.
    counted = Counter(outcomes[row.number][0] if row.number in outcomes else row.verdict for row in rows)
    problems = Counter(content.errors[0].code for _, content in outcomes.values() if content is not None)
    keep.count(job_id, "outcome", counted, problems)
    return True


def _write(importer: Importer, rows: Sequence[KeptRow], import_id: str, *, actor: Actor, now: datetime) -> Outcomes:
    outcomes: Outcomes = {}
    by_number = {row.number: row for row in rows}
    asked = [Row(row.number, row.content.values) for row in rows]
    deeds = []
    for row, known in zip(asked, importer.look_up(asked, actor, now, True), strict=True):
        judged = _judge(importer, by_number[row.number], row, known)
        if isinstance(judged, RowError):
            outcomes[row.number] = (REFUSED, _with(by_number[row.number], judged))
        elif judged is None:
            outcomes[row.number] = (SAME, None)
        else:
            deeds.append(judged)
    if deeds:
        try:
            db.in_transaction(lambda: importer.write(deeds, import_id, actor, now))
            outcomes |= {deed.row.number: (WRITTEN, None) for deed in deeds}
        except Problem:
            # One of them is refused: each for itself, so that the others are written.
            for deed in deeds:
                outcomes[deed.row.number] = _write_one(
                    importer, by_number[deed.row.number], deed.row, import_id, actor=actor, now=now
                )
    return outcomes


def _write_one(
    importer: Importer, kept: KeptRow, row: Row, import_id: str, *, actor: Actor, now: datetime
) -> tuple[str, Content | None]:
    """Write a row alone; what stands is asked again, as the row before it may have made the same greater thing."""

    def work() -> Deed | RowError | None:
        judged = _judge(importer, kept, row, importer.look_up([row], actor, now, True)[0])
        if isinstance(judged, Deed):
            importer.write([judged], import_id, actor, now)
        return judged

    try:
        judged = db.in_transaction(work)
    except Problem as problem:
        judged = error_of(importer, problem)
    if isinstance(judged, RowError):
        return REFUSED, _with(kept, judged)
    return (SAME if judged is None else WRITTEN), None


def _judge(importer: Importer, kept: KeptRow, row: Row, known: Known) -> Deed | RowError | None:
    """Return what is to be written, ``None`` when it stands already, or why it may not be written now."""
    if known.errors:
        return known.errors[0]
    changes = differing(importer, row.values, known)
    if known.exists and not changes:
        return None
    if known.exists != (kept.verdict == CHANGED):
        return error("stale" if known.exists else "gone", importer.keys[-1])
    stale = _stale(importer, kept.content.before, known, changes)
    return error("stale", stale) if stale else Deed(row, known, changes)


def _stale(importer: Importer, before: Mapping[str, str], known: Known, changes: frozenset[str]) -> str:
    """Return a column that is neither as it was at the preview nor as the row wants it; empty for none."""
    return next(
        (code for code in sorted(changes) if wire_of(importer, code, known.values.get(code)) != before.get(code, "")),
        "",
    )


def error_of(importer: Importer, problem: Problem) -> RowError:
    """Return a refusal of the module's door as the error of a row, at the column its field came from."""
    name = (problem.field or "").rpartition(".")[2] or (problem.field or "")
    column = importer.columns_of.get(name, name)
    known = column if importer.column(column) is not None else ""
    params = {key: value if isinstance(value, str | int) else str(value) for key, value in problem.params.items()}
    return RowError(problem.code, known, problem.title, problem.remedy, params)


def _with(kept: KeptRow, fault: RowError) -> Content:
    content = kept.content
    return Content(content.cells, content.values, content.before, [*content.errors, fault])
