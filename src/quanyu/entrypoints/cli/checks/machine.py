"""Python, packages, disk, permissions, ports, PostgreSQL's programs: what needs no database."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from quanyu.entrypoints.cli import ports
from quanyu.entrypoints.cli.checks.finding import Finding, ok, problem, warning
from quanyu.platform import secret_file
from quanyu.platform.config import Config
from quanyu.platform.postgres import PostgresError, binaries
from quanyu.platform.process import run_lock

PYTHON_MIN = (3, 11)
DISK_BYTES_LOW = 5 * 2**30
DISK_BYTES_MIN = 2**30


def look(settings: Config) -> Iterator[Finding]:
    """All findings about this machine and the home folder."""
    yield python()
    yield packages()
    yield home(settings.home)
    yield disk(shutil.disk_usage(_existing(settings.home)).free)
    yield secrets(settings)
    yield port(settings)
    if settings.is_embedded:
        yield programs(settings.pg_bindir)


def python() -> Finding:
    """The interpreter and its environment."""
    found = f"{sys.version.split()[0]} in {sys.prefix}"
    if sys.version_info[:2] < PYTHON_MIN:
        return problem("python", found, "Install Python 3.11 or newer, then `make clean setup`.")
    if sys.prefix == sys.base_prefix:
        return warning("python", f"{found}, not a virtual environment", "Run `make setup`, then .venv/bin/quanyu.")
    return ok("python", found)


def packages() -> Finding:
    """Whether everything that Quanyu asks for is installed."""
    try:
        wanted = metadata.requires("quanyu") or []
    except metadata.PackageNotFoundError:
        return warning(
            "packages", "quanyu itself is not installed, only its source is on the path", "Run `make setup`."
        )
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line]
    missing = [name for name in names if not _is_installed(name)]
    if missing:
        return problem("packages", f"missing: {', '.join(missing)}", "Run `make setup`.")
    return ok("packages", f"quanyu {metadata.version('quanyu')} and the {len(names)} packages it asks for")


def home(folder: Path) -> Finding:
    """The home folder exists and is ours to write."""
    if not folder.exists():
        return warning("home", f"{folder} does not exist yet", "The first `quanyu up` makes it.")
    if not os.access(folder, os.W_OK | os.X_OK):
        return problem("home", f"{folder} is not writable for this user", "Run as its owner, or set QUANYU_HOME.")
    return ok("home", str(folder))


def disk(free_bytes: int) -> Finding:
    """Room for the database to grow: a full disk stops every sale."""
    found = f"{free_bytes / 2**30:.1f} GB free"
    if free_bytes < DISK_BYTES_MIN:
        return problem("disk", found, "Make room now: with a full disk nothing can be sold.")
    if free_bytes < DISK_BYTES_LOW:
        return warning("disk", found, "Make room, or set QUANYU_HOME to a larger disk.")
    return ok("disk", found)


def secrets(settings: Config) -> Finding:
    """The file of secrets is private. That each secret is there was checked when the settings were read."""
    path = settings.secrets_path
    if not path.exists():
        return ok("secrets", "all from the environment")
    if not secret_file.is_private(path):
        return problem("secrets", f"{path} can be read by other users", f"chmod 600 {path}")
    return ok("secrets", f"{path}, readable for its owner only")


def port(settings: Config) -> Finding:
    """Somebody can serve on the port, or Quanyu already does."""
    holder = run_lock.holder(settings.run_dir / "up.lock")
    if holder:
        return ok("port", f"Quanyu runs (process {holder})")
    if not ports.is_free(settings.host, settings.port):
        remedy = "Stop the other program, or choose another port with QUANYU_PORT."
        return warning("port", f"{settings.host}:{settings.port} is taken by another program", remedy)
    return ok("port", f"{settings.host}:{settings.port} is free")


def programs(setting: Path | None) -> Finding:
    """PostgreSQL's programs for the embedded database."""
    try:
        found = binaries.find(setting)
    except PostgresError as error:
        return problem("postgresql", error.args[0], error.remedy)
    return ok("postgresql", f"{found.version[0]}.{found.version[1]} in {found.bindir}")


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _existing(folder: Path) -> Path:
    return next(part for part in (folder, *folder.parents) if part.exists())
