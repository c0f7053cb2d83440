"""The rows of a CSV as a stream: UTF-8 with or without its mark, UTF-16 with it, or GB 18030; comma, tab, semicolon."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from quanyu.platform.files.cells import Cell
from quanyu.platform.files.refusals import FileRefused
from quanyu.platform.files.workbook import CELL_CHARACTERS_MAX, COLUMNS_MAX, Row

_TRIED_BYTES = 1 << 20
_HEAD_CHARACTERS = 8_192
_MARKS = (",", "\t", ";")


class PlainText:
    """An open CSV. ``share`` tells how much of it was read."""

    def __init__(self, file: TextIO, size: int) -> None:
        self._file, self._size = file, size
        head = file.read(_HEAD_CHARACTERS)
        if "\0" in head:
            raise FileRefused("no_table")
        if head.lstrip()[:1] == "<":
            raise FileRefused("web_page")
        file.seek(0)
        self._mark = _mark_of(head)

    def share(self) -> float:
        """Return how much of the file was read, from 0 to 1."""
        return min(1.0, self._file.buffer.tell() / max(1, self._size))

    def rows(self) -> Iterator[Row]:
        """Yield (line of the file, cells); empty lines are left out."""
        lines = csv.reader(self._file, delimiter=self._mark)
        try:
            for cells in lines:
                kept = cells
                while kept and not kept[-1].strip():
                    kept = kept[:-1]
                if not kept:
                    continue
                if len(kept) > COLUMNS_MAX:
                    raise FileRefused("too_many_columns")
                if max(map(len, kept)) > CELL_CHARACTERS_MAX:
                    raise FileRefused("cell_too_long")
                row: list[Cell] = [cell if cell != "" else None for cell in kept]
                yield lines.line_num, row
        except csv.Error as failure:
            raise FileRefused("quotes") from failure


@contextmanager
def opened(path: Path) -> Iterator[PlainText]:
    """Open a CSV. Raises ``FileRefused`` for letters that are neither UTF-8 nor GBK."""
    with path.open(encoding=_encoding(path), newline="") as file:
        yield PlainText(file, path.stat().st_size)


def _encoding(path: Path) -> str:
    """Return UTF-8 when the whole file is, else GB 18030 when it is that. Raises ``FileRefused``."""
    with path.open("rb") as file:
        head = file.read(4)
    found = ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in found:
        try:
            with path.open(encoding=encoding) as text:
                while text.read(_TRIED_BYTES):
                    pass
        except UnicodeError:
            continue
        return encoding
    raise FileRefused("letters")


def _mark_of(head: str) -> str:
    """Return what stands between the cells: the mark that most lines of the head have."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    counts = {mark: sum(line.count(mark) for line in lines) for mark in _MARKS}
    return max(_MARKS, key=lambda mark: counts[mark]) if any(counts.values()) else ","
