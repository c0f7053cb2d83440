"""Facts that arrive while a day is being added up: none is lost, whoever comes first. Forced by locks, not by luck."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from quanyu.kernel.clock import system_clock
from quanyu.modules import insights as module
from quanyu.modules.insights import api as insights
from quanyu.platform import db
from tests.harness import figures
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.parallel import until_waiting

pytestmark = pytest.mark.race

SQL = (Path(module.__file__).parent / "sql" / "10_totals.sql").read_text(encoding="utf-8")
TAKEN_FIRST = """,
    taken AS (
        DELETE FROM insights_mark AS mark USING cell WHERE mark.store_id = cell.store_id AND mark.day = cell.day
    )
"""
TAKEN_LAST = """    DELETE FROM insights_mark AS mark USING unnest(v_stores, v_days) AS cell (store_id, day)
    WHERE mark.store_id = cell.store_id AND mark.day = cell.day;
    RETURN cardinality(v_stores);
"""


@pytest.fixture
def chain() -> Chain:
    return make_chain(stock=200)


@contextmanager
def in_background(work: Callable[[], object]) -> Iterator[threading.Event]:
    """Do something in a thread of its own; the event says that it is done."""
    done, failures = threading.Event(), []

    def run() -> None:
        try:
            work()
        except Exception as failure:  # noqa: BLE001 - shown to the test
            failures.append(failure)
        finally:
            connection.close()
            done.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield done
    finally:
        thread.join()
    assert failures == []


def catch_up(chain: Chain) -> bool:
    day = figures.today()
    units = frozenset({chain.store.unit.id})
    return insights.catch_up(unit_ids=units, since=day, until=day + timedelta(days=1), now=system_clock.now())


def an_hour_is_held(chain: Chain, hour: int) -> AbstractContextManager[None]:
    """Somebody writes the figures of an hour: whoever has read the books and writes them too, waits for him."""
    row = (
        "INSERT INTO insights_hour (store_id, day, hour, channel, orders, member_orders, sales_fen, member_sales_fen, "
        "net_fen, cost_fen, returns, refunded_fen) VALUES (%s, %s, %s, 'pos', 0, 0, 0, 0, 0, 0, 0, 0)"
    )
    return figures.somebody_did(row, [chain.store.unit.id, figures.today(), hour])


def sales_fen(chain: Chain) -> int:
    """Return what the figures say once all that is marked was added up."""
    catch_up(chain)
    day = figures.today()
    units = frozenset({chain.store.unit.id})
    return insights.board(unit_ids=units, since=day, until=day + timedelta(days=1)).whole.sales_fen


@contextmanager
def in_background_after(held: AbstractContextManager[None], work: Callable[[], object]) -> Iterator[threading.Event]:
    """Start the work while something is held; let go of it at the end of the block and wait for the work."""
    with ExitStack() as background, held:
        yield background.enter_context(in_background(work))


def a_sale_comes_while_the_day_is_written(chain: Chain) -> int:
    """A reader has read one sale and is about to write it; a second one is sold, and its mark comes."""
    now = system_clock.now()
    figures.sell(chain, chain.store, 1, at=now)
    figures.tell(chain.store)
    with in_background_after(an_hour_is_held(chain, (now.hour + 8) % 24), lambda: catch_up(chain)) as done:
        until_waiting(or_done=done)
        figures.sell(chain, chain.store, 2, at=now)
        figures.tell(chain.store)
    return sales_fen(chain)


def test_marks_that_are_taken_after_the_books_were_read_lose_a_sale(chain):
    assert TAKEN_FIRST in SQL
    late = SQL.replace(TAKEN_FIRST, "\n").replace("    RETURN cardinality(v_stores);\n", TAKEN_LAST)
    try:
        db.execute(late.replace("%", "%%"))
        assert a_sale_comes_while_the_day_is_written(chain) == MILK_FEN
    finally:
        db.execute(SQL.replace("%", "%%"))
    insights.make_again(since=figures.today(), now=system_clock.now())
    insights.add_up_due(now=system_clock.now())
    assert sales_fen(chain) == 3 * MILK_FEN


def test_marks_are_taken_before_the_books_are_read_so_none_is_lost(chain):
    assert a_sale_comes_while_the_day_is_written(chain) == 3 * MILK_FEN
