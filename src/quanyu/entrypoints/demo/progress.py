"""One bar for the whole demo: what is being made now, how far it is, and about how long it still takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

SECONDS_BETWEEN_LINES = 5.0


class Told:
    """Counts steps of named parts, each with its share of the whole, and estimates the rest from what was done."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = dict(shares)
        self._whole = sum(shares.values())
        self._before = 0.0
        self._part = ""
        self._total = 1
        self._done = 0
        self._began = time.monotonic()
        self.text = ""

    def part(self, name: str, total: int) -> None:
        """Begin a part of so many steps; the one before is over."""
        self._before += self._shares.pop(self._part, 0.0)
        self._part, self._total, self._done, self.text = name, max(1, total), 0, name
        self.show()

    def step(self, steps: int = 1, text: str = "") -> None:
        """Say that steps of the present part are done."""
        self._done += steps
        self.text = f"{self._part}: {text}" if text else self._part
        self.show()

    @property
    def share(self) -> float:
        """How much of the whole is done, from 0 to 1."""
        here = self._shares.get(self._part, 0.0) * min(1.0, self._done / self._total)
        return min(1.0, (self._before + here) / self._whole)

    @property
    def seconds_left(self) -> int | None:
        """About how many seconds the rest takes; ``None`` before enough is known."""
        share = self.share
        passed = time.monotonic() - self._began
        return None if share < 0.02 else round(passed * (1 - share) / share)

    @property
    def left(self) -> str:
        """The estimate in words."""
        return "" if self.seconds_left is None else f"about {self.seconds_left} s left"

    def show(self) -> None:
        """Show what is known; a plain one shows nothing."""


class _Lines(Told):
    """Tells it as lines, for logs and CI."""

    _said = 0.0

    def show(self) -> None:
        now = time.monotonic()
        if now - self._said >= SECONDS_BETWEEN_LINES:
            self._said = now
            print(f"demo {self.share:.0%} · {self.text} · {self.left}", flush=True)  # noqa: T201 - this is the output


class _Bar(Told):
    """Tells it as a bar on a terminal."""

    def __init__(self, shares: Mapping[str, float], shown: Progress) -> None:
        super().__init__(shares)
        self._shown = shown
        self._task = shown.add_task("", total=1.0, left="")

    def show(self) -> None:
        self._shown.update(self._task, completed=self.share, description=self.text, left=self.left)


@contextmanager
def telling(shares: Mapping[str, float]) -> Iterator[Told]:
    """Show the progress of parts with these shares while the block runs."""
    if not sys.stdout.isatty():
        yield _Lines(shares)
        return
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=Console(), transient=True) as shown:
        yield _Bar(shares, shown)
