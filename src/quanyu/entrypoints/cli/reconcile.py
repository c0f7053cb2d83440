"""`quanyu reconcile`: every invariant of the books, and who breaks it."""

import click

from quanyu.entrypoints.cli import environment, screen


@click.command()
def reconcile() -> None:
    """Check that the books add up: stock, money, points, payments. Exit code 1 on a breach."""
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        if not books_add_up():
            raise click.exceptions.Exit(1)


def books_add_up() -> bool:
    """Run all checks and print them; whether none found a breach. Needs Django ready."""
    from quanyu.entrypoints import reconcile as books

    checks = books.run()
    for check in checks:
        screen.console.print("[red]✗[/red]" if check.breaches else "[green]✓[/green]", end=" ")
        screen.say(f"{check.name}  {check.promise}")
        for breach in check.breaches:
            screen.say(f"    {breach}")
    broken = [check for check in checks if check.breaches]
    screen.say(f"{len(checks)} checks, {len(broken)} with breaches")
    return not broken
