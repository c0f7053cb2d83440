"""Command line of the simulators."""

import argparse
import os
import signal
import threading
from pathlib import Path

from quanyu.modules.payments.simulators import keys
from quanyu.modules.payments.simulators.engine import Engine
from quanyu.modules.payments.simulators.server import serving


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    arguments = _arguments()
    keys_dir = arguments.keys_dir or arguments.state_dir or Path(os.environ.get("QUANYU_HOME", "var")) / "simulators"
    book_file = None
    if arguments.state_dir:
        arguments.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        book_file = arguments.state_dir / "trades.json"
    engine = Engine(
        keys.load_or_create(keys_dir),
        on_rotated=lambda changed: keys.save(keys_dir, changed),
        book_file=book_file,
        speed=arguments.speed,
        refund_seconds=arguments.refund_seconds,
        autopay_seconds=arguments.autopay,
        merchant_name=arguments.merchant,
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with serving(engine, host=arguments.host, port=arguments.port, public_url=arguments.public_url) as address:
        print(f"Simulated WeChat Pay and Alipay: {address} (control: {address}/control/trades)", flush=True)
        stop.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m quanyu.modules.payments.simulators", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--public-url", default="", help="address under which payers' phones reach this server")
    parser.add_argument("--keys-dir", type=Path, help="default: the state directory, else $QUANYU_HOME/simulators")
    parser.add_argument("--state-dir", type=Path, help="keep trades there over a restart; default: only in memory")
    parser.add_argument("--autopay", type=float, metavar="SECONDS", help="payers pay by themselves after this time")
    parser.add_argument("--refund-seconds", type=float, default=1.0, help="how long WeChat Pay works on a refund")
    parser.add_argument("--speed", type=float, default=1.0, help="divides the waits between repeated notifications")
    parser.add_argument("--merchant", default="全域示范门店 Quanyu Demo Store", help="name on the cashier pages")
    return parser.parse_args()


if __name__ == "__main__":
    main()
