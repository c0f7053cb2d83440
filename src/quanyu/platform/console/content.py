"""What stands on a page, before it is HTML: facts, tables, a timeline, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Facts:
    """A card of labelled values."""

    title: object
    items: Sequence[tuple[object, object]]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand to the right, times on one line."""

    title: object
    is_number: bool = False
    is_time: bool = False

    @property
    def look(self) -> str:
        """Return the class of its cells."""
        return "qy-right" if self.is_number else "qy-keep" if self.is_time else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A card with a table. ``foot`` is the row of sums; ``note`` explains it below."""

    title: object
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    foot: Sequence[object] = ()
    note: object = ""
    empty: object = ""
    kind: str = "table"

    @property
    def body(self) -> list[list[tuple[object, str]]]:
        """Return each row as (text, class of the cell)."""
        return [self._aligned(row) for row in self.rows]

    @property
    def sums(self) -> list[tuple[object, str]]:
        """Return the row of sums as (text, class of the cell)."""
        return self._aligned(self.foot)

    def _aligned(self, row: Sequence[object]) -> list[tuple[object, str]]:
        return [(text, column.look) for text, column in zip(row, self.columns, strict=False)]


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a timeline."""

    at: object
    title: object
    text: object = ""
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A card with what happened, oldest first."""

    title: object
    steps: Sequence[Step]
    kind: str = "timeline"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with a caption."""

    url: str
    caption: object


@dataclass(frozen=True, slots=True)
class Pictures:
    """A card with pictures side by side."""

    title: object
    pictures: Sequence[Picture]
    kind: str = "pictures"


@dataclass(frozen=True, slots=True)
class Block:
    """A card with a template of its own, which finds what it shows in ``content``."""

    title: object
    template: str
    content: Mapping[str, Any]
    kind: str = "block"


Card = Facts | Table | Timeline | Pictures | Block


@dataclass(slots=True)
class Page:
    """A page about one thing: title, badges, cards in the main column and beside it."""

    title: object
    badges: Sequence[object] = ()
    figures: Sequence[tuple[object, object]] = ()
    main: list[Card] = field(default_factory=list)
    aside: list[Card] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
