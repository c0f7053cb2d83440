"""Command line of the simulated WeChat."""

import argparse
import signal
import sys
import threading

from quanyu.modules.members.simulators.book import Book
from quanyu.modules.members.simulators.server import serving


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m quanyu.modules.members.simulators", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1")
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with serving(Book(), host=arguments.host, port=arguments.port) as address:
        sys.stdout.write(f"Simulated WeChat: {address}\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
