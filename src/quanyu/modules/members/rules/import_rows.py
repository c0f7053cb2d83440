"""One row of a member file: its cells into values in one form, or the reasons why not. Numbers are never damaged.

A spreadsheet keeps 15 digits of a number: a phone that became the number ``13800138000.0`` is whole and is repaired;
one that became the text ``1.38E+10``, and a card of 18 digits that became a number, have lost digits and are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from quanyu.modules.members.contracts.importing import RowError
from quanyu.modules.members.rules import phones

LENGTHS = {"name": 40, "card": 64, "external": 64, "email": 128, "unionid": 64, "wecom": 64, "address": 120}
KEYS = ("phone", "card", "external", "email", "unionid", "wecom")
_DIGITS_SAFE = 15
_BORN_FIRST = date(1900, 1, 1)
# What a spreadsheet counts days from (it believes that 1900 was a leap year, hence the 30th).
_SERIAL_ZERO = date(1899, 12, 30)
_SCIENTIFIC = re.compile(r"^[+-]?\d+(?:\.\d+)?[eE]\+?\d+\Z")
_QUOTED = re.compile(r'^="(.*)"$')
_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00(?:\.0+)?)?)?\Z")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]{2,}\Z")
_YES, _NO = frozenset({"是", "农历", "y", "yes", "true", "1"}), frozenset({"", "否", "公历", "n", "no", "false", "0"})


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row in one form. ``errors`` are (column, code); a row with any is not written."""

    number: int
    values: dict[str, str]
    birthday: date | None = None
    is_lunar: bool = False
    errors: tuple[tuple[str, RowError], ...] = ()


@dataclass(slots=True)
class _Reading:
    values: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[str, RowError]] = field(default_factory=list)


def read(number: int, cells: Mapping[str, Any], *, today: date) -> ImportRow:
    """Read one row. ``cells`` are by column, as the file's reader gave them; ``number`` is the row of the file."""
    reading = _Reading()
    for column, cell in cells.items():
        if column not in ("birthday", "lunar"):
            _text(reading, column, cell)
    _check(reading)
    birthday = _birthday(reading, cells.get("birthday"), today)
    is_lunar = _lunar(reading, cells.get("lunar"))
    if not reading.errors and not any(reading.values.get(column) for column in KEYS):
        reading.errors.append(("phone", RowError.NO_KEY))
    return ImportRow(number, reading.values, birthday, is_lunar, tuple(reading.errors))


def as_text(cell: Any) -> str | None:
    """Return a cell as a text, a number as its digits; ``None`` when digits were lost. A formula: ``ValueError``."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _digits(Decimal(repr(cell)))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    text = " ".join(unicodedata.normalize("NFKC", str(cell)).split())
    quoted = _QUOTED.match(text)
    if quoted:
        text = quoted[1].strip()
    elif text.startswith("="):
        raise ValueError("formula")
    text = text.removeprefix("'").strip()
    return _digits(Decimal(text)) if _SCIENTIFIC.match(text) else text


def _digits(number: Decimal) -> str | None:
    """Return a number as its digits; ``None`` when it has a fraction or more digits than a spreadsheet keeps."""
    try:
        whole = number.to_integral_exact()
    except InvalidOperation:
        return None
    if whole != number or not 0 <= whole < 10**40:
        return None
    text = format(whole, "f")
    # 1.38E+10 says three digits of eleven: the zeros behind them are made up.
    exponent = number.as_tuple().exponent
    is_rounded = isinstance(exponent, int) and exponent > 0
    return None if is_rounded or len(text) > _DIGITS_SAFE else text


def _text(reading: _Reading, column: str, cell: Any) -> None:
    try:
        text = as_text(cell)
    except ValueError:
        reading.errors.append((column, RowError.FORMULA))
        return
    if text is None:
        reading.errors.append((column, RowError.DAMAGED))
    elif len(text) > LENGTHS.get(column, 40):
        reading.errors.append((column, RowError.LENGTH))
    elif text:
        reading.values[column] = text


def _check(reading: _Reading) -> None:
    values = reading.values
    if "phone" in values:
        phone = phones.normalised(values["phone"].removesuffix(".0"))
        if phone is None:
            reading.errors.append(("phone", RowError.PHONE))
        else:
            values["phone"] = phone
    if "email" in values:
        values["email"] = values["email"].lower()
        if not _EMAIL.match(values["email"]):
            reading.errors.append(("email", RowError.EMAIL))
    for column, text in values.items():
        if not text.isprintable():
            reading.errors.append((column, RowError.NAME if column == "name" else RowError.LENGTH))


def _birthday(reading: _Reading, cell: Any, today: date) -> date | None:
    if cell is None or cell == "":
        return None
    born = _day(cell)
    if born is None or not _BORN_FIRST <= born <= today:
        reading.errors.append(("birthday", RowError.BIRTHDAY))
        return None
    return born


def _day(cell: Any) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        text = as_text(cell) or ""
    except ValueError:
        return None
    found = _DATE.match(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        if len(text) == 8 and text.isdigit():
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        # A date cell whose format was lost is a count of days; typed text of five digits is not.
        if isinstance(cell, int | float) and 1 <= int(text) < 100_000:
            return _SERIAL_ZERO + timedelta(days=int(text))
    except ValueError:
        return None
    return None


def _lunar(reading: _Reading, cell: Any) -> bool:
    try:
        text = (as_text(cell) or "").casefold()
    except ValueError:
        text = "="
    if text not in _YES | _NO:
        reading.errors.append(("lunar", RowError.LUNAR))
    return text in _YES
