"""Gatherers and their connections: a database that was restarted is noticed, one that is away is not asked for each."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError

from quanyu.platform import db, gather
from tests.harness.gatherers import WAIT_S_MAX, until_waiting


def backend(_item: object = None) -> int:
    return int(db.value("SELECT pg_backend_pid()"))


def end_backend(pid: int) -> None:
    """End a connection as a restart of the server does, and wait until it is gone."""
    assert db.value("SELECT pg_terminate_backend(%s, 10000)", [pid]) is True


def test_a_connection_that_was_ended_while_nobody_asked_is_replaced_unseen(made):
    tried: list[int] = []

    def work(items):
        tried.append(len(items))
        return [backend() for _ in items]

    gatherer = made(work)
    before = gatherer.call(None)
    end_backend(before)
    assert gatherer.call(None) not in (before, None)
    # Not by a second try: the connection was looked at first.
    assert tried == [1, 1]


def test_a_connection_lost_at_work_is_replaced_and_the_batch_is_tried_once_more(made):
    pids: list[int] = []

    def work(items):
        pids.append(backend())
        if len(pids) == 1:
            db.value("SELECT pg_terminate_backend(pg_backend_pid())")
        return list(items)

    assert made(work).call("kept") == "kept"
    assert len(pids) == 2
    assert pids[0] != pids[1]


def test_a_database_that_is_away_is_not_asked_for_each_item(made):
    tried: list[int] = []
    entered, held = threading.Event(), threading.Event()

    def work(items):
        if items == ["first"]:
            entered.set()
            assert held.wait(WAIT_S_MAX)
            return items
        tried.append(len(items))
        raise OperationalError("the connection is lost")

    lost = gather._is_lost
    gather._is_lost = lambda _failure: True
    try:
        gatherer = made(work)
        with ThreadPoolExecutor(5) as pool:
            pool.submit(gatherer.call, "first")
            assert entered.wait(WAIT_S_MAX)
            calls = [pool.submit(gatherer.call, item) for item in range(4)]
            until_waiting(gatherer, 4)
            held.set()
            for call in calls:
                with pytest.raises(OperationalError):
                    call.result(WAIT_S_MAX)
    finally:
        gather._is_lost = lost
    assert tried == [4, 4]


def test_an_error_of_a_healthy_connection_is_not_tried_again(made):
    tried: list[int] = []

    def work(items):
        tried.append(len(items))
        db.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '57014'; END $$")
        return items

    with pytest.raises(OperationalError):
        made(work).call(1)
    assert tried == [1]
