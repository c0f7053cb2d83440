"""The doors of imports: take a file in, work on it, start, stop, hand back; audited where a person acts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden
from quanyu.platform import audit, db, locks, logs
from quanyu.platform.files import applying, checking, importer, keep
from quanyu.platform.files.importer import Importer
from quanyu.platform.files.refusals import FileNotReady, FileRefused, FileUnknown, TooManyFiles
from quanyu.platform.models import FileJob

LIVE_MAX = 3
_log = structlog.get_logger(__name__)


def take_in(
    *, kind: str, path: Path, file_name: str, language: str, actor: Actor, now: datetime, send: Callable[[UUID], object]
) -> UUID:
    """Keep a file to be checked and return the job's id; ``send`` gives it to a worker with the same transaction.

    The same file that waits already is the same job: a second click changes nothing. Raises ``Forbidden``,
    ``FileRefused``, ``TooManyFiles``.
    """
    wanted = _demand(kind, actor)
    if path.stat().st_size == 0:
        raise FileRefused("empty")
    digest, job_id = keep.sha256_of(path), uuid7()
    shutil.copyfile(path, keep.path_of(job_id))
    keep.path_of(job_id).chmod(0o600)

    def work() -> UUID:
        # One upload of a person at a time: two clicks meet here.
        locks.advisory(locks.Space.IMPORT, staff_id_of(actor) or 0)
        own = FileJob.objects.filter(staff_id=staff_id_of(actor))
        same = own.filter(kind=kind, sha256=digest, state__in=["uploaded", "checking", "checked"]).first()
        if same is not None:
            return same.id
        if own.filter(state__in=keep.WORKED_ON).count() >= LIVE_MAX:
            raise TooManyFiles(most=LIVE_MAX)
        FileJob.objects.create(
            id=job_id,
            kind=wanted.name,
            state="uploaded",
            staff_id=staff_id_of(actor),
            language=language,
            file_name=file_name[-200:],
            sha256=digest,
            created_at=now,
        )
        _record("files.upload", job_id, wanted, actor=actor, now=now, sha256=digest)
        send(job_id)
        return job_id

    try:
        made = db.in_transaction(work)
    except BaseException:
        keep.path_of(job_id).unlink(missing_ok=True)
        raise
    if made != job_id:
        keep.path_of(job_id).unlink(missing_ok=True)
    return made


def work_on(job_id: UUID, *, actor_of: Callable[[FileJob], Actor | None], clock: Callable[[], datetime]) -> str:
    """Check or apply a job with the rights its person has now; return its state. Safe to repeat at any moment."""
    job = keep.take(job_id, now=clock())
    if job is None:
        return state_of(job_id)
    actor, kind = actor_of(job), importer.of_kind(job.kind)
    if actor is None or not isinstance(kind, Importer) or not actor.reaches(kind.permission):
        keep.cancelled(job_id, staff_id=job.staff_id, now=clock())
    else:
        _work(job, kind, actor=actor, clock=clock)
    after = state_of(job_id)
    if after not in ("uploaded", "checking"):
        # Its rows are kept sealed; the file itself is not needed any more.
        keep.path_of(job_id).unlink(missing_ok=True)
    return after


def start(*, job_id: UUID, actor: Actor, now: datetime, send: Callable[[UUID], object]) -> None:
    """Let a checked import be applied. Raises ``FileUnknown``, ``FileNotReady``, ``Forbidden``."""
    job = job_of(job_id=job_id, actor=actor)
    kind = _demand(job.kind, actor)

    def work() -> None:
        if not keep.started(job_id, staff_id=job.staff_id, now=now):
            raise FileNotReady
        _record("files.apply", job_id, kind, actor=actor, now=now, **job.counts)
        send(job_id)

    db.in_transaction(work)


def cancel(*, job_id: UUID, actor: Actor, now: datetime) -> None:
    """Stop an import between two batches; what was written stays. Raises ``FileUnknown``, ``FileNotReady``."""
    job = job_of(job_id=job_id, actor=actor)
    kind = _demand(job.kind, actor)

    def work() -> None:
        if not keep.cancelled(job_id, staff_id=job.staff_id, now=now):
            raise FileNotReady
        _record("files.cancel", job_id, kind, actor=actor, now=now)

    db.in_transaction(work)
    keep.path_of(job_id).unlink(missing_ok=True)


def note_returned(*, job: FileJob, actor: Actor, now: datetime) -> None:
    """Write down that somebody fetched the file with the problems: it holds what the uploaded one said."""
    kind = _demand(job.kind, actor)
    db.in_transaction(lambda: _record("files.returned", job.id, kind, actor=actor, now=now))


def job_of(*, job_id: UUID, actor: Actor) -> FileJob:
    """Return a person's own import. Raises ``FileUnknown``."""
    found = FileJob.objects.filter(id=job_id, staff_id=staff_id_of(actor)).first()
    if found is None:
        raise FileUnknown
    return found


def jobs_of(*, actor: Actor, limit: int = 20) -> list[FileJob]:
    """Return a person's imports of the last days, newest first."""
    return list(FileJob.objects.filter(staff_id=staff_id_of(actor)).order_by("-created_at")[:limit])


def state_of(job_id: UUID) -> str:
    """Return where a job stands; ``""`` for one that is not there."""
    return FileJob.objects.filter(id=job_id).values_list("state", flat=True).first() or ""


def staff_id_of(actor: Actor) -> int | None:
    """Return who owns what the actor imports; the command line's belongs to nobody."""
    return int(actor.id) if actor.kind is ActorKind.STAFF else None


def _work(job: FileJob, kind: Importer, *, actor: Actor, clock: Callable[[], datetime]) -> None:
    try:
        if job.state == "checking":
            checking.check(job, kind, actor=actor, clock=clock)
        else:
            applying.apply(job, kind, actor=actor, clock=clock)
    except FileRefused as refusal:
        keep.failed(job.id, reason=refusal.reason_code, shown=refusal.shown, now=clock())
    except (OperationalError, InterfaceError):
        # The database is away: whoever takes the job next goes on behind the last batch.
        raise
    except Exception as failure:
        _log.error("files.stopped", job_id=str(job.id), kind=kind.name, **logs.failure(failure))
        keep.failed(job.id, reason="stopped", now=clock())
        raise


def _demand(kind: str, actor: Actor) -> Importer:
    found = importer.of_kind(kind)
    if not isinstance(found, Importer):
        raise FileUnknown
    if not actor.reaches(found.permission):
        raise Forbidden(permission=found.permission)
    return found


def _record(action: str, job_id: UUID, kind: Importer, *, actor: Actor, now: datetime, **detail: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="file_import",
        subject_id=job_id,
        detail={"kind": kind.name, **detail},
        now=now,
    )
