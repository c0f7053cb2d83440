"""`quanyu reconcile`: every invariant of the books, and who breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quanyu.entrypoints.cli import environment, screen
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock

if TYPE_CHECKING:
    from quanyu.entrypoints.reconcile import Check


@click.command()
def reconcile() -> None:
    """Check that the books add up: stock, money, points, payments. Exit code 1 on a breach."""
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        from quanyu.entrypoints import reconcile as books

        checks = books.run_and_note(actor=SYSTEM, now=system_clock.now())
        if checks is None:
            screen.say("The books are being checked at this moment: try again when that is done.")
            raise click.exceptions.Exit(1)
        if not _told(checks):
            raise click.exceptions.Exit(1)


def books_add_up() -> bool:
    """Run all checks and print them; whether none found a breach. Needs Django ready."""
    from quanyu.entrypoints import reconcile as books

    return _told(books.run())


def _told(checks: list[Check]) -> bool:
    for check in checks:
        screen.console.print("[red]✗[/red]" if check.breaches else "[green]✓[/green]", end=" ")
        screen.say(f"{check.name}  {check.promise}")
        for breach in check.breaches:
            screen.say(f"    {breach}")
    broken = [check for check in checks if check.breaches]
    screen.say(f"{len(checks)} checks, {len(broken)} with breaches")
    return not broken
