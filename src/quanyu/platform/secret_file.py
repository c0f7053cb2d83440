"""The file of generated secrets (`var/secrets.env`): read it, or complete it once, safely.

Plain `NAME=value` lines, mode 0600, written atomically under a lock so that two processes that start
together agree on the same secrets.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HEADER = "# Secrets made on the first start. Keep this file private, and in your backups.\n"


def read(path: Path) -> dict[str, str]:
    """The names and values in the file; empty when there is none. Raises PermissionError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def ensure(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Return the file's secrets after adding each missing name with the value its maker gives."""
    found = read(path)
    if all(found.get(name) for name in makers):
        return found
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        found = read(path)
        missing = {name: make() for name, make in makers.items() if not found.get(name)}
        if missing:
            found |= missing
            _write(path, found)
    return found


def is_private(path: Path) -> bool:
    """Whether nobody but the owner may read or write the file."""
    return path.stat().st_mode & 0o077 == 0


def keep_folder_private(folder: Path) -> None:
    """Make a folder that only its owner may look into; close one that stands open, if it is ours."""
    folder.mkdir(parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        folder.chmod(0o700)


def _write(path: Path, secrets: Mapping[str, str]) -> None:
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    body = HEADER + "".join(f"{name}={value}\n" for name, value in secrets.items())
    # O_EXCL and the mode at creation: the secrets are never readable by others, not even for a moment.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = path.with_name(f".{path.name}.lock")
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
