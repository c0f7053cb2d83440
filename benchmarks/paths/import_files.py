"""A file of products from upload to done, and again with new costs: `python -m benchmarks.paths.import_files [ROWS]`.

Goal: 100,000 rows checked, made, and changed again, in memory that does not grow with the file (at most 60 MB more
than the process had before). Makes a throw-away PostgreSQL with fsync on and an XLSX of made-up products, three
variants each, every row with a barcode; one row in fifty has an error. Printed per step: seconds of the clock and of
CPU, the process's largest memory, and how many times as long as the reference it took. Reference, in the same run:
reading the same file and copying its cells into a bare table.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from benchmarks.paths.import_members import timed
from quanyu.platform import postgres
from tests.harness.database import ROOT, SECRETS, at

ROWS, MEMORY_MB_MAX = 100_000, 60.0
HEAD = ("商品编码", "款号", "商品名称", "规格", "分类", "单位", "条码", "成本价")


def write(path: Path, rows: int, *, cost_fen: int) -> None:
    """Write a file of products; every fiftieth row costs nothing that is an amount."""
    from quanyu.modules.catalog.rules.barcodes import check_digit

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        for place in range(rows):
            style, body = f"B{place // 3:06d}", f"69{place:010d}"
            cost = "面议" if place % 50 == 49 else f"{(cost_fen + place) / 100:.2f}"
            cells = (f"{style}-{place % 3}", style, f"商品 {place // 3}", f"{place % 3 + 1}00g", "BENCH", "件")
            sheet.write_row(place + 1, 0, (*cells, f"{body}{check_digit(body)}", cost))


def through(path: Path, reference_s: float) -> dict[str, Any]:
    """Take a file in, check it, apply it; return what became of the rows."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.kernel.clock import system_clock
    from quanyu.platform.files import doors
    from quanyu.platform.models import FileJob

    def work() -> str:
        return doors.work_on(job_id, actor_of=lambda _job: SYSTEM, clock=system_clock.now)

    job_id = doors.take_in(
        kind="products", path=path, file_name=path.name, language="zh-hans", actor=SYSTEM,
        now=system_clock.now(), send=lambda _job_id: None,
    )  # fmt: skip
    seconds, _ = timed("  check (dry run)", work)
    doors.start(job_id=job_id, actor=SYSTEM, now=system_clock.now(), send=lambda _job_id: None)
    more, _ = timed("  apply", work)
    print(f"  {(seconds + more) / reference_s:.1f} times the reference")
    outcome: dict[str, Any] = FileJob.objects.get(id=job_id).outcome
    return outcome


def measure(folder: Path, url: str, rows: int) -> float:
    """Import the file and its next version; return how many megabytes the process grew."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.modules.catalog import api as catalog

    catalog.create_category(code="BENCH", name="测试", actor=SYSTEM, now=datetime.now(UTC))
    path, later = folder / "goods.xlsx", folder / "later.xlsx"
    write(folder / "few.xlsx", 600, cost_fen=300)
    write(path, rows, cost_fen=500)
    write(later, rows, cost_fen=700)
    # The reference holds the sheet as a whole, so it runs in a process of its own.
    script = "import sys; from benchmarks.paths.import_files import bare; bare(*sys.argv[1:])"
    answer = subprocess.run(
        [sys.executable, "-c", script, str(path), url], cwd=ROOT, check=True, capture_output=True, text=True
    )
    reference_s = float(answer.stdout)
    print(f"read and copy (reference)    {reference_s:6.1f} s")
    print("a few first: modules are loaded, dictionaries read")
    through(folder / "few.xlsx", reference_s)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for title, file in (("new products", path), ("new costs", later)):
        print(title)
        print(f"  {through(file, reference_s)}")
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def bare(path: str, url: str) -> None:
    """Read the cells of a file and copy them into a table; print the seconds."""
    import time

    import psycopg
    from python_calamine import CalamineWorkbook

    start = time.perf_counter()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        columns = ", ".join(f"c{place} text" for place in range(len(HEAD)))
        cursor.execute(f"CREATE TEMP TABLE bare ({columns})")
        with cursor.copy("COPY bare FROM STDIN") as out:
            for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows():
                out.write_row(row)
    print(time.perf_counter() - start)


def main(count: str | None = None) -> bool:
    """Measure on a database of its own; tell whether the goal was reached."""
    rows = int(count or ROWS)
    with postgres.scratch_folder() as folder, postgres.Server(folder / "pg") as server:
        postgres.create_database(server.address.url("postgres"), "bench")
        url = at(server.address.url("postgres"), "bench")
        os.environ.update(
            SECRETS
            | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "quanyu.entrypoints.settings", "QUANYU_HOME": str(folder)}
        )
        subprocess.run([sys.executable, "-m", "tests.harness.migrate"], cwd=ROOT, check=True)
        import django

        django.setup()
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {rows} rows, fsync on")
        grown = measure(folder, url, rows)
        print(f"memory grew by               {grown:6.1f} MB (goal: {MEMORY_MB_MAX:.0f} MB)")
        return grown <= MEMORY_MB_MAX


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:2]) else 1)
