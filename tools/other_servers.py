"""Run the tests that depend on PostgreSQL's behaviour on every other PostgreSQL of this machine.

The embedded server is the one that all tests run on; a chain may bring its own (PostgreSQL 15 or newer). Whatever
other version is installed here gets the stock ledger, the order path, the races and the journeys as well.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from quanyu.platform.postgres import Server, scratch_folder

OLDEST = 15
FOLDERS = ("tests/modules/inventory", "tests/modules/checkout", "tests/modules/orders", "tests/races", "tests/journeys")
_INSTALLED = re.compile(r"/usr/lib/postgresql/(\d+)/bin")


def installed() -> list[Path]:
    """Return the program folders of the distribution's PostgreSQL servers that are new enough, newest first."""
    found = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        match = _INSTALLED.fullmatch(str(folder))
        if match and int(match[1]) >= OLDEST and (folder / "postgres").exists() and (folder / "initdb").exists():
            found.append((int(match[1]), folder))
    return [folder for _, folder in sorted(found, reverse=True)]


def run_on(bindir: Path, arguments: list[str]) -> int:
    """Run the selected tests on a throw-away cluster of these programs; return pytest's exit code."""
    folders = [folder for folder in FOLDERS if Path(folder).is_dir()]
    with scratch_folder() as scratch:
        server = Server(scratch / "pg", bindir=bindir, unsafe_fast=True, settings={"max_connections": "300"})
        address = server.start()
        try:
            environment = os.environ | {
                "QUANYU_TEST_SERVER_URL": address.url("postgres"),
                "QUANYU_TEST_DB": "quanyu_other",
            }
            command = [sys.executable, "-m", "pytest", "-q", *arguments, *folders]
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.stop()


def main() -> int:
    """Run on every server found; 0 when all passed or there is none."""
    if os.environ.get("QUANYU_TEST_SERVER_URL"):
        return 0
    codes = []
    for bindir in installed():
        print(f"\nThe same on the PostgreSQL of {bindir}:", flush=True)
        codes.append(run_on(bindir, sys.argv[1:]))
    if not codes:
        print(f"No other PostgreSQL (>= {OLDEST}) is installed here; the tests ran on the embedded one.", flush=True)
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main())
