"""A file of members from upload to the returned error file: `python -m benchmarks.paths.import_members [ROWS]`.

Goal P7: 100,000 rows in at most 60 s, memory that does not grow with the file. Makes a throw-away PostgreSQL with
fsync on and an XLSX of made-up members: one row in fifty with an error, one in forty a slip of an earlier row, one in
a hundred on an earlier row's phone under another name. Printed per step: seconds of the clock and of CPU, and the
process's largest memory. Reference, by turns in the same run: reading the same file and copying its cells into a
bare table.
"""

from __future__ import annotations

import os
import platform
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from python_calamine import CalamineWorkbook

from quanyu.platform import postgres
from tests.harness.database import ROOT, SECRETS, at

ROWS, GOAL_S = 100_000, 60.0
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
)
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲志建国华红梅鑫宇浩欣怡子涵梓萱雨晨诗思佳俊博轩一诺可馨"


def made_up(rows: int) -> list[list[Any]]:
    """Return rows of members that nobody is."""
    chance = random.Random(20260302)
    found: list[list[Any]] = []
    for place in range(rows):
        name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
        phone: Any = f"1{chance.choice('35789')}{place:09d}"
        born = (date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))).isoformat()
        number, mail = f"C-{place:07d}", f"u{place}@example.com" if chance.random() < 0.4 else ""
        if place % 50 == 49:
            phone = chance.choice(("123", "1.38E+10", "nobody"))
        elif place % 40 == 39:
            earlier = found[place - 7]
            name, born = earlier[0], earlier[3]
        elif place % 100 == 11:
            phone = found[place - 5][1]
        found.append([name, phone, number, born, mail])
    return found


def write(path: Path, rows: list[list[Any]]) -> None:
    """Write the rows as a spreadsheet."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([["姓名", "手机号", "客户编号", "生日", "邮箱"], *rows]):
            for column, cell in enumerate(row):
                sheet.write_string(place, column, cell)


def copy(path: Path, url: str) -> int:
    """The least an import could do: read the cells and copy them into a bare table."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (name text, phone text, number text, born text, mail text)")
        with cursor.copy("COPY bare FROM STDIN") as out:
            for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows():
                out.write_row(row)
        return int(cursor.execute("SELECT count(*) FROM bare").fetchone()[0])  # type: ignore[index]


def timed(title: str, deed: Callable[[], Any]) -> tuple[float, Any]:
    """Do it, print what it cost and return the seconds with the answer."""
    clock, cpu = time.perf_counter(), time.process_time()
    answer = deed()
    seconds = time.perf_counter() - clock
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{title:<28} {seconds:6.1f} s, CPU {time.process_time() - cpu:6.1f} s, at most {memory:5.0f} MB")
    return seconds, answer


def measure(folder: Path, url: str, rows: int) -> float:
    """Import the file step by step; return the seconds of all steps."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.modules.members import api as members

    now = datetime.now(UTC)
    path, out = folder / "members.xlsx", folder / "problems.xlsx"
    write(path, made_up(rows))
    timed("read and copy (reference)", lambda: copy(path, url))
    total, job = timed(
        "read, seal",
        lambda: members.import_file(path=path, file_name=path.name, source="bench", actor=SYSTEM, now=now),
    )
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("check (dry run)", lambda: members.check_import(import_id=job.id, now=now)),
        ("error file", lambda: members.import_problems(import_id=job.id, path=out, actor=SYSTEM, now=now)),
        ("start", lambda: members.start_import(import_id=job.id, actor=SYSTEM, now=now)),
        ("write", lambda: members.run_import(import_id=job.id, now=now)),
    ]
    for title, deed in steps:
        seconds, answer = timed(title, deed)
        total += seconds
        if title in ("check (dry run)", "write"):
            print(f"  {answer.state}: {answer.preview} {answer.outcome}")
    return total


def main(count: str | None = None) -> bool:
    """Measure on a database of its own; tell whether the goal was reached."""
    rows = int(count or ROWS)
    with postgres.scratch_folder() as folder, postgres.Server(folder / "pg") as server:
        postgres.create_database(server.address.url("postgres"), "bench")
        url = at(server.address.url("postgres"), "bench")
        os.environ.update(SECRETS | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "quanyu.entrypoints.settings"})
        subprocess.run([sys.executable, "-m", "tests.harness.migrate"], cwd=ROOT, check=True)
        import django

        django.setup()
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {rows} rows, fsync on")
        total = measure(folder, url, rows)
        goal = GOAL_S * rows / ROWS
        print(f"all steps of the product     {total:6.1f} s (goal: {goal:.1f} s)")
        return total <= goal


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:2]) else 1)
