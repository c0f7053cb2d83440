"""Lists whose files may hold personal data in clear: with which permission, and how it is read for many rows at once.

A list is masked on every screen; a file of it is masked too, unless who asks for it holds the permission, says so and
says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from quanyu.platform.console import access
from quanyu.platform.console.scoped_admin import ScopedAdmin

# For each of the rows: column of the list -> its text in clear.
Read = Callable[[Sequence[Any]], Sequence[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class InClear:
    """What a list's file may hold in clear, and who may have it."""

    permission: str
    read: Read


_offered: dict[str, InClear] = {}


def offer(place: str, in_clear: InClear) -> None:
    """Let files of a list (``"members.member"``) hold columns in clear."""
    _offered[place] = in_clear


def at(place: str) -> InClear | None:
    """Return what a list's file may hold in clear, if anything."""
    return _offered.get(place)


def reader(listed: ScopedAdmin[Any], request: HttpRequest) -> Read | None:
    """Return how this person's rows are read in clear: those within reach of the permission, the others not at all."""
    offered = at(listed.place)
    if offered is None or not access.may(request, offered.permission):
        return None
    units, read = access.units_of(request, offered.permission), offered.read

    def texts(rows: Sequence[Any]) -> list[Mapping[str, str]]:
        own = [row for row in rows if units is None or bool(units & listed.units_of_row(row))]
        clear = dict(zip((row.pk for row in own), read(own), strict=True))
        return [clear.get(row.pk, {}) for row in rows]

    return texts
