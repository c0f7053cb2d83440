"""``python -m tests.simulation``: run seeds until one fails, and say what was met on the way."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time

from tests.harness import database


def main() -> int:
    """Run the seeds asked for; 1 when one fails, with the command that replays it."""
    asked = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    asked.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    asked.add_argument("--count", type=int, default=1, help="how many seeds (1)")
    asked.add_argument("--steps", type=int, default=None, help="events of a seed (300; on the database 80)")
    asked.add_argument("--database", action="store_true", help="beside the model, on a real database of its own")
    wanted = asked.parse_args()
    room = None
    if wanted.database:
        database.prepare()
    else:
        # Nobody connects to it: the pure rules only live in packages that are Django apps.
        os.environ |= database.SECRETS | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "quanyu.entrypoints.settings"
    import django
    import structlog

    django.setup()
    # What the product would log of wrong amounts and silent providers is no news here.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    from tests.simulation import run

    if wanted.database:
        from tests.simulation.real import open_room

        room = open_room()
    started = time.monotonic()
    try:
        reached = run.run_many(range(wanted.seed, wanted.seed + wanted.count), steps=wanted.steps, room=room)
    except run.Found as found:
        print(found, file=sys.stderr)
        return 1
    print(f"{wanted.count} seeds in {time.monotonic() - started:.0f} s; met on the way:")
    for name in run.SOMETIMES:
        print(f"  {reached[name]:>8}  {name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
