"""Who may try to buy a hot item right now: in memory, without waiting, before anything touches the database.

A gate decides nothing that money depends on: limits and stock are kept by the database. It keeps robots from taking the
place of people (their tries use up their own allowance), keeps the queue short, and answers *sold out* without asking.

Times are seconds of a monotonic clock. The caller holds a lock around every call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from math import ceil
from typing import Final

ONE_AT_A_TIME: Final = "flash.one_at_a_time"
QUEUE_FULL: Final = "flash.queue_full"
TOO_MANY_TRIES: Final = "flash.too_many_tries"


@dataclass(frozen=True, slots=True)
class Allowance:
    """A bucket: ``burst`` tries at once, then ``per_s`` each second.

    ``wait_s_max`` above 0: who comes although told to wait waits twice as long as before, at most so long.
    """

    burst: int
    per_s: float
    wait_s_max: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the gate allows. A household is an address: behind one may stand a whole mobile network, so it has much."""

    member: Allowance = Allowance(burst=5, per_s=0.5, wait_s_max=30.0)
    household: Allowance = Allowance(burst=600, per_s=200.0)
    queue_max: int = 512
    queue_retry_s: int = 2
    one_retry_s: int = 1
    closed_s: float = 1.0
    probe_s_max: float = 5.0
    kept_max: int = 50_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float
    strikes: int = 0
    until_s: float = 0.0

    def try_once(self, allowance: Allowance, now_s: float) -> float:
        """Pay for one try; return 0, or after how many seconds the next one is welcome."""
        self.tokens = min(float(allowance.burst), self.tokens + (now_s - self.at_s) * allowance.per_s)
        self.at_s = now_s
        if self.tokens >= allowance.burst and now_s >= self.until_s:
            self.strikes = 0
        if now_s >= self.until_s and self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        wait_s = (1 - self.tokens) / allowance.per_s if self.tokens < 1 else 0.0
        if allowance.wait_s_max:
            wait_s = max(wait_s, min(2.0**self.strikes, allowance.wait_s_max))
            self.strikes += 1
            self.until_s = now_s + wait_s
        return wait_s


@dataclass(slots=True)
class _Closure:
    """Orders for ``quantity`` or more were refused. ``probing_s``: when the one was let through that looks again."""

    quantity: int
    until_s: float
    probing_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a try is not let in, and when to come again."""

    code: str
    retry_after_s: int


@dataclass(slots=True)
class Gate:
    """The state of all hot items of one process."""

    limits: Limits = field(default_factory=Limits)
    _members: dict[Hashable, _Bucket] = field(default_factory=dict)
    _households: dict[Hashable, _Bucket] = field(default_factory=dict)
    _inside: set[Hashable] = field(default_factory=set)
    _waiting: Counter[int] = field(default_factory=Counter)
    _closed: dict[Hashable, _Closure] = field(default_factory=dict)

    def enter(
        self, sale_ids: Iterable[int], *, member: Hashable, household: Hashable | None, now_s: float
    ) -> Refused | None:
        """Let a try in (``None``; the caller says ``leave`` whatever becomes of it), or say why not."""
        limits, sales = self.limits, tuple(sale_ids)
        if household is not None and (wait_s := self._pay(self._households, household, limits.household, now_s)):
            return Refused(TOO_MANY_TRIES, max(1, ceil(wait_s)))
        if wait_s := self._pay(self._members, member, limits.member, now_s):
            return Refused(TOO_MANY_TRIES, max(1, ceil(wait_s)))
        if any((sale_id, member) in self._inside for sale_id in sales):
            return Refused(ONE_AT_A_TIME, limits.one_retry_s)
        if any(self._waiting[sale_id] >= limits.queue_max for sale_id in sales):
            return Refused(QUEUE_FULL, limits.queue_retry_s)
        for sale_id in sales:
            self._inside.add((sale_id, member))
            self._waiting[sale_id] += 1
        return None

    def leave(self, sale_ids: Iterable[int], *, member: Hashable) -> None:
        """A try that was let in has its answer."""
        for sale_id in sale_ids:
            self._inside.discard((sale_id, member))
            self._waiting[sale_id] -= 1
            if self._waiting[sale_id] <= 0:
                del self._waiting[sale_id]

    def is_closed(self, key: Hashable, quantity: int, *, now_s: float) -> bool:
        """Tell whether so many pieces are known to be gone; now and then one caller is let through to look again."""
        found = self._closed.get(key)
        if found is None or quantity < found.quantity:
            return False
        lost = found.probing_s is not None and now_s - found.probing_s > self.limits.probe_s_max
        if now_s < found.until_s or (found.probing_s is not None and not lost):
            return True
        found.probing_s = now_s
        return False

    def close(self, key: Hashable, quantity: int, *, now_s: float) -> None:
        """The database refused an order for so many pieces."""
        found = self._closed.get(key)
        least = quantity if found is None else min(quantity, found.quantity)
        self._closed[key] = _Closure(least, now_s + self.limits.closed_s)

    def open(self, key: Hashable) -> None:
        """Pieces were sold, or came back: everybody may ask the database again."""
        self._closed.pop(key, None)

    def open_all(self, sale_id: int) -> None:
        """Pieces of a sale came back; ``sale_id`` is the first part of every key."""
        for key in [key for key in self._closed if isinstance(key, tuple) and key[0] == sale_id]:
            del self._closed[key]

    def look_again(self, key: Hashable) -> None:
        """The one who was to look could not tell (refused for another reason): the next one looks."""
        found = self._closed.get(key)
        if found is not None:
            found.probing_s = None

    def _pay(self, buckets: dict[Hashable, _Bucket], who: Hashable, allowance: Allowance, now_s: float) -> float:
        found = buckets.get(who)
        if found is None:
            if len(buckets) >= self.limits.kept_max:
                self._forget(buckets, allowance, now_s)
            found = buckets[who] = _Bucket(float(allowance.burst), now_s)
        return found.try_once(allowance, now_s)

    @staticmethod
    def _forget(buckets: dict[Hashable, _Bucket], allowance: Allowance, now_s: float) -> None:
        """Drop the buckets that are full again; when none is, the older half: memory has an end too."""
        full_s = allowance.burst / allowance.per_s
        idle = [who for who, one in buckets.items() if now_s - one.at_s >= full_s and now_s >= one.until_s]
        for who in idle or list(buckets)[: len(buckets) // 2]:
            del buckets[who]
