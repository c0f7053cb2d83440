"""The hub of live stock: one per process and event loop reads the feed, and every stream hears of it.

A turn reads what was announced since the last one, looks up the new figures of all kinds of streams in one statement,
and hands them out. So ten thousand readers cost the database what one costs. While nobody reads, nothing is asked.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import TypeVar
from weakref import WeakKeyDictionary

import psycopg
import structlog
from django.db import Error as DatabaseError

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.inventory.contracts import LiveKind, LivePlace
from quanyu.modules.inventory.queries import live
from quanyu.modules.inventory.queries.live_reader import Batch, Reader
from quanyu.platform import feed, logs
from quanyu.platform.feed import Position

K = TypeVar("K")
# How often the feed is asked: at most, while something happens, and when all is quiet (docs/algorithms/live-stock.md).
AT_ONCE_S, BUSY_S, QUIET_S = 0.005, 0.02, 0.05
# How long a failing database is left alone at most.
FAILING_S_MAX = 1.0
# A store that closes, moves to another owner or gets another warehouse is noticed within this time.
PLACE_SECONDS = 4.0
# So that many stores at once do not keep the others' figures waiting.
PLACES_PER_TURN = 4
# A SKU that is taken off sale is not shown any longer than this.
OFFERED_SECONDS = 10.0
OFFERED_REMEMBERED_MAX = 100_000
# How far back a reader that was cut off may go on; stock that moved before is better loaded at once.
RESUME_SECONDS_MAX = 600.0
_FAILURES = (psycopg.Error, DatabaseError, OSError, Problem)
_log = structlog.get_logger(__name__)


class _Joining:
    """A reader that has not been told its first figures."""

    __slots__ = ("has_gap", "reader", "since")

    def __init__(self, reader: Reader, since: Position | None, *, has_gap: bool) -> None:
        self.reader = reader
        self.since = since
        self.has_gap = has_gap


class _Group:
    """All readers of one kind, and what is known for them together."""

    def __init__(self, kind: LiveKind, place: LivePlace) -> None:
        self.kind = kind
        self.place = place
        self.readers: set[Reader] = set()
        self.joining: dict[Reader, _Joining] = {}
        self.place_known_until = monotonic() + PLACE_SECONDS
        self.offered: dict[int, tuple[bool, float]] = {}
        # When the next reservation of a SKU lapses. Whole: of every SKU there, not only of those somebody asked for.
        self.lapses: dict[int, datetime] = {}
        self.lapses_are_whole = False

    def everybody(self) -> list[Reader]:
        return [*self.readers, *self.joining]

    def of_interest(self, sku_ids: set[int]) -> set[int]:
        """Return those of the SKUs that some reader wants to hear of."""
        if any(reader.sku_ids is None for reader in self.readers):
            return sku_ids
        self.lapses_are_whole = False
        return sku_ids & {sku_id for reader in self.readers for sku_id in reader.sku_ids or ()}

    def due(self, now: datetime) -> set[int]:
        return {sku_id for sku_id, at in self.lapses.items() if at <= now}


class Hub:
    """Reads for all streams of an event loop."""

    def __init__(self) -> None:
        self._groups: dict[object, _Group] = {}
        self._position: Position | None = None
        self._wake = asyncio.Event()
        self._turns: asyncio.Task[None] | None = None

    async def join(self, kind: LiveKind, *, sku_ids: frozenset[int] | None, last_position: str) -> Reader | None:
        """Return a reader of a kind, ``None`` when there is no such place (any more).

        With ``sku_ids`` its first event has the figures of all of them. Without, it is told what changed from now on,
        or since ``last_position`` (a position it was told before), or to load everything again when that is too long
        ago. Raises psycopg's errors.
        """
        group = self._groups.get(kind.key)
        if group is None:
            place = await kind.place()
            if place is None:
                return None
            group = self._groups.setdefault(kind.key, _Group(kind, place))
        reader = Reader(sku_ids, on_close=lambda gone: self._leave(kind.key, gone))
        since = None
        if last_position and sku_ids is None:
            since = feed.position_of(last_position, now=system_clock.now(), seconds_max=RESUME_SECONDS_MAX)
        has_gap = bool(last_position) and sku_ids is None and since is None
        group.joining[reader] = _Joining(reader, since, has_gap=has_gap)
        self._wake.set()
        if self._turns is None or self._turns.done():
            self._turns = asyncio.get_running_loop().create_task(self._run())
        return reader

    def _leave(self, key: object, reader: Reader) -> None:
        group = self._groups.get(key)
        if group is None:
            return
        group.readers.discard(reader)
        group.joining.pop(reader, None)
        if not group.readers and not group.joining:
            del self._groups[key]

    async def _run(self) -> None:
        failed, busy_until = 0, 0.0
        while self._groups:
            self._wake.clear()
            try:
                if await self._turn():
                    busy_until = monotonic() + 1.0
                failed = 0
            except _FAILURES as failure:
                failed += 1
                if failed == 1:
                    _log.warning("live.feed_failed", **logs.failure(failure))
            pause = BUSY_S if monotonic() < busy_until else QUIET_S
            if failed:
                pause = min(QUIET_S * 2**failed, FAILING_S_MAX)
            await asyncio.sleep(AT_ONCE_S)
            try:
                async with asyncio.timeout(pause - AT_ONCE_S):
                    await (asyncio.Event().wait() if failed else self._wake.wait())
            except TimeoutError:
                pass
        self._position = None

    async def _turn(self) -> bool:
        """Tell everybody what is new; tell whether something was. A turn that fails is done again as a whole."""
        now = system_clock.now()
        await self._check_places()
        joining = [(group, one) for group in self._groups.values() for one in group.joining.values()]
        if self._position is None:
            self._position = await feed.here(now=now)
        reached, announced = await live.changes_since(self._position, now=now)
        if announced is None or any(not one.changes for one in announced):
            for group in self._groups.values():
                for reader in group.readers:
                    reader.reset("too_much" if announced is None else "sharing", str(reached))
        touched = _by_location(announced or ())
        wide = {group: group.of_interest(_at(group, touched) | group.due(now)) for group in self._groups.values()}
        firsts = await self._firsts(joining, reached=reached, now=now)
        news = await self._looked_up(wide, firsts, now=now)
        self._hand_out(wide, joining, firsts, news, str(reached))
        self._position = reached
        return bool(announced) or bool(news)

    async def _check_places(self) -> None:
        old = [group for group in self._groups.values() if group.place_known_until < monotonic()]
        for group in old[:PLACES_PER_TURN]:
            place = await group.kind.place()
            if place is None:
                for reader in group.everybody():
                    reader.end("store_closed", str(self._position or ""))
            elif place != group.place:
                group.place, group.lapses, group.lapses_are_whole = place, {}, False
                group.offered.clear()
                for reader in group.readers:
                    reader.reset("store_changed", str(self._position or ""))
            group.place_known_until = monotonic() + PLACE_SECONDS

    async def _firsts(
        self, joining: Sequence[tuple[_Group, _Joining]], *, reached: Position, now: datetime
    ) -> dict[Reader, set[int] | None]:
        """Return the SKUs that those who join are told first; ``None``: the gap is too long to be told."""
        gaps: dict[str, dict[int, set[int]] | None] = {}
        firsts: dict[Reader, set[int] | None] = {}
        for group in {group for group, _ in joining} | set(self._groups.values()):
            whole = any(reader.sku_ids is None for reader in group.everybody())
            if whole and not group.lapses_are_whole:
                group.lapses = dict(await live.lapses(group.place, after=now))
                group.lapses_are_whole = True
        for group, one in joining:
            if one.reader.sku_ids is not None:
                firsts[one.reader] = set(one.reader.sku_ids)
            elif one.since is not None:
                text = str(one.since)
                if text not in gaps:
                    _, announced = await live.changes_since(one.since, now=now)
                    is_told = announced is not None and all(each.changes for each in announced)
                    gaps[text] = _by_location(announced or ()) if is_told else None
                missed = gaps[text]
                lapsed = await live.lapses(group.place, after=one.since.at, until=now)
                firsts[one.reader] = None if missed is None else _at(group, missed) | set(lapsed)
            else:
                firsts[one.reader] = None if one.has_gap else set()
        return firsts

    async def _looked_up(
        self, wide: Mapping[_Group, set[int]], firsts: Mapping[Reader, set[int] | None], *, now: datetime
    ) -> dict[_Group, dict[int, Mapping[str, int]]]:
        """Return the new figures of every kind, in one statement for all of them."""
        asked: list[tuple[_Group, set[int]]] = []
        for group in list(self._groups.values()):
            wanted = set(wide.get(group, ()))
            for reader in group.joining:
                wanted |= firsts.get(reader) or set()
            if wanted:
                asked.append((group, await _offered(group, wanted)))
                for sku_id in wanted - asked[-1][1]:
                    group.lapses.pop(sku_id, None)
        if not any(sku_ids for _, sku_ids in asked):
            return {}
        news: dict[_Group, dict[int, Mapping[str, int]]] = defaultdict(dict)
        for n, sku_id, here, anywhere, lapses_at in await live.figures(
            [(group.place, sku_ids) for group, sku_ids in asked], now=now
        ):
            group = asked[n][0]
            news[group][sku_id] = group.kind.shown(group.place, sku_id, here, anywhere)
            if lapses_at is None:
                group.lapses.pop(sku_id, None)
            else:
                group.lapses[sku_id] = lapses_at
        return news

    def _hand_out(
        self,
        wide: Mapping[_Group, set[int]],
        joining: Iterable[tuple[_Group, _Joining]],
        firsts: Mapping[Reader, set[int] | None],
        news: Mapping[_Group, Mapping[int, Mapping[str, int]]],
        position: str,
    ) -> None:
        for group, sku_ids in wide.items():
            found = news.get(group, {})
            batch = Batch({sku_id: found[sku_id] for sku_id in sku_ids if sku_id in found})
            for reader in group.readers:
                reader.put(batch, position)
            for sku_id in sku_ids - found.keys():
                group.lapses.pop(sku_id, None)
        for group, one in joining:
            if group.joining.pop(one.reader, None) is None:
                continue  # gone in the meantime
            group.readers.add(one.reader)
            one.reader.open(position)
            wanted = firsts[one.reader]
            if wanted is None:
                one.reader.reset("gap", position)
            else:
                found = news.get(group, {})
                told = wanted | wide.get(group, set())
                one.reader.put(Batch({sku_id: found[sku_id] for sku_id in told if sku_id in found}), position)


async def _offered(group: _Group, sku_ids: set[int]) -> set[int]:
    """Return those of the SKUs that may be shown; an answer holds for a few seconds."""
    if group.kind.offered is None:
        return sku_ids
    now = monotonic()
    unknown = [sku_id for sku_id in sku_ids if group.offered.get(sku_id, (False, 0.0))[1] < now]
    if unknown:
        if len(group.offered) > OFFERED_REMEMBERED_MAX:
            group.offered.clear()
            unknown = list(sku_ids)
        shown: Collection[int] = await group.kind.offered(group.place, unknown)
        group.offered.update({sku_id: (sku_id in shown, now + OFFERED_SECONDS) for sku_id in unknown})
    return {sku_id for sku_id in sku_ids if group.offered[sku_id][0]}


def _by_location(announced: Iterable[live.Announced]) -> dict[int, set[int]]:
    touched: dict[int, set[int]] = defaultdict(set)
    for one in announced:
        for change in one.changes:
            touched[change.location_id].add(change.sku_id)
    return touched


def _at(group: _Group, touched: Mapping[int, set[int]]) -> set[int]:
    return set().union(*(touched.get(location_id, ()) for location_id in group.place.location_ids))


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
