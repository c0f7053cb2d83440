"""The doctor finds what was planted, says how to mend it, and lets the healthy be."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import psycopg
import pytest
from django.db import transaction

from quanyu.entrypoints.cli.checks import database, machine, product
from quanyu.entrypoints.cli.checks.finding import Level
from quanyu.platform import config, db, postgres

pytestmark = pytest.mark.slow


def examine(quanyu, **more: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = quanyu.run("doctor", "--json", **more)
    assert done.stderr == ""
    return done.returncode, {finding["name"]: finding for finding in json.loads(done.stdout)}


def bad(findings: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: finding["level"] for name, finding in findings.items() if finding["level"] != "ok"}


def test_a_healthy_home_has_no_problem(quanyu):
    code, findings = examine(quanyu)
    assert code == 0
    assert bad(findings) == {"backup": "warning"}
    assert findings["server"]["found"].startswith("PostgreSQL 18")
    assert findings["search"]["found"] == "Chinese is searchable (locale C.UTF-8)"


def test_for_a_person_each_finding_is_a_line_and_each_remedy_one_below(quanyu):
    done = quanyu.run("doctor")
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("! backup"))
    assert lines[at + 1] == "    -> Run `quanyu backup`, daily, and copy it to another machine."
    assert sum(line.startswith("✓") for line in lines) == 15


def test_an_unsafe_server_is_a_problem(quanyu):
    server = postgres.Server(quanyu.home / "pg", unsafe_fast=True)
    with server, psycopg.connect(server.start().url(), autocommit=True) as connection:
        finding = database.durability(connection)
    assert finding.level is Level.PROBLEM
    assert finding.found == "fsync=off, full_page_writes=off, synchronous_commit=off"


def test_a_problem_is_the_exit_code_and_comes_with_its_remedy(quanyu):
    secrets = quanyu.home / "secrets.env"
    secrets.chmod(0o644)
    try:
        code, findings = examine(quanyu)
    finally:
        secrets.chmod(0o600)
    assert (code, bad(findings)) == (1, {"secrets": "problem", "backup": "warning"})
    assert findings["secrets"]["remedy"] == f"chmod 600 {secrets}"


def test_a_database_without_chinese_letters_is_a_problem(quanyu):
    with postgres.Server(quanyu.home / "pg") as server:
        with psycopg.connect(server.address.url(), autocommit=True) as connection:
            connection.execute(
                "CREATE DATABASE latin TEMPLATE template0"
                " LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'"
            )
            assert database.chinese(connection).level is Level.OK
        with psycopg.connect(server.address.url("latin"), autocommit=True) as connection:
            finding = database.chinese(connection)
    assert (finding.level, finding.found) == (Level.PROBLEM, "the locale C sees no Chinese letters")


@pytest.fixture
def undone():
    """What the test plants in the tests' own database is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_a_missing_migration_is_a_problem(undone):
    assert product.migrations().level is Level.OK
    db.execute("DELETE FROM django_migrations WHERE app = 'mall' AND name = '0002_cart_moves'")
    finding = product.migrations()
    assert (finding.level, finding.remedy) == (Level.PROBLEM, "Run `quanyu migrate`.")
    assert finding.found == "1 not applied: mall.0002_cart_moves"


def test_a_stale_function_is_a_problem(undone):
    assert product.sql_rooms().level is Level.OK
    db.execute("UPDATE platform_sql_file SET sha256 = 'old' WHERE path = 'platform/20_outbox.sql'")
    finding = product.sql_rooms()
    assert (finding.level, finding.remedy) == (Level.PROBLEM, "Run `quanyu migrate`.")
    assert "platform/20_outbox.sql" in finding.found


def test_waiting_events_are_a_warning_and_parked_ones_a_problem(undone):
    insert = (
        "INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at, parked_at)"
        " VALUES ('a.b.1', 'x', '{{}}', now() - interval '9 days', now(), {parked})"
    )
    db.execute("DELETE FROM platform_outbox")
    assert product.outbox().level is Level.OK
    db.execute(insert.format(parked="NULL"))
    waiting = product.outbox()
    assert (waiting.level, waiting.found) == (Level.WARNING, f"1 events wait, the oldest for {9 * 86_400} s")
    db.execute(insert.format(parked="now()"))
    parked = product.outbox()
    assert (parked.level, parked.found) == (Level.PROBLEM, "1 events failed 8 times and are parked")


def test_a_database_that_does_not_answer_is_a_problem_and_its_password_stays_unsaid(quanyu, free_port):
    url = f"postgresql://shop:hush-hush@127.0.0.1:{free_port}/shop"
    done = quanyu.run("doctor", DATABASE_URL=url, QUANYU_DEMO="1")
    assert done.returncode == 1
    assert "✗ database" in done.stdout
    assert "DATABASE_URL" in done.stdout
    assert "hush-hush" not in done.stdout + done.stderr


def test_a_taken_port_is_a_warning(monkeypatch, tmp_path):
    monkeypatch.setenv("QUANYU_HOME", str(tmp_path))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setenv("QUANYU_PORT", str(taken))
        finding = machine.port(config.load())
    assert (finding.level, finding.found) == (Level.WARNING, f"127.0.0.1:{taken} is taken by another program")


def test_wrong_settings_are_said_and_nothing_else_is_tried(quanyu):
    code, findings = examine(quanyu, QUANYU_PORT="eighty")
    assert (code, list(findings)) == (1, ["settings"])


def test_before_the_first_start_it_says_so_and_makes_no_database(quanyu, tmp_path):
    code, findings = examine(quanyu, QUANYU_HOME=str(tmp_path / "new"))
    assert (code, bad(findings)) == (0, {"database": "warning"})
    assert not (tmp_path / "new" / "pg").exists()


@pytest.mark.parametrize(
    ("free_bytes", "level"), [(900 * 2**20, Level.PROBLEM), (4 * 2**30, Level.WARNING), (6 * 2**30, Level.OK)]
)
def test_the_disk_is_judged_by_what_is_free(free_bytes, level):
    assert machine.disk(free_bytes).level is level


def test_the_last_backup_is_judged_by_its_age(tmp_path: Path):
    assert product.backup(tmp_path, demo=True).level is Level.OK
    assert product.backup(tmp_path, demo=False).level is Level.WARNING
    (tmp_path / "one.tar").touch()
    made = (tmp_path / "one.tar").stat().st_mtime
    assert product.backup(tmp_path, demo=False, now=made + 26 * 3600).level is Level.OK
    assert product.backup(tmp_path, demo=False, now=made + 27 * 3600).level is Level.WARNING
