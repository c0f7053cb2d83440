"""`quanyu backup`: database and pictures of one instant in one verified file."""

import hashlib
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import click
import psycopg
from psycopg import sql

from quanyu.entrypoints.cli import archive, environment, screen
from quanyu.platform.config import Config
from quanyu.platform.postgres import binaries


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def backup(file: Path | None) -> None:
    """Write database and pictures into FILE (default: a new file in the home's folder `backup`).

    Selling goes on meanwhile. The secrets are not in it: keep secrets.env beside it, under lock and key.
    """
    settings = environment.configuration()
    path = file or settings.backup_dir / f"quanyu-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar"
    if path.exists():
        raise click.ClickException(f"{path} exists already.\n  -> Choose another name, or remove it first.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with environment.database(settings) as url, screen.step("Writing the backup", announce=True):
        manifest = make(settings, url, path)
    size_mb = path.stat().st_size / 1e6
    screen.say(f"{path}: {size_mb:.1f} MB, {len(manifest.rows)} tables, {sum(manifest.rows.values())} rows")
    if settings.secrets_path.exists():
        screen.say(f"Keep {settings.secrets_path} too: without it personal data in the backup cannot be read.")


def make(settings: Config, url: str, path: Path) -> archive.Manifest:
    """Dump, count and pack. Counts and dump see the same snapshot, so they agree to the row."""
    programs = binaries.find(settings.pg_bindir)
    # Beside the target: the same disk, and no copy from one to another.
    with tempfile.TemporaryDirectory(prefix=".quanyu-backup-", dir=path.parent) as scratch:
        dump = Path(scratch) / archive.DUMP
        with psycopg.connect(url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute("SET idle_in_transaction_session_timeout = 0")
            snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert snapshot is not None
            run_client(programs.program("pg_dump"), url, "-Fc", f"--snapshot={snapshot[0]}", "-f", str(dump))
            rows = count_rows(connection)
            server_version = connection.info.parameter_status("server_version") or ""
        files = {archive.DUMP: archive.sha256(dump)}
        files |= {name: archive.sha256(picture) for name, picture in archive.media_files(settings.media_dir)}
        manifest = archive.Manifest(
            version=product_version(),
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            server_version=server_version,
            rows=rows,
            files=files,
            key_mark=key_mark(settings),
        )
        archive.write(path, manifest, dump, settings.media_dir)
    return manifest


def count_rows(connection: psycopg.Connection) -> dict[str, int]:
    """The number of rows of each table of ours."""
    tables = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
    ).fetchall()
    counts = {}
    for (name,) in tables:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
        counts[name] = row[0] if row else 0
    return counts


def run_client(program: Path, url: str, *arguments: str, tolerate: Callable[[str], bool] | None = None) -> None:
    """Run one of PostgreSQL's client programs against the database. The password goes by environment, unseen by `ps`.

    tolerate: whether what a failing program said is harmless. Raises ClickException with what it said otherwise.
    """
    info = psycopg.conninfo.conninfo_to_dict(url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    env = {variable: str(info[name]) for name, variable in names.items() if info.get(name)}
    done = subprocess.run(
        [str(program), "--no-password", *arguments], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and not (tolerate and tolerate(done.stderr)):
        raise click.ClickException(f"{program.name} failed: {done.stderr.strip()}")


def product_version() -> str:
    """The version of Quanyu, for the record."""
    try:
        return metadata.version("quanyu")
    except metadata.PackageNotFoundError:
        return "unknown"


def key_mark(settings: Config) -> str:
    """A short mark of the key ring, to recognise on restore whether the keys are those of the backup."""
    keys = b"".join(kid.encode() + value for kid, value in settings.pii_key_ring)
    return hashlib.sha256(b"quanyu backup mark" + keys + settings.blind_index_key_bytes).hexdigest()[:16]
