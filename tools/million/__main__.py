"""A database with a million orders to look at and to measure: `python -m tools.million`, or `make million`.

The demo chain's stores, goods and staff, and a year of trade of all channels over them, made by SQL: orders, three
million lines, payments, refunds, returns, reservations and movements, a hundred thousand members. It lives in a folder
of its own (var/million) and is used by `QUANYU_HOME=var/million quanyu up --demo`. Stopped, it goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from quanyu.entrypoints.cli import environment
from quanyu.entrypoints.cli.demo import ensure_demo
from quanyu.entrypoints.cli.migrate import bring_up_to_date
from tools.million import fill

ORDERS, MEMBERS = 1_000_000, 100_000
HOME = Path(__file__).resolve().parents[2] / "var" / "million"
# A single reconciliation view may take this long; what takes longer is named and left.
CHECK_SECONDS = 120


def main(arguments: list[str] | None = None) -> int:
    """Make or finish the database; 1 when a promise of the books is broken."""
    parser = argparse.ArgumentParser(prog="python -m tools.million", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--home", type=Path, default=HOME, help="folder of the database (var/million)")
    asked = parser.parse_args(arguments)
    os.environ.update({"QUANYU_HOME": str(asked.home.resolve()), "QUANYU_DEMO": "1"})
    settings = environment.configuration()
    started = time.monotonic()
    with environment.database(settings) as url:
        environment.django_ready()
        bring_up_to_date(url)
        ensure_demo()
        run = fill.begun(url, total=asked.orders, members=asked.members)
        _say(f"{run.done:,} of {run.total:,} orders stand")
        fill.fill(url, run, tell=lambda done: _tell(done, run, started))
        _say("gathering statistics")
        fill.settle(url)
        _say("adding up the days of the stores")
        fill.add_up(tell=lambda made: _say(f"  {made:,} days"))
        _say("checking the books")
        broken, left = fill.broken_promises(url, seconds_max=CHECK_SECONDS)
    for view in left:
        _say(f"not finished within {CHECK_SECONDS} s and left: {view}")
    _say(f"broken: {', '.join(broken)}" if broken else "all adds up")
    _say(f"{time.monotonic() - started:.0f} s; look at it: QUANYU_HOME={asked.home} .venv/bin/quanyu up --demo")
    return 1 if broken else 0


def _tell(done: int, run: fill.Run, started: float) -> None:
    took = time.monotonic() - started
    _say(f"{done:,} of {run.total:,} orders, {took:.0f} s")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
