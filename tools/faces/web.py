"""Build an app of frontend/web into the package where its sources changed, with progress."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.faces import building, node, stamps

ROOT = Path(__file__).resolve().parents[2]
FACES = ROOT / "src" / "quanyu" / "entrypoints" / "faces"
WEB, CORE = ROOT / "frontend" / "web", ROOT / "frontend" / "core"


@dataclass(frozen=True)
class App:
    """An app below ``frontend/web/apps``, and what people call it."""

    name: str
    title: str

    @property
    def face(self) -> Path:
        """Return the folder from which the product serves it."""
        return FACES / self.name


def main(app: App, *, about: str | None) -> int:
    """Build what is not current. Returns 1 when it cannot, having said why and what to do."""
    parser = argparse.ArgumentParser(prog=f"python -m tools.{app.name}", description=about)
    parser.add_argument("--force", action="store_true", help="build even what is current")
    parser.add_argument("--or-go-without", action="store_true", help="where it cannot be built, say so and go on")
    options = parser.parse_args()
    wanted = stamps.fingerprint(_sources(app))
    if not options.force and stamps.read(app.face) == wanted:
        return 0
    try:
        tools = node.find()
        with stamps.alone(WEB):
            with _step(1, "Installing the packages of frontend/web (about half a minute, once)"):
                building.install(tools, WEB)
            with _step(2, f"Building the {app.title}"):
                vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
                building.run(tools, [str(tools.node), str(vite), "build", f"apps/{app.name}"], folder=WEB)
                building.put(WEB / "dist" / app.name, app.face)
            stamps.write(app.face, wanted)
    except (node.Missing, building.Failed) as refusal:
        print(f"The {app.title} was not built: {refusal}", file=sys.stderr)
        return 0 if options.or_go_without else 1
    print(f"The {app.title} is built: /{app.name}/")
    return 0


def _sources(app: App) -> Iterator[Path]:
    own = WEB / "apps" / app.name
    for folder in (own / "src", own / "public", WEB / "packages", CORE / "src"):
        yield from (file for file in folder.rglob("*") if file.is_file() and "node_modules" not in file.parts)
    yield from (
        WEB / name for name in ("package.json", "package-lock.json", "tsconfig.json", "packages/ui/package.json")
    )
    yield from (own / name for name in ("package.json", "vite.config.ts", "index.html"))
    yield from building.tools_of(app.name)


@contextmanager
def _step(number: int, title: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"[{number}/2] {title} ...", flush=True)
    yield
    print(f"      done in {time.monotonic() - started:.0f} s", flush=True)
