"""The home page by role: what is to do, the trade within reach, orders as they come, goods that run out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from quanyu.entrypoints.console import home_scope, order_stream, trade_board
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.inventory import api as inventory
from quanyu.modules.organization import api as organization
from quanyu.platform.console import access, registry
from quanyu.platform.console.content import Table
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.registry import Figure, Tile

ALARMS_SHOWN = 10
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile with its number and the address of the list; ``age``: how long the oldest of what waits has waited."""

    tile: Tile
    figure: Figure
    address: str
    age: str = ""


def content(request: HttpRequest) -> dict[str, Any]:
    """Return what the home page shows: who one is, and what one's permissions reach.

    Raises ``Http404`` for a period or unit that is not there to choose.
    """
    now = system_clock.now()
    actor = access.actor_of(request)
    member = identity.staff(ids=[int(actor.id)])[int(actor.id)]
    unit = organization.units(ids=[member.unit_id])[member.unit_id]
    shown = [_shown(request, tile, now) for tile in registry.tiles() if access.may(request, tile.permission)]
    scope = home_scope.of(request, now)
    return {
        "todos": [one for one in shown if one.tile.is_todo and one.figure.waits],
        "has_todos": any(one.tile.is_todo for one in shown),
        "tiles": [one for one in shown if not one.tile.is_todo],
        "reader": actor.name,
        "reader_unit": in_language(unit.name, unit.name_en),
        "reader_roles": [in_language(role.role_name, role.role_name_en) for role in member.roles],
        "now": now,
        "alarms": _alarms(request, now),
        "places": None if scope else _places(request),
        "scope": scope,
        "choices": home_scope.choices(scope) if scope else {},
        "board": trade_board.content(request, scope) if scope else {},
        "stream": order_stream.newest(scope.units) if scope else [],
    }


def _shown(request: HttpRequest, tile: Tile, now: datetime) -> Shown:
    figure = tile.figure(access.units_of(request, tile.permission), now)
    age = _age(now - figure.oldest) if figure.oldest is not None else ""
    return Shown(tile, figure, tile.to(now), age)


def _age(waited: timedelta) -> str:
    """Return how long something has waited, in the largest unit that says it."""
    if waited >= DAY:
        return ngettext("oldest: %(count)s day", "oldest: %(count)s days", waited.days) % {"count": waited.days}
    minutes = max(int(waited.total_seconds()) // 60, 0)
    if minutes >= 60:
        return ngettext("oldest: %(count)s hour", "oldest: %(count)s hours", minutes // 60) % {"count": minutes // 60}
    if minutes:
        return ngettext("oldest: %(count)s minute", "oldest: %(count)s minutes", minutes) % {"count": minutes}
    return gettext("just now")


def _places(request: HttpRequest) -> Table | None:
    """Return where one's goods lie, for who has no trade to look at; nothing for who may not see stock."""
    if not access.may(request, inventory.VIEW):
        return None
    # Here, not above: the site imports this page, and a module's screens need the site.
    from quanyu.modules.inventory.admin import places_card

    return places_card.places(access.units_of(request, inventory.VIEW))


def _alarms(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """Return goods that run out, with their pictures; nothing for who may not see stock."""
    if not access.may(request, inventory.VIEW):
        return {}
    # Here, not above: the site imports this page, and a module's screens need the site.
    from quanyu.modules.inventory.admin import alarms

    found = alarms.alarms(access.units_of(request, inventory.VIEW), now, limit=ALARMS_SHOWN)
    skus = catalog.skus(ids={one.sku_id for one in found.first})
    rows = [{"alarm": one, "picture": skus[one.sku_id].image_thumb} for one in found.first]
    return {"found": found, "rows": rows}
