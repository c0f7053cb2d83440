"""Events and jobs that were given up wait for a person: he tries again or discards, with a reason; runs are kept."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from quanyu.entrypoints import reconcile
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.platform import db
from quanyu.platform.locks import Space
from tests.harness import console, figures
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person

PAGE = "/console/health/"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="module")
def browser() -> Client:
    return console.signed_in(make_person("head_office"))


def parked() -> int:
    """Plant an event that was given up."""
    return db.value(
        "INSERT INTO platform_outbox "
        "(topic, aggregate, payload, occurred_at, next_at, attempts, parked_at, last_error) "
        "VALUES ('test.given_up.1', 'test:1', '{}', now(), now(), 8, now(), 'listener: ValueError()') RETURNING id"
    )


def failed() -> int:
    """Plant a job that was given up."""
    return db.value(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts) "
        "VALUES ('default', 'test.nothing', '{\"id\": 1}', 'failed', 5) RETURNING id"
    )


def event(event_id: int) -> tuple[bool, bool, int]:
    row = db.row("SELECT parked_at, published_at, attempts FROM platform_outbox WHERE id = %s", [event_id])
    return row["parked_at"] is not None, row["published_at"] is not None, row["attempts"]


def job(job_id: int) -> str:
    return db.value("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job_id])


def decide(browser: Client, kind: str, key: int, deed: str, reason: str = "已修复") -> int:
    return browser.post(PAGE, {"kind": kind, "id": str(key), "deed": deed, "reason": reason}).status_code


def reasons(kind: str, key: int) -> list[str]:
    return [
        row["reason"]
        for row in db.rows(
            "SELECT reason FROM platform_audit WHERE subject_kind = %s AND subject_id = %s ORDER BY id",
            [kind, str(key)],
        )
    ]


def test_an_event_is_tried_again_or_discarded_once_with_a_reason(browser):
    again, gone = parked(), parked()
    page = browser.get(PAGE).content.decode()
    assert ("test.given_up.1" in page, "listener: ValueError()" in page) == (True, True)
    decide(browser, "event", again, "retry", reason="")
    assert event(again) == (True, False, 8)
    assert decide(browser, "event", again, "retry") == 302
    assert event(again) == (False, False, 0)
    assert decide(browser, "event", gone, "discard") == 302
    assert event(gone) == (True, True, 8)
    # What is decided stays decided.
    decide(browser, "event", gone, "retry")
    assert (event(gone), reasons("event", gone)) == ((True, True, 8), ["已修复"])
    db.execute("DELETE FROM platform_outbox WHERE id = ANY(%s)", [[again, gone]])


def test_a_job_is_tried_again_or_discarded(browser):
    again, gone = failed(), failed()
    assert "test.nothing" in browser.get(PAGE).content.decode()
    decide(browser, "job", again, "retry")
    decide(browser, "job", gone, "discard")
    assert (job(again), job(gone)) == ("todo", "cancelled")
    assert (reasons("job", again), reasons("job", gone)) == (["已修复"], ["已修复"])
    db.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [[again, gone]])


def test_who_only_looks_decides_nothing(browser):
    planted = parked()
    auditor = console.signed_in(make_person("auditor"))
    page = auditor.get(PAGE).content.decode()
    assert ("test.given_up.1" in page, 'value="discard"' in page) == (True, False)
    assert decide(auditor, "event", planted, "discard") == 403
    assert event(planted) == (True, False, 8)
    for kind, deed in (("event", "drop"), ("table", "retry")):
        assert decide(browser, kind, planted, deed) == 404
    db.execute("DELETE FROM platform_outbox WHERE id = %s", [planted])


def test_a_run_of_the_checks_is_kept(browser):
    browser.post("/console/integrity/")
    page = browser.get("/console/integrity/").content.decode()
    history = page[page.index("Earlier runs") :]
    assert ("Kept" in history, " s</td>" in history) == (True, True)


def test_every_promise_is_made_in_both_languages():
    promises = {check.name: check.promise for check in reconcile.run()}
    assert [name for name, promise in promises.items() if not promise] == []
    with translation.override("zh-hans"):
        assert [name for name, promise in promises.items() if translation.gettext(promise) == promise] == []


def test_two_runs_of_the_checks_at_once_are_one(browser):
    runs = "SELECT count(*) FROM platform_audit WHERE action = 'integrity.run'"
    before = db.value(runs)
    with figures.somebody_did("SELECT pg_advisory_xact_lock(%s, 0)", [int(Space.RECONCILIATION)]):
        page = browser.post("/console/integrity/").content.decode()
        assert "The books are being checked at this moment" in page
        assert "promises are kept" not in page
        assert reconcile.run_and_note(actor=SYSTEM, now=system_clock.now()) is None
    assert db.value(runs) == before
    checks = reconcile.run_and_note(actor=SYSTEM, now=system_clock.now())
    assert checks is not None
    assert (len(checks) > 70, [check.name for check in checks if check.breaches], db.value(runs)) == (
        True, [], before + 1,
    )  # fmt: skip
