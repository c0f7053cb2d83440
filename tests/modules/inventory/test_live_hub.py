"""One reader for all streams of a process; what a slow one missed is told once, by its newest figure."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from django.db import connections

from quanyu.kernel.clock import system_clock
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import LiveKind, LivePlace
from quanyu.modules.inventory.queries import live_reader
from quanyu.modules.inventory.queries.live_hub import Hub
from quanyu.modules.inventory.queries.live_reader import Batch, Reader
from quanyu.platform import db
from quanyu.platform.db import lean
from tests.harness.inventory import cause, make_shelf, receive


def kind_of(shelf, *, offered=None):
    async def place():
        return LivePlace((shelf.location_id,), shelf.owner_id, "pos")

    def shown(place, sku_id, here, anywhere):
        return {"sku_id": sku_id, "available": here}

    return LiveKind(("test", shelf.location_id), place, shown, offered)


def hold(shelf, quantity, *, seconds=None):
    now = system_clock.now()
    expires_at = None if seconds is None else now + timedelta(seconds=seconds)
    lines = [shelf.want(quantity)]
    inventory.reserve(cause_kind="order", cause_id=cause(), lines=lines, expires_at=expires_at, now=now)


async def aside(work, *arguments, **named):
    """Do something of Django's on a thread, as another process would."""

    def done():
        try:
            return work(*arguments, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(done)


def asked(work):
    async def closing():
        try:
            return await work()
        finally:
            await lean.close()

    return asyncio.run(closing())


async def events(reader):
    """Return what a reader is told next, as (kind, data) pairs."""
    async with asyncio.timeout(5):
        content = (await reader.next()).decode()
    frames = [dict(line.split(": ", 1) for line in frame.split("\n")) for frame in content.split("\n\n") if frame]
    return [(frame["event"], json.loads(frame["data"])) for frame in frames]


async def figures(reader):
    """Return the next figures as {SKU: available}."""
    while True:
        for kind, data in await events(reader):
            if kind == "stock":
                return {item["sku_id"]: item["available"] for item in data["items"]}


def test_the_database_is_asked_the_same_for_fifty_readers_as_for_one(monkeypatch):
    shelf = make_shelf(on_hand=10)
    statements = []
    row = lean.row

    async def counting(sql, parameters=()):
        statements.append(sql)
        return await row(sql, parameters)

    async def asked_for(readers):
        hub, kind = Hub(), kind_of(shelf)
        inside = [await hub.join(kind, sku_ids=None, last_position="") for _ in range(readers)]
        for reader in inside:
            assert await events(reader) == [("open", {})]
        statements.clear()
        await aside(hold, shelf, 1)
        told = [await figures(reader) for reader in inside]
        asked_now = [sql for sql in statements if "platform_outbox" not in sql]
        for reader in inside:
            reader.close()
        await asyncio.sleep(0.1)
        assert told == [told[0]] * readers
        return asked_now

    monkeypatch.setattr(lean, "row", counting)
    one, fifty = asked(lambda: asked_for(1)), asked(lambda: asked_for(50))
    assert len(one) == 1
    assert "inventory_live(" in one[0]
    assert fifty == one


def test_nothing_is_asked_while_nobody_reads(monkeypatch):
    shelf = make_shelf(on_hand=10)
    statements = []
    row = lean.row

    async def counting(sql, parameters=()):
        statements.append(sql)
        return await row(sql, parameters)

    async def run():
        reader = await Hub().join(kind_of(shelf), sku_ids=None, last_position="")
        await events(reader)
        reader.close()
        await asyncio.sleep(0.1)
        statements.clear()
        await asyncio.sleep(0.2)
        return list(statements)

    monkeypatch.setattr(lean, "row", counting)
    assert asked(run) == []


def test_many_changes_of_one_sku_are_one_figure_and_the_newest():
    shelf = make_shelf(on_hand=50)

    async def run():
        reader = await Hub().join(kind_of(shelf), sku_ids=None, last_position="")
        await events(reader)
        for _ in range(20):
            await aside(hold, shelf, 1)
        await asyncio.sleep(0.2)
        assert reader.waiting == 1
        assert await events(reader) == [("stock", {"items": [{"sku_id": shelf.sku_id, "available": 30}]})]
        assert reader.waiting == 0
        reader.close()

    asked(run)


def test_a_turn_that_failed_is_done_again_and_nothing_is_missed(monkeypatch):
    shelf = make_shelf(on_hand=10)
    row = lean.row
    broken = []

    async def failing(sql, parameters=()):
        if broken and "inventory_live(" in sql:
            broken.pop()
            raise OSError("gone")
        return await row(sql, parameters)

    async def run():
        reader = await Hub().join(kind_of(shelf), sku_ids=None, last_position="")
        await events(reader)
        broken.extend([1, 1])
        await aside(hold, shelf, 4)
        assert await figures(reader) == {shelf.sku_id: 6}
        assert broken == []
        reader.close()

    monkeypatch.setattr(lean, "row", failing)
    asked(run)


def test_a_lapse_is_told_even_when_the_sku_lapses_again_and_again():
    shelf = make_shelf(on_hand=10)

    async def run():
        reader = await Hub().join(kind_of(shelf), sku_ids=frozenset([shelf.sku_id]), last_position="")
        assert await figures(reader) == {shelf.sku_id: 10}
        await aside(hold, shelf, 1, seconds=0.6)
        assert await figures(reader) == {shelf.sku_id: 9}
        await aside(hold, shelf, 2, seconds=0.7)
        assert await figures(reader) == {shelf.sku_id: 7}
        assert await figures(reader) == {shelf.sku_id: 8}
        assert await figures(reader) == {shelf.sku_id: 10}
        reader.close()

    asked(run)


def test_more_than_can_be_told_is_loaded_again(monkeypatch):
    shelf = make_shelf(on_hand=10)

    async def run():
        hub = Hub()
        reader = await hub.join(kind_of(shelf), sku_ids=None, last_position="")
        await events(reader)
        monkeypatch.setattr("quanyu.modules.inventory.queries.live.EVENTS_MAX", 1)

        def two_at_once():
            def both():
                receive(shelf, 1)
                receive(shelf, 1)

            db.in_transaction(both)

        await aside(two_at_once)
        assert await events(reader) == [("reset", {"reason": "too_much"})]
        reader.close()

    asked(run)


class TestReader:
    """One reader alone."""

    @pytest.fixture
    def reader(self):
        return Reader(None, on_close=lambda gone: None)

    def test_the_newest_figure_takes_the_place_of_the_one_before(self, reader):
        reader.put(Batch({1: {"available": 5}, 2: {"available": 7}}), "a")
        reader.put(Batch({1: {"available": 4}}), "b")
        assert asyncio.run(events(reader)) == [("stock", {"items": [{"available": 4}, {"available": 7}]})]

    def test_what_waits_is_bounded(self, reader, monkeypatch):
        monkeypatch.setattr(live_reader, "WAITING_MAX", 3)
        for sku_id in range(4):
            reader.put(Batch({sku_id: {"available": 1}}), "a")
        assert reader.waiting == 0
        assert asyncio.run(events(reader)) == [("reset", {"reason": "too_slow"})]

    def test_a_reset_stands_once_before_what_came_after_it(self, reader):
        reader.put(Batch({1: {"available": 5}}), "a")
        reader.reset("sharing", "b")
        reader.reset("too_much", "c")
        reader.put(Batch({2: {"available": 6}}), "d")
        assert asyncio.run(events(reader)) == [
            ("reset", {"reason": "too_much"}),
            ("stock", {"items": [{"available": 6}]}),
        ]

    def test_a_batch_for_many_readers_is_written_once(self):
        batch = Batch({1: {"available": 5}})
        assert batch.content is batch.content

    def test_a_sign_of_life_carries_the_place_to_go_on_from(self, reader):
        assert reader.idle() == b":\n\n"
        reader.put(Batch({}), "a")
        assert reader.idle() == b":\nid: a\n\n"

    def test_after_the_end_there_is_nothing(self, reader):
        reader.end("store_closed", "a")
        reader.end("store_closed", "b")
        assert asyncio.run(events(reader)) == [("closed", {"reason": "store_closed"})]
        assert asyncio.run(reader.next()) is None
