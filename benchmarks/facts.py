"""What a figure is worth: the machine it was measured on, and the CPU time that each part of the product took."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_FLUSHES = 200


def family(pid: int) -> list[int]:
    """Return a process and all below it. One that ends meanwhile is left out."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    except OSError:
        pass
    return found


def cpu_seconds(*pids: int) -> float:
    """Return the CPU time of processes and all they ever started, also of what has ended since."""
    return sum(_own_cpu_seconds(member) for pid in pids for member in family(pid))


def _own_cpu_seconds(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    # The name in brackets may hold spaces. Then: utime, stime, and both of the children that were waited for.
    return sum(map(int, text.rpartition(")")[2].split()[11:15])) / _TICKS_PER_S


@dataclass(frozen=True)
class Load:
    """The machine's clock ticks so far: all, and those that somebody else's machine took."""

    all: int
    stolen: int

    @staticmethod
    def now() -> Load:
        """Read them."""
        ticks = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return Load(sum(ticks), ticks[7])

    def steal_percent(self, since: Load) -> float:
        """Return the share that was stolen since."""
        passed = self.all - since.all
        return 100 * (self.stolen - since.stolen) / passed if passed else 0.0


def flush_ms(folder: Path) -> tuple[float, float]:
    """Return (median, 99th percentile) of what it takes to write 8 kB behind a file and flush it, in ms."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_FLUSHES):
            start = time.perf_counter()
            os.write(file.fileno(), bytes(8192))
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def of_machine(folder: Path, *, postgres: str) -> list[str]:
    """Return lines about the machine; ``folder`` is where the database lies, ``postgres`` its version."""
    median, worst = flush_ms(folder)
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return [
        f"{os.cpu_count()} cores, {_processor()}, {int(memory.split()[1]) / 1024**2:.0f} GB of memory",
        f"Linux {platform.release()}, Python {platform.python_version()}, PostgreSQL {postgres}",
        f"fsync on, synchronous_commit on; a flush of 8 kB takes {median:.2f} ms (99th percentile {worst:.2f} ms)",
        f"load at the start {os.getloadavg()[0]:.2f}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Return a Markdown table; columns are as wide as they must be."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def write(name: str, lines: Iterable[str]) -> Path:
    """Keep the results of today under ``benchmarks/results``; return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{datetime.now(UTC):%Y-%m-%d}.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
