"""The audit trail: written once, in one chain, and any tampering shows."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.platform import audit, db
from quanyu.platform.models import AuditEvent
from tests.harness.parallel import parallel

NOW = datetime(2026, 3, 1, 12, 30, 1, 234567, tzinfo=UTC)
ACTOR = Actor(ActorKind.STAFF, "7", name="张三", unit_id=12)


@pytest.fixture
def subject() -> str:
    return uuid4().hex


def record(subject: str, **changes) -> int:
    facts = {"actor": ACTOR, "action": "test.act", "subject_kind": "thing", "subject_id": subject, "now": NOW}
    with transaction.atomic():
        return audit.record(**facts | changes)


def row(event_id: int) -> dict:
    return db.rows("SELECT * FROM platform_audit WHERE id = %s", [event_id])[0]


@contextmanager
def as_an_intruder():
    """Change what cannot be changed, as the owner of the database could, and undo it afterwards."""
    with transaction.atomic():
        db.execute("ALTER TABLE platform_audit DISABLE TRIGGER USER")
        yield
        transaction.set_rollback(True)


def test_an_act_is_recorded_with_all_that_was_said(subject):
    event = row(record(subject, reason="counted twice", detail={"before": 3, "after": 2}, unit_id=99))
    assert (event["actor_kind"], event["actor_id"], event["actor_name"]) == ("staff", "7", "张三")
    assert (event["action"], event["subject_kind"], event["subject_id"]) == ("test.act", "thing", subject)
    assert (event["reason"], event["unit_id"], event["at"]) == ("counted twice", 99, NOW)
    assert db.value("SELECT detail ->> 'before' FROM platform_audit WHERE id = %s", [event["id"]]) == "3"


def test_without_a_unit_it_is_the_actors(subject):
    assert row(record(subject))["unit_id"] == 12


def test_an_act_outside_a_transaction_is_refused(subject):
    with pytest.raises(RuntimeError):
        audit.record(actor=ACTOR, action="test.act", subject_kind="thing", subject_id=subject, now=NOW)


def test_an_act_rolled_back_leaves_no_row_and_a_sound_chain(subject):
    with suppress(ZeroDivisionError), transaction.atomic():
        audit.record(actor=ACTOR, action="test.act", subject_kind="thing", subject_id=subject, now=NOW)
        raise ZeroDivisionError
    record(subject)
    assert db.value("SELECT count(*) FROM platform_audit WHERE subject_id = %s", [subject]) == 1
    assert audit.verify() == []


FORK = """
    INSERT INTO platform_audit (id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, reason,
                                detail, previous_hash, hash)
    SELECT -id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, reason,
           detail, previous_hash, hash FROM platform_audit
"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE platform_audit SET reason = 'x'",
        "DELETE FROM platform_audit",
        "TRUNCATE platform_audit",
        FORK,
    ],
)
def test_the_trail_can_only_be_appended_to(subject, statement):
    event_id = record(subject)
    before = row(event_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        db.execute(statement)
    assert row(event_id) == before


def test_an_untouched_chain_is_sound_whatever_the_sessions_time_zone(subject):
    for number in range(3):
        record(subject, detail={"number": number, "text": 'quote " and 汉字', "nested": {"b": 1, "a": [1.5, None]}})
    with transaction.atomic():
        db.execute("SET LOCAL timezone = 'Asia/Shanghai'")
        db.execute("SET LOCAL datestyle = 'German'")
        db.execute("SET LOCAL bytea_output = 'escape'")
        assert audit.verify() == []


TAMPERING = {
    "at": "at + interval '1 microsecond'",
    "actor_kind": "'member'",
    "actor_id": "'8'",
    "actor_name": "''",
    "unit_id": "NULL",
    "action": "'test.other'",
    "subject_kind": "'other'",
    "subject_id": "'other'",
    "reason": "'other'",
    "detail": "detail || '{\"number\": 2}'",
    "previous_hash": "set_byte(previous_hash, 31, get_byte(previous_hash, 31) # 1)",
    "hash": "set_byte(hash, 0, get_byte(hash, 0) # 1)",
    "id": "-id",
}


def test_every_column_is_under_test():
    columns = {field.column for field in AuditEvent._meta.fields}
    assert columns == set(TAMPERING)


@pytest.mark.parametrize("column", TAMPERING)
def test_a_change_of_any_column_is_found(subject, column):
    first, second = record(subject, detail={"number": 1}), record(subject)
    with as_an_intruder():
        db.execute(f"UPDATE platform_audit SET {column} = {TAMPERING[column]} WHERE id = %s", [first])
        breaches = audit.verify()
        expected = {"id": {-first, second}, "hash": {first, second}}.get(column, {first})
        assert expected <= {breach.id for breach in breaches}
    assert audit.verify() == []


def test_a_row_taken_out_of_the_middle_is_found(subject):
    first, second = record(subject), record(subject)
    with as_an_intruder():
        db.execute("DELETE FROM platform_audit WHERE id = %s", [first])
        assert audit.verify() == [audit.Breach(second, "broken_link")]


def test_a_row_rewritten_with_a_fitting_hash_breaks_the_next_link(subject):
    first, second = record(subject), record(subject)
    with as_an_intruder():
        db.execute("UPDATE platform_audit SET reason = 'forged' WHERE id = %s", [first])
        db.execute(
            "UPDATE platform_audit AS event SET hash = platform_audit_hash(event) WHERE id = %s",
            [first],
        )
        assert audit.verify() == [audit.Breach(second, "broken_link")]


def test_rows_cut_off_at_the_end_are_found_by_an_anchor_kept_elsewhere(subject):
    record(subject)
    head = record(subject)
    anchor = audit.anchor()
    assert audit.verify(anchor=anchor) == []
    with as_an_intruder():
        db.execute("DELETE FROM platform_audit WHERE id = %s", [head])
        assert audit.verify() == []
        assert audit.verify(anchor=anchor) == [audit.Breach(head, "cut_off")]
    record(subject)
    assert audit.verify(anchor=anchor) == []


def test_an_anchor_that_was_not_signed_here_is_refused(subject):
    record(subject)
    head, digest, signature = audit.anchor().split(":")
    with pytest.raises(ValueError, match="not signed"):
        audit.verify(anchor=f"{int(head) + 1}:{digest}:{signature}")


def test_the_chain_can_be_checked_from_a_known_row_on(subject):
    first, second = record(subject), record(subject)
    with as_an_intruder():
        db.execute("UPDATE platform_audit SET reason = 'forged' WHERE id = %s", [first])
        assert audit.verify(after_id=second) == []
        assert [breach.id for breach in audit.verify(after_id=first - 1)] == [first]


@pytest.mark.race
def test_without_the_lock_two_writers_would_name_the_same_predecessor(subject):
    record(subject)
    head = "SELECT encode(hash, 'hex') FROM platform_audit ORDER BY id DESC LIMIT 1"
    assert len(set(parallel(2, lambda _: db.value(head)))) == 1


@pytest.mark.race
def test_writers_at_once_make_one_chain(subject):
    found = parallel(24, lambda number: record(subject, detail={"number": number}))
    assert len({event_id for event_id in found if isinstance(event_id, int)}) == 24
    assert audit.verify() == []


def test_a_writer_with_an_old_snapshot_is_refused_instead_of_forking_the_chain(subject):
    def write_with_an_old_snapshot():
        with transaction.atomic():
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            db.value("SELECT count(*) FROM platform_audit")
            assert [found for found in parallel(1, lambda _: record(subject)) if isinstance(found, Exception)] == []
            audit.record(actor=ACTOR, action="test.act", subject_kind="thing", subject_id=subject, now=NOW)

    with pytest.raises(IntegrityError):
        write_with_an_old_snapshot()
    assert audit.verify() == []
    assert not connection.in_atomic_block
