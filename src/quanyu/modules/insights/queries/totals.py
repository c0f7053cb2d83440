"""Totals of trade as they are kept: one statement each, whatever the number of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from quanyu.modules.insights.contracts import Board, Totals
from quanyu.platform import db

_NAMES = tuple(field.name for field in fields(Totals))
_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in _NAMES)
_WITHIN = "day >= %(since)s AND day < %(until)s AND (%(stores)s::bigint[] IS NULL OR store_id = ANY(%(stores)s))"
_DAYS = (
    f"SELECT grouping(day, channel, store_id) AS side, day, channel, store_id, {_SUMS} "  # noqa: S608 - constants
    f"FROM insights_day WHERE {_WITHIN} GROUP BY GROUPING SETS ((day, channel), (day), (channel), (store_id), ())"
)
_HOURS = (
    f"SELECT extract(isodow FROM day)::int AS weekday, hour::int AS hour, {_SUMS} "  # noqa: S608 - constants
    f"FROM insights_hour WHERE {_WITHIN} GROUP BY 1, 2"
)
# What ``grouping`` says: a bit for each column that was summed over.
_DAY_AND_CHANNEL, _DAY, _CHANNEL, _STORE, _WHOLE = 0b001, 0b011, 0b101, 0b110, 0b111


def board(*, stores: Sequence[int] | None, since: date, until: date) -> Board:
    """Return the totals of the days from ``since`` to before ``until``. Two statements."""
    asked = {"since": since, "until": until, "stores": None if stores is None else list(stores)}
    found = Board(Totals(), {}, {}, {}, {}, {})
    whole = found.whole
    for row in db.rows(_DAYS, asked):
        totals = _totals(row)
        if row["side"] == _WHOLE:
            whole = totals
        elif row["side"] == _DAY:
            found.by_day[row["day"]] = totals
        elif row["side"] == _DAY_AND_CHANNEL:
            found.by_day_and_channel[row["day"], row["channel"]] = totals
        elif row["side"] == _CHANNEL:
            found.by_channel[row["channel"]] = totals
        else:
            found.by_store[row["store_id"]] = totals
    for row in db.rows(_HOURS, asked):
        found.by_hour[row["weekday"], row["hour"]] = _totals(row)
    return Board(whole, found.by_day, found.by_day_and_channel, found.by_channel, found.by_store, found.by_hour)


def until(*, stores: Sequence[int] | None, since: date, moment: datetime) -> Totals:
    """Return the totals from a day until a moment, to the minute. One statement."""
    within = None if stores is None else list(stores)
    row = db.row("SELECT * FROM insights_until(%s, %s, %s)", [within, since, moment])
    assert row is not None, "a sum without groups has one row"
    return _totals(row)


def has_marks(*, stores: Sequence[int] | None, since: date, until: date) -> bool:
    """Tell whether days within these bounds are to be added up again, or nothing was ever added up."""
    asked = {"since": since, "until": until, "stores": None if stores is None else list(stores)}
    found = db.value(f"SELECT EXISTS (SELECT FROM insights_mark WHERE {_WITHIN})", asked)  # noqa: S608 - constants
    return bool(found)


def is_new() -> bool:
    """Tell whether nothing was ever added up or marked: the module has just come to the database."""
    return bool(db.value("SELECT NOT EXISTS (SELECT FROM insights_cell) AND NOT EXISTS (SELECT FROM insights_mark)"))


def _totals(row: dict[str, Any]) -> Totals:
    return Totals(**{name: row[name] for name in _NAMES})
