"""Progress of long work: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Advance = Callable[[int], None]
SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def bar(title: str, total: int) -> Iterator[Advance]:
    """Show progress under a title; the block is handed a function that counts steps done."""
    if sys.stdout.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console()) as shown:
            task = shown.add_task(title, total=total)
            yield lambda steps: shown.advance(task, steps)
        return
    yield _Lines(title, total).advance


class _Lines:
    """Progress as lines, for logs and CI."""

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total, self._done, self._said = title, total, 0, time.monotonic()

    def advance(self, steps: int) -> None:
        self._done += steps
        if self._done >= self._total or time.monotonic() - self._said > SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            print(f"{self._title}: {self._done} / {self._total}", flush=True)  # noqa: T201 - this is the output
