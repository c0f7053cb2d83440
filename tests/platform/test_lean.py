"""Lean reads: what is sent comes back, errors have the house's names, and connections survive what befalls them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection

from quanyu.platform import gather
from quanyu.platform.db import lean

KILL = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND query LIKE '%%lean-test%%'"
)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run in an event loop of its own and close what it opened."""

    async def closing() -> Any:
        try:
            return await work
        finally:
            await lean.close()

    return asyncio.run(closing())


def kill() -> int:
    """End the connections that asked something with the word of this file."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(KILL)
            return cursor.fetchone()[0]
    finally:
        connection.close()  # of a thread that ends with this call


def test_every_kind_of_value_arrives_as_it_was_sent():
    at = datetime(2026, 3, 2, 4, 0, 0, 123456, tzinfo=UTC)
    values = ['\u7eaf\u725b\u5976 \\ "%s"', 7, 1.5, True, None, b"\x00\xff", at, [1, 2], ['a"b', "c,\\"], []]
    sql = (
        "SELECT %s::text, %s::bigint, %s::float8, %s::boolean, %s::text, encode(%s::bytea, 'hex'), "
        "extract(epoch FROM %s::timestamptz), %s::bigint[], to_json(%s::text[]), cardinality(%s::bigint[])"
    )
    found = run(lean.row(sql, values))
    assert found is not None
    assert [None if one is None else one.decode() for one in found] == [
        values[0], "7", "1.5", "t", None, "00ff", f"{at.timestamp():.6f}", "{1,2}", '["a\\"b","c,\\\\"]', "0",
    ]  # fmt: skip
    assert run(lean.json("SELECT 1 WHERE false")) is None


def test_both_sides_of_a_read_give_the_same():
    read = lean.Read("SELECT %s::text, NULL, %s::bigint", ["\u5976", 5], lambda row: row)
    assert run(read.ask()) == read.ask_in_thread() == ("\u5976".encode(), None, b"5")


def test_refusals_of_the_database_have_djangos_names_and_leave_the_connection_whole():
    async def work() -> int:
        before = await lean.json("SELECT pg_backend_pid()")
        with pytest.raises(DataError):
            await lean.json("SELECT 1 / %s::int", [0])
        with pytest.raises(DataError):
            await lean.json("SELECT %s::bigint", ["x"])
        return before == await lean.json("SELECT pg_backend_pid()")

    assert run(work())


def test_nothing_can_be_written():
    async def work() -> None:
        await lean.json("UPDATE platform_setting SET changed_by = 'lean' WHERE false RETURNING node")

    with pytest.raises(Exception, match="read-only"):
        run(work())


def test_a_restart_of_the_database_between_two_pages_is_not_seen():
    async def work() -> list[bytes | None]:
        ask = "SELECT 'lean-test'"
        await asyncio.gather(*(lean.json(ask) for _ in range(8)))
        assert await asyncio.to_thread(kill) == lean.CONNECTIONS_MAX
        return await asyncio.gather(*(lean.json(ask) for _ in range(8)))

    assert run(work()) == [b"lean-test"] * 8


def test_a_connection_lost_twice_in_one_question_is_told():
    async def work() -> None:
        with pytest.raises(OperationalError):
            await lean.json("SELECT pg_terminate_backend(pg_backend_pid())")
        assert await lean.json("SELECT 1") == b"1"

    run(work())


def test_who_gives_up_waiting_leaves_no_answer_for_somebody_else():
    async def work() -> list[bytes | None]:
        slow = [asyncio.create_task(lean.json("SELECT pg_sleep(3)")) for _ in range(lean.CONNECTIONS_MAX)]
        waiting = asyncio.create_task(lean.json("SELECT 'never'"))
        await asyncio.sleep(0.2)
        for task in (*slow, waiting):
            task.cancel()
        await asyncio.gather(*slow, waiting, return_exceptions=True)
        assert all(task.cancelled() for task in (*slow, waiting))
        return await asyncio.gather(*(lean.json("SELECT %s::int", [number]) for number in range(10)))

    assert run(work()) == [str(number).encode() for number in range(10)]


def test_a_full_line_and_a_long_wait_are_refused_as_busy(monkeypatch):
    monkeypatch.setattr(lean, "WAITING_MAX", 2)
    monkeypatch.setattr(lean, "WAIT_SECONDS_MAX", 0.2)

    async def work() -> None:
        slow = [asyncio.create_task(lean.json("SELECT pg_sleep(1)")) for _ in range(lean.CONNECTIONS_MAX)]
        await asyncio.sleep(0.1)
        late = [asyncio.create_task(lean.json("SELECT 1")) for _ in range(3)]
        refused = await asyncio.gather(*late, return_exceptions=True)
        assert [type(one) for one in refused] == [gather.Busy] * 3
        await asyncio.gather(*slow)
        assert await lean.json("SELECT 1") == b"1"

    run(work())


def test_so_many_ask_at_once_over_so_few_connections():
    async def work() -> set[bytes | None]:
        found = await asyncio.gather(*(lean.row("SELECT pg_backend_pid(), %s::int", [number]) for number in range(200)))
        assert [row[1] for row in found if row] == [str(number).encode() for number in range(200)]
        return {row[0] for row in found if row}

    assert len(run(work())) == lean.CONNECTIONS_MAX


def test_an_unreachable_database_is_an_operational_error(monkeypatch):
    monkeypatch.setattr(lean, "_address", lambda: {"host": "127.0.0.1", "port": "1", "dbname": "x"})
    with pytest.raises(OperationalError):
        run(lean.json("SELECT 1"))
