"""The mall's front end (frontend/mobile) as tests need it: its sources, what was built of it, and its node."""

from __future__ import annotations

import json
import os
import platform
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.harness import node

ROOT = Path(__file__).resolve().parents[2]
MOBILE = ROOT / "frontend" / "mobile"
SOURCES = MOBILE / "src"
FACE = ROOT / "src" / "quanyu" / "entrypoints" / "faces" / "mall"
ZIP = ROOT / "var" / "mall" / "mini-program.zip"
ANSWER_S_MAX = 60
HAS_ENGINE = sys.platform == "linux" and platform.machine() in {"x86_64", "AMD64"}


def built() -> Path:
    """Return the folder of the built H5. A missing build fails the test: screens nobody tried are worse than red."""
    if not (FACE / "index.html").exists():
        pytest.fail("The mall is not built: `make mall` (`make test` does it by itself).")
    return FACE


def mini_program(target: Path) -> Path:
    """Unpack the built mini-program into a folder and return it."""
    import zipfile

    if not ZIP.exists():
        pytest.fail("The mini-program is not built: `make mall` (`make test` does it by itself).")
    with zipfile.ZipFile(ZIP) as archive:
        archive.extractall(target)
    return target


def run(*arguments: str, seconds: int = 300) -> subprocess.CompletedProcess[str]:
    """Run a script of the installed packages, such as ``vue-tsc/bin/vue-tsc.js``, and return what it said."""
    script, *rest = arguments
    command = [node.program(), str(MOBILE / "node_modules" / script), *rest]
    return subprocess.run(
        command,
        cwd=MOBILE,
        env=os.environ | {"CI": "true"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )


def pages() -> list[str]:
    """Return the addresses of all pages, as pages.json lists them."""
    listed: dict[str, Any] = json.loads((SOURCES / "pages.json").read_text("utf-8"))
    found = [page["path"] for page in listed["pages"]]
    for package in listed["subPackages"]:
        found += [f"{package['root']}/{page['path']}" for page in package["pages"]]
    return found


class Phone:
    """The compiled mini-program on WeChat's component engine (frontend/mobile/tests/mini-program/phone.cjs)."""

    def __init__(self, folder: Path, *, api: str, kept: Mapping[str, object] | None = None) -> None:
        """Switch it on. ``kept``: what its storage holds from before, such as the member's token."""
        script = MOBILE / "tests" / "mini-program" / "phone.cjs"
        self._process = subprocess.Popen(
            [node.program(), str(script), str(folder), api, json.dumps(dict(kept or {}))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        assert self._answer()["ready"]

    def do(self, deed: str, **given: Any) -> dict[str, Any]:
        """Do something on the phone and return what is seen. What fails, a script's fault too, fails the test."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": deed, **given}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        assert answer["ok"], answer
        assert answer.get("faults", []) == []
        return answer

    def open(self, page: str, **query: str) -> str:
        """Open a page and return its text."""
        return str(self.do("open", page=page, query=query)["text"])

    def close(self) -> None:
        """Switch the phone off."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_S_MAX)
        assert ready, "the phone does not answer any more"
        line = self._process.stdout.readline()
        assert line, "the phone went off"
        answer: dict[str, Any] = json.loads(line)
        return answer
