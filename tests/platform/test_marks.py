"""What is kept in memory is used only while nothing that it was read from has changed, whoever commits when."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from quanyu.platform import db, marks
from quanyu.platform.marks import Kept, Part, Reading
from tests.harness.parallel import parallel

TABLE = "marks_test_fact"


@pytest.fixture(scope="module", autouse=True)
def watched_table() -> Iterator[None]:
    """Make a table of facts that is watched."""
    db.execute(f"CREATE TABLE {TABLE} (name text PRIMARY KEY, value integer NOT NULL)")
    db.value("SELECT platform_watch('test.fact', %s)", [TABLE])
    yield
    db.execute(f"DROP TABLE {TABLE}")
    connection.close()


def part(names: list[str]) -> Part[dict[str, int]]:
    return Part(
        f"SELECT name, value FROM {TABLE} WHERE name = ANY(%s)",
        [names],
        lambda rows: {row["name"]: row["value"] for row in rows},
    )


@pytest.fixture
def kept() -> Kept[str, int]:
    return Kept(topics=["test.fact"], part=part, most=100)


@pytest.fixture
def name() -> str:
    made = secrets.token_hex(4)
    put(made, 1)
    return made


def put(name: str, value: int, *, by: psycopg.Connection | None = None) -> None:
    sql = f"INSERT INTO {TABLE} VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    if by is None:
        db.execute(sql, [name, value])
    else:
        by.execute(sql, [name, value])


def read(kept: Kept[str, int], *names: str) -> list[int | None]:
    reading = Reading()
    reading.want(kept, names)
    reading.read()
    return [reading.of(kept)[name] for name in names]


def statements(deed: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        deed()
    return [query["sql"] for query in captured.captured_queries]


@contextmanager
def other_connection() -> Iterator[psycopg.Connection]:
    """Connect as somebody else, in a transaction of his own."""
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"] or None,
        user=database["USER"],
        password=database["PASSWORD"],
        dbname=connection.settings_dict["NAME"],
    ) as other:
        yield other


def test_what_is_known_is_proven_by_one_statement_that_reads_no_fact(kept, name):
    assert read(kept, name) == [1]
    (taken,) = statements(lambda: read(kept, name))
    assert TABLE not in taken
    assert read(kept, name) == [1]


def test_a_change_is_seen_by_the_next_reading_and_read_once(kept, name):
    read(kept, name)
    put(name, 2)
    assert len(statements(lambda: read(kept, name))) == 2
    assert read(kept, name) == [2]
    assert len(statements(lambda: read(kept, name))) == 1


def test_without_the_marks_the_change_is_missed(kept, name, monkeypatch):
    """The control: it is the marks that make the tests of this file green."""
    monkeypatch.setattr(Kept, "_mark", lambda *_: ("blind",))
    read(kept, name)
    put(name, 2)
    assert read(kept, name) == [1]


def test_what_is_not_there_is_known_not_to_be_there_until_it_comes(kept):
    name = secrets.token_hex(4)
    assert read(kept, name) == [None]
    assert len(statements(lambda: read(kept, name))) == 1
    put(name, 5)
    assert read(kept, name) == [5]


@pytest.mark.parametrize("deed", ["DELETE FROM {} WHERE name = %s", "TRUNCATE {}"])
def test_removing_is_a_change(kept, name, deed):
    read(kept, name)
    db.execute(deed.format(TABLE), [name] if "%s" in deed else None)
    assert read(kept, name) == [None]


def test_a_transaction_that_began_long_ago_is_seen_when_it_commits(kept, name):
    """Its id is older than marks that were read before: neither the largest id nor the time of writing tells."""
    other = secrets.token_hex(4)
    with other_connection() as slow:
        put(name, 2, by=slow)
        put(other, 1)
        assert read(kept, name, other) == [1, 1]
        put(other, 2)
        assert read(kept, name, other) == [1, 2]
        slow.commit()
    assert read(kept, name, other) == [2, 2]


def test_a_change_that_is_rolled_back_leaves_no_mark(kept, name):
    read(kept, name)
    with other_connection() as unlucky:
        put(name, 2, by=unlucky)
        unlucky.rollback()
    assert len(statements(lambda: read(kept, name))) == 1
    assert read(kept, name) == [1]


def test_a_savepoint_that_is_rolled_back_takes_its_mark_with_it_and_not_that_of_its_transaction(kept, name):
    read(kept, name)
    with other_connection() as careful:
        careful.execute("SAVEPOINT before")
        put(name, 2, by=careful)
        careful.execute("ROLLBACK TO before")
        careful.commit()
        assert len(statements(lambda: read(kept, name))) == 1
        put(name, 3, by=careful)
        careful.execute("SAVEPOINT before")
        put(name, 4, by=careful)
        careful.execute("ROLLBACK TO before")
        careful.commit()
    assert read(kept, name) == [3]


def test_what_a_transaction_sees_of_itself_is_kept_for_nobody(kept, name):
    """Were it kept, the commit of somebody else would bring the same number of marks, and with it the wrong fact."""
    read(kept, name)
    with transaction.atomic():
        put(name, 2)
        assert read(kept, name) == [2]
        put(name, 3)
        assert read(kept, name) == [3]
        transaction.set_rollback(True)
    assert read(kept, name) == [1]
    put(name, 7)
    assert read(kept, name) == [7]


def test_marks_are_counted_together_without_a_reader_noticing(kept, name):
    with other_connection() as slow:
        put(name, 2, by=slow)
        put(secrets.token_hex(4), 0)
        read(kept, name)
        assert marks.fold() >= 1
        assert marks.fold() == 0
        assert len(statements(lambda: read(kept, name))) == 1
        slow.commit()
    assert read(kept, name) == [2]
    marks.fold()
    assert len(statements(lambda: read(kept, name))) == 1
    put(name, 3)
    assert read(kept, name) == [3]


def test_a_transaction_that_counts_marks_keeps_its_own(kept, name):
    read(kept, name)
    with transaction.atomic():
        put(name, 2)
        marks.fold()
        assert read(kept, name) == [2]
        transaction.set_rollback(True)
    put(secrets.token_hex(4), 0)
    assert read(kept, name) == [1]


def test_marks_that_are_counted_at_once_are_counted_once():
    before = total()
    for _ in range(20):
        put(secrets.token_hex(4), 0)
    folded = parallel(4, lambda _: marks.fold())
    assert all(isinstance(one, int) for one in folded), folded
    assert db.value("SELECT count(*) FROM platform_change_mark") == 0
    assert total() == before + 20


def total() -> int:
    present = marks.marks_of(db.value("SELECT platform_marks()::text"))["test.fact"]
    return int((present or "").split(".")[0])


def test_emptied_marks_do_not_look_like_earlier_ones(kept, name):
    """Somebody may empty all tables, marks too, and count from the beginning again."""
    db.execute("TRUNCATE platform_change_mark, platform_change_total")
    put(name, 2)
    assert (read(kept, name), total()) == ([2], 1)
    db.execute("TRUNCATE platform_change_mark, platform_change_total")
    put(name, 3)
    assert (read(kept, name), total()) == ([3], 1)


def test_facts_of_a_second_statement_are_as_good(kept, name):
    other = secrets.token_hex(4)
    reading = Reading()
    reading.want(kept, [name])
    reading.read()
    put(other, 9)
    reading.want(kept, [name, other])
    reading.read()
    assert [reading.of(kept)[key] for key in (name, other)] == [1, 9]
    assert read(kept, name, other) == [1, 9]


def test_questions_that_are_never_kept_go_with_the_same_statement(kept, name):
    reading = Reading()
    reading.want(kept, [name])
    named = reading.ask(Part("SELECT %(a)s::int + %(b)s::int AS sum", {"a": 2, "b": 3}, lambda rows: rows[0]["sum"]))
    placed = reading.ask(Part("SELECT %s::int AS one, '100%%' AS text", [1], lambda rows: rows[0]))
    assert len(statements(reading.read)) == 1
    assert (named.value, placed.value, reading.of(kept)[name]) == (5, {"one": 1, "text": "100%"}, 1)


def test_memory_is_bounded_and_what_is_used_stays(kept):
    names = [f"{number}" for number in range(1000)]
    read(kept, "favourite")
    for name in names:
        read(kept, name, "favourite")
    room = kept.found(None)
    assert len(room._young) + len(room._older) <= 100
    assert room.take(["favourite", names[0]], {}) == [names[0]]


def test_facts_that_weigh_more_leave_room_for_fewer():
    heavy = Kept(topics=["test.fact"], part=part, most=100, weight=lambda fact: fact)
    name = secrets.token_hex(4)
    put(name, 49)
    read(heavy, name, "a", "b")
    room = heavy.found(None)
    assert (len(room._young), len(room._older)) == (2, 1)


def test_no_reader_sees_less_than_was_committed_before_it_began(kept):
    """Four writers and four readers at once; with the marks read after the facts, or as a largest id, this is red."""
    names = [secrets.token_hex(4) for _ in range(4)]
    committed = dict.fromkeys(names, 0)
    for name in names:
        put(name, 0)
    written = threading.Event()

    def work(index: int) -> int:
        if index >= len(names):
            looked = 0
            while not written.is_set():
                known = dict(committed)
                seen = read(kept, *names)
                assert all(value >= known[name] for name, value in zip(names, seen, strict=True))
                looked += 1
            return looked
        for value in range(1, 40):
            with transaction.atomic():
                put(names[index], value)
            committed[names[index]] = value
        if index == 0:
            written.set()
        return 0

    results = parallel(8, work)
    assert all(isinstance(one, int) for one in results), results
    assert read(kept, *names)[0] == 39
