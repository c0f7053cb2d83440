"""`quanyu replay`: send a real shop's orders through the order path and reconcile."""

from pathlib import Path

import click

from quanyu.entrypoints.cli import environment, screen
from quanyu.entrypoints.cli.reconcile import books_add_up


@click.group()
def replay() -> None:
    """Replay real baskets in time order through checkout, then reconcile. Safe to repeat and to resume."""


@replay.command(name="complete-journey")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many orders.")
def complete_journey(path: Path, limit: int | None) -> None:
    """Replay the receipts of The Complete Journey as orders of the till."""
    _run("complete_journey_baskets", path, limit)


@replay.command(name="online-retail")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many orders.")
def online_retail(path: Path, limit: int | None) -> None:
    """Replay the invoices of Online Retail as mall orders, its credit notes as returns."""
    _run("online_retail_invoices", path, limit)


def _run(name: str, path: Path, limit: int | None) -> None:
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        from quanyu.entrypoints.imports import replay as replays
        from quanyu.kernel.clock import system_clock

        runs = {
            "complete_journey_baskets": replays.complete_journey_baskets,
            "online_retail_invoices": replays.online_retail_invoices,
        }
        report = runs[name](path, limit=limit, now=system_clock.now())
        for row in report.rows:
            screen.say(f"{'✓' if row.agrees else '✗'} {row.what}: file {row.file}, books {row.books}")
        for code, count in report.refused.items():
            screen.say(f"✗ refused: {count} x {code}")
        for note in report.notes:
            screen.say(f"  {note}")
        if not (books_add_up() and report.agrees):
            raise click.exceptions.Exit(1)
