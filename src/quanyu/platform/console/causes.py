"""What lies behind the number of a cause: its page, where the reader may open it, and what more is known of it.

A ledger of a lower module notes "order 0198..." and knows nothing of orders. Whoever does says here how such causes
are shown, many at once; what the reader may not see stays a word without a link.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause as a reader sees it: a number as link (``address``), and where it came from (a channel)."""

    text: object
    address: str = ""
    channel: object = ""


Shown = Callable[[HttpRequest, Collection[str]], Mapping[str, Cause]]
_shown: dict[str, Shown] = {}


def link_cause(kind: str, shown: Shown) -> None:
    """Say how causes of a kind are shown; ``shown`` leaves out those beyond the reader's reach. One query."""
    _shown[kind] = shown


def causes(request: HttpRequest, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Cause]:
    """Return the causes (kind, id) that the reader may see; one query per kind."""
    ids: dict[str, set[str]] = defaultdict(set)
    for kind, key in wanted:
        ids[kind].add(key)
    return {
        (kind, key): cause
        for kind, keys in ids.items()
        if kind in _shown
        for key, cause in _shown[kind](request, keys).items()
    }
