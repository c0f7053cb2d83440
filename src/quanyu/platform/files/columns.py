"""What a column of a file asks for, and how a cell becomes a value of it: exactly, or not at all.

Values are texts, fen, thousandths, whole numbers, basis points, days, choices and truths. ``None`` is the order to
empty what stands; a column that a row says nothing about is not among its values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum

from quanyu.kernel.money import format_yuan
from quanyu.platform.files.cells import CELL_ERROR, Cell, Lost, is_blank, text_of
from quanyu.platform.files.refusals import CellRefused

Value = str | int | bool | date
# A word for each language, and the words people use besides.
Names = tuple[str, ...]
CLEAR_MARKS = frozenset({"-", "—", "清空", "clear"})
_DIGITS_KEPT = 15
_FEN_MAX = 10**13
_SERIAL_ZERO = date(1899, 12, 30)
_SCIENTIFIC = re.compile(r"^[+-]?\d+(?:\.\d+)?[eE][+-]?\d+\Z")
_QUOTED = re.compile(r'^="(.*)"\Z', re.DOTALL)
_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00(?:\.0+)?)?)?\Z")
_NUMBER = re.compile(r"^-?\d{1,15}(?:\.\d{1,15})?\Z")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_YES = frozenset({"是", "有", "对", "√", "✓", "y", "yes", "true", "1"})
_NO = frozenset({"否", "无", "没有", "错", "×", "n", "no", "false", "0"})


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    CODE = "code"  # a barcode, a number of a thing: digits that are no quantity
    MONEY = "money"  # yuan in the file, fen as a value
    QUANTITY = "quantity"  # up to three decimals, thousandths as a value
    WHOLE = "whole"
    DEGREES = "degrees"  # a coordinate, as its text with up to six decimals
    RATE = "rate"  # per cent in the file, basis points as a value
    DAY = "day"
    CHOICE = "choice"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file.

    ``zh`` and ``en`` are its headings, ``others`` what people write instead. ``is_needed``: something new needs it
    (a key always is). ``is_shared``: rows of one group say the same here, and say it once. ``choices`` maps a value to
    its names, Chinese and English first. ``hint`` is a message id for the row of instructions. ``mask`` hides a
    personal value wherever it is shown but in the file that goes back.
    """

    code: str
    zh: str
    en: str
    kind: Kind = Kind.TEXT
    others: Names = ()
    is_needed: bool = False
    is_shared: bool = False
    is_clearable: bool = False
    hint: str = ""
    sample: tuple[str, ...] = ()
    choices: Mapping[str, Names] = field(default_factory=dict)
    longest: int = 120
    least: int = 0
    most: int = 10**9
    mask: Callable[[str], str] | None = None


def read(column: Column, cell: Cell) -> Value | None:
    """Return the value of a cell that is not blank; ``None``: empty what stands. Raises ``CellRefused``."""
    if isinstance(cell, Lost):
        raise CellRefused(cell.code, **({"shown": cell.text} if cell.code == CELL_ERROR else {}))
    if isinstance(cell, str):
        cell = _cleaned(cell)
        if unicodedata.normalize("NFKC", cell).casefold() in CLEAR_MARKS:
            if not column.is_clearable:
                raise CellRefused("not_clearable")
            return None
    return _READERS[column.kind](column, cell)


def says_nothing(cell: Cell) -> bool:
    """Tell whether a cell leaves what stands as it is."""
    return is_blank(cell) or (isinstance(cell, str) and not _cleaned(cell))


def wire(column: Column, value: Value | None) -> str:
    """Return a value in the one form in which values are kept and compared; empty for nothing."""
    if value is None:
        return ""
    if column.kind is Kind.MONEY:
        return format_yuan(int(value))  # type: ignore[arg-type]
    if column.kind in (Kind.QUANTITY, Kind.RATE):
        scale = 1000 if column.kind is Kind.QUANTITY else 100
        return format((Decimal(int(value)) / scale).normalize(), "f")  # type: ignore[arg-type]
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, date) else str(value)


def folded(text: str) -> str:
    """Return a heading or a choice in one form: width, case, no spaces, stars, brackets or dashes."""
    return re.sub(r"[\s*＊_\-()（）\[\]【】:：/]", "", unicodedata.normalize("NFKC", text).casefold())


def _cleaned(text: str) -> str:
    text = _INVISIBLE.sub("", text).replace("\u00a0", " ").strip()
    quoted = _QUOTED.match(text)
    if quoted:
        return quoted[1].strip()
    if text.startswith("="):
        raise CellRefused("formula")
    return text.removeprefix("'")


def _text(column: Column, cell: Cell) -> str:
    text = text_of(cell)
    if len(text) > column.longest:
        raise CellRefused("too_long", most=column.longest)
    if not all(letter.isprintable() or letter in "\n\r\t" for letter in text):
        raise CellRefused("not_printable")
    return text


def _code(column: Column, cell: Cell) -> str:
    """Return digits as they were typed: a number that lost some is refused, whatever it looks like."""
    if isinstance(cell, datetime):
        raise CellRefused("became_a_date")
    if isinstance(cell, Decimal):
        is_rounded = int(cell.as_tuple().exponent) > 0
        if cell != cell.to_integral_value() or is_rounded or cell < 0 or len(format(cell, "f")) > _DIGITS_KEPT:
            raise CellRefused("number_damaged")
        return _text(column, str(int(cell)))
    text = unicodedata.normalize("NFKC", text_of(cell)).strip()
    if _SCIENTIFIC.match(text):
        raise CellRefused("number_damaged")
    return _text(column, text)


def _number(cell: Cell, refusal: str) -> Decimal:
    if isinstance(cell, Decimal):
        return cell
    if not isinstance(cell, str):
        raise CellRefused(refusal)
    text = re.sub(r"[,\s]", "", unicodedata.normalize("NFKC", cell)).replace("−", "-")
    if not _NUMBER.match(text):
        raise CellRefused("number_damaged" if _SCIENTIFIC.match(text) else refusal)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CellRefused(refusal) from None


def _scaled(number: Decimal, scale: int, refusal: str, **params: object) -> int:
    scaled = number * scale
    if scaled != scaled.to_integral_value():
        raise CellRefused(refusal, **params)
    return int(scaled)


def _money(column: Column, cell: Cell) -> int:
    if isinstance(cell, str):
        cell = re.sub(r"^[¥￥]|元$", "", unicodedata.normalize("NFKC", cell).strip()).strip()
    fen = _scaled(_number(cell, "not_money"), 100, "money_decimals")
    if fen < 0:
        raise CellRefused("negative")
    if fen > _FEN_MAX:
        raise CellRefused("out_of_range", least="0.00", most=format_yuan(_FEN_MAX))
    return fen


def _quantity(column: Column, cell: Cell) -> int:
    thousandths = _scaled(_number(cell, "not_a_number"), 1000, "too_many_decimals", most=3)
    if thousandths < 0:
        raise CellRefused("negative")
    return _within(column, thousandths, scale=1000)


def _whole(column: Column, cell: Cell) -> int:
    return _within(column, _scaled(_number(cell, "not_a_number"), 1, "not_whole"))


def _within(column: Column, number: int, *, scale: int = 1) -> int:
    if not column.least * scale <= number <= column.most * scale:
        raise CellRefused("out_of_range", least=column.least, most=column.most)
    return number


def _degrees(column: Column, cell: Cell) -> str:
    number = _number(cell, "not_a_number").quantize(Decimal("0.000001"), ROUND_HALF_UP)
    if not column.least <= number <= column.most:
        raise CellRefused("out_of_range", least=column.least, most=column.most)
    return format(number.normalize(), "f")


def _rate(column: Column, cell: Cell) -> int:
    """Return basis points: ``13``, ``13%`` and a cell that shows 13 % (it holds 0.13) are the same."""
    is_told = False
    if isinstance(cell, str):
        plain = unicodedata.normalize("NFKC", cell).strip()
        is_told, cell = plain.endswith("%"), plain.removesuffix("%")
    number = _number(cell, "not_a_number")
    if not is_told and 0 < number < 1:
        number *= 100
    if not 0 <= number <= 100:
        raise CellRefused("out_of_range", least=0, most=100)
    return _scaled(number, 100, "too_many_decimals", most=2)


def _day(column: Column, cell: Cell) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    # A date whose format was lost is a count of days.
    if isinstance(cell, Decimal) and cell == cell.to_integral_value() and 20_000 <= cell < 100_000:
        return _SERIAL_ZERO + timedelta(days=int(cell))
    text = unicodedata.normalize("NFKC", text_of(cell)).strip()
    found = _DATE.match(text) or re.match(r"^(\d{4})(\d{2})(\d{2})\Z", text)
    if found:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
    raise CellRefused("not_a_date")


def _choice(column: Column, cell: Cell) -> str:
    wanted = folded(text_of(cell))
    for value, names in column.choices.items():
        if wanted in {folded(name) for name in (value, *names)}:
            return value
    raise CellRefused("not_a_choice", choices=[list(names[:2]) for names in column.choices.values()])


def _flag(column: Column, cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    text = unicodedata.normalize("NFKC", text_of(cell)).strip().casefold()
    if text not in _YES | _NO:
        raise CellRefused("not_yes_or_no")
    return text in _YES


_READERS: Mapping[Kind, Callable[[Column, Cell], Value]] = {
    Kind.TEXT: _text,
    Kind.CODE: _code,
    Kind.MONEY: _money,
    Kind.QUANTITY: _quantity,
    Kind.WHOLE: _whole,
    Kind.DEGREES: _degrees,
    Kind.RATE: _rate,
    Kind.DAY: _day,
    Kind.CHOICE: _choice,
    Kind.FLAG: _flag,
}
