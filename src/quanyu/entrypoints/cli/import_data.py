"""`quanyu import`: make a chain from a real shop's files."""

from pathlib import Path

import click

from quanyu.entrypoints.cli import environment, screen

KINDS = ("products", "prices", "stores", "suppliers", "staff", "opening-stock", "old-till-sales")


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


@import_.command(name="members")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what every row would be; write nothing.")
@click.option("--source", default="file", show_default=True, help="Where customer numbers come from (old-till).")
@click.option("--problems", type=click.Path(dir_okay=False, path_type=Path), help="Write rows that need a look here.")
def members(path: Path, *, dry_run: bool, source: str, problems: Path | None) -> None:
    """Import members from a CSV (UTF-8 or GBK) or XLSX file. Safe to repeat: known rows change nothing."""
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        from quanyu.entrypoints.imports import member_files

        member_files.import_file(path, is_dry=dry_run, source=source, problems=problems, say=screen.say)


@import_.command(name="table")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "is_applied", is_flag=True, help="Write it; without this the file is only checked.")
@click.option("--problems", type=click.Path(dir_okay=False, path_type=Path), help="Write rows with problems here.")
def table(kind: str, path: Path, *, is_applied: bool, problems: Path | None) -> None:
    """Check a file (XLSX or CSV) of products, prices, stores ... row by row and, with --apply, write it."""
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        from quanyu.entrypoints.imports import table_files
        from quanyu.kernel.problem import Problem

        try:
            table_files.import_file(
                path, kind=kind.replace("-", "_"), is_applied=is_applied, problems=problems, say=screen.say
            )
        except Problem as refusal:
            raise click.ClickException(table_files.told(refusal)) from refusal


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
