"""The doctor finds what was planted, says how to mend it, and lets the healthy be."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import psycopg
import pytest

from quanyu.entrypoints.cli.checks import machine, product
from quanyu.entrypoints.cli.checks.finding import Level
from quanyu.platform import postgres

pytestmark = pytest.mark.slow


def examine(quanyu, **more: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = quanyu.run("doctor", "--json", **more)
    assert done.stderr == ""
    return done.returncode, {finding["name"]: finding for finding in json.loads(done.stdout)}


def bad(findings: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: finding["level"] for name, finding in findings.items() if finding["level"] != "ok"}


def change(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


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
    with postgres.Server(quanyu.home / "pg", unsafe_fast=True):
        code, findings = examine(quanyu)
    assert code == 1
    assert findings["durability"]["level"] == "problem"
    assert findings["durability"]["found"] == "fsync=off, full_page_writes=off, synchronous_commit=off"


def test_secrets_that_others_may_read_are_a_problem(quanyu):
    secrets = quanyu.home / "secrets.env"
    secrets.chmod(0o644)
    try:
        code, findings = examine(quanyu)
    finally:
        secrets.chmod(0o600)
    assert code == 1
    assert findings["secrets"]["remedy"] == f"chmod 600 {secrets}"


def test_a_missing_migration_and_a_stale_function_are_problems(quanyu, database):
    change(database, "UPDATE platform_sql_file SET sha256 = 'old' WHERE path LIKE '%outbox%'")
    code, findings = examine(quanyu)
    assert (code, bad(findings)) == (1, {"sql": "problem", "backup": "warning"})
    assert findings["sql"]["remedy"] == "Run `quanyu migrate`."
    change(database, "UPDATE django_migrations SET name = '0001_gone' WHERE app = 'mall' AND name = '0001_initial'")
    code, findings = examine(quanyu)
    assert (code, bad(findings)) == (1, {"migrations": "problem"})
    assert "mall.0001_initial" in findings["migrations"]["found"]
    change(database, "UPDATE django_migrations SET name = '0001_initial' WHERE name = '0001_gone'")
    assert quanyu.run("migrate").returncode == 0
    assert bad(examine(quanyu)[1]) == {"backup": "warning"}


def test_parked_and_waiting_events_are_seen(quanyu, database):
    insert = (
        "INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at, parked_at)"
        " VALUES ('a.b.1', 'x', '{{}}', now() - interval '5 minutes', now(), {parked})"
    )
    change(database, insert.format(parked="NULL"))
    code, findings = examine(quanyu)
    assert (code, findings["events"]["level"]) == (0, "warning")
    assert findings["events"]["found"].startswith("1 events wait, the oldest for 30")
    change(database, insert.format(parked="now()"))
    code, findings = examine(quanyu)
    assert (code, findings["events"]["level"]) == (1, "problem")
    assert findings["events"]["found"] == "1 events failed 8 times and are parked"
    change(database, "DELETE FROM platform_outbox")


def test_a_database_without_chinese_letters_is_a_problem(quanyu, database):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE latin TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'"
        )
    code, findings = examine(quanyu, DATABASE_URL=database.rpartition("/")[0] + "/latin", QUANYU_DEMO="1")
    assert code == 1
    assert findings["search"]["found"] == "the locale C sees no Chinese letters"


def test_a_database_that_does_not_answer_is_a_problem_and_its_password_stays_unsaid(quanyu, free_port):
    url = f"postgresql://shop:hush-hush@127.0.0.1:{free_port}/shop"
    done = quanyu.run("doctor", DATABASE_URL=url, QUANYU_DEMO="1")
    assert done.returncode == 1
    assert "✗ database" in done.stdout
    assert "DATABASE_URL" in done.stdout
    assert "hush-hush" not in done.stdout + done.stderr


def test_a_taken_port_is_a_warning(quanyu):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        code, findings = examine(quanyu, QUANYU_PORT=str(taken))
    assert code == 0
    assert findings["port"]["found"] == f"127.0.0.1:{taken} is taken by another program"


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
