"""One real PostgreSQL per run and one database per worker, copied from a migrated template.

Data is committed and never rolled back or truncated: every test makes its own rows under its own codes, as two
shops on one server would. That keeps races, the outbox and live servers honest, and it is fast.
"""

from __future__ import annotations

import atexit
import base64
import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.b64encode(hashlib.sha256(b"tests only").digest()).decode()
SECRETS = {
    "QUANYU_SECRET_KEY": "tests-only-" + KEY,
    "QUANYU_PII_KEYS": f"k1:{KEY}",
    "QUANYU_BLIND_INDEX_KEY": KEY,
    "QUANYU_AUDIT_KEY": KEY,
}


def prepare() -> None:
    """Point this process at a database of its own before Django reads its settings.

    QUANYU_TEST_SERVER_URL names a running server (any PostgreSQL >= 15); without it an embedded one is started for
    the run. QUANYU_TEST_DB names the database, so that several runs can share a server.
    """
    os.environ.update(SECRETS)
    os.environ["DJANGO_SETTINGS_MODULE"] = "quanyu.entrypoints.settings"
    home = Path(os.environ.get("QUANYU_TEST_HOME") or ROOT / "var" / "test")
    home.mkdir(parents=True, exist_ok=True)
    os.environ["QUANYU_HOME"] = str(home)
    server = os.environ.get("QUANYU_TEST_SERVER_URL") or _start_server(home)
    os.environ["QUANYU_TEST_SERVER_URL"] = server
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    base = os.environ.get("QUANYU_TEST_DB", "quanyu_test")
    template = _template(server, home, base)
    name = f"{base}_{worker or 'main'}"
    _copy(server, template=template, name=name)
    os.environ["DATABASE_URL"] = at(server, name)


def another(name: str) -> str:
    """Return the address of a database of one's own beside the run's: a fresh copy of the template."""
    server, base = os.environ["QUANYU_TEST_SERVER_URL"], os.environ.get("QUANYU_TEST_DB", "quanyu_test")
    mine = f"{base}_{os.environ.get('PYTEST_XDIST_WORKER', '') or 'main'}_{name}"
    _copy(server, template=_template(server, Path(os.environ["QUANYU_HOME"]), base), name=mine)
    return at(server, mine)


def drop(url: str) -> None:
    """Remove a database that :func:`another` made."""
    server, name = os.environ["QUANYU_TEST_SERVER_URL"], url.rsplit("/", 1)[1]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def at(server: str, name: str) -> str:
    """The URL of another database on the same server."""
    return server.rsplit("/", 1)[0] + "/" + name


def _start_server(home: Path) -> str:
    from quanyu.platform.postgres import Server

    server = Server(home / "pg", unsafe_fast=True, settings={"max_connections": "300"})
    address = server.start()
    atexit.register(server.stop)
    return address.url("postgres")


def _fingerprint() -> str:
    """Changes with every migration and SQL room, so that a stale template is never used."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix == ".sql" or (path.suffix == ".py" and path.parent.name == "migrations"):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _template(server: str, home: Path, base: str) -> str:
    """Return the name of the migrated template, making it once per fingerprint."""
    name = f"{base}_t_{_fingerprint()}"
    with (home / f"{base}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(server, autocommit=True) as connection:
            known = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{base}_t_"]
            ).fetchall()
            if (name,) in known:
                return name
            for (old,) in known:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
            draft = f"{base}_draft"
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
            _migrate(at(server, draft))
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
            )
    return name


def _migrate(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.harness.migrate"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"migrating the test template failed:\n{done.stdout}\n{done.stderr}")


def _copy(server: str, *, template: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
