"""The outbox: facts leave with their transaction, reach each handler once, and poison is set aside."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from quanyu.platform import db, outbox
from tests.harness.parallel import parallel

ORDER = UUID(int=7)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event_type(topic: str) -> type:
    @dataclass(frozen=True, slots=True)
    class Counted:
        topic: ClassVar[str]
        shelf: str
        count: int
        order_id: UUID = ORDER

        @property
        def aggregate(self) -> str:
            return self.shelf

    Counted.topic = topic
    return Counted


@pytest.fixture
def topic() -> str:
    return f"test.{uuid4().hex}.1"


@pytest.fixture(autouse=True)
def nothing_else_waits():
    """Events left by other tests would be delivered in between; they have no handlers here."""
    outbox.drain()
    yield
    db.execute("UPDATE platform_outbox SET parked_at = now() WHERE published_at IS NULL AND parked_at IS NULL")


def send(kind: type, shelf: str, *counts: int) -> None:
    with transaction.atomic():
        for count in counts:
            outbox.append(kind(shelf=shelf, count=count), now=NOW)


def stored(topic: str) -> list[dict]:
    return db.rows("SELECT * FROM platform_outbox WHERE topic = %s ORDER BY id", [topic])


def make_due(topic: str) -> None:
    db.execute("UPDATE platform_outbox SET next_at = occurred_at WHERE topic = %s", [topic])


def test_an_event_needs_a_transaction(topic):
    with pytest.raises(RuntimeError):
        outbox.append(event_type(topic)(shelf="A", count=1), now=NOW)
    assert stored(topic) == []


def test_a_transaction_rolled_back_leaves_no_event(topic):
    with suppress(ZeroDivisionError), transaction.atomic():
        outbox.append(event_type(topic)(shelf="A", count=1), now=NOW)
        raise ZeroDivisionError
    assert stored(topic) == []


def test_an_event_arrives_whole_and_is_loaded_back_into_its_type(topic):
    kind, seen = event_type(topic), []
    outbox.listen(topic, f"{topic}.whole", lambda delivery: seen.append((delivery, outbox.load(kind, delivery))))
    send(kind, "A", 3)
    assert outbox.drain() == 1
    [(delivery, event)] = seen
    assert (delivery.topic, delivery.aggregate, delivery.occurred_at) == (topic, "A", NOW)
    assert delivery.payload == {"shelf": "A", "count": 3, "order_id": str(ORDER)}
    assert event == kind(shelf="A", count=3)


def test_a_field_that_the_type_no_longer_knows_is_ignored(topic):
    kind = event_type(topic)
    delivery = outbox.Delivery(1, topic, "A", NOW, {"shelf": "A", "count": 1, "new": "x"})
    assert outbox.load(kind, delivery) == kind(shelf="A", count=1)


def test_every_handler_gets_every_event_exactly_once(topic):
    kind, seen = event_type(topic), {"first": [], "second": []}
    for name, counts in seen.items():
        outbox.listen(
            topic, f"{topic}.{name}", lambda delivery, counts=counts: counts.append(delivery.payload["count"])
        )
    send(kind, "A", 1, 2, 3)
    assert outbox.drain() == 3
    assert outbox.drain() == 0
    assert seen == {"first": [1, 2, 3], "second": [1, 2, 3]}
    assert [row["published_at"] is not None for row in stored(topic)] == [True] * 3


def test_a_second_handler_under_the_same_name_is_refused(topic):
    outbox.listen(topic, f"{topic}.name", print)
    outbox.listen(topic, f"{topic}.name", print)
    with pytest.raises(ValueError, match="two handlers"):
        outbox.listen(topic, f"{topic}.name", repr)


def test_a_handler_that_succeeded_is_not_called_again_when_another_fails(topic):
    kind, good = event_type(topic), []
    ill = [True]

    def sometimes(delivery):
        if ill:
            raise ValueError("not yet")

    outbox.listen(topic, f"{topic}.good", lambda delivery: good.append(delivery.payload["count"]))
    outbox.listen(topic, f"{topic}.sometimes", sometimes)
    send(kind, "A", 1)
    assert outbox.relay_batch() == 1
    assert stored(topic)[0]["attempts"] == 1
    ill.clear()
    make_due(topic)
    assert outbox.relay_batch() == 1
    assert good == [1]
    assert stored(topic)[0]["published_at"] is not None


def test_the_effect_of_a_failing_handler_is_rolled_back_with_its_inbox_row(topic):
    kind, name = event_type(topic), f"{topic}.writes"

    def writes_and_fails(delivery):
        db.execute("INSERT INTO platform_heartbeat (name, beat_at, detail) VALUES (%s, now(), '{}')", [topic])
        raise ValueError("after the write")

    outbox.listen(topic, name, writes_and_fails)
    send(kind, "A", 1)
    outbox.relay_batch()
    assert db.value("SELECT count(*) FROM platform_heartbeat WHERE name = %s", [topic]) == 0
    assert db.value("SELECT count(*) FROM platform_inbox WHERE handler = %s", [name]) == 0


def test_a_door_called_by_a_handler_joins_the_delivery(topic):
    kind = event_type(topic)

    def door(delivery):
        db.in_transaction(
            lambda: db.execute(
                "INSERT INTO platform_heartbeat (name, beat_at, detail) VALUES (%s, now(), '{}')", [topic]
            )
        )

    outbox.listen(topic, f"{topic}.door", door)
    send(kind, "A", 1)
    outbox.drain()
    assert db.value("SELECT count(*) FROM platform_heartbeat WHERE name = %s", [topic]) == 1


def test_poison_is_set_aside_after_exactly_eight_tries_and_the_others_flow(topic):
    kind, tries, flowed = event_type(topic), [], []

    def handler(delivery):
        if delivery.aggregate == "poison":
            tries.append(delivery.payload["count"])
            raise ValueError("never")
        flowed.append(delivery.payload["count"])

    outbox.listen(topic, f"{topic}.poison", handler)
    send(kind, "poison", 1)
    send(kind, "healthy", 2, 3)
    for _ in range(12):
        outbox.drain()
        make_due(topic)
    assert tries == [1] * 8
    assert flowed == [2, 3]
    poison = stored(topic)[0]
    assert (poison["attempts"], poison["parked_at"] is None, poison["published_at"]) == (8, False, None)
    assert "ValueError" in poison["last_error"]


def test_a_failed_event_waits_longer_after_each_try(topic):
    kind = event_type(topic)

    def fails(delivery):
        raise ValueError("no")

    outbox.listen(topic, f"{topic}.waits", fails)
    send(kind, "A", 1)
    waits = []
    for _ in range(4):
        before = datetime.now(UTC)
        outbox.relay_batch()
        waits.append(round((stored(topic)[0]["next_at"] - before).total_seconds()))
        make_due(topic)
    assert waits == [2, 4, 8, 16]


def test_events_of_one_aggregate_wait_behind_one_that_failed(topic):
    kind, seen, ill = event_type(topic), [], [True]

    def handler(delivery):
        if delivery.payload["count"] == 1 and ill:
            raise ValueError("not yet")
        seen.append((delivery.aggregate, delivery.payload["count"]))

    outbox.listen(topic, f"{topic}.order", handler)
    send(kind, "A", 1, 2)
    send(kind, "B", 3)
    outbox.drain()
    assert seen == [("B", 3)]
    ill.clear()
    make_due(topic)
    outbox.drain()
    assert seen == [("B", 3), ("A", 1), ("A", 2)]


def test_a_parked_event_no_longer_holds_back_its_aggregate(topic):
    kind, seen = event_type(topic), []

    def handler(delivery):
        if delivery.payload["count"] == 1:
            raise ValueError("never")
        seen.append(delivery.payload["count"])

    outbox.listen(topic, f"{topic}.parked", handler)
    send(kind, "A", 1, 2)
    for _ in range(8):
        outbox.relay_batch()
        make_due(topic)
    assert seen == []
    outbox.drain()
    assert seen == [2]


def test_a_second_relay_neither_waits_nor_overtakes(topic):
    kind, seen = event_type(topic), []
    taken, go_on = threading.Event(), threading.Event()

    def handler(delivery):
        if delivery.payload["count"] == 1:
            taken.set()
            assert go_on.wait(20)
        seen.append((delivery.aggregate, delivery.payload["count"]))

    outbox.listen(topic, f"{topic}.two", handler)
    send(kind, "A", 1, 2)
    send(kind, "B", 3)

    def slow_relay():
        try:
            outbox.relay_batch(limit=1)
        finally:
            connection.close()

    slow = threading.Thread(target=slow_relay)
    slow.start()
    assert taken.wait(20)
    # The first relay holds A's first event: the second may deliver B, but not A's second event.
    assert outbox.relay_batch() == 1
    assert seen == [("B", 3)]
    go_on.set()
    slow.join(20)
    outbox.drain()
    assert seen == [("B", 3), ("A", 1), ("A", 2)]


@pytest.mark.race
def test_relays_at_once_deliver_each_event_once_and_in_order(topic):
    kind, lock, seen = event_type(topic), threading.Lock(), []

    def handler(delivery):
        with lock:
            seen.append((delivery.aggregate, delivery.payload["count"]))

    outbox.listen(topic, f"{topic}.race", handler)
    for shelf in range(10):
        send(kind, f"shelf {shelf}", *range(12))

    def relay(_):
        while outbox.relay_batch(limit=5):
            pass

    assert [found for found in parallel(6, relay) if found is not None] == []
    outbox.drain()
    assert len(seen) == 120
    for shelf in range(10):
        assert [count for name, count in seen if name == f"shelf {shelf}"] == list(range(12))


def test_the_backlog_counts_what_waits_and_what_is_parked(topic):
    before = outbox.backlog()
    send(event_type(topic), "A", 1, 2)
    db.execute("UPDATE platform_outbox SET parked_at = now() WHERE id = (SELECT max(id) FROM platform_outbox)")
    after = outbox.backlog()
    assert after["waiting"] == before["waiting"] + 1
    assert after["parked"] == before["parked"] + 1
    assert after["oldest_s"] > 0


def test_delivered_events_are_cleared_away_after_their_time_only(topic):
    outbox.listen(topic, f"{topic}.prune", lambda delivery: None)
    send(event_type(topic), "A", 1, 2)
    outbox.drain()
    first, second = (row["id"] for row in stored(topic))
    db.execute("UPDATE platform_outbox SET published_at = %s WHERE id = %s", [NOW, first])
    outbox.prune(NOW.replace(month=4, day=1))
    assert [row["id"] for row in stored(topic)] == [second]
    assert db.rows("SELECT event_id FROM platform_inbox WHERE handler = %s", [f"{topic}.prune"]) == [
        {"event_id": second}
    ]
