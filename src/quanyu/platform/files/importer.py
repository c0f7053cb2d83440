"""What a module declares so that its things can be imported from files, and what it gets to see of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from quanyu.kernel.actor import Actor
from quanyu.platform.files.columns import Column, Value
from quanyu.platform.files.refusals import ROW_REASONS


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row is refused: a stable code, the column it is about (empty: the row), texts as message ids."""

    code: str
    column: str
    what: str
    remedy: str
    params: Mapping[str, Any] = field(default_factory=dict)


def error(code: str, column: str = "", **params: Any) -> RowError:
    """Return one of the errors every importer shares (``ROW_REASONS``)."""
    what, remedy = ROW_REASONS[code]
    return RowError(code, column, what, remedy, params)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file that could be read. ``values`` by column; ``None`` empties, what is not there stays."""

    number: int
    values: Mapping[str, Value | None]

    def text(self, column: str) -> str:
        """Return a text of the row, empty where it says none."""
        value = self.values.get(column)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Known:
    """What stands in the books about a row's thing: whether it exists, its values by column, why it is refused.

    ``thing`` is what the importer found on the way and wants back when it writes.
    """

    exists: bool = False
    values: Mapping[str, Value | None] = field(default_factory=dict)
    errors: Sequence[RowError] = ()
    thing: Any = None


@dataclass(frozen=True, slots=True)
class Deed:
    """A row to write: what it says, what stands, and which columns differ."""

    row: Row
    known: Known
    changes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Importer:
    """How one kind of thing comes in from files.

    ``keys`` are the columns that together name a thing, with ``parts`` where a row says them; rows with the same
    ``group`` column are one greater thing.
    ``look_up(rows, actor, now, hold)`` answers for all rows at once, in order; with ``hold`` it locks what it found
    until the transaction ends. ``write(deeds, import id, actor, now)`` rings at the module's api: all of them or a
    ``Problem``. ``columns_of`` maps the field a refusal names to the column it came from. What belongs to units
    is judged by ``look_up`` against the reach of ``permission``.
    """

    name: str
    title: Any
    note: Any
    icon: str
    permission: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    look_up: Callable[[Sequence[Row], Actor, datetime, bool], Sequence[Known]]
    write: Callable[[Sequence[Deed], str, Actor, datetime], None]
    parts: tuple[str, ...] = ()
    group: str = ""
    columns_of: Mapping[str, str] = field(default_factory=dict)
    order: int = 100

    def column(self, code: str) -> Column | None:
        """Return a column by its code."""
        return next((column for column in self.columns if column.code == code), None)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A kind of file that a module takes in itself, by doors of its own.

    ``take(path, file name, actor, now)`` returns the address of the page that follows.
    """

    name: str
    title: Any
    note: Any
    icon: str
    permission: str
    template: Callable[[Path], None]
    take: Callable[[Path, str, Actor, datetime], str]
    order: int = 100


_importers: dict[str, Importer | Elsewhere] = {}


def add(importer: Importer | Elsewhere) -> None:
    """Offer a kind of import. A kind whose declaration does not fit together does not load."""
    if isinstance(importer, Importer):
        codes = [column.code for column in importer.columns]
        unknown = [
            code for code in (*importer.keys, *importer.parts, *filter(None, [importer.group])) if code not in codes
        ]
        if unknown or len(set(codes)) < len(codes):
            raise TypeError(f"the columns of {importer.name} do not fit: {unknown or codes}")
    _importers[importer.name] = importer


def kinds() -> list[Importer | Elsewhere]:
    """Return every kind in its order."""
    return sorted(_importers.values(), key=lambda one: (one.order, one.name))


def of_kind(name: str) -> Importer | Elsewhere | None:
    """Return a kind by its name."""
    return _importers.get(name)
