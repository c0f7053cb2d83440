"""`quanyu prepare`: the part of `up` that needs Django, in a process that ends and gives its memory back."""

import importlib
from importlib.util import find_spec

import click

from quanyu.entrypoints.cli import environment, prepared
from quanyu.entrypoints.cli.migrate import bring_up_to_date

DEMO_ROOM = "quanyu.entrypoints.cli.demo"


@click.command()
def prepare() -> None:
    """Bring the database up to date, make the demo chain when asked to, and remember both."""
    settings = environment.configuration()
    with environment.database(settings) as url:
        environment.django_ready()
        bring_up_to_date(url)
        accounts: list[list[str]] = []
        if settings.demo and find_spec(DEMO_ROOM):
            demo = importlib.import_module(DEMO_ROOM)
            demo.ensure_demo()
            accounts = [[str(part) for part in account] for account in demo.accounts()]
        state = prepared.Prepared(
            code=prepared.code_fingerprint(),
            database=prepared.database_identity(url),
            demo=settings.demo,
            accounts=accounts,
        )
        prepared.write(settings.run_dir / "prepared.json", state)
