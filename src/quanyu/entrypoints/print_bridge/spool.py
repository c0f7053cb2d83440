"""Jobs of the bridge as files: each id prints once, a power cut loses none and says which one it cannot vouch for."""

from __future__ import annotations

import os
import time
from enum import StrEnum
from pathlib import Path
from uuid import UUID

KEPT_S = 24 * 3600


class JobState(StrEnum):
    """Where a job stands. ``UNSURE``: the bridge stopped while it printed; a person looks at the paper."""

    WAITING = "waiting"
    PRINTING = "printing"
    PRINTED = "printed"
    UNSURE = "unsure"


class Spool:
    """A folder with one file per job, named by its id and state. One process writes in it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        for left in folder.glob(f"*.{JobState.PRINTING}"):
            left.rename(left.with_suffix(f".{JobState.UNSURE}"))

    def take(self, job: UUID, data: bytes) -> bool:
        """Keep a job, durably; return whether it is new. The same id again changes nothing."""
        if self.state(job) is not None:
            return False
        draft = self._folder / f"{job}.draft"
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._file(job, JobState.WAITING))
        return True

    def state(self, job: UUID) -> JobState | None:
        """Return where a job stands; None for one that was never taken."""
        return next((state for state in JobState if self._file(job, state).exists()), None)

    def waiting(self) -> list[UUID]:
        """Return the jobs to print, in the order they came."""
        files = self._folder.glob(f"*.{JobState.WAITING}")
        return [UUID(file.stem) for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))]

    def begin(self, job: UUID) -> bytes:
        """Note that a job is being printed and return what to print."""
        self._file(job, JobState.WAITING).rename(self._file(job, JobState.PRINTING))
        return self._file(job, JobState.PRINTING).read_bytes()

    def give_back(self, job: UUID) -> None:
        """Note that nothing reached the printer: the job waits again."""
        self._file(job, JobState.PRINTING).rename(self._file(job, JobState.WAITING))

    def finish(self, job: UUID) -> None:
        """Note that it is printed. Its id is remembered for a day, its content is not."""
        os.truncate(self._file(job, JobState.PRINTING), 0)
        self._file(job, JobState.PRINTING).rename(self._file(job, JobState.PRINTED))

    def doubt(self, job: UUID) -> None:
        """Note that the printer went away in the middle."""
        self._file(job, JobState.PRINTING).rename(self._file(job, JobState.UNSURE))

    def tidy(self) -> None:
        """Forget what was answered for more than a day."""
        limit = time.time() - KEPT_S
        for state in (JobState.PRINTED, JobState.UNSURE):
            for file in self._folder.glob(f"*.{state}"):
                if file.stat().st_mtime < limit:
                    file.unlink(missing_ok=True)

    def _file(self, job: UUID, state: JobState) -> Path:
        return self._folder / f"{job}.{state}"
