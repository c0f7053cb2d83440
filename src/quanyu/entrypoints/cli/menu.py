"""The table of commands, and the one place where an expected error becomes a clean message."""

import importlib
from importlib.util import find_spec
from typing import Any, NamedTuple

import click

from quanyu.kernel.problem import Problem
from quanyu.platform.config import ConfigError
from quanyu.platform.postgres import PostgresError

ROOM = "quanyu.entrypoints.cli"


class Entry(NamedTuple):
    """Where a command lives and what the menu says about it; hidden ones are for our own processes."""

    module: str
    attribute: str
    summary: str
    hidden: bool = False


COMMANDS: dict[str, Entry] = {
    "up": Entry("up", "up", "Start everything: database, web, worker. Ctrl-C stops it."),
    "demo": Entry("demo", "demo", "Make the demo chain."),
    "import": Entry("import_data", "import_", "Bring a chain's own records in."),
    "replay": Entry("replay", "replay", "Send recorded baskets through checkout."),
    "reconcile": Entry("reconcile", "reconcile", "Check that the books add up."),
    "doctor": Entry("doctor", "doctor", "Say what is wrong here and how to mend it."),
    "backup": Entry("backup", "backup", "Write database and pictures into one file."),
    "restore": Entry("restore", "restore", "Bring a backup back."),
    "migrate": Entry("migrate", "migrate", "Bring the database to this version."),
    "createadmin": Entry("createadmin", "createadmin", "Create a head-office administrator."),
    "print-bridge": Entry("print_bridge", "print_bridge", "Take receipts from the till to this computer's printer."),
    "prepare": Entry("prepare", "prepare", "What `up` does before it serves.", hidden=True),
}


class Menu(click.Group):
    """Imports a command when it is asked for: `--help` answers at once, and a part not installed is not shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, entry in COMMANDS.items() if find_spec(f"{ROOM}.{entry.module}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        entry = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"{ROOM}.{entry.module}"), entry.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = [name for name in self.list_commands(ctx) if not COMMANDS[name].hidden]
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in shown])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (ConfigError, PostgresError) as error:
            raise click.ClickException(str(error)) from error
        except Problem as refusal:
            raise click.ClickException(_in_words(refusal)) from refusal


def _in_words(refusal: Problem) -> str:
    """A refusal of the product as its screens would say it. It was raised by Django's side, so Django is ready."""
    from quanyu.platform.http import problems

    params = refusal.params
    return f"{problems.text(refusal.title, params)}\n  -> {problems.text(refusal.remedy, params)}"


@click.group(cls=Menu, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quanyu", prog_name="quanyu")
def main() -> None:
    """Quanyu: one member, one stock, one order book, for every channel of a store chain."""
