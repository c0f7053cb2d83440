"""The steps of every build: npm's packages from the lock file, a tool of theirs, and the result in the package."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.faces.node import Tools
from tools.faces.stamps import fingerprint

_TOOLS = Path(__file__).resolve().parents[1]
_COMPRESSED = {".js", ".css", ".html", ".json", ".svg", ".webmanifest"}
_BUILD_S_MAX = 600


class Failed(Exception):
    """A step failed; the message ends with what it last said."""


def tools_of(face: str) -> Iterator[Path]:
    """Yield the tools that build a face: what they do decides what is built, too."""
    for folder in ("faces", face):
        yield from (_TOOLS / folder).glob("*.py")


def install(tools: Tools, folder: Path) -> None:
    """Install exactly what the lock file names, without anybody's install scripts, when that is not there yet."""
    installed = folder / "node_modules" / ".quanyu-installed"
    wanted = fingerprint([folder / "package-lock.json"])
    if installed.exists() and installed.read_text() == wanted:
        return
    command = [str(tools.npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(tools, command, folder=folder)
    installed.write_text(wanted)


def put(built: Path, face: Path) -> None:
    """Put what was built, with compressed files beside, where the server takes it from."""
    face.parent.mkdir(parents=True, exist_ok=True)
    fresh = face.with_name(f"{face.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(built, fresh)
    for file in [file for file in fresh.rglob("*") if file.suffix in _COMPRESSED]:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    shutil.rmtree(face, ignore_errors=True)
    fresh.rename(face)


def run(tools: Tools, command: list[str], *, folder: Path, **variables: str) -> None:
    """Run a step in a folder. Raises ``Failed``."""
    environment = os.environ | {"PATH": f"{tools.folder}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "true"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
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
