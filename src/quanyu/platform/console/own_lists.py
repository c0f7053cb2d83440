"""What a person keeps of a list for himself: filters under a name, and which columns he sees.

Nobody asks for another's: every door takes the person's id and touches rows of that person only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quanyu.kernel.problem import N_, Conflict, NotFound
from quanyu.platform import db, locks
from quanyu.platform.models import SavedList

SAVED_MAX, NAME_MAX, QUERY_MAX, COLUMNS_MAX = 20, 40, 2000, 1000


class TooManySaved(Conflict):
    """The person keeps as many lists here as there is room for."""

    code = "platform.too_many_saved_lists"
    title = N_("You keep %(most)s views of this list already.")
    remedy = N_("Remove one that you do not need any more.")


class NameTaken(Conflict):
    """The person has another list of this name here."""

    code = "platform.saved_list_name_taken"
    title = N_("Another view of this list has that name.")
    remedy = N_("Choose another name.")


class SavedUnknown(NotFound):
    """No such list of this person."""

    code = "platform.saved_list_unknown"
    title = N_("There is no such view any more.")
    remedy = N_("Reload the list.")


@dataclass(frozen=True, slots=True)
class Saved:
    """A list with its filters (as an address says them) under a name."""

    id: int
    name: str
    query: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What a person keeps of one list. ``columns``: empty for the list's own."""

    saved: tuple[Saved, ...]
    columns: tuple[str, ...]

    @property
    def default(self) -> Saved | None:
        """Return the one that the list opens with."""
        return next((one for one in self.saved if one.is_default), None)


def kept(*, staff_id: int, place: str) -> Kept:
    """Return a person's saved lists by name, and his columns, by one query."""
    found = db.rows(
        "SELECT id, name, query, is_default FROM platform_saved_list WHERE staff_id = %(staff)s AND place = %(place)s"
        " UNION ALL"
        " SELECT 0, '', names, false FROM platform_list_columns WHERE staff_id = %(staff)s AND place = %(place)s"
        " ORDER BY name",
        {"staff": staff_id, "place": place},
    )
    columns = next((str(row["query"]) for row in found if row["id"] == 0), "")
    saved = tuple(Saved(row["id"], row["name"], row["query"], row["is_default"]) for row in found if row["id"])
    return Kept(saved, tuple(name for name in columns.split(",") if name))


def save(*, staff_id: int, place: str, name: str, query: str, is_default: bool, now: datetime) -> int:
    """Keep a list under a name and return its id; one of the same name is replaced. Raises ``TooManySaved``."""
    given = {"staff": staff_id, "place": place, "name": name, "query": query, "default": is_default, "now": now}
    return db.in_transaction(lambda: _save(given))


def rename(*, staff_id: int, place: str, saved_id: int, name: str, now: datetime) -> None:
    """Give a list another name. Raises ``SavedUnknown`` and ``NameTaken``."""

    def work() -> None:
        _alone(staff_id)
        own = SavedList.objects.filter(staff_id=staff_id, place=place)
        if own.filter(name=name).exclude(id=saved_id).exists():
            raise NameTaken(field="name")
        if not own.filter(id=saved_id).update(name=name, changed_at=now):
            raise SavedUnknown

    db.in_transaction(work)


def open_with(*, staff_id: int, place: str, saved_id: int | None, now: datetime) -> None:
    """Let the list open with one of the saved ones; ``None``: with all rows. Raises ``SavedUnknown``."""

    def work() -> None:
        _alone(staff_id)
        own = SavedList.objects.filter(staff_id=staff_id, place=place)
        own.filter(is_default=True).update(is_default=False, changed_at=now)
        if saved_id is not None and not own.filter(id=saved_id).update(is_default=True, changed_at=now):
            raise SavedUnknown

    db.in_transaction(work)


def remove(*, staff_id: int, place: str, saved_id: int) -> None:
    """Forget a saved list. Raises ``SavedUnknown``."""
    gone, _by_table = SavedList.objects.filter(staff_id=staff_id, place=place, id=saved_id).delete()
    if not gone:
        raise SavedUnknown


def choose_columns(*, staff_id: int, place: str, names: Sequence[str], now: datetime) -> None:
    """Keep which columns a person sees, in his order; none: the list's own. Raises ``ValueError`` for too many."""
    told = ",".join(names)
    if len(told) > COLUMNS_MAX:
        raise ValueError("so many columns have no room in one row")
    if not names:
        db.execute("DELETE FROM platform_list_columns WHERE staff_id = %s AND place = %s", [staff_id, place])
        return
    db.execute(
        "INSERT INTO platform_list_columns (staff_id, place, names, changed_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (staff_id, place) DO UPDATE SET names = excluded.names, changed_at = excluded.changed_at",
        [staff_id, place, told, now],
    )


def _save(given: dict[str, object]) -> int:
    _alone(int(str(given["staff"])))
    if given["default"]:
        db.execute(
            "UPDATE platform_saved_list SET is_default = false WHERE staff_id = %(staff)s AND place = %(place)s"
            " AND is_default AND name <> %(name)s",
            given,
        )
    made = db.value(
        "INSERT INTO platform_saved_list (staff_id, place, slot, name, query, is_default, changed_at)"
        " SELECT %(staff)s, %(place)s, slot, %(name)s, %(query)s, %(default)s, %(now)s FROM ("
        "   SELECT coalesce(max(own.slot) FILTER (WHERE own.name = %(name)s), min(free) FILTER (WHERE own.id IS NULL))"
        "   FROM generate_series(1, %(most)s) AS free LEFT JOIN platform_saved_list own"
        "     ON own.staff_id = %(staff)s AND own.place = %(place)s AND own.slot = free"
        " ) AS found (slot) WHERE slot IS NOT NULL"
        " ON CONFLICT (staff_id, place, name) DO UPDATE"
        "   SET query = excluded.query, is_default = excluded.is_default, changed_at = excluded.changed_at"
        " RETURNING id",
        {**given, "most": SAVED_MAX},
    )
    if made is None:
        raise TooManySaved(most=SAVED_MAX)
    return int(made)


def _alone(staff_id: int) -> None:
    """Let what a person keeps change one request after the other: a free place is looked for before it is taken."""
    locks.advisory(locks.Space.OWN_LISTS, staff_id)
