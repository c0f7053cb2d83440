"""`make pos`: build the till of frontend/web where its sources changed, with progress.

It goes into the package (``quanyu/entrypoints/faces/pos``) and is served at ``/pos/``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.faces import building, node, stamps

ROOT = Path(__file__).resolve().parents[2]
FACE = ROOT / "src" / "quanyu" / "entrypoints" / "faces" / "pos"
WEB, CORE = ROOT / "frontend" / "web", ROOT / "frontend" / "core"
_FILES = ("package.json", "package-lock.json", "tsconfig.json", "apps/pos/package.json", "apps/pos/vite.config.ts")
_MORE = ("apps/pos/index.html", "packages/ui/package.json")


def main() -> int:
    """Build what is not current. Returns 1 when it cannot, having said why and what to do."""
    parser = argparse.ArgumentParser(prog="python -m tools.pos", description=__doc__)
    parser.add_argument("--force", action="store_true", help="build even what is current")
    parser.add_argument("--or-go-without", action="store_true", help="where it cannot be built, say so and go on")
    options = parser.parse_args()
    wanted = stamps.fingerprint(_sources())
    if not options.force and stamps.read(FACE) == wanted:
        return 0
    try:
        tools = node.find()
        with stamps.alone(WEB):
            with _step(1, "Installing the packages of frontend/web (about half a minute, once)"):
                building.install(tools, WEB)
            with _step(2, "Building the till"):
                vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
                building.run(tools, [str(tools.node), str(vite), "build", "apps/pos"], folder=WEB)
                building.put(WEB / "dist" / "pos", FACE)
            stamps.write(FACE, wanted)
    except (node.Missing, building.Failed) as refusal:
        print(f"The till was not built: {refusal}", file=sys.stderr)
        return 0 if options.or_go_without else 1
    print("The till is built: /pos/")
    return 0


def _sources() -> Iterator[Path]:
    for folder in (WEB / "apps" / "pos" / "src", WEB / "apps" / "pos" / "public", WEB / "packages", CORE / "src"):
        yield from (file for file in folder.rglob("*") if file.is_file() and "node_modules" not in file.parts)
    yield from (WEB / name for name in (*_FILES, *_MORE))
    yield from building.tools_of("pos")


@contextmanager
def _step(number: int, title: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"[{number}/2] {title} ...", flush=True)
    yield
    print(f"      done in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
