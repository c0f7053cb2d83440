"""The home page: the live numbers that this person's permissions reach, each with the list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from quanyu.entrypoints.console import trade_board
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.registry import Figure, Tile


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile with its number and the address of the list."""

    tile: Tile
    figure: Figure
    address: str


def content(request: HttpRequest) -> dict[str, Any]:
    """Return what the home page shows: who one is, the tiles one may see, and the board of trade."""
    now = system_clock.now()
    actor = access.actor_of(request)
    member = identity.staff(ids=[int(actor.id)])[int(actor.id)]
    unit = organization.units(ids=[member.unit_id])[member.unit_id]
    shown = [
        Shown(tile, tile.figure(access.units_of(request, tile.permission), now), tile.to(now))
        for tile in registry.tiles()
        if access.may(request, tile.permission)
    ]
    return {
        "tiles": shown,
        "reader": actor.name,
        "reader_unit": in_language(unit.name, unit.name_en),
        "reader_roles": [in_language(role.role_name, role.role_name_en) for role in member.roles],
        "now": now,
        "board": trade_board.content(request, now),
    }
