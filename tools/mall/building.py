"""The builds of the mall themselves: uni-app for each target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.faces import building
from tools.faces.node import Tools

ROOT = Path(__file__).resolve().parents[2]
MOBILE = ROOT / "frontend" / "mobile"
CORE = ROOT / "frontend" / "core"


def sources() -> Iterator[Path]:
    """Yield every file that the builds depend on."""
    for folder in (MOBILE / "src", CORE / "src"):
        yield from (file for file in folder.rglob("*") if file.is_file())
    yield from (MOBILE / name for name in ("package.json", "package-lock.json", "vite.config.ts", "index.html"))
    yield from building.tools_of("mall")


def build_h5(tools: Tools, face: Path) -> None:
    """Build the H5 and put it where the server takes it from."""
    building.run(tools, [str(tools.node), str(_uni()), "build"], folder=MOBILE)
    building.put(MOBILE / "dist" / "build" / "h5", face)


def build_mini_program(tools: Tools, *, api: str) -> Path:
    """Build the mini-program and return its folder. ``api``: the address its requests go to."""
    building.run(tools, [str(tools.node), str(_uni()), "build", "-p", "mp-weixin"], folder=MOBILE, VITE_API_BASE=api)
    return MOBILE / "dist" / "build" / "mp-weixin"


def _uni() -> Path:
    return MOBILE / "node_modules" / "@dcloudio" / "vite-plugin-uni" / "bin" / "uni.js"
