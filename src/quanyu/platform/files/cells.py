"""What a cell of a file holds, as its reader found it; nothing is guessed here and nothing is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

FORMULA_EMPTY = "formula_empty"
CELL_ERROR = "cell_error"


@dataclass(frozen=True, slots=True)
class Lost:
    """A cell without a value: a formula whose result was not saved, or one that shows an error (``#N/A``)."""

    code: str
    text: str = ""


# A number is exactly what the file says; what reads as a text ("00123") is one.
Cell = None | str | Decimal | datetime | bool | Lost
Cells = Sequence[Cell]


def is_blank(cell: Cell) -> bool:
    """Tell whether a person would call the cell empty."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Cell) -> str:
    """Return a cell as a person reads it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return (
            cell.strftime("%Y-%m-%d")
            if (cell.hour, cell.minute, cell.second) == (0, 0, 0)
            else f"{cell:%Y-%m-%d %H:%M:%S}"
        )
    return cell.text if isinstance(cell, Lost) else cell


def packed(cell: Cell) -> Any:
    """Return a cell as msgpack keeps it."""
    if isinstance(cell, Decimal):
        return ["n", str(cell)]
    if isinstance(cell, datetime):
        return ["d", cell.isoformat()]
    if isinstance(cell, Lost):
        return ["x", cell.code, cell.text]
    return cell


def unpacked(kept: Any) -> Cell:
    """Return the cell of what :func:`packed` made."""
    if not isinstance(kept, list):
        cell: Cell = kept
        return cell
    if kept[0] == "n":
        return Decimal(kept[1])
    return datetime.fromisoformat(kept[1]) if kept[0] == "d" else Lost(kept[1], kept[2])
