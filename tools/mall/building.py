"""The builds themselves: npm's packages from the lock file, then uni-app for each target."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.mall.node import Tools
from tools.mall.stamps import fingerprint

ROOT = Path(__file__).resolve().parents[2]
MOBILE = ROOT / "frontend" / "mobile"
CORE = ROOT / "frontend" / "core"
_INSTALLED = MOBILE / "node_modules" / ".quanyu-installed"
_COMPRESSED = {".js", ".css", ".html", ".json", ".svg"}
_BUILD_S_MAX = 600


class Failed(Exception):
    """A step failed; the message ends with what it last said."""


def sources() -> Iterator[Path]:
    """Yield every file that the builds depend on."""
    for folder in (MOBILE / "src", CORE / "src"):
        yield from (file for file in folder.rglob("*") if file.is_file())
    yield from (MOBILE / name for name in ("package.json", "package-lock.json", "vite.config.ts", "index.html"))
    yield from Path(__file__).parent.glob("*.py")


def install(tools: Tools) -> None:
    """Install exactly what the lock file names, without anybody's install scripts, when that is not there yet."""
    wanted = fingerprint([MOBILE / "package-lock.json"])
    if _INSTALLED.exists() and _INSTALLED.read_text() == wanted:
        return
    _run(tools, [str(tools.npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    _INSTALLED.write_text(wanted)


def build_h5(tools: Tools, face: Path) -> None:
    """Build the H5 and put it, with compressed files beside, where the server takes it from."""
    _run(tools, [str(tools.node), str(_uni()), "build"])
    fresh = face.with_name(f"{face.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(MOBILE / "dist" / "build" / "h5", fresh)
    for file in [file for file in fresh.rglob("*") if file.suffix in _COMPRESSED]:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    shutil.rmtree(face, ignore_errors=True)
    fresh.rename(face)


def build_mini_program(tools: Tools, *, api: str) -> Path:
    """Build the mini-program and return its folder. ``api``: the address its requests go to."""
    _run(tools, [str(tools.node), str(_uni()), "build", "-p", "mp-weixin"], VITE_API_BASE=api)
    return MOBILE / "dist" / "build" / "mp-weixin"


def _uni() -> Path:
    return MOBILE / "node_modules" / "@dcloudio" / "vite-plugin-uni" / "bin" / "uni.js"


def _run(tools: Tools, command: list[str], **variables: str) -> None:
    environment = os.environ | {"PATH": f"{tools.folder}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "true"}
    try:
        done = subprocess.run(
            command,
            cwd=MOBILE,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_BUILD_S_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(command[1:3])} took longer than {_BUILD_S_MAX} s.") from None
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise Failed(f"`{' '.join(Path(part).name for part in command)}` ended with {done.returncode}:\n{said}")
