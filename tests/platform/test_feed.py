"""A feed misses nothing and repeats nothing, though outbox ids become visible in another order than they are given."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from quanyu.kernel.clock import system_clock
from quanyu.platform import db, feed
from quanyu.platform.db import lean
from quanyu.platform.feed import Position


@pytest.fixture
def topic(request):
    return f"test.{request.node.name.replace('[', '.').replace(']', '')}.1"[:80]


def writer():
    """A connection of somebody else."""
    told = settings.DATABASES["default"]
    return psycopg.connect(
        dbname=connection.settings_dict["NAME"],
        user=told["USER"],
        password=told["PASSWORD"],
        host=told["HOST"],
        port=told["PORT"],
    )


def append(held, topic, number):
    """Append an event and return its outbox id; it is committed by whoever holds the connection."""
    return held.execute(
        "SELECT platform_outbox_append(%s, 'test', jsonb_build_object('number', %s::int), now())", [topic, number]
    ).fetchone()[0]


def asked(work):
    """Run a coroutine and let its connections go."""

    async def closing():
        try:
            return await work()
        finally:
            await lean.close()

    return asyncio.run(closing())


def numbers(found):
    return [msgspec.json.decode(payload)["number"] for payload in found.payloads]


def here():
    return asked(lambda: feed.here(now=system_clock.now()))


def read(position, topic, *, limit=100):
    return asked(lambda: feed.since(position, topic=topic, limit=limit, now=system_clock.now()))


def by_id(last_id, topic):
    """The guard off: a reader that goes on from the last id it saw."""
    return db.rows("SELECT id FROM platform_outbox WHERE topic = %s AND id > %s ORDER BY id", [topic, last_id])


def test_a_row_that_takes_its_id_early_and_commits_late_is_lost_by_ids_and_not_by_the_feed(topic):
    start = here()
    with writer() as slow, writer() as quick:
        early = append(slow, topic, 1)
        late = append(quick, topic, 2)
        quick.commit()
        assert early < late
        # By ids: the reader sees the second, goes on from there, and never sees the first.
        assert [row["id"] for row in by_id(0, topic)] == [late]
        first = read(start, topic)
        assert numbers(first) == [2]  # the slow one holds nobody up
        slow.commit()
        assert by_id(late, topic) == []
        second = read(first.position, topic)
        assert numbers(second) == [1]
        assert numbers(read(second.position, topic)) == []


def test_what_was_taken_back_is_never_seen(topic):
    start = here()
    with writer() as held:
        append(held, topic, 1)
        held.rollback()
        with held.transaction():
            append(held, topic, 2)
            with suppress(ZeroDivisionError), held.transaction():
                append(held, topic, 3)
                raise ZeroDivisionError
            with held.transaction():
                append(held, topic, 4)
    assert sorted(numbers(read(start, topic))) == [2, 4]


def test_writers_of_any_order_are_all_seen_once(topic):
    """Eight writers hold their transactions open for different times; a reader looks all the while."""
    writers, each = 8, 20
    start = here()
    done = threading.Event()

    def write(number):
        chance = Random(number)
        with writer() as held:
            for step in range(each):
                append(held, topic, number * each + step)
                time.sleep(chance.random() * 0.01)
                held.commit()

    async def follow():
        position, seen, empty = start, [], 0
        while empty < 2:
            finished = done.is_set()
            found = await feed.since(position, topic=topic, limit=1000, now=system_clock.now())
            position = found.position
            seen += numbers(found)
            empty = empty + 1 if finished and not found.payloads else 0
            await asyncio.sleep(0.002)
        return seen

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    threading.Thread(target=lambda: [thread.join() for thread in threads] and done.set()).start()
    seen = asked(follow)
    assert len(seen) == writers * each
    assert set(seen) == set(range(writers * each))


def test_a_reader_that_is_too_far_behind_is_told_so(topic):
    start = here()
    with writer() as held:
        for number in range(4):
            append(held, topic, number)
    assert len(read(start, topic, limit=4).payloads) == 4
    assert read(start, topic, limit=3).payloads is None


def test_a_position_of_another_database_is_not_gone_on_from(topic):
    now = here()
    ahead = int(now.snapshot.split(":")[1]) + 1_000_000
    assert read(Position(f"{ahead}:{ahead}:", now.at), topic).payloads is None


def test_rows_of_a_restored_database_with_ids_that_are_not_given_yet_are_not_new(topic):
    start = here()
    with writer() as held:
        restored = append(held, topic, 1)
        held.execute("UPDATE platform_outbox SET transaction_id = '9000000000' WHERE id = %s", [restored])
        append(held, topic, 2)
    assert numbers(read(start, topic)) == [2]


def test_a_position_is_read_back_as_it_was_told():
    told = here()
    now = system_clock.now()
    again = feed.position_of(str(told), now=now, seconds_max=60)
    assert again is not None
    assert again.snapshot == told.snapshot
    assert abs(again.at - told.at) < timedelta(milliseconds=1)
    assert feed.position_of(str(told), now=now + timedelta(seconds=61), seconds_max=60) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "1763800000000-10:9:",
        "1763800000000-0:9:",
        "1763800000000-10:20:9",
        "1763800000000-10:20:20",
        "1763800000000-10:20:12,11",
        "1763800000000-10:20:11,11",
        f"1763800000000-10:{10 + feed.TRANSACTIONS_BACK_MAX + 1}:",
        "1763800000000-10:99999999999999999999:",
        "1763800000000-10:20:" + ",".join(["11"] * 2000),
    ],
)
def test_what_a_client_made_up_is_no_position(text):
    now = datetime.fromtimestamp(1_763_800_000, UTC)
    assert feed.position_of("1763800000000-10:20:11,12", now=now, seconds_max=60) is not None
    assert feed.position_of(text, now=now, seconds_max=60) is None


def test_the_stock_feed_is_read_over_its_own_index():
    plan = "\n".join(
        row["QUERY PLAN"]
        for row in db.rows(
            "EXPLAIN SELECT payload FROM platform_outbox WHERE topic = 'inventory.stock_changed.1' "
            "AND transaction_id >= '5'::xid8 AND NOT pg_visible_in_snapshot(transaction_id, '5:6:') "
            "ORDER BY transaction_id, id LIMIT 100"
        )
    )
    assert "inventory_stock_feed" in plan
