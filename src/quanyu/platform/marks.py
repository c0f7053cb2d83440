"""Facts that are kept in memory and are never stale: change marks, and readings that prove what they use.

Triggers mark every transaction that changes a watched table (``sql/40_marks.sql``). A :class:`Kept` holds what was read
of such tables together with the marks under which it was read; a :class:`Reading` asks for the present marks, in the
same statement and snapshot as everything that the memory lacks, and uses what is kept only when its marks are the
present ones. So a reading is as fresh as if it had asked for everything: there is no time to live and no message that
could be lost, and processes need not know of each other.

    reading = Reading()
    reading.want(kept_skus, sku_ids)        # from memory, else from the database
    tier = reading.ask(tiers_part)          # always from the database
    reading.read()                          # one statement; a second one when something kept turns out stale
    reading.of(kept_skus)[sku_id], tier.value

What is kept is shared by threads and batches: nobody may change it. What depends on the clock is kept by the day
(:func:`day_of`) and decided with the moment in hand. Rows that a transaction has changed itself are read anew by it,
each time. Marks tell of statements: data that a migration or a restored dump changes without triggers needs processes
that start after it, which is how both are done anyway.

Other readers (hot reads past Django) ask ``SELECT platform_marks()`` in their own statement and hand the text to
:func:`marks_of`; ``Kept.room(marks)`` is what may be used under them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Generic, TypeVar, cast

import msgspec

from quanyu.platform import db

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
Marks = Mapping[str, str | None]
Mark = tuple[str | None, ...]
_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A question that is asked together with others: a SELECT, its parameters (in their order or by their names), and
    what its rows mean.

    The rows come as dicts of JSON values: moments and ids are text, bytes are hexadecimal after ``\\x``.
    """

    select: str
    parameters: Sequence[Any] | Mapping[str, Any]
    made: Callable[[list[dict[str, Any]]], T]


class Answer(Generic[T]):
    """What a part will have said, once the reading was done."""

    __slots__ = ("_value", "part")

    def __init__(self, part: Part[T]) -> None:
        self.part = part
        self._value: T | None = None

    @property
    def value(self) -> T:
        """The answer, after ``Reading.read``."""
        return cast("T", self._value)

    def give(self, rows: list[dict[str, Any]]) -> None:
        """Take the rows that came."""
        self._value = self.part.made(rows)


class Room(Generic[K, V]):
    """What was read under one state of the marks: the latest facts in two halves, the older is forgotten whole.

    Dict operations are atomic, and whoever loses a race against another thread only reads again.
    """

    __slots__ = ("_held", "_most", "_older", "_weight", "_young", "mark")

    def __init__(self, mark: Mark | None, *, most: int, weight: Callable[[V], int] | None) -> None:
        self.mark = mark
        self._most = most // 2
        self._weight = weight
        self._held = 0
        self._young: dict[K, V | None] = {}
        self._older: dict[K, V | None] = {}

    def take(self, keys: Iterable[K], into: dict[K, V | None]) -> list[K]:
        """Add the facts of the keys to a dict; return the keys that are not here."""
        young, older = self._young, self._older
        missing = []
        for key in keys:
            if key in young:
                into[key] = young[key]
            elif key in older:
                into[key] = fact = older[key]
                self._put(key, fact)
            else:
                missing.append(key)
        return missing

    def put(self, facts: Mapping[K, V | None]) -> None:
        """Keep facts."""
        for key, fact in facts.items():
            self._put(key, fact)

    def _put(self, key: K, fact: V | None) -> None:
        self._held += 1 if fact is None or self._weight is None else 1 + self._weight(fact)
        if self._held > self._most:
            self._older, self._young, self._held = self._young, {}, 0
        self._young[key] = fact


class Kept(Generic[K, V]):
    """One kind of facts by key. ``part`` asks for several keys, a key that it does not answer is ``None``.

    ``topics``: the marks of all tables that the part reads. ``most``: how many facts stay in memory; ``weight`` says
    how many more a fact counts for.
    """

    def __init__(
        self,
        *,
        topics: Sequence[str],
        part: Callable[[list[K]], Part[dict[K, V]]],
        most: int = 50_000,
        weight: Callable[[V], int] | None = None,
    ) -> None:
        self.topics = tuple(topics)
        self.part = part
        self._most = most
        self._weight = weight
        self._room = self._new_room(None)

    def room(self, marks: Marks) -> Room[K, V]:
        """Return the facts that hold under these marks, which were read just now."""
        mark = self._mark(marks)
        if None in mark:
            # The reader's own transaction changed them: what it sees is nobody else's.
            return self._new_room(None)
        room = self._room
        if room.mark != mark:
            room = self._room = self._new_room(mark)
        return room

    def found(self, marks: Marks | None) -> Room[K, V]:
        """Return what is in memory, if it was read under these marks (``None``: under whichever were met last)."""
        room = self._room
        return room if marks is None or room.mark == self._mark(marks) else self._new_room(None)

    def forget(self) -> None:
        """Forget everything; for measuring."""
        self._room = self._new_room(None)

    def _mark(self, marks: Marks) -> Mark:
        return (marks[""], *[marks.get(topic, "") for topic in self.topics])

    def _new_room(self, mark: Mark | None) -> Room[K, V]:
        return Room(mark, most=self._most, weight=self._weight)


class Reading:
    """What one batch of work reads: each fact once, proven by the marks of its first statement."""

    __slots__ = ("_answers", "_marks", "_rooms", "_views", "_wanted")

    def __init__(self) -> None:
        self._marks: Marks | None = None
        self._rooms: dict[Kept[Any, Any], Room[Any, Any]] = {}
        self._views: dict[Kept[Any, Any], dict[Any, Any]] = {}
        self._wanted: dict[Kept[Any, Any], list[Any]] = {}
        self._answers: list[Answer[Any]] = []

    def want(self, kept: Kept[K, V], keys: Iterable[K]) -> None:
        """Ask for facts, to be there after the next ``read``."""
        view = self._views.setdefault(kept, {})
        wanted = [key for key in keys if key not in view]
        if wanted:
            self._wanted.setdefault(kept, []).extend(wanted)

    def ask(self, part: Part[T]) -> Answer[T]:
        """Ask for what is never kept, to be there after the next ``read``."""
        answer = Answer(part)
        self._answers.append(answer)
        return answer

    def of(self, kept: Kept[K, V]) -> Mapping[K, V | None]:
        """Return the facts that were read, by key."""
        return self._views.get(kept, {})

    def read(self) -> None:
        """Bring what was asked for: no statement when all is proven, else one, or two when something was stale."""
        while self._wanted or self._answers:
            missing = self._from_memory()
            if self._marks is None or missing or self._answers:
                self._from_database(missing)
            self._wanted = {kept: keys for kept, keys in self._wanted.items() if self._lacks(kept, keys)}

    def _lacks(self, kept: Kept[Any, Any], keys: list[Any]) -> bool:
        view = self._views[kept]
        return any(key not in view for key in keys)

    def _from_memory(self) -> dict[Kept[Any, Any], list[Any]]:
        """Take what is in memory, return what is not. Before the marks are known it is taken on trust."""
        missing: dict[Kept[Any, Any], list[Any]] = {}
        for kept, keys in self._wanted.items():
            room = self._rooms.setdefault(kept, kept.found(self._marks))
            lacking = room.take(keys, self._views[kept])
            if lacking:
                missing[kept] = list(dict.fromkeys(lacking))
        return missing

    def _from_database(self, missing: dict[Kept[Any, Any], list[Any]]) -> None:
        parts = [kept.part(keys) for kept, keys in missing.items()]
        marks, found = _together([*parts, *[answer.part for answer in self._answers]])
        if self._marks is None:
            self._marks = marks
            self._prove(marks)
        for (kept, keys), part, rows in zip(missing.items(), parts, found, strict=False):
            facts = dict.fromkeys(keys) | part.made(rows)
            kept.room(marks).put(facts)
            self._views[kept].update(facts)
        for answer, rows in zip(self._answers, found[len(parts) :], strict=True):
            answer.give(rows)
        self._answers = []

    def _prove(self, marks: Marks) -> None:
        """Let go of everything that was taken on trust and was not read under the present marks."""
        for kept, room in self._rooms.items():
            proven = kept.room(marks)
            if proven is not room:
                self._rooms[kept] = proven
                self._views[kept].clear()


def marks_of(text: str) -> Marks:
    """Return the marks that ``SELECT platform_marks()`` gave."""
    return cast("Marks", msgspec.json.decode(text))


def fold() -> int:
    """Count marks into one row per topic, so that reading them stays cheap; return how many. Changes no mark."""
    return int(db.value("SELECT platform_fold_marks()"))


def day_of(at: datetime) -> date:
    """Return the key of facts that depend on the clock: the day in China that a moment lies in."""
    return at.astimezone(_CHINA).date()


def start_of(day: date) -> datetime:
    """Return the first moment of a day in China."""
    return datetime(day.year, day.month, day.day, tzinfo=_CHINA)


def moment(text: str | None) -> datetime | None:
    """Return a moment of a row."""
    return None if text is None else datetime.fromisoformat(text)


def _together(parts: Sequence[Part[Any]]) -> tuple[Marks, list[list[dict[str, Any]]]]:
    """Ask all parts in one statement, so in one snapshot, with the present marks."""
    columns = ["platform_marks()::text"]
    parameters: dict[str, Any] = {}
    for number, part in enumerate(parts):
        given, written = part.parameters, part.select.replace("%%", "%%%%")
        # Each part's parameters get names of their own in the common statement.
        if isinstance(given, Mapping):
            names = {name: f"p{number}_{name}" for name in given}
            select = written % {name: f"%({named})s" for name, named in names.items()}
            parameters |= {named: given[name] for name, named in names.items()}
        else:
            named_in_order = [f"p{number}_{place}" for place in range(len(given))]
            select = written % tuple(f"%({named})s" for named in named_in_order)
            parameters |= dict(zip(named_in_order, given, strict=True))
        columns.append(f"(SELECT json_agg(to_json(found)) FROM ({select}) AS found)::text")  # noqa: S608
    marks, *found = db.row_values(f"SELECT {', '.join(columns)}", parameters, prepared=True)
    return marks_of(marks), [[] if rows is None else msgspec.json.decode(rows) for rows in found]
