"""`quanyu demo`: make the demo chain, or let shoppers and tills keep buying in it (`--live`)."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import click

from quanyu.entrypoints.cli import environment, screen

SIMULATOR_URL = "QUANYU_PAYMENT_SIMULATOR_URL"
PAYERS = "http://127.0.0.1:8090"
SECONDS_BETWEEN_LINES = 20.0


@click.command()
@click.option("--days", type=click.IntRange(1, 400), help="Days of history (QUANYU_DEMO_DAYS).")
@click.option("--live", is_flag=True, help="Let shoppers and tills of the demo keep buying, until Ctrl-C.")
@click.option("--address", help="Where the product runs that they buy from; by default here.")
@click.option("--payers", default=PAYERS, show_default=True, help="Where the payment simulator runs.")
@click.option("--pace", type=click.FloatRange(0.05, 60), default=0.5, show_default=True, help="A minute and store.")
def demo(*, days: int | None, live: bool, address: str | None, payers: str, pace: float) -> None:
    """Make the demo chain in an empty database, or let it live (--live)."""
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        if live:
            keep_alive(address or settings.site_url, os.environ.get(SIMULATOR_URL, payers), pace=pace)
            return
        if not ensure_demo(days=days or settings.demo_days):
            screen.say("A chain stands already; nothing was changed.")
        for account in accounts():
            screen.say("  ".join(account))


def keep_alive(address: str, payers: str, *, pace: float) -> None:
    """Let shoppers and tills buy at the address until Ctrl-C or SIGTERM; one line tells what they did.

    Raises ClickException for a database that is no demo.
    """
    from quanyu.entrypoints.demo.live import run

    if not run.is_demo():
        raise click.ClickException(
            "This database holds no demo chain: nobody buys for show in a real one.\n"
            "  -> Make one in an empty database with `quanyu demo`, or start `quanyu up --demo`."
        )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    screen.say(f"Shoppers and tills buy at {address}. Stop: Ctrl-C")
    bustle = run.Bustle(address, payers, pace=pace)
    bustle.go_on(stop, _teller())
    screen.say(f"Stopped: {bustle.line}")


def _teller() -> Callable[[str], None]:
    """Say the line of the moment: in its place on a terminal, else now and then."""
    if sys.stdout.isatty():
        return lambda line: print(f"\r\033[K{line[:150]}", end="", flush=True)
    told = 0.0

    def tell(line: str) -> None:
        nonlocal told
        if time.monotonic() - told >= SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            screen.say(line)

    return tell


def ensure_demo(*, days: int | None = None) -> bool:
    """Make the demo chain unless a chain stands; whether it was made. Needs Django ready."""
    from django.conf import settings

    from quanyu.entrypoints import wiring
    from quanyu.entrypoints.demo import build
    from quanyu.kernel.clock import system_clock

    if build.exists():
        return False
    # What the history tells is heard here: points and tiers stand when the demo opens.
    wiring.connect()
    build.build(now=system_clock.now(), days=days or settings.CONFIG.demo_days)
    return True


def accounts() -> list[tuple[str, str, str, str]]:
    """The demo accounts: (sign-in name, password, PIN at the till, who it is)."""
    from quanyu.entrypoints.demo import people

    return [(person.username, people.PASSWORD, person.pin, f"{person.role} @ {person.unit}") for person in people.STAFF]
