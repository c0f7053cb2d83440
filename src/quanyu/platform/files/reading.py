"""Open a file for what it is, whatever its name says, and give its rows out one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from quanyu.platform.files import plain_text, workbook
from quanyu.platform.files.refusals import FileRefused
from quanyu.platform.files.workbook import Row

FILE_BYTES_MAX = 50 * 2**20
ROWS_MAX = 200_000
_OLD = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Table(Protocol):
    """An open file with one table."""

    def share(self) -> float:
        """Return how much of it was read, from 0 to 1."""

    def rows(self) -> Iterator[Row]:
        """Yield (row as the file counts, cells), once."""


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """Open an XLSX or a CSV. Raises ``FileRefused`` for anything else, also while its rows are read."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("empty")
    if size > FILE_BYTES_MAX:
        raise FileRefused("too_large")
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_OLD):
        raise FileRefused("password" if _ENCRYPTED in path.read_bytes() else "old_format")
    if head.startswith(b"PK"):
        with workbook.opened(path) as book:
            yield book
    else:
        with plain_text.opened(path) as text:
            yield text
