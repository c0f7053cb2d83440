"""`quanyu import`: make a chain from a real shop's files."""

from pathlib import Path

import click

from quanyu.entrypoints.cli import environment, screen


@click.group(name="import")
def import_() -> None:
    """Make stores, products, members, prices and stock from files."""


@import_.command(name="complete-journey")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
def complete_journey(path: Path) -> None:
    """Import the folder of The Complete Journey (Parquet). Safe to repeat."""
    _run("complete_journey", path)


@import_.command(name="online-retail")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def online_retail(path: Path) -> None:
    """Import the file (or folder) of Online Retail (Parquet). Safe to repeat."""
    _run("online_retail", path)


def _run(module: str, path: Path) -> None:
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        from quanyu.entrypoints.imports import complete_journey as journey
        from quanyu.entrypoints.imports import online_retail as retail
        from quanyu.entrypoints.imports.parquet import FileMissing
        from quanyu.kernel.clock import system_clock

        sources = {"complete_journey": journey.import_chain, "online_retail": retail.import_chain}
        try:
            sources[module](path, now=system_clock.now())
        except FileMissing as missing:
            raise click.ClickException(f"{missing} is missing") from missing
        screen.say(f"imported; now: quanyu replay {module.replace('_', '-')} {path}")
