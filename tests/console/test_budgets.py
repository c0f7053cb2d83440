"""What the console's busiest pages may ask of a database with a year of trade: statements, rows, and nothing whole.

Milliseconds are not asserted here; `make million` and `python -m benchmarks console-pages` measure them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import database

pytestmark = pytest.mark.slow

# Statements that a page may send at its first look, when nothing is kept in memory.
STATEMENTS = {
    "frame": 6,
    "home": 60,
    "home of a store": 60,
    "orders": 14,
    "orders of a store": 14,
    "orders, far down": 14,
    "orders, by number": 14,
    "an order": 32,
    "payments": 14,
    "movements": 24,
    "stock": 16,
    "a shelf and its history": 24,
    "members": 14,
    "a member with most orders": 30,
    "members, by four digits": 14,
}
# Rows that the scans of a page may touch beside 20,000 orders and 60,000 lines.
ROWS_MAX = 6_000


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, Any]]:
    """Fill a database of its own and look at the pages, in a process of its own."""
    url = database.another("busy")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.harness.busy_console"],
            cwd=database.ROOT,
            env=os.environ | {"DATABASE_URL": url, "PYTHONPATH": f"{database.ROOT / 'src'}:{database.ROOT}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        yield json.loads(done.stdout.splitlines()[-1])
    finally:
        database.drop(url)


@pytest.fixture(scope="module")
def pages(seen: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {page["name"]: page for page in seen["pages"]}


def test_a_year_of_trade_made_by_sql_keeps_every_promise_of_the_books(seen: dict[str, Any]):
    assert (seen["broken"], seen["left"]) == ([], [])


def test_no_page_sends_more_statements_than_its_budget(pages: dict[str, dict[str, Any]]):
    assert set(pages) == set(STATEMENTS)
    over = {name: page["statements"] for name, page in pages.items() if page["statements"] > STATEMENTS[name]}
    assert over == {}


def test_no_page_reads_a_big_table_whole(pages: dict[str, dict[str, Any]]):
    assert {name: page["scanned"] for name, page in pages.items() if page["scanned"]} == {}


def test_no_page_touches_more_rows_than_it_shows_many_times_over(pages: dict[str, dict[str, Any]]):
    over = {name: (page["rows_read"], page["slowest"]) for name, page in pages.items() if page["rows_read"] > ROWS_MAX}
    assert over == {}
