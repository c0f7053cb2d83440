"""What `postmaster.pid` says about a running server, and whether that process truly lives."""

import os
import subprocess
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PROC = Path("/proc")


class Life(Enum):
    """The state of a process id."""

    GONE = "gone"
    ZOMBIE = "zombie"  # dead, but its parent has not collected it: it still answers kill(pid, 0)
    ALIVE = "alive"


@dataclass(frozen=True)
class Postmaster:
    """The lines of `postmaster.pid`. `ready` means that it accepts connections."""

    pid: int
    port: int
    socket_dir: str
    host: str
    ready: bool


def read(data_dir: Path) -> Postmaster | None:
    """The server that claims the folder, dead or alive; None when the file is absent or not complete yet."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 6 or not lines[0].strip().isdigit():
        return None
    status = lines[7].strip() if len(lines) > 7 else ""
    return Postmaster(int(lines[0]), int(lines[3]), lines[4].strip(), lines[5].strip(), status == "ready")


def serving(data_dir: Path) -> Postmaster | None:
    """The postmaster that really runs on the folder now (it may still be starting), or None."""
    found = read(data_dir)
    if found is not None and life(found.pid) is Life.ALIVE and works_in(found.pid, data_dir):
        return found
    return None


def life(pid: int) -> Life:
    """Whether the process exists, and whether it is more than a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return Life.GONE
    except PermissionError:
        pass
    return Life.ZOMBIE if _state(pid) == "Z" else Life.ALIVE


def works_in(pid: int, data_dir: Path) -> bool:
    """Whether the process is PostgreSQL working in this folder, and not a stranger with a recycled id."""
    try:
        return (PROC / str(pid) / "cwd").resolve(strict=True) == data_dir.resolve()
    except FileNotFoundError:
        pass
    except PermissionError:
        return True  # cannot look: believing that it lives is the safe answer
    if PROC.joinpath("self").exists():
        return False
    return "postgres" in _ps(pid, "command=")


def clear_stale(data_dir: Path, wait_seconds_max: float) -> None:
    """Make room after a killed server: wait until it is collected, then remove the lock files of the dead.

    PostgreSQL itself removes the file of a process that is gone, but takes a zombie, or a stranger with a recycled
    id, for a running server and refuses. Such a file is removed only when nothing works in the folder any more,
    because an orphaned backend of the old server could still write. Where that cannot be seen (no /proc), the
    decision stays with PostgreSQL.
    """
    deadline = time.monotonic() + wait_seconds_max
    while True:
        found = read(data_dir)
        state = life(found.pid) if found else Life.GONE
        orphans = _workers(data_dir)
        settled = state is not Life.ZOMBIE and not orphans
        if settled or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    if state is not Life.GONE and not orphans and PROC.joinpath("self").exists():
        for lock in (data_dir / "postmaster.pid", *data_dir.glob(".s.PGSQL.*")):
            lock.unlink(missing_ok=True)


def _workers(data_dir: Path) -> list[int]:
    """Living processes whose working folder is the data folder (each PostgreSQL process stands in it)."""
    if not PROC.joinpath("self").exists():
        return []
    home = data_dir.resolve()
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                stands_here = (entry / "cwd").resolve(strict=True) == home
            except OSError:
                continue
            if stands_here and life(int(entry.name)) is Life.ALIVE:
                found.append(int(entry.name))
    return found


def _state(pid: int) -> str:
    try:
        # After the last ')': the name in parentheses may itself hold blanks and brackets.
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return _ps(pid, "state=")[:1]


def _ps(pid: int, column: str) -> str:
    """One column of `ps`, for systems without /proc."""
    try:
        answer = subprocess.run(["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return answer.stdout.strip()
