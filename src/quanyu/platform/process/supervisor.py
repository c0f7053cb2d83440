"""Keep a few child processes running: restart the dead with back-off, stop all in order, leave nobody behind."""

import contextlib
import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quanyu.platform.process import leftovers, spawn

BACKOFF_SECONDS_MIN = 0.5
BACKOFF_SECONDS_MAX = 30.0
HEALTHY_SECONDS = 30.0  # a child that lived this long starts its back-off anew
LOG_BYTES_MAX = 10_000_000
LOG_TAIL_LINES = 8


@dataclass(frozen=True)
class Program:
    """One entry of the table of children. `name` is shown and names the log file.

    at_parent_death: what the kernel sends when we are killed. A program with children of its own needs SIGTERM, to
    end them; one without is best ended by SIGKILL, because nobody is left to wait for it.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    stop_seconds_max: float = 10.0
    at_parent_death: signal.Signals = signal.SIGTERM


class _Child:
    """A program with its present process and its history of falls."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.born_at = 0.0
        self.next_try_at = 0.0
        self.backoff_seconds = BACKOFF_SECONDS_MIN


class Supervisor:
    """Children of this process. Call it from the main thread only: they die with the thread that starts them.

    log_dir: one log per program; None: their output goes to ours. record: a file that names the living children,
    so that a next start can end them where the kernel did not.
    """

    def __init__(
        self, programs: Sequence[Program], *, log_dir: Path | None, record: Path, say: Callable[[str], None]
    ) -> None:
        self._children = [_Child(program) for program in programs]
        self._log_dir = log_dir
        self._record = record
        self._say = say

    def start(self, *, first: str | None = None) -> None:
        """End what a killed predecessor left, then start every program, or only the `first` until `start_others`."""
        leftovers.end(self._record, self._say)
        for child in self._children:
            if first is None or child.program.name == first:
                self._start(child, time.monotonic())
            else:
                child.next_try_at = math.inf

    def start_others(self) -> None:
        """Start what `start(first=...)` held back."""
        for child in self._children:
            if child.next_try_at == math.inf:
                child.next_try_at = 0.0
                self._start(child, time.monotonic())

    def check(self, now: float | None = None) -> None:
        """Collect children that died, say so, and start them again when their back-off has passed."""
        now = time.monotonic() if now is None else now
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._mourn(child, now)
            if child.process is None and now >= child.next_try_at:
                self._start(child, now)

    def is_running(self, name: str) -> bool:
        """Whether the named program's process lives at this moment."""
        return any(
            child.process is not None and child.process.poll() is None
            for child in self._children
            if child.program.name == name
        )

    def stop(self) -> None:
        """Stop all, first started last stopped; each within its time limit, then by force."""
        for child in reversed(self._children):
            if child.process is not None:
                end_group(child.process, child.program.stop_seconds_max)
                child.process = None
        self._record.unlink(missing_ok=True)

    def kill(self) -> None:
        """End all at once, without waiting for anything they do."""
        for child in self._children:
            if child.process is not None:
                _signal_group(child.process.pid, signal.SIGKILL)

    def log_tail(self, name: str) -> str:
        """The last lines that the program wrote, when it writes to a log."""
        path = self._log_path(name)
        if path is None or not path.exists():
            return ""
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-LOG_TAIL_LINES:])

    def _start(self, child: _Child, now: float) -> None:
        program = child.program
        path = self._log_path(program.name)
        if path is None:
            child.process = spawn.spawn(program.command, env=program.env, at_parent_death=program.at_parent_death)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
                path.replace(path.with_name(path.name + ".1"))
            with path.open("ab") as log:
                child.process = spawn.spawn(
                    program.command, env=program.env, output=log, at_parent_death=program.at_parent_death
                )
        child.born_at = now
        self._write_record()

    def _mourn(self, child: _Child, now: float) -> None:
        assert child.process is not None
        # Its own children (web workers) must not serve on without it.
        _signal_group(child.process.pid, signal.SIGKILL)
        if now - child.born_at >= HEALTHY_SECONDS:
            child.backoff_seconds = BACKOFF_SECONDS_MIN
        self._say(
            f"{child.program.name} stopped ({_cause(child.process.returncode)}); "
            f"starting it again in {child.backoff_seconds:g} s"
        )
        tail = self.log_tail(child.program.name)
        if tail:
            self._say(tail)
        child.process = None
        child.next_try_at = now + child.backoff_seconds
        child.backoff_seconds = min(child.backoff_seconds * 2, BACKOFF_SECONDS_MAX)

    def _log_path(self, name: str) -> Path | None:
        return None if self._log_dir is None else self._log_dir / f"{name}.log"

    def _write_record(self) -> None:
        living = [
            {"name": child.program.name, "pid": child.process.pid, "birth": leftovers.birth(child.process.pid)}
            for child in self._children
            if child.process is not None
        ]
        self._record.parent.mkdir(parents=True, exist_ok=True)
        draft = self._record.with_name(self._record.name + ".new")
        draft.write_text(json.dumps(living), encoding="utf-8")
        draft.replace(self._record)


def end_group(process: subprocess.Popen[bytes], seconds_max: float) -> None:
    """Ask the child to stop, wait, then end its whole group; the child is collected in every case."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds_max)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, sign: signal.Signals) -> None:
    try:
        os.killpg(group, sign)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left; macOS says 'permission' when only zombies are


def _cause(returncode: int) -> str:
    return f"killed by {signal.Signals(-returncode).name}" if returncode < 0 else f"exit code {returncode}"
