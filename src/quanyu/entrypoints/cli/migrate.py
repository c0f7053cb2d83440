"""`quanyu migrate`: Django's migrations, then the SQL rooms, one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg

from quanyu.entrypoints.cli import environment, screen

LOCK_KEY = 7_310_002


@click.command()
def migrate() -> None:
    """Bring the database to this version of the code. Safe to repeat, and on several hosts at once."""
    settings = environment.configuration()
    with environment.database(settings) as url:
        environment.django_ready()
        bring_up_to_date(url)


def bring_up_to_date(url: str) -> None:
    """Apply what is missing; wait for another process that does the same. Needs Django ready."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from quanyu.platform.db import sql_rooms

    with _alone(url):
        with connection.cursor() as cursor:
            # A migration of a big table takes longer than any request may; it still does not wait long for locks.
            cursor.execute("SET statement_timeout = 0")
        executor = MigrationExecutor(connection)
        count = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if count:
            with screen.step(f"Applying {count} migrations", announce=True):
                call_command("migrate", interactive=False, verbosity=0)
        changed = sql_rooms.apply()
    if changed:
        screen.say(f"Loaded {len(changed)} SQL files")
    if not count and not changed:
        screen.say("The database is up to date")


@contextmanager
def _alone(url: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        # lint-ok: locks because the lock must outlive the many transactions of the migrations
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        yield
