"""Import a file of products, prices, stores ... from the command line: the same engine as the console's page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.utils.translation import get_language

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.platform.files import doors, importer, papers
from quanyu.platform.files.importer import Importer
from quanyu.platform.files.refusals import FileRefused, FileUnknown
from quanyu.platform.http import problems as texts
from quanyu.platform.models import FileJob

Say = Callable[[str], None]


def import_file(path: Path, *, kind: str, is_applied: bool, problems: Path | None, say: Say) -> FileJob:
    """Check a file and, if asked to, write it; say how its rows fare. Raises ``FileRefused``.

    It runs in this process, so it ends with it; started again with the same file, known rows change nothing.
    """
    declared = importer.of_kind(kind)
    if not isinstance(declared, Importer):
        raise FileUnknown
    job_id = doors.take_in(
        kind=kind,
        path=path,
        file_name=path.name,
        language=get_language() or "en",
        actor=SYSTEM,
        now=system_clock.now(),
        send=lambda _job_id: None,
    )
    state = doors.work_on(job_id, actor_of=lambda _job: SYSTEM, clock=system_clock.now)
    job = doors.job_of(job_id=job_id, actor=SYSTEM)
    if state == "failed":
        raise FileRefused(job.reason, shown=job.shown)
    _say(job.counts, say)
    if is_applied and state == "checked":
        doors.start(job_id=job_id, actor=SYSTEM, now=system_clock.now(), send=lambda _job_id: None)
        doors.work_on(job_id, actor_of=lambda _job: SYSTEM, clock=system_clock.now)
        job = doors.job_of(job_id=job_id, actor=SYSTEM)
        say(f"{job.state}: {job.rows_applied} of {job.rows_read} rows")
        _say(job.outcome, say)
    elif not is_applied:
        doors.cancel(job_id=job_id, actor=SYSTEM, now=system_clock.now())
        say("checked only: nothing was written; repeat with --apply")
    if problems is not None:
        count = papers.returned(job, declared, problems)
        say(f"{count} rows with problems: {problems}")
    return job


def told(refusal: Problem) -> str:
    """Return a refusal with what to do."""
    return f"{texts.text(refusal.title, refusal.params)} {texts.text(refusal.remedy, refusal.params)}"


def _say(counts: dict[str, int], say: Say) -> None:
    for name, count in sorted(counts.items()):
        say(f"  {count:>7} {name}")
