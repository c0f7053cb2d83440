"""The front ends of stores (frontend/web) as tests need it: sources, builds, node."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.harness import node

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "frontend" / "web"
FACE = ROOT / "src" / "quanyu" / "entrypoints" / "faces" / "pos"
KIOSK_FACE = FACE.with_name("kiosk")


def built() -> Path:
    """Return the folder of the built till. A missing build fails the test: screens nobody tried are worse than red."""
    if not (FACE / "index.html").exists():
        pytest.fail("The till is not built: `make pos` (`make test` does it by itself).")
    return FACE


def kiosk_built() -> Path:
    """Return the folder of the built kiosk, likewise."""
    if not (KIOSK_FACE / "index.html").exists():
        pytest.fail("The kiosk is not built: `make kiosk` (`make test` does it by itself).")
    return KIOSK_FACE


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
