"""What was built from what: a stamp in the built folder, and one builder at a time."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_STAMP = "built-from.txt"
_STALE_LOCK_S = 900


def fingerprint(files: Iterable[Path], *, extra: str = "") -> str:
    """Return a digest of the files' names and contents."""
    digest = hashlib.sha256(extra.encode())
    for file in sorted(files):
        digest.update(f"{file}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def read(folder: Path) -> str:
    """Return what the folder was built from; empty when it was not."""
    stamp = folder / _STAMP
    return stamp.read_text() if stamp.exists() else ""


def write(folder: Path, wanted: str) -> None:
    """Remember what the folder was built from."""
    (folder / _STAMP).write_text(wanted)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else builds in the folder; the lock of a builder that is gone is taken over."""
    lock = folder / ".building"
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.time() - lock.stat().st_mtime > _STALE_LOCK_S:
                lock.unlink(missing_ok=True)
            else:
                time.sleep(1)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
