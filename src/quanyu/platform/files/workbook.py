"""The rows of an XLSX as a stream: a few kilobytes of its XML at a time, its texts beside it on disk.

A spreadsheet is a ZIP of XML. It is refused by what its directory says before anything is unpacked, and again while
it is: parts, sizes, ratios, entities, columns. Numbers stay what the file says, a formula is its saved result.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

from quanyu.platform.files.cells import CELL_ERROR, FORMULA_EMPTY, Cell, Lost
from quanyu.platform.files.refusals import FileRefused

UNPACKED_BYTES_MAX = 200 * 2**20
PARTS_MAX = 2_000
RATIO_MAX = 200
_RATIO_FROM_BYTES = 5 * 2**20
COLUMNS_MAX = 100
CELL_CHARACTERS_MAX = 32_767
_CHUNK = 1 << 16
_TEXTS_AT_HAND = 4_096
_DIGITS_KEPT = 15
_DATES_BUILT_IN = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_OF_A_DATE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|General', re.IGNORECASE)
_REFERENCE = re.compile(r"^([A-Z]{1,3})(\d{1,7})\Z")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, UnicodeDecodeError)
Row = tuple[int, list[Cell]]


class Workbook:
    """An open XLSX. ``share`` tells how much of its sheet was read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._read = 0
        book = _Book()
        _parse(archive, "xl/workbook.xml", book)
        links = _Links()
        _parse(archive, "xl/_rels/workbook.xml.rels", links)
        self._sheet = _inside(links.targets.get(book.sheet, ""))
        if not book.sheet or self._sheet not in archive.namelist():
            raise FileRefused("damaged")
        styles = _Styles()
        if "xl/styles.xml" in archive.namelist():
            _parse(archive, "xl/styles.xml", styles)
        self._dates = styles.dates()
        self._day_zero = datetime(1904, 1, 1) if book.from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone

    def share(self) -> float:
        """Return how much of the sheet was read, from 0 to 1."""
        return min(1.0, self._read / max(1, self._archive.getinfo(self._sheet).file_size))

    def rows(self) -> Iterator[Row]:
        """Yield (row of the sheet, cells) of the first sheet that is shown; empty rows are left out."""
        with _broken_is_refused():
            yield from self._rows()

    def _rows(self) -> Iterator[Row]:
        with _texts(self._archive) as texts:
            sheet = _Sheet(texts, self._dates, self._day_zero)
            parser = _parser(sheet)
            with self._archive.open(self._sheet) as part:
                while chunk := part.read(_CHUNK):
                    self._read += len(chunk)
                    parser.Parse(chunk, False)
                    yield from sheet.take()
                parser.Parse(b"", True)
            yield from sheet.take()


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """Open an XLSX. Raises ``FileRefused`` for what is none, is broken or unpacks to too much."""
    with _broken_is_refused():
        archive = zipfile.ZipFile(path)
    with archive:
        with _broken_is_refused():
            _demand_sane(archive)
            book = Workbook(archive)
        # Outside of what is guarded: a failure of who reads is not one of the file.
        yield book


@contextmanager
def _broken_is_refused() -> Iterator[None]:
    try:
        yield
    except (*_BROKEN, expat.ExpatError, KeyError, ValueError, OverflowError) as failure:
        raise FileRefused("damaged") from failure


def _demand_sane(archive: zipfile.ZipFile) -> None:
    """Refuse by the directory alone. A part that is longer than it says is cut there and fails its checksum."""
    parts = archive.infolist()
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
        raise FileRefused("unpacks_too_large")
    for part in parts:
        if part.flag_bits & 1:
            raise FileRefused("password")
        if part.file_size > _RATIO_FROM_BYTES and part.file_size > RATIO_MAX * max(1, part.compress_size):
            raise FileRefused("unpacks_too_large")


class _Handler:
    """What a part's XML calls: names without their namespace."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Some text, perhaps a part of it."""


def _parser(handler: _Handler) -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: handler.start(name.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda name: handler.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = handler.text

    # Without a document type there are no entities: neither files read from here nor a text that grows by itself.
    def refuse(*_: object) -> None:
        raise FileRefused("entities")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _parse(archive: zipfile.ZipFile, name: str, handler: _Handler) -> None:
    parser = _parser(handler)
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _inside(target: str) -> str:
    return target[1:] if target.startswith("/") else f"xl/{target}"


class _Book(_Handler):
    """The first sheet that is shown, and from when days are counted."""

    def __init__(self) -> None:
        self.sheet = ""
        self.from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904", "0") in ("1", "true")
        if name == "sheet" and not self.sheet and attributes.get("state", "visible") == "visible":
            self.sheet = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")


class _Links(_Handler):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


class _Styles(_Handler):
    """Which styles show a number as a date."""

    def __init__(self) -> None:
        self._formats: dict[int, str] = {}
        self._of_styles: list[int] = []
        self._in_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._of_styles.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def dates(self) -> frozenset[str]:
        """Return the numbers of these styles as cells name them."""
        return frozenset(str(place) for place, number in enumerate(self._of_styles) if self._is_date(number))

    def _is_date(self, number: int) -> bool:
        code = self._formats.get(number)
        if code is None:
            return number in _DATES_BUILT_IN
        # Only the first of up to four parts is for numbers above zero.
        plain = _NOT_OF_A_DATE.sub("", code.split(";")[0])
        return bool(re.search(r"[ymdhsYMDHS年月日]", plain))


class _Texts(_Handler):
    """The shared texts of a workbook: on disk, as there may be more of them than memory."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._ends = array("Q", [0])
        self._now: list[str] | None = None
        self._is_reading_aloud = False
        self._length = 0
        self.at = lru_cache(maxsize=_TEXTS_AT_HAND)(self._at)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._now, self._length = [], 0
        elif name == "rPh":
            self._is_reading_aloud = True

    def end(self, name: str) -> None:
        if name == "rPh":
            self._is_reading_aloud = False
        elif name == "si" and self._now is not None:
            kept = "".join(self._now).encode()
            self._file.write(kept)
            self._ends.append(self._ends[-1] + len(kept))
            self._now = None

    def text(self, text: str) -> None:
        # Between the tags of a text stand line breaks of the file at most; those inside `t` count.
        if self._now is not None and not self._is_reading_aloud:
            self._length += len(text)
            if self._length > CELL_CHARACTERS_MAX:
                raise FileRefused("cell_too_long")
            self._now.append(text)

    def _at(self, place: int) -> str:
        if not 0 <= place < len(self._ends) - 1:
            raise FileRefused("damaged")
        self._file.seek(self._ends[place])
        text: bytes = self._file.read(self._ends[place + 1] - self._ends[place])
        return text.decode()


@contextmanager
def _texts(archive: zipfile.ZipFile) -> Iterator[_Texts]:
    with tempfile.TemporaryFile() as file:
        texts = _Texts(file)
        if "xl/sharedStrings.xml" in archive.namelist():
            _parse(archive, "xl/sharedStrings.xml", texts)
        yield texts


class _Sheet(_Handler):
    """Rows as their XML goes by."""

    def __init__(self, texts: _Texts, dates: frozenset[str], day_zero: datetime) -> None:
        self._texts, self._dates, self._day_zero = texts, dates, day_zero
        self._done: list[Row] = []
        self._row: list[Cell] = []
        self._number = 0
        self._place = 0
        self._kind = self._style = ""
        self._value: list[str] | None = None
        self._told: list[str] = []
        self._has_value = self._has_formula = self._is_reading_aloud = False

    def take(self) -> list[Row]:
        """Return the rows that are complete, once."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            found = _REFERENCE.match(attributes.get("r", ""))
            self._place = _place_of(found[1]) if found else self._place + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._told, self._has_value, self._has_formula = [], False, False
        elif name in ("v", "t"):
            self._value, self._has_value = [], True
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._is_reading_aloud = True
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._row, self._place = [], -1

    def text(self, text: str) -> None:
        if self._value is not None and not self._is_reading_aloud:
            self._value.append(text)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._told.extend(self._value or ())
            self._value = None
        elif name == "rPh":
            self._is_reading_aloud = False
        elif name == "c":
            self._keep(self._cell())
        elif name == "row" and any(cell is not None for cell in self._row):
            self._done.append((self._number, self._row))

    def _keep(self, cell: Cell) -> None:
        if cell is None or cell == "":
            return
        if self._place >= COLUMNS_MAX:
            raise FileRefused("too_many_columns")
        self._row.extend([None] * (self._place - len(self._row)))
        self._row.append(cell)

    def _cell(self) -> Cell:
        text = "".join(self._told)
        if len(text) > CELL_CHARACTERS_MAX:
            raise FileRefused("cell_too_long")
        if not self._has_value or (self._has_formula and text == "" and self._kind != "str"):
            return Lost(FORMULA_EMPTY) if self._has_formula else None
        if self._kind == "s":
            return self._texts.at(_whole(text))
        if self._kind in ("str", "inlineStr"):
            return text
        if self._kind == "b":
            return text == "1"
        if self._kind == "e":
            return Lost(CELL_ERROR, text)
        if self._kind == "d":
            return datetime.fromisoformat(text)
        return self._number_of(text) if text else None

    def _number_of(self, text: str) -> Cell:
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise FileRefused("damaged") from None
        if not number.is_finite() or abs(number) > Decimal(10) ** 300:
            raise FileRefused("damaged")
        if self._style in self._dates and 0 <= number < 2_958_466:
            # To the second: the fraction of a day is a binary one.
            return self._day_zero + timedelta(days=int(number), seconds=round(float(number % 1) * 86_400))
        if len(number.as_tuple().digits) > _DIGITS_KEPT and number != number.to_integral_value():
            # Excel calculates with 15 digits; those behind are an artefact of binary fractions (12.350000000000001).
            number = Decimal(f"{number:.{_DIGITS_KEPT - 1}e}")
        return number


def _whole(text: str) -> int:
    if not text.isdigit():
        raise FileRefused("damaged")
    return int(text)


def _place_of(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
