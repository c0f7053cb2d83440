"""Import a file of members from the command line: the same doors as the console's page, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts.importing import Import, Verdict

Say = Callable[[str], None]
_TITLES = {
    Verdict.NEW: "new",
    Verdict.PROBABLE: "new, maybe known already (see the review queue)",
    Verdict.KNOWN: "known",
    Verdict.REPEATED: "repeat an earlier row",
    Verdict.ERROR: "with errors, left out",
}


def import_file(path: Path, *, is_dry: bool, source: str, problems: Path | None, say: Say) -> Import:
    """Read, check and, unless it is a dry run, write the file; say what the rows are. Raises ``ImportRefused``."""
    now = system_clock.now
    job = members.import_file(path=path, file_name=path.name, source=source, actor=SYSTEM, now=now())
    say(f"{job.row_count} rows; checking")
    job = members.check_import(import_id=job.id, now=now())
    _say(job.preview, say)
    if job.unknown_headings:
        say(f"columns that are not read: {', '.join(job.unknown_headings)}")
    if problems is not None:
        count = members.import_problems(import_id=job.id, path=problems, actor=SYSTEM, now=now())
        say(f"{count} rows that need a look: {problems}")
    if is_dry:
        members.cancel_import(import_id=job.id, actor=SYSTEM, now=now())
        say("dry run: nothing was written")
        return members.import_job(id=job.id)
    members.start_import(import_id=job.id, actor=SYSTEM, now=now())
    job = members.run_import(import_id=job.id, now=now())
    say(f"{job.state}: {job.position} of {job.row_count} rows")
    _say(job.outcome, say)
    return job


def _say(counts: dict[str, int], say: Say) -> None:
    for verdict, title in _TITLES.items():
        if counts.get(verdict):
            say(f"  {counts[verdict]:>7} {title}")
