"""Open a member file (CSV in UTF-8 or GBK, XLSX) and give its rows out one by one; refuse what is no such file.

A CSV is read as a stream. A spreadsheet's sheet is held by its reader as a whole, which the limits below bound; an
archive that says or shows it unpacks to more is refused before it is unpacked.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

from quanyu.kernel.problem import N_
from quanyu.modules.members.contracts.importing import ImportRefused
from quanyu.modules.members.rules import import_columns

FILE_BYTES_MAX = 50 * 2**20
UNPACKED_BYTES_MAX = 400 * 2**20
PARTS_MAX = 2_000
ROWS_MAX = 200_000
COLUMNS_MAX = 60
CELL_CHARACTERS_MAX = 2_000
_TRIED_BYTES = 1 << 20
Numbered = tuple[int, Sequence[Any]]


def rows(path: Path) -> Iterator[Numbered]:
    """Yield (row of the file, cells) of the first sheet. Raises ``ImportRefused``."""
    size = path.stat().st_size
    if size == 0:
        raise ImportRefused(field="file", reason=N_("it is empty"))
    if size > FILE_BYTES_MAX:
        raise ImportRefused(field="file", reason=N_("it is larger than 50 MB"))
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PK"):
        found = _of_sheet(path)
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        raise ImportRefused(field="file", reason=N_("it is an old XLS, or protected by a password"))
    else:
        found = _of_text(path)
    for count, (number, cells) in enumerate(found):
        if count >= ROWS_MAX:
            raise ImportRefused(field="file", reason=N_("it has more than 200,000 rows"))
        yield number, cells[:COLUMNS_MAX]


def table(path: Path) -> tuple[dict[str, int], list[str], Iterator[Numbered]]:
    """Return where the columns stand, all headings, and the rows below them. Raises ``ImportRefused``.

    A title or an instruction above the headings is passed over.
    """
    found = rows(path)
    for count, (_number, cells) in enumerate(found):
        if count >= import_columns.HEADING_WITHIN_ROWS:
            break
        texts = [str(cell).strip() if cell is not None else "" for cell in cells]
        try:
            places = import_columns.places(texts)
        except ValueError as twice:
            raise ImportRefused(field="file", reason=N_("two columns mean the same")) from twice
        if places is not None:
            return places, [text for text in texts if text], found
    raise ImportRefused(field="file", reason=N_("no row of headings was found among the first ten"))


def _of_sheet(path: Path) -> Iterator[Numbered]:
    _demand_sane_archive(path)
    try:
        workbook = CalamineWorkbook.from_path(path)
        sheet = workbook.get_sheet_by_index(0)
        first = (sheet.start or (0, 0))[0] + 1
        yield from enumerate(sheet.iter_rows(), start=first)
    except PasswordError as failure:
        raise ImportRefused(field="file", reason=N_("it is protected by a password")) from failure
    except (CalamineError, XmlError, ZipError, ValueError, OSError) as failure:
        raise ImportRefused(field="file", reason=N_("it is damaged, or no XLSX")) from failure


def _demand_sane_archive(path: Path) -> None:
    """Refuse an archive that unpacks to more than we would read: by what it says, and by what it does."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > PARTS_MAX or sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX:
                raise ImportRefused(field="file", reason=N_("it unpacks to more than is allowed"))
            left = UNPACKED_BYTES_MAX
            for entry in entries:
                with archive.open(entry) as part:
                    while chunk := part.read(_TRIED_BYTES):
                        left -= len(chunk)
                        if left < 0:
                            raise ImportRefused(field="file", reason=N_("it unpacks to more than is allowed"))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as failure:
        raise ImportRefused(field="file", reason=N_("it is damaged, or no XLSX")) from failure


def _of_text(path: Path) -> Iterator[Numbered]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(4096)
        if "\0" in head:
            raise ImportRefused(field="file", reason=N_("it is neither CSV nor XLSX"))
        file.seek(0)
        lines = csv.reader(file, delimiter=_delimiter(head))
        try:
            for cells in lines:
                if any(cells):
                    yield lines.line_num, [cell[:CELL_CHARACTERS_MAX] for cell in cells]
        except csv.Error as failure:
            raise ImportRefused(
                field="file", reason=N_("a quotation mark is not closed, or a cell is too long")
            ) from failure


def _encoding(path: Path) -> str:
    """Return UTF-8 when the whole file is, else GB 18030 when it is that. Raises ``ImportRefused``."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding) as file:
                while file.read(_TRIED_BYTES):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise ImportRefused(field="file", reason=N_("its letters are neither UTF-8 nor GBK"))


def _delimiter(head: str) -> str:
    counts = {mark: head.count(mark) for mark in (",", "\t", ";")}
    return max(counts, key=lambda mark: counts[mark]) if any(counts.values()) else ","
