"""The query area of a list: each filter as one control, what is set as chips that can be taken away.

An address holds only what the list knows. A form without scripts sends empty fields and whole choices as one value
(``~a=1&b=2``): :func:`tidy` makes an address of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from quanyu.platform.console.formats import listed, moment, name_of

SEARCH, SORT, AFTER, BEFORE, VIEW = "q", "o", "after", "before", "view"
# What an address of a list says beside its filters.
OWN = (SEARCH, SORT, AFTER, BEFORE, VIEW)
WHOLE, BETWEEN = "~", "between"
VALUE_MAX, CURSOR_MAX = 200, 1000
_SUFFIXES = ("", "__exact", "__in", "__gte", "__gt", "__lte", "__lt", "__isnull", "__isempty")
PERIODS: dict[str, tuple[Any, int, int]] = {
    # Which days: from so many days ago until so many days ago.
    "today": (_("Today"), 0, 0),
    "yesterday": (_("Yesterday"), 1, 1),
    "7": (_("Last 7 days"), 6, 0),
    "30": (_("Last 30 days"), 29, 0),
}


class PeriodFilter(admin.FieldListFilter):
    """A filter by days: a quick choice that moves along with the calendar, or from a day to a day, both included."""

    def __init__(self, field: Any, request: HttpRequest, params: Any, model: Any, listed: Any, field_path: str) -> None:
        self.quick, self.since, self.until = (f"{field_path}__{name}" for name in ("period", "since", "until"))
        self.exactly = {f"{field_path}__gte": "gte", f"{field_path}__lt": "lt"}
        super().__init__(field, request, params, model, listed, field_path)

    def expected_parameters(self) -> list[str | None]:
        """Return the names in the address."""
        return [self.quick, self.since, self.until, *self.exactly]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Return nothing: the query area draws days itself."""
        return iter(())

    def given(self, name: str) -> str:
        """Return what the address says under a name."""
        values = self.used_parameters.get(name) or [""]
        return str(values[-1] if isinstance(values, list) else values)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of those days. Raises ``IncorrectLookupParameters`` for what is no day."""
        try:
            bounds = self.bounds()
        except (ValueError, OverflowError, ValidationError) as wrong:
            raise IncorrectLookupParameters(wrong) from wrong
        return queryset.filter(**{f"{self.field_path}__{sign}": value for sign, value in bounds.items()})

    def bounds(self) -> dict[str, Any]:
        """Return ``gte`` and ``lt`` as far as they are given."""
        if self.given(self.quick) in PERIODS:
            _title, first, last = PERIODS[self.given(self.quick)]
            today = timezone.localdate()
            return self._days(today - timedelta(days=first), today - timedelta(days=last))
        if self.given(self.quick):
            raise ValueError(self.given(self.quick))
        since, until = self.given(self.since), self.given(self.until)
        found = self._days(date.fromisoformat(since) if since else None, date.fromisoformat(until) if until else None)
        exactly = {
            sign: self.field.to_python(self.given(name)) for name, sign in self.exactly.items() if self.given(name)
        }
        return exactly | found

    def _days(self, first: date | None, last: date | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if first is not None:
            found["gte"] = self._start(first)
        if last is not None:
            found["lt"] = self._start(last + timedelta(days=1))
        return found

    def _start(self, day: date) -> Any:
        if not isinstance(self.field, models.DateTimeField):
            return day
        return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a control."""

    value: str
    label: object
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Control:
    """One filter as it is drawn. ``since`` and ``until`` are (name, value) of the days of a period."""

    name: str
    title: object
    options: Sequence[Option]
    since: tuple[str, str] = ("", "")
    until: tuple[str, str] = ("", "")

    @property
    def is_period(self) -> bool:
        """Tell whether days can be typed."""
        return self.since[0] != ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: what it says, and the names it stands under in the address."""

    title: object
    text: object
    names: tuple[str, ...]


def tidy(given: QueryDict) -> QueryDict:
    """Return an address without empty fields, with whole choices spelt out."""
    pairs = [(name, value) for name, values in given.lists() for value in values if value.strip()]
    periods = {name for name, _value in pairs if name.endswith("__period")}
    periods -= {name for name, value in pairs if value == BETWEEN}
    clean = QueryDict(mutable=True)
    for name, value in pairs:
        stem = name.removesuffix("since").removesuffix("until")
        if (stem != name and f"{stem}period" in periods) or (name.endswith("__period") and value == BETWEEN):
            continue
        whole = parse_qsl(value[1:]) if value.startswith(WHOLE) and name not in OWN else [(name, value)]
        for part, text in whole:
            clean.appendlist(part, text[: CURSOR_MAX if part in (AFTER, BEFORE) else VALUE_MAX])
    return clean


def known_names(model: type[models.Model], list_filter: Iterable[Any], more: Iterable[str] = ()) -> set[str]:
    """Return every name by which an address may narrow a list; whatever else it says is not asked of the database."""
    known = set(more)
    for item in list_filter:
        if isinstance(item, type):
            known.add(str(getattr(item, "parameter_name", "")))
            continue
        path = item[0] if isinstance(item, tuple | list) else item
        field = get_fields_from_path(model, path)[-1]
        known |= {path + suffix for suffix in _SUFFIXES}
        known |= {f"{path}__{name}" for name in ("period", "since", "until")}
        if field.is_relation:
            target = getattr(field, "target_field", None)
            target_name = target.name if target is not None else "pk"
            known |= {f"{path}__{target_name}{suffix}" for suffix in ("__exact", "__in")}
    return known


def with_periods(list_filter: Iterable[Any]) -> list[Any]:
    """Return the filters with those by date as periods."""
    return [_as_period(item) for item in list_filter]


def _as_period(item: Any) -> Any:
    if isinstance(item, tuple | list) and issubclass(item[1], admin.DateFieldListFilter):
        return (item[0], PeriodFilter)
    return item


def control(spec: Any, listing: Any, given: QueryDict) -> Control:
    """Return a filter of Django's as a control."""
    title = capfirst(str(spec.title))
    if isinstance(spec, PeriodFilter):
        return _period(spec, title)
    names = [str(name) for name in spec.expected_parameters() if name]
    options = [_option(choice, names) for choice in spec.choices(listing)]
    set_now = _set_now(spec, given)
    if set_now and not any(option.is_chosen and option.value for option in options):
        # A link from elsewhere may ask for what the choices do not offer, such as three states at once.
        told = Option(WHOLE + urlencode(set_now), _told(set_now, options), is_chosen=True)
        options = [*(replace(option, is_chosen=False) for option in options), told]
    return Control(names[0], title, options)


def _period(spec: PeriodFilter, title: object) -> Control:
    chosen = spec.given(spec.quick)
    since, until = spec.given(spec.since), spec.given(spec.until)
    exactly = [(name, spec.given(name)) for name in spec.exactly if spec.given(name)]
    options = [Option("", _("Any time"), is_chosen=not (chosen or since or until or exactly))]
    options += [Option(name, label, is_chosen=name == chosen) for name, (label, _f, _l) in PERIODS.items()]
    options.append(Option(BETWEEN, _("From … to …"), is_chosen=bool(since or until) and not chosen))
    if exactly and not (chosen or since or until):
        options.append(Option(WHOLE + urlencode(exactly), _span(spec), is_chosen=True))
    return Control(spec.quick, title, options, since=(spec.since, since), until=(spec.until, until))


def _span(spec: PeriodFilter) -> str:
    """Return the days, or moments, from and until which rows are shown."""
    bounds = spec.bounds()
    first, last = bounds.get("gte"), bounds.get("lt")
    if isinstance(last, date) and (not isinstance(last, datetime) or timezone.localtime(last).time() == time.min):
        last -= timedelta(days=1)
    shown = [_day(first), _day(last)]
    return shown[0] if shown[0] == shown[1] else " – ".join(shown)


def _day(at: Any) -> str:
    if at is None:
        return "…"
    if not isinstance(at, datetime):
        return f"{at:%Y-%m-%d}"
    return moment(at).removesuffix(" 00:00")


def _option(choice: Mapping[str, Any], names: Sequence[str]) -> Option:
    """Return one of Django's choices; its address tells the value."""
    said = [(name, value) for name, value in parse_qsl(str(choice["query_string"]).lstrip("?")) if name in names]
    value = "" if not said else said[0][1] if len(said) == 1 and said[0][0] == names[0] else WHOLE + urlencode(said)
    # Django names the choice of rows without a value by a hyphen.
    label = _("Not set") if value.startswith(WHOLE) else choice["display"]
    return Option(value, label, is_chosen=bool(choice["selected"]))


def _set_now(spec: Any, given: QueryDict) -> list[tuple[str, str]]:
    path = getattr(spec, "field_path", None)
    known = {path + suffix for suffix in _SUFFIXES} if path else set()
    known |= {str(name) for name in spec.expected_parameters() if name}
    if path:
        known |= {name.replace("__exact", "__in") for name in known}
    return [(name, value) for name in given for value in given.getlist(name) if name in known]


def _told(said: Sequence[tuple[str, str]], options: Sequence[Option]) -> str:
    labels = {option.value: str(option.label) for option in options}
    values = [part for _name, value in said for part in value.split(",")]
    return listed(labels.get(value, value) for value in values)


def chips(specs: Iterable[Any], controls: Sequence[Control], given: QueryDict) -> list[Chip]:
    """Return what is set, filter by filter."""
    found = []
    for spec, drawn in zip(specs, controls, strict=True):
        is_period = isinstance(spec, PeriodFilter)
        names = [str(name) for name in spec.expected_parameters() if name] if is_period else []
        names = [name for name in names if given.get(name)] or [name for name, _value in _set_now(spec, given)]
        if not names:
            continue
        chosen = next((option for option in drawn.options if option.is_chosen), None)
        is_between = is_period and chosen is not None and chosen.value == BETWEEN
        text = _span(spec) if is_between else chosen.label if chosen is not None else given[names[0]]
        found.append(Chip(drawn.title, text, tuple(dict.fromkeys(names))))
    return found


def linked(model: type[models.Model], name: str, value: str) -> Chip:
    """Return a part of the list that another page links to, such as the coupons of one offer."""
    path = [part for part in name.split("__") if part != "exact"]
    field = get_fields_from_path(model, path[0])[0]
    text: object = value
    if field.is_relation and len(path) > 1:
        related: QuerySet[Any] = QuerySet(field.related_model)
        found = related.filter(**{path[1]: value}).first()
        text = name_of(found) if found is not None else value
    return Chip(capfirst(str(field.verbose_name)), text, (name,))


def without(given: QueryDict, names: Iterable[str], more: Mapping[str, str] | None = None) -> str:
    """Return the address that is left without some names and without a place in the list."""
    left = given.copy()
    for name in (*names, AFTER, BEFORE):
        left.pop(name, None)
    for name, value in (more or {}).items():
        left[name] = value
    return f"?{left.urlencode()}"
