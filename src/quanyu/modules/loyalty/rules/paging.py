"""One page out of several lists that are each sorted by time, and where the next page begins. Pure."""

from __future__ import annotations

import base64
import binascii
import heapq
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.loyalty.contracts import TimelineEntry

Sourced = tuple[TimelineEntry, Any]


def merged(
    found: Mapping[str, Sequence[Sourced]], *, cursors: Mapping[str, Any], limit: int
) -> tuple[tuple[TimelineEntry, ...], dict[str, Any] | None]:
    """Return the newest ``limit`` entries of all lists, and the cursors of the page before; ``None``: no more.

    Each list is newest first and was read one entry further than the page is long; with every entry comes the
    cursor that continues its list behind it. Entries of one moment keep the order of the lists, so that a page
    turned never skips or repeats one.
    """
    ranks = {source: rank for rank, source in enumerate(found)}
    heap = [(-entries[0][0].at.timestamp(), ranks[source], source, 0) for source, entries in found.items() if entries]
    heapq.heapify(heap)
    page: list[TimelineEntry] = []
    moved = dict(cursors)
    while heap and len(page) < limit:
        _at, rank, source, index = heapq.heappop(heap)
        entry, cursor = found[source][index]
        page.append(entry)
        moved[source] = cursor
        if index + 1 < len(found[source]):
            following = found[source][index + 1][0]
            heapq.heappush(heap, (-following.at.timestamp(), rank, source, index + 1))
    return tuple(page), moved if heap else None


def written(cursors: Mapping[str, Any] | None) -> str:
    """Return cursors as one opaque text; empty for none."""
    return "" if cursors is None else base64.urlsafe_b64encode(msgspec.json.encode(cursors)).decode()


def read(text: str) -> dict[str, Any]:
    """Return the cursors of a text. Raises ``Invalid`` for one that was not written here."""
    if not text:
        return {}
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text.encode()), type=dict[str, Any])
    except (binascii.Error, UnicodeEncodeError, msgspec.DecodeError) as failure:
        raise Invalid(field="before", reason=N_("this is no place in a timeline")) from failure
