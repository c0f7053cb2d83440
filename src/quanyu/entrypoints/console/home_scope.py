"""What part of the trade the home page shows: the days, and the stores within the reader's reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as dt_time
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from quanyu.modules.insights import api as insights
from quanyu.modules.orders import api as orders
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit, UnitKind
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.formats import in_language

PERIODS = {"1": (1, _("Today")), "7": (7, _("7 days")), "30": (30, _("30 days"))}
DEFAULT = "1"
SOLD = "paid,completed"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice with its address, or its value in a form."""

    value: str
    label: object
    is_chosen: bool
    is_region: bool = False


@dataclass(frozen=True)
class Scope:
    """The days from ``since`` to before ``until`` at ``units`` (``None``: every one). ``reach``: all one may see."""

    days: int
    since: date
    until: date
    now: datetime
    reach: Units
    chosen: Unit | None
    stores: Sequence[Unit]

    @cached_property
    def units(self) -> Units:
        """The stores that are looked at; ``None``: every one, closed ones too."""
        if self.chosen is None:
            return None if self.reach is None else frozenset(store.id for store in self.stores)
        return frozenset(store.id for store in self.stores if self.chosen.id in store.path)

    @property
    def compared(self) -> tuple[date, datetime]:
        """The same weekdays before, until the same time of day: first day and last moment."""
        weeks = 7 * ((self.days + 6) // 7)
        return self.since - timedelta(days=weeks), self.now - timedelta(days=weeks)

    @property
    def query(self) -> dict[str, str]:
        """What the address of the page says."""
        return {"period": str(self.days)} | ({"unit": str(self.chosen.id)} if self.chosen else {})

    def covers(self, request: HttpRequest, permission: str) -> bool:
        """Tell whether the reader holds a permission at everything that is looked at."""
        if not access.may(request, permission):
            return False
        held = access.units_of(request, permission)
        return held is None or (self.units is not None and self.units <= held)

    def orders(self, **more: object) -> str:
        """Return the address of the orders that were sold in these days at these stores."""
        return self.list_of("orders_order", "placed_at", "selling_store__id", state__in=SOLD, **more)

    def list_of(self, name: str, moment: str, unit: str, **more: Any) -> str:
        """Return the address of a list, narrowed to these days by ``moment`` and to these stores by ``unit``."""
        first, last = more.pop("since", self.since), more.pop("until", self.until)
        asked: dict[str, object] = {f"{moment}__gte": _midnight(first), f"{moment}__lt": _midnight(last)}
        store_id = more.pop("store_id", None)
        if store_id is not None:
            asked[f"{unit}__exact"] = store_id
        elif self.units is not None:
            ids = sorted(self.units)
            asked[f"{unit}__exact" if len(ids) == 1 else f"{unit}__in"] = ",".join(map(str, ids))
        return f"{reverse(f'admin:{name}_changelist')}?{urlencode(asked | more)}"


def of(request: HttpRequest, now: datetime) -> Scope | None:
    """Return what the address asks for; ``None`` where no store is within reach.

    Raises ``Http404`` for a period that does not exist or a unit out of reach.
    """
    if not access.may(request, orders.VIEW):
        return None
    reach = access.units_of(request, orders.VIEW)
    stores = [one for one in organization.units_of_kind(kind=UnitKind.STORE) if reach is None or one.id in reach]
    if not stores:
        return None
    period, asked = request.GET.get("period", DEFAULT), request.GET.get("unit", "")
    if period not in PERIODS:
        raise Http404
    chosen = None
    if asked:
        known = {str(one.id): one for one in (*_regions(stores), *stores)}
        if asked not in known:
            raise Http404
        chosen = known[asked]
    days = PERIODS[period][0]
    since, until = insights.days_back(now=now, days=days)
    return Scope(days, since, until, now, reach, chosen, stores)


def choices(scope: Scope) -> dict[str, list[Option]]:
    """Return the periods and the stores (by region) to choose from; one store alone is no choice."""
    periods = [Option(key, label, is_chosen=days == scope.days) for key, (days, label) in PERIODS.items()]
    units: list[Option] = []
    if len(scope.stores) > 1:
        chosen = scope.chosen.id if scope.chosen else 0
        units = [_option(region, chosen, is_region=True) for region in _regions(scope.stores)]
        units += [_option(store, chosen) for store in scope.stores]
    return {"periods": periods, "units": units}


def _option(unit: Unit, chosen: int, *, is_region: bool = False) -> Option:
    return Option(str(unit.id), in_language(unit.name, unit.name_en), unit.id == chosen, is_region)


def _regions(stores: Sequence[Unit]) -> list[Unit]:
    """Return the units above the stores that hold more than one of them but not all, by code."""
    found = organization.units(ids={above for store in stores for above in store.path[1:-1]}).values()
    counted = {unit.id: sum(unit.id in store.path for store in stores) for unit in found}
    chosen = [unit for unit in found if 1 < counted[unit.id] < len(stores)]
    return sorted(chosen, key=lambda unit: unit.code)


def _midnight(day: date) -> str:
    return datetime.combine(day, dt_time(), tzinfo=timezone.get_current_timezone()).isoformat(sep=" ")
