"""Idempotency: sixty-four equal requests at once are one execution, and a crash does not lock the key for ever."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Conflict
from quanyu.platform import db, idempotency
from tests.harness.parallel import parallel

ROUTE = "POST /api/example/orders"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def actor() -> Actor:
    return Actor(ActorKind.CLIENT, uuid4().hex)


def run(actor: Actor, work, *, key: str = "k-1", body: bytes = b"{}", route: str = ROUTE, **options):
    return idempotency.run(actor=actor, key=key, route=route, body=body, work=work, **options)


def kept(actor: Actor) -> list[dict]:
    return db.rows(
        "SELECT key, status, locked_until FROM platform_idempotency WHERE actor = %s", [f"client:{actor.id}"]
    )


def test_the_first_request_is_executed_and_the_second_gets_the_same_bytes(actor):
    runs = []

    def work():
        runs.append(1)
        return 201, b'{"number":"A\xe5\x8d\x95"}'

    assert run(actor, work) == (201, b'{"number":"A\xe5\x8d\x95"}', False)
    assert run(actor, work) == (201, b'{"number":"A\xe5\x8d\x95"}', True)
    assert runs == [1]


def test_the_kept_answer_is_not_readable_in_the_database(actor):
    run(actor, lambda: (200, b"token-0123456789"))
    stored = db.value("SELECT response FROM platform_idempotency WHERE actor = %s", [f"client:{actor.id}"])
    assert b"token" not in bytes(stored)


@pytest.mark.race
def test_without_the_claim_every_request_would_be_executed():
    runs = []
    parallel(16, lambda _: runs.append(1))
    assert len(runs) == 16


@pytest.mark.race
def test_sixty_four_equal_requests_at_once_are_one_execution(actor):
    runs, lock = [], threading.Lock()

    def work():
        with lock:
            runs.append(1)
        return 200, b"done"

    found = parallel(64, lambda _: run(actor, work))
    assert runs == [1]
    fresh = [answer for answer in found if answer == (200, b"done", False)]
    replayed = [answer for answer in found if answer == (200, b"done", True)]
    refused = [answer for answer in found if isinstance(answer, idempotency.InProgress)]
    assert len(fresh) == 1
    assert len(replayed) + len(refused) == 63
    assert run(actor, work) == (200, b"done", True)


def test_while_the_first_runs_the_second_is_told_to_wait(actor):
    def work():
        with pytest.raises(idempotency.InProgress) as refusal:
            run(actor, lambda: pytest.fail("executed twice"))
        assert (refusal.value.status, refusal.value.params) == (409, {"retry_after_s": 1})
        return 200, b"first"

    assert run(actor, work) == (200, b"first", False)


@pytest.mark.parametrize("changed", [{"body": b'{"a":1}'}, {"route": "POST /api/example/other"}])
def test_the_same_key_for_another_request_is_refused(actor, changed):
    run(actor, lambda: (200, b"first"))
    with pytest.raises(idempotency.KeyReused) as refusal:
        run(actor, lambda: pytest.fail("executed"), **changed)
    assert refusal.value.status == 422


@pytest.mark.parametrize("key", ["", " ", "a b", "钥匙", "x" * 256, "a\n"])
def test_a_missing_or_odd_key_is_refused(actor, key):
    with pytest.raises(idempotency.KeyMissing):
        run(actor, lambda: pytest.fail("executed"), key=key)
    assert kept(actor) == []


def test_a_refusal_gives_the_claim_back_so_that_a_repeat_may_succeed(actor):
    def refuse():
        raise Conflict

    with pytest.raises(Conflict):
        run(actor, refuse)
    assert kept(actor) == []
    assert run(actor, lambda: (200, b"now")) == (200, b"now", False)


def test_a_claim_whose_owner_died_is_taken_over_after_the_lease_and_not_before(actor):
    class PowerCut(BaseException):
        pass

    def die():
        # What a killed process leaves: the claim committed, nothing given back.
        db.execute(
            "UPDATE platform_idempotency SET locked_until = locked_until + interval '1 microsecond' WHERE actor = %s",
            [f"client:{actor.id}"],
        )
        raise PowerCut

    with pytest.raises(PowerCut):
        run(actor, die, now=NOW)
    assert [row["status"] for row in kept(actor)] == [None]
    with pytest.raises(idempotency.InProgress):
        run(actor, lambda: pytest.fail("too early"), now=NOW + timedelta(seconds=idempotency.LEASE_S))
    later = NOW + timedelta(seconds=idempotency.LEASE_S + 1)
    assert run(actor, lambda: (200, b"second"), now=later) == (200, b"second", False)
    assert run(actor, lambda: pytest.fail("executed"), now=later) == (200, b"second", True)


@pytest.mark.race
def test_one_of_many_takes_a_dead_claim_over(actor):
    def claim_and_vanish():
        db.execute(
            "UPDATE platform_idempotency SET locked_until = %s WHERE actor = %s",
            [NOW - timedelta(days=1), f"client:{actor.id}"],
        )
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(actor, claim_and_vanish, now=NOW)
    runs = []

    def work():
        runs.append(1)
        return 200, b"taken over"

    parallel(16, lambda _: run(actor, work, now=NOW))
    assert runs == [1]


def test_one_who_was_given_up_for_dead_does_not_overwrite_the_answer(actor):
    later = NOW + timedelta(seconds=idempotency.LEASE_S + 1)

    def slow():
        assert run(actor, lambda: (200, b"second"), now=later) == (200, b"second", False)
        return 200, b"first, too late"

    run(actor, slow, now=NOW)
    assert run(actor, lambda: pytest.fail("executed"), now=later) == (200, b"second", True)


def test_in_one_transaction_effect_and_answer_stand_or_fall_together(actor):
    name = f"effect:{actor.id}"

    def write():
        db.in_transaction(
            lambda: db.execute(
                "INSERT INTO platform_heartbeat (name, beat_at, detail) VALUES (%s, now(), '{}')", [name]
            )
        )

    def fails_after_the_effect():
        write()
        raise Conflict

    with pytest.raises(Conflict):
        run(actor, fails_after_the_effect, one_transaction=True)
    assert db.value("SELECT count(*) FROM platform_heartbeat WHERE name = %s", [name]) == 0
    assert run(actor, lambda: (write(), (200, b"ok"))[1], one_transaction=True) == (200, b"ok", False)
    assert db.value("SELECT count(*) FROM platform_heartbeat WHERE name = %s", [name]) == 1
    assert run(actor, lambda: pytest.fail("executed"), one_transaction=True) == (200, b"ok", True)


def test_a_claim_is_not_made_inside_a_transaction(actor):
    with pytest.raises(RuntimeError), transaction.atomic():
        run(actor, lambda: (200, b""))
    assert kept(actor) == []


def test_old_answers_are_cleared_away(actor):
    run(actor, lambda: (200, b"old"), now=NOW)
    run(actor, lambda: (200, b"new"), key="k-2", now=NOW + timedelta(days=2))
    idempotency.prune(NOW + timedelta(days=idempotency.KEPT_DAYS + 1))
    assert [row["key"] for row in kept(actor)] == ["k-2"]
