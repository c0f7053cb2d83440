"""What every command needs first: the settings, a database that answers, Django ready."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from quanyu.entrypoints.cli import screen
from quanyu.platform import config, postgres, secret_file
from quanyu.platform.config import Config

SERVER_VERSION_MIN = 150_000


def configuration() -> Config:
    """The settings of this command. They are also put where Django's settings will look."""
    settings = config.load()
    os.environ["QUANYU_HOME"] = str(settings.home)
    # Logs of a demo hold login codes, and the record of a start its accounts.
    for folder in (settings.log_dir, settings.run_dir, settings.backup_dir):
        secret_file.keep_folder_private(folder)
    return settings


def embedded_server(settings: Config) -> postgres.Server:
    """The supervisor of the embedded database of this home."""
    return postgres.Server(
        settings.postgres_dir,
        bindir=settings.pg_bindir,
        log_file=settings.log_dir / "postgres.log",
        say=screen.say,
    )


@contextmanager
def database(settings: Config) -> Iterator[str]:
    """The URL of a database that answers; an embedded one is joined, or started for the block.

    Raises PostgresError when it does not answer or is too old.
    """
    if not settings.is_embedded:
        url = settings.resolved_database_url()
        check(url)
        yield url
        return
    with embedded_server(settings) as server:
        assert server.address is not None
        postgres.create_database(server.address.url("postgres"), postgres.DATABASE)
        yield server.address.url()


def check(url: str) -> None:
    """Raises PostgresError, without the password in it, unless a PostgreSQL >= 15 answers at the URL."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        raise postgres.PostgresError(
            f"The database does not answer: {str(error).strip()}", "Check DATABASE_URL and that the server runs."
        ) from None
    if version < SERVER_VERSION_MIN:
        raise postgres.PostgresError(
            f"The database is PostgreSQL {version // 10_000}; Quanyu needs 15 or newer.", "Upgrade the server."
        )


def django_ready() -> None:
    """Load Django. Call it inside `database`: its settings read the address of the running server."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanyu.entrypoints.settings")
    import django

    django.setup()
