"""`make mall`: build both targets of frontend/mobile where their sources changed, with progress.

The H5 goes into the package (``quanyu/entrypoints/faces/mall``, served at ``/mall/``), the mini-program into
``var/mall/mini-program.zip``, ready for WeChat DevTools.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.faces import building as steps
from tools.faces import node, stamps
from tools.mall import building, mini_program

FACE = building.ROOT / "src" / "quanyu" / "entrypoints" / "faces" / "mall"
ZIP = building.ROOT / "var" / "mall" / "mini-program.zip"


def main() -> int:
    """Build what is not current. Returns 1 when it cannot, having said why and what to do."""
    options = _options()
    wanted = stamps.fingerprint(building.sources(), extra=f"{options.api} {options.appid}")
    if not options.force and stamps.read(FACE) == wanted and ZIP.exists():
        return 0
    try:
        tools = node.find()
        with stamps.alone(building.MOBILE):
            with _step(1, "Installing the packages of frontend/mobile (about a minute, once)"):
                steps.install(tools, building.MOBILE)
            with _step(2, "Building the H5"):
                building.build_h5(tools, FACE)
            with _step(3, "Building the WeChat mini-program"):
                built = building.build_mini_program(tools, api=options.api)
                sizes = mini_program.check(built)
                mini_program.pack(built, ZIP, appid=options.appid)
            stamps.write(FACE, wanted)
    except (node.Missing, steps.Failed, mini_program.Unfit) as refusal:
        print(f"The mall was not built: {refusal}", file=sys.stderr)
        return 0 if options.or_go_without else 1
    shown = ", ".join(f"{name} {size / 1024:.0f} kB" for name, size in sizes.items())
    print(f"The mall is built: /mall/ and {ZIP.relative_to(building.ROOT)} ({shown})")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.mall", description=__doc__)
    parser.add_argument("--api", default=os.environ.get("API", ""), help="where the mini-program finds the API (https)")
    parser.add_argument("--appid", default=os.environ.get("APPID", ""), help="the mini-program's appid")
    parser.add_argument("--force", action="store_true", help="build even what is current")
    parser.add_argument("--or-go-without", action="store_true", help="where it cannot be built, say so and go on")
    return parser.parse_args()


@contextmanager
def _step(number: int, title: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"[{number}/3] {title} ...", flush=True)
    yield
    print(f"      done in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
