"""Where the columns stand: the row of headings is found below titles and instructions, in either language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from quanyu.platform.files.cells import Cell, text_of
from quanyu.platform.files.columns import Column, folded
from quanyu.platform.files.reading import Table
from quanyu.platform.files.refusals import FileRefused
from quanyu.platform.files.workbook import Row

LOOKED_AT = 15
SAMPLE_MARKS = ("示例", "sample")
# The column that a returned file has more than the one it came from.
PROBLEMS = ("问题", "Problems")
_BRACKETS = re.compile(r"[（(\[【][^）)\]】]*[）)\]】]")


@dataclass(frozen=True, slots=True)
class Headings:
    """What the row of headings says: texts as they stand, and where each declared column is."""

    texts: tuple[str, ...]
    places: Mapping[str, int]

    @property
    def unread(self) -> tuple[str, ...]:
        """Return the headings that mean no column."""
        known = set(self.places.values())
        ours = {folded(name) for name in PROBLEMS}
        return tuple(
            text for place, text in enumerate(self.texts) if text and place not in known and folded(text) not in ours
        )


def found(table: Table, columns: Sequence[Column], keys: Sequence[str]) -> tuple[Headings, Iterator[Row]]:
    """Return the headings of a table and the rows below them, the sample rows left out. Raises ``FileRefused``."""
    rows = table.rows()
    head = list(islice(rows, LOOKED_AT))
    best, best_at = None, -1
    for at, (_number, cells) in enumerate(head):
        above = head[at - 1][1] if at else []
        read = _read(cells, above, _meanings(columns))
        if read is not None and (best is None or len(read.places) > len(best.places)):
            best, best_at = read, at
    if best is None or len(best.places) < min(2, len(columns)):
        raise FileRefused("no_headings")
    missing = [column for column in columns if column.code in keys and column.code not in best.places]
    if missing:
        raise FileRefused("heading_missing", shown=f"{missing[0].zh} / {missing[0].en}")
    return best, _below(head[best_at + 1 :], rows)


def _below(rest: Sequence[Row], rows: Iterator[Row]) -> Iterator[Row]:
    for number, cells in chain(rest, rows):
        if not _is_sample(cells):
            yield number, cells


def _is_sample(cells: Sequence[Cell]) -> bool:
    first = next((text for cell in cells if (text := text_of(cell).strip())), "")
    return not first or first.casefold().startswith(SAMPLE_MARKS)


def _meanings(columns: Sequence[Column]) -> dict[str, str]:
    return {
        folded(name): column.code for column in columns for name in (column.code, column.zh, column.en, *column.others)
    }


def _read(cells: Sequence[Cell], above: Sequence[Cell], meanings: Mapping[str, str]) -> Headings | None:
    """Read a row as headings; a cell merged with the one above it stands there."""
    texts: list[str] = []
    places: dict[str, int] = {}
    wide = max(len(cells), len(above))
    for place in range(wide):
        own = _at(cells, place)
        code = _meaning(own, meanings)
        if not own:
            higher = _at(above, place)
            code = _meaning(higher, meanings)
            own = higher if code else ""
        texts.append(own)
        if code is None:
            continue
        if code in places:
            raise FileRefused("heading_twice", shown=own)
        places[code] = place
    return Headings(tuple(texts), places) if places else None


def _at(cells: Sequence[Cell], place: int) -> str:
    return " ".join(text_of(cells[place]).split()) if place < len(cells) else ""


def _meaning(text: str, meanings: Mapping[str, str]) -> str | None:
    if not text or len(text) > 60:
        return None
    return meanings.get(folded(text)) or meanings.get(folded(_BRACKETS.sub("", text)))
