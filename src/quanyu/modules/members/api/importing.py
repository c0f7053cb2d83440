"""Doors of imports: take a file in, check it without writing, write it in parts, stop it, say what was wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.members.contracts.importing import Import, ImportRefused, ImportState
from quanyu.modules.members.ops import authorise, import_apply, import_check, import_keep, import_read, import_report
from quanyu.modules.members.queries import imports as import_queries
from quanyu.platform import audit, db

_TRIES = 5
_FORGOTTEN_AFTER = timedelta(days=import_keep.KEPT_DAYS)


def import_file(
    *, path: Path, file_name: str, source: str, store_id: int | None = None, actor: Actor, now: datetime
) -> Import:
    """Read a CSV or XLSX and keep its rows, encrypted; nothing is written to members yet.

    ``source`` names where customer numbers come from (``old-till``). Needs ``members.import``. The rows are
    judged afterwards (:func:`go_on_with_imports`). Raises ``ImportRefused``, ``Invalid``, ``Forbidden``.
    """
    authorise.demand(actor, authorise.IMPORT)
    places, headings, rows = import_read.table(path)
    job_id = db.in_transaction(
        lambda: import_keep.open_job(
            file_name=file_name, source=source, headings=headings, store_id=store_id, actor=actor, now=now
        )
    )
    try:
        count = 0
        for number, part in enumerate(import_keep.parts(places, rows, today=now.date())):
            db.in_transaction(partial(import_keep.keep_part, job_id=job_id, number=number, rows=part))
            count += len(part)
        if count == 0:
            raise ImportRefused(field="file", reason=import_keep.NO_ROWS)
    except ImportRefused as refusal:
        db.in_transaction(partial(import_keep.fail, job_id=job_id, problem=refusal.code, now=now))
        raise
    db.in_transaction(lambda: import_keep.complete(job_id=job_id, row_count=count))
    return import_queries.job(job_id)


def check_import(*, import_id: UUID, now: datetime) -> Import:
    """Judge every row: new, known, probable, repeated or wrong; writes verdicts only. Repeated from the start."""
    job = import_queries.job(import_id)
    seen = import_check.Seen()
    for number in import_queries.part_numbers(import_id, waiting=False):
        if import_queries.job(import_id).state is not ImportState.READING:
            return import_queries.job(import_id)
        db.in_transaction(
            partial(import_check.check_part, job_id=import_id, number=number, source=job.source, seen=seen)
        )
    db.in_transaction(lambda: import_keep.checked(job_id=import_id, counts=seen.counts))
    return import_queries.job(import_id)


def start_import(*, import_id: UUID, actor: Actor, now: datetime) -> Import:
    """Let a checked import be written. Needs ``members.import``. Raises ``ImportNotReady``, ``ImportUnknown``."""
    authorise.demand(actor, authorise.IMPORT)
    db.in_transaction(lambda: import_keep.start(job_id=import_id, actor=actor, now=now))
    return import_queries.job(import_id)


def cancel_import(*, import_id: UUID, actor: Actor, now: datetime) -> Import:
    """Stop an import between two parts; what was written stays. Raises ``ImportNotReady``, ``ImportUnknown``."""
    authorise.demand(actor, authorise.IMPORT)
    db.in_transaction(lambda: import_keep.cancel(job_id=import_id, actor=actor, now=now))
    return import_queries.job(import_id)


def run_import(*, import_id: UUID, now: datetime) -> Import:
    """Write the parts of a running import that are not written yet; each part and the position are one transaction.

    Goes on after a crash where the last part was committed. Returns when it is done, cancelled or failed.
    """
    for number in import_queries.part_numbers(import_id, waiting=True):
        for attempt in range(1, _TRIES + 1):
            job = import_queries.job(import_id)
            try:
                went_on = db.in_transaction(partial(import_apply.apply_part, job=job, number=number, now=now))
            except import_apply.Outrun:
                if attempt == _TRIES and number in import_queries.part_numbers(import_id, waiting=True):
                    db.in_transaction(partial(import_keep.fail, job_id=import_id, problem="members.outrun", now=now))
                    return import_queries.job(import_id)
            else:
                if not went_on:
                    return import_queries.job(import_id)
                break
    db.in_transaction(lambda: import_keep.finish(job_id=import_id, now=now))
    return import_queries.job(import_id)


def go_on_with_imports(*, now: datetime) -> int:
    """Check what was uploaded and write what was started; return how many imports were moved on."""
    waiting = import_queries.unfinished()
    for import_id in waiting:
        job = import_queries.job(import_id)
        if job.state is ImportState.READING:
            check_import(import_id=import_id, now=now)
        elif job.state is ImportState.RUNNING:
            run_import(import_id=import_id, now=now)
    return len(waiting)


def import_job(*, id: UUID) -> Import:
    """Return an import. Raises ``ImportUnknown``."""
    return import_queries.job(id)


def import_template(*, path: Path) -> None:
    """Write the template (XLSX) in the reader's language to a path."""
    import_report.template(path)


def import_problems(*, import_id: UUID, path: Path, actor: Actor, now: datetime) -> int:
    """Write the rows that were refused or may be known already, with reasons, to a path; return how many.

    The file holds what the uploaded one said: it needs ``members.import`` and leaves an audit row.
    """
    authorise.demand(actor, authorise.IMPORT)
    import_queries.job(import_id)
    count = import_report.problems(path, job_id=import_id)
    db.in_transaction(
        lambda: audit.record(
            actor=actor,
            action="members.import_problems",
            subject_kind="member_import",
            subject_id=import_id,
            detail={"rows": count},
            now=now,
        )
    )
    return count


def forget_imports(*, now: datetime) -> int:
    """Forget the rows of imports that are a month old; counts and verdicts stay. Return how many parts."""
    return db.in_transaction(lambda: import_keep.forget(before=now - _FORGOTTEN_AFTER))
