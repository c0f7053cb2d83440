"""`quanyu restore`: bring a backup back beside the present state, verify it, and only then let it take its place."""

import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import click
import psycopg
from psycopg import sql

from quanyu.entrypoints.cli import archive, backup, environment, screen
from quanyu.entrypoints.cli.migrate import bring_up_to_date
from quanyu.entrypoints.cli.reconcile import books_add_up
from quanyu.platform import postgres
from quanyu.platform.config import Config
from quanyu.platform.postgres import binaries
from quanyu.platform.process import run_lock

# A chain that has none of these has nothing to lose; migrations alone fill other tables.
IN_USE = ("organization_unit", "identity_staff", "members_member", "orders_order")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the data that is there now.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, *, replace: bool, yes: bool) -> None:
    """Bring the backup FILE back into an empty database, or with --replace in place of the present one."""
    settings = environment.configuration()
    try:
        with run_lock.hold(settings.run_dir / "up.lock"):
            _restore(settings, file, replace=replace, yes=yes)
    except run_lock.Taken as taken:
        raise click.ClickException(
            f"Quanyu runs (process {taken.pid}).\n  -> Stop it first: nobody may sell while the books are exchanged."
        ) from None


def _restore(settings: Config, file: Path, *, replace: bool, yes: bool) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".quanyu-restore-", dir=settings.home) as scratch:
        folder = Path(scratch)
        manifest = _checked(settings, file, folder, yes=yes)
        with environment.database(settings) as url:
            present = _rows(url)
            if present and not replace:
                raise click.ClickException(
                    f"The database holds {present} rows already.\n  -> With --replace the backup takes their place."
                )
            if present and not yes:
                click.confirm(f"Replace {present} rows by the backup of {manifest.made_at}?", abort=True)
            with screen.step("Bringing the backup back", announce=True):
                _bring_back(settings, url, folder, manifest)
            screen.say(f"{len(manifest.rows)} tables, {sum(manifest.rows.values())} rows, as in the manifest")
            environment.django_ready()
            bring_up_to_date(url)  # the backup may be of an older version
            if not books_add_up():
                raise click.exceptions.Exit(1)


def _checked(settings: Config, file: Path, folder: Path, *, yes: bool) -> archive.Manifest:
    with screen.step("Checking the backup"):
        try:
            manifest = archive.unpack(file, folder)
        except archive.Damaged as damage:
            raise click.ClickException(f"{file}: {damage}.\n  -> Nothing was changed; take another backup.") from damage
    if manifest.key_mark != backup.key_mark(settings):
        screen.say("This installation's keys are not those of the backup: its personal data will not be readable.")
        screen.say("  -> Bring back secrets.env of that time first.")
        if not yes:
            click.confirm("Go on all the same?", abort=True)
    return manifest


def _bring_back(settings: Config, url: str, folder: Path, manifest: archive.Manifest) -> None:
    """Restore into a new database, compare it with the manifest, then exchange the names in one transaction."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    draft = f"{name}_restoring"
    postgres_url = urlunsplit(parts._replace(path="/postgres"))
    draft_url = urlunsplit(parts._replace(path=f"/{draft}"))
    postgres.drop_database(postgres_url, draft)
    postgres.create_database(postgres_url, draft)
    try:
        program = binaries.find(settings.pg_bindir).program("pg_restore")
        dump = str(folder / archive.DUMP)
        backup.run_client(program, draft_url, "--no-owner", "-d", draft, dump, tolerate=_is_of_a_newer_client)
        with psycopg.connect(draft_url) as connection:
            rows = backup.count_rows(connection)
        if rows != dict(manifest.rows):
            wrong = sorted(
                table for table in rows.keys() | manifest.rows if rows.get(table) != manifest.rows.get(table)
            )
            raise click.ClickException(f"The restored rows differ from the manifest in {', '.join(wrong)}.")
        _exchange(postgres_url, name, draft)
    finally:
        postgres.drop_database(postgres_url, draft)
    _exchange_media(settings.media_dir, folder / archive.MEDIA)


def _is_of_a_newer_client(complaints: str) -> bool:
    """pg_restore 17+ first sets a parameter that servers before 17 do not have; that one error does no harm."""
    only_one = "errors ignored on restore: 1\n" in complaints
    return only_one and 'unrecognized configuration parameter "transaction_timeout"' in complaints


def _exchange(postgres_url: str, name: str, draft: str) -> None:
    """Give the new database the name, and the old one the draft's, which is then dropped."""
    aside = f"{name}_replaced"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (%s, %s)", [name, draft]
        )
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        with connection.transaction():
            for old, new in ((name, aside), (draft, name), (aside, draft)):
                connection.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))


def _exchange_media(present: Path, restored: Path) -> None:
    old = present.with_name(present.name + ".replaced")
    shutil.rmtree(old, ignore_errors=True)
    if present.exists():
        present.rename(old)
    restored.mkdir(exist_ok=True)  # a backup without pictures holds no folder for them
    shutil.move(restored, present)
    shutil.rmtree(old, ignore_errors=True)


def _rows(url: str) -> int:
    """The rows of a database in use; 0 when it is empty or only migrated."""
    with psycopg.connect(url) as connection:
        counts = backup.count_rows(connection)
    return sum(counts.values()) if any(counts.get(table) for table in IN_USE) else 0
