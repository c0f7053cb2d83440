"""`quanyu doctor`: what is wrong here, and how to mend it."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from quanyu.entrypoints.cli import environment, screen
from quanyu.entrypoints.cli.checks import database, machine, product
from quanyu.entrypoints.cli.checks.finding import Finding, Level, problem, warning
from quanyu.platform.config import Config, ConfigError
from quanyu.platform.postgres import PostgresError

MARKS = {Level.OK: "[green]✓[/green]", Level.WARNING: "[yellow]![/yellow]", Level.PROBLEM: "[red]✗[/red]"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, as_json: bool) -> None:
    """Say what is wrong here and how to mend it. Exit code 1 when there is a problem."""
    findings = []
    for finding in _look():
        findings.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    if any(finding.level is Level.PROBLEM for finding in findings):
        raise click.exceptions.Exit(1)


def _look() -> Iterator[Finding]:
    try:
        settings = environment.configuration()
    except ConfigError as error:
        yield problem("settings", str(error), "Correct the settings above.")
        return
    yield from machine.look(settings)
    if settings.is_embedded and not (settings.postgres_dir / "PG_VERSION").exists():
        yield warning("database", "not made yet", "The first `quanyu up` makes it.")
        return
    yield from _look_into_database(settings)


def _look_into_database(settings: Config) -> Iterator[Finding]:
    try:
        with environment.database(settings) as url:
            yield from database.look(url)
            yield from _look_into_product(settings)
    except PostgresError as error:
        yield problem("database", error.args[0], error.remedy)


def _look_into_product(settings: Config) -> Iterator[Finding]:
    try:
        environment.django_ready()
    except Exception as error:  # noqa: BLE001 (whatever is wrong with the code, the doctor tells it)
        yield problem("code", f"it does not load: {type(error).__name__}: {error}", "Run `make setup`, or report it.")
        return
    yield from product.look(settings)


def _show(finding: Finding) -> None:
    screen.console.print(f"{MARKS[finding.level]} {finding.name:<12}", end=" ")
    screen.say(finding.found)
    if finding.remedy:
        screen.say(f"    -> {finding.remedy}")
