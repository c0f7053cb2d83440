"""Alive, ready and measured: what the three pages of a process say."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client, override_settings

from quanyu.kernel.clock import system_clock
from quanyu.platform import db, health, heartbeat, outbox


@pytest.fixture(autouse=True)
def example_urls():
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    outbox.drain()
    with override_settings(ROOT_URLCONF="tests.platform.http_example", ALLOWED_HOSTS=["testserver"]):
        yield
    db.execute("UPDATE platform_outbox SET parked_at = now() WHERE published_at IS NULL AND parked_at IS NULL")


def let_an_event_wait() -> None:
    db.value("SELECT platform_outbox_append(%s, 'A', '{}', now() - interval '1 second')", [f"test.{uuid4().hex}.1"])


def checks() -> dict[str, bool]:
    return {check.name: check.ok for check in health.checks(now=system_clock.now())}


def forget_the_relays() -> None:
    db.execute("DELETE FROM platform_heartbeat WHERE starts_with(name, 'relay:')")


def test_the_bare_route_says_that_the_process_lives():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(health.live({}, None, send))
    assert sent[0]["status"] == 200
    assert json.loads(sent[1]["body"]) == {"status": "alive"}
    assert Client().get("/healthz").json() == {"status": "alive"}


def test_a_whole_installation_is_ready():
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "ready"
    assert checks() == {"database": True, "migrations": True, "sql_rooms": True, "outbox": True}


def test_without_the_database_it_is_not_ready(monkeypatch):
    def away(*arguments):
        raise OperationalError("connection refused for 13812345678")

    monkeypatch.setattr(health.db, "value", away)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == [{"name": "database", "ok": False, "text": "the database cannot be reached"}]


def test_with_a_stale_sql_room_it_is_not_ready():
    sha256 = db.value("SELECT sha256 FROM platform_sql_file WHERE path = 'platform/30_audit.sql'")
    db.execute("UPDATE platform_sql_file SET sha256 = 'old' WHERE path = 'platform/30_audit.sql'")
    try:
        response = Client().get("/readyz")
        assert response.status_code == 503
        assert {"name": "sql_rooms", "ok": False, "text": "platform/30_audit.sql"} in response.json()["checks"]
    finally:
        db.execute("UPDATE platform_sql_file SET sha256 = %s WHERE path = 'platform/30_audit.sql'", [sha256])


def test_with_a_migration_to_apply_it_is_not_ready():
    [row] = db.rows(
        "DELETE FROM django_migrations WHERE app = 'platform' "
        "AND name = (SELECT max(name) FROM django_migrations WHERE app = 'platform') RETURNING *"
    )
    try:
        assert checks()["migrations"] is False
    finally:
        db.execute(
            "INSERT INTO django_migrations (id, app, name, applied) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s)",
            [row["id"], row["app"], row["name"], row["applied"]],
        )
    assert checks()["migrations"] is True


def test_events_that_wait_while_no_relay_lives_are_a_reason_not_to_be_ready():
    forget_the_relays()
    # What other tests left waiting is published, as far as this test is concerned.
    db.execute("UPDATE platform_outbox SET published_at = now() WHERE published_at IS NULL AND parked_at IS NULL")
    assert checks()["outbox"] is True
    let_an_event_wait()
    assert checks()["outbox"] is False
    heartbeat.beat("relay:test:1", system_clock.now() - timedelta(seconds=health.RELAY_SILENT_S + 5))
    assert checks()["outbox"] is False
    heartbeat.beat("relay:test:1", system_clock.now())
    assert checks()["outbox"] is True


def test_a_worker_silent_for_a_day_is_forgotten():
    now = system_clock.now()
    heartbeat.beat("relay:test:old", now - timedelta(hours=25))
    heartbeat.beat("relay:test:new", now, {"waiting": 0})
    heartbeat.prune(now)
    names = [
        row["name"] for row in db.rows("SELECT name FROM platform_heartbeat WHERE starts_with(name, 'relay:test:')")
    ]
    assert "relay:test:new" in names
    assert "relay:test:old" not in names


def test_metrics_show_requests_by_route_and_the_outbox():
    Client().get("/api/example/items/987654")
    let_an_event_wait()
    text = Client().get("/metrics").content.decode()
    assert 'quanyu_http_requests_total{route="api/example/items/<int:item_id>",status="401"}' in text
    assert "987654" not in text
    assert f"quanyu_outbox_waiting {float(outbox.backlog()['waiting'])}" in text
