"""Command line of the simulated tracking service."""

import argparse
import signal
import threading
from pathlib import Path

from quanyu.modules.fulfilment.simulators.server import Service, serving


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m quanyu.modules.fulfilment.simulators", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes any free one")
    parser.add_argument("--state-dir", type=Path, help="remember there when a number was seen first")
    arguments = parser.parse_args()
    book_file = None
    if arguments.state_dir:
        arguments.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        book_file = arguments.state_dir / "parcels.json"
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with serving(Service(book_file=book_file), port=arguments.port) as address:
        print(f"Simulated parcel tracking: {address}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
