"""Reading a list on from a row instead of by page numbers: page 20,000 costs what page 1 costs, and nothing is met
twice or left out when rows come in meanwhile.

The order of a list must be total, so the primary key follows the declared keys unless one of them is unique. Where
all keys point the same way the condition is one comparison of rows, which an index serves.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value

RANK_MAX = 10**12


class BadCursor(ValueError):
    """The cursor was made for another order, or is no cursor at all."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an order: a path to a field, and whether the largest comes first."""

    path: str
    is_descending: bool
    field: models.Field[Any, Any]

    @property
    def name(self) -> str:
        """Return the key as Django writes it: ``-placed_at``."""
        return f"-{self.path}" if self.is_descending else self.path

    def value_of(self, row: Any) -> Any:
        """Return the key's value of a row."""
        for part in self.path.split("__"):
            row = getattr(row, part)
        return row


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows. ``rank`` is how many rows stood before it when it was reached, for telling only."""

    values: tuple[Any, ...]
    rank: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one page, and whether there are others on either side. ``rank`` is the first row's, from 0."""

    rows: list[Any]
    has_before: bool
    has_after: bool
    rank: int


def keys_of(model: type[models.Model], ordering: Sequence[Any]) -> tuple[Key, ...]:
    """Return the total order that an ordering means. Raises ``TypeError`` for one that no cursor can stand in."""
    keys: list[Key] = []
    for name in ordering:
        if not isinstance(name, str):
            raise TypeError(f"{model.__name__} is ordered by {name!r}: a list's order is made of names of fields")
        key, is_unique = _key(model, name)
        keys.append(key)
        if is_unique:
            return tuple(keys)
    pk = model._meta.pk
    if isinstance(pk, models.CompositePrimaryKey):
        raise TypeError(f"{model.__name__} has no single primary key to end its order with")
    return (*keys, Key(pk.attname, keys[-1].is_descending if keys else False, _plain(pk)))


def _key(model: type[models.Model], name: str) -> tuple[Key, bool]:
    """Return the key of a name, and whether no two rows share its value."""
    path = name.removeprefix("-").split("__")
    here: Any = model
    field: Any = None
    for part in path:
        try:
            field = here._meta.get_field(part)
        except (AttributeError, FieldDoesNotExist):
            field = None
        if field is None or not getattr(field, "concrete", False):
            raise TypeError(f"{model.__name__} is ordered by {name!r}, which is not one of its fields")
        if field.null:
            raise TypeError(f"{model.__name__} is ordered by {name!r}, which may be empty: no cursor can stand there")
        here = field.related_model
    # The column itself: the name of a relation would mean the order of the other table.
    column = "__".join([*path[:-1], field.attname])
    return Key(column, name.startswith("-"), _plain(field)), field.unique and len(path) == 1


def _plain(field: Any) -> Any:
    """Return the field that holds a relation's value, through any number of relations."""
    while field.is_relation:
        field = field.target_field
    return field


def encode(keys: Sequence[Key], row: Any, rank: int) -> str:
    """Return the place at a row as text for an address."""
    told = [_order(keys), rank, *(_written(key.value_of(row)) for key in keys)]
    return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(keys: Sequence[Key], text: str) -> Cursor:
    """Return the place that a text means in this order. Raises ``BadCursor``."""
    try:
        told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        order, rank, *values = told
        if order != _order(keys) or len(values) != len(keys) or None in values or type(rank) is not int:
            raise BadCursor
        read = tuple(_read(key, value) for key, value in zip(keys, values, strict=True))
    except (binascii.Error, UnicodeError, TypeError, ValueError, OverflowError, ValidationError):
        raise BadCursor from None
    return Cursor(read, max(0, min(rank, RANK_MAX)))


def _read(key: Key, written: Any) -> Any:
    """Return a value that the database takes. Raises ``ValueError``, ``TypeError`` or ``ValidationError``."""
    if "\0" in str(written):
        raise BadCursor
    value = key.field.to_python(written)
    key.field.run_validators(value)
    return value


def _order(keys: Sequence[Key]) -> str:
    return ",".join(key.name for key in keys)


def _written(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


def after(rows: QuerySet[Any], keys: Sequence[Key], cursor: Cursor) -> QuerySet[Any]:
    """Return the rows that follow a place."""
    return rows.filter(_beyond(keys, cursor.values, is_forward=True))


def before(rows: QuerySet[Any], keys: Sequence[Key], cursor: Cursor) -> QuerySet[Any]:
    """Return the rows in front of a place, the nearest first."""
    return rows.filter(_beyond(keys, cursor.values, is_forward=False)).reverse()


def ordered(rows: QuerySet[Any], keys: Sequence[Key]) -> QuerySet[Any]:
    """Return the rows in the order of the keys."""
    return rows.order_by(*(key.name for key in keys))


def cut(rows: QuerySet[Any], keys: Sequence[Key], *, size: int, start: Cursor | None, end: Cursor | None) -> Slice:
    """Return one page by one query: that after ``start``, or that before ``end``, or the first. ``rows``: ordered."""
    if end is not None:
        found = list(before(rows, keys, end)[: size + 1])
        shown = found[:size][::-1]
        rank = max(0, end.rank - len(shown)) if len(found) > size else 0
        return Slice(shown, has_before=len(found) > size, has_after=True, rank=rank)
    if start is not None:
        rows = after(rows, keys, start)
    found = list(rows[: size + 1])
    rank = start.rank if start is not None else 0
    return Slice(found[:size], has_before=start is not None, has_after=len(found) > size, rank=rank)


class _RowsCompared(Func):
    """``(a, b) < (x, y)``: one condition that an index over (a, b) serves, however many rows share a."""

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, *parts: Any, sign: str) -> None:
        super().__init__(*parts)
        self.sign = sign

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Write the comparison: the first half of the parts against the second."""
        texts, values = [], []
        for part in self.get_source_expressions():
            text, own = compiler.compile(part)
            texts.append(text)
            values.extend(own)
        half = len(texts) // 2
        return f"({', '.join(texts[:half])}) {self.sign} ({', '.join(texts[half:])})", values


def _beyond(keys: Sequence[Key], values: Sequence[Any], *, is_forward: bool) -> Q:
    """Return the condition for the rows on one side of a place."""
    signs = ["lt" if key.is_descending == is_forward else "gt" for key in keys]
    bound = Q(**{f"{keys[0].path}__{signs[0]}e": values[0]})
    if len(keys) == 1:
        return Q(**{f"{keys[0].path}__{signs[0]}": values[0]})
    if len(set(signs)) == 1:
        parts = [F(key.path) for key in keys]
        given = [Value(value, output_field=key.field) for key, value in zip(keys, values, strict=True)]
        compared = _RowsCompared(*parts, *given, sign="<" if signs[0] == "lt" else ">")
        # The bound says nothing new; it is what an index of the first key alone, or of a joined table, can use.
        return bound & Q(compared)
    found, same = Q(), Q()
    for key, sign, value in zip(keys, signs, values, strict=True):
        found |= same & Q(**{f"{key.path}__{sign}": value})
        same &= Q(**{key.path: value})
    return bound & found
