"""The till's front end (frontend/web) as tests need it: its sources, its build, its node."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.harness import node

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "frontend" / "web"
FACE = ROOT / "src" / "quanyu" / "entrypoints" / "faces" / "pos"


def built() -> Path:
    """Return the folder of the built till. A missing build fails the test: screens nobody tried are worse than red."""
    if not (FACE / "index.html").exists():
        pytest.fail("The till is not built: `make pos` (`make test` does it by itself).")
    return FACE


def run(script: str, *arguments: str, seconds: int = 300) -> subprocess.CompletedProcess[str]:
    """Run a script of the installed packages, such as ``vitest/vitest.mjs``, and return what it said."""
    return subprocess.run(
        [node.program(), str(WEB / "node_modules" / script), *arguments],
        cwd=WEB,
        env=os.environ | {"CI": "true", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )
