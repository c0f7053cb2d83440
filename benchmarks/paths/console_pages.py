"""The console's busiest pages beside a million orders: statements, milliseconds, rows read, and what is read whole.

`python -m benchmarks console-pages`, or `python -m benchmarks.paths.console_pages --home var/million --rounds 20`. The
database is that of `make million`. Pages are rendered in this process, by turns, each in every round beside a page that
shows nothing but the frame (menu, account): "x frame" is how many times its time a page takes. Statements and rows are
counted at the first look of a fresh process, when nothing is kept in memory yet; rows read are what the plans' scans
touched, those they threw away included.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import facts

if TYPE_CHECKING:
    from django.test import Client

ROUNDS = 20
FRAME = "frame"
# Tables with more rows than this must never be read whole by a page.
BIG_ROWS = 5_000
HEAD = ("page", "statements", "rows read", "p50 ms", "p99 ms", "x frame", "read whole")
_SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Sample Scan"}
Statement = tuple[str, Any]


@dataclass
class Page:
    """One page and what it cost. ``scanned``: big tables that a plan reads from the first row to the last."""

    name: str
    who: str
    address: str
    statements: int = 0
    rows_read: int = 0
    scanned: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    def percentile(self, share: float) -> float:
        """Return the milliseconds that this share of the looks stayed below."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def pages() -> list[Page]:
    """Return what head office and a store look at all day; rows and stores are those with the most orders."""
    from django.urls import reverse

    from quanyu.modules.inventory.models import Stock
    from quanyu.modules.orders.models import Order

    store, member = busiest_store(), _most("member_id")
    order = Order.objects.filter(state="completed", refunded_fen__gt=0).order_by("-placed_at")[0]
    stock = Stock.objects.filter(location_id=store).order_by("-on_hand")[0]

    def of(name: str, query: str = "") -> str:
        return reverse(f"admin:{name}") + query

    return [
        Page("home", "head", of("index")),
        Page("home of a store", "store", of("index")),
        Page("orders", "head", of("orders_order_changelist")),
        Page("orders of a store", "store", of("orders_order_changelist", "?state__exact=paid")),
        Page("orders, far down", "head", ""),
        Page("orders, by number", "head", of("orders_order_changelist", f"?q={order.number}")),
        Page("an order", "head", reverse("admin:orders_order_change", args=[order.pk])),
        Page("payments", "head", of("payments_payment_changelist")),
        Page("movements", "head", of("inventory_movement_changelist")),
        Page("stock", "head", of("inventory_stock_changelist")),
        Page("a shelf and its history", "head", reverse("admin:inventory_stock_change", args=[stock.pk])),
        Page("members", "head", of("members_member_changelist")),
        Page("a member with most orders", "head", of("member_view", f"?id={member}")),
        Page("members, by four digits", "head", of("members_member_changelist", "?q=0042")),
    ]


def busiest_store() -> int:
    """Return the store with the most orders."""
    return int(_most("selling_store_id"))


def _most(name: str) -> Any:
    from django.db.models import Count

    from quanyu.modules.orders.models import Order

    found = Order.objects.exclude(**{name: None}).values_list(name).annotate(count=Count("pk"))
    return found.order_by("-count")[0][0]


@contextmanager
def captured() -> Iterator[list[Statement]]:
    """Keep the statements that are sent in the block."""
    from django.db import connection

    kept: list[Statement] = []

    def keep(execute: Any, statement: str, parameters: Any, many: Any, context: Any) -> Any:
        kept.append((str(statement), parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(keep):
        yield kept


def explain(statement: Statement) -> dict[str, Any]:
    """Run a query again and return its plan with what each step did."""
    from django.db import connection

    text, parameters = statement
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", parameters)
        (answer,) = cursor.fetchone()
    plan: list[dict[str, Any]] = answer if isinstance(answer, list) else json.loads(answer)
    return plan[0]


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a step of a plan and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from steps(below)


def rows_of(step: dict[str, Any]) -> int:
    """Return how many rows a scan touched; nothing for other steps."""
    if step["Node Type"] not in _SCANS:
        return 0
    each = step["Actual Rows"] + step.get("Rows Removed by Filter", 0) + step.get("Rows Removed by Index Recheck", 0)
    return int(each * step["Actual Loops"])


def big_tables() -> dict[str, int]:
    """Return the tables that must not be read whole, with their rows."""
    from quanyu.platform import db

    found = db.rows(
        "SELECT relname, reltuples::bigint AS rows FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = current_schema()::regnamespace AND reltuples > %s",
        [BIG_ROWS],
    )
    return {row["relname"]: row["rows"] for row in found}


def look(page: Page, browser: Client, *, big: dict[str, int]) -> str:
    """Open a page for the first time: count its statements, and look at the plan of each; return the page."""
    with captured() as sent:
        answer = browser.get(page.address)
    if answer.status_code != 200:
        raise RuntimeError(f"{page.name}: {answer.status_code} at {page.address}")
    page.statements = len(sent)
    for statement in sent:
        if not statement[0].lstrip().upper().startswith(("SELECT", "WITH")) or "FOR UPDATE" in statement[0]:
            continue
        told = explain(statement)
        page.slowest = max(page.slowest, (told["Execution Time"], statement[0]))
        for step in steps(told["Plan"]):
            rows, table = rows_of(step), step.get("Relation Name", "")
            page.rows_read += rows
            # By way of an index a table can be read whole as well: nine of ten rows count as all.
            if rows > 0.9 * big.get(table, sys.maxsize):
                page.scanned.append(table)
    return answer.content.decode()


def measure(
    browsers: dict[str, Client], asked: Sequence[Page], *, rounds: int, tell: Callable[[str], None] = lambda _text: None
) -> list[Page]:
    """Look at every page once, then by turns; return them, the frame first."""
    from django.urls import reverse

    found = [Page(FRAME, "head", reverse("admin:account_password")), *asked]
    big = big_tables()
    for page in found:
        if not page.address:
            page.address = far_down(browsers[page.who])
        look(page, browsers[page.who], big=big)
        tell(f"  {page.name}: {page.statements} statements, {page.rows_read:,} rows read")
    for _ in range(rounds):
        for page in found:
            start = time.perf_counter()
            browsers[page.who].get(page.address)
            page.seconds.append(time.perf_counter() - start)
    return found


def far_down(browser: Client) -> str:
    """Return the address of a page of orders that was reached by turning pages from the first."""
    from html import unescape
    from urllib.parse import urljoin

    from django.urls import reverse

    address = reverse("admin:orders_order_changelist")
    for _ in range(3):
        following = re.search(r'<a[^>]*\brel="next"[^>]*>', browser.get(address).content.decode())
        if following is None:
            raise RuntimeError(f"no next page at {address}")
        target = re.search(r'href="([^"]+)"', following[0])
        assert target is not None
        address = urljoin(address, unescape(target[1]))
    return address


def signed_in(username: str) -> Client:
    """Return a browser in which somebody is signed in."""
    from django.test import Client

    from quanyu.modules.identity.models import Staff

    browser = Client()
    browser.force_login(Staff.objects.get(username=username), backend="quanyu.modules.identity.backend.StaffBackend")
    return browser


def table(found: Sequence[Page]) -> list[str]:
    """Return the result as a table."""
    frame = statistics.median(found[0].seconds)
    rows = [
        (
            page.name,
            page.statements,
            f"{page.rows_read:,}",
            f"{page.percentile(0.5):.0f}",
            f"{page.percentile(0.99):.0f}",
            f"{statistics.median(page.seconds) / frame:.1f}",
            ", ".join(sorted(set(page.scanned))) or "-",
        )
        for page in found
    ]
    return facts.table(HEAD, rows)


def execute(*, home: Path, rounds: int, keep: bool = False) -> bool:
    """Measure in the database of a folder; whether no page read a big table whole."""
    os.environ.update({"QUANYU_HOME": str(home.resolve()), "QUANYU_DEMO": "1", "QUANYU_LOG_LEVEL": "ERROR"})
    from quanyu.entrypoints.cli import environment
    from quanyu.entrypoints.cli.migrate import bring_up_to_date
    from quanyu.platform import logs

    logs.configure("ERROR")

    settings = environment.configuration()
    with environment.database(settings) as url:
        environment.django_ready()
        bring_up_to_date(url)
        from django.conf import settings as django_settings

        django_settings.ALLOWED_HOSTS = ["testserver"]
        import psycopg

        with psycopg.connect(url) as connection:
            version = str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]  # type: ignore[index]
        machine = facts.of_machine(settings.home, postgres=version)
        counted = sizes()
        browsers = {"head": signed_in("hq"), "store": signed_in("manager1")}
        found = measure(browsers, pages(), rounds=rounds, tell=print)
    lines = [
        "# The console beside a year of trade",
        "",
        *(f"- {line}" for line in machine),
        f"- {counted}",
        f"- {rounds} looks at each page by turns, rendered in one process; the frame alone is the measure",
        "",
        *table(found),
        "",
        "Slowest statement of each page, at its first look:",
        "",
        *(f"- {page.name}: {page.slowest[0]:.1f} ms, `{' '.join(page.slowest[1].split())[:160]}`" for page in found),
    ]
    print("\n".join(lines))
    if keep:
        facts.write("console-pages", lines)
    return not any(page.scanned for page in found)


def sizes() -> str:
    """Return how much the database holds."""
    from quanyu.platform import db

    tables = ("orders_order", "orders_line", "payments_payment", "inventory_movement", "members_member")
    return ", ".join(f"{db.value(f'SELECT count(*) FROM {name}'):,} {name}" for name in tables)


def main() -> bool:
    """Make the database of a million orders, unless it stands, and measure."""
    from tools.million import __main__ as million

    million.main([])
    return execute(home=million.HOME, rounds=ROUNDS, keep=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paths.console_pages")
    parser.add_argument("--home", type=Path, default=Path("var/million"), help="folder of the database")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--keep", action="store_true", help="write the result to benchmarks/results")
    chosen = parser.parse_args()
    sys.exit(0 if execute(home=chosen.home, rounds=chosen.rounds, keep=chosen.keep) else 1)
