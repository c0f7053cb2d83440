"""What modules put on the console beside their own lists: deeds on others' pages, tiles of the home page, pages.

A module above hangs its deed on the page of a module below (checkout: "cancel" on the page of an order), so that
the lower one never learns of the upper one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Card
from quanyu.platform.console.deeds import Deed
from quanyu.platform.console.formats import number


@dataclass(frozen=True, slots=True)
class Figure:
    """The value of a tile. ``parts`` are (label, value) pairs below it; ``tone`` colours it."""

    value: object
    parts: tuple[tuple[object, object], ...] = ()
    tone: str = "plain"
    # Of what waits for somebody: how much, and since when the oldest of it.
    waits: int = 0
    oldest: datetime | None = None


def waiting(
    count: int, oldest: datetime | None, *, parts: tuple[tuple[object, object], ...] = (), tone: str = "warn"
) -> Figure:
    """Return the figure of work that waits; ``tone`` once there is any."""
    return Figure(number(count), parts, tone if count else "plain", count, oldest)


@dataclass(frozen=True, slots=True)
class Tile:
    """A live number of the home page with the list behind it (``link``: address as made by ``to``)."""

    name: str
    title: object
    icon: str
    permission: str
    figure: Callable[[Units, datetime], Figure]
    to: Callable[[datetime], str]
    order: int = 100
    # Work that waits for somebody: it stands among the things to do, and not at all when there is none.
    is_todo: bool = False


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page of its own in the console's frame, at ``/console/<path>/``."""

    name: str
    path: str
    title: object
    permission: str
    view: Callable[[HttpRequest, dict[str, Any]], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Lead:
    """A way from a row's page to a page of another module: among its buttons, for who may open what is there."""

    title: object
    icon: str
    permission: str
    to: Callable[[Any], str]


_deeds: dict[str, list[Deed]] = defaultdict(list)
_deeds_of_lists: dict[str, Callable[[str, str], Deed]] = {}
_cards: dict[str, list[Callable[[Any], list[Card]]]] = defaultdict(list)
_leads: dict[str, list[Lead]] = defaultdict(list)
_tiles: dict[str, Tile] = {}
_pages: dict[str, SitePage] = {}


def hang_deed(place: str, deed: Deed) -> None:
    """Offer a deed on the page of another module's rows; ``place`` is ``"orders.order"``."""
    if all(known.name != deed.name for known in _deeds[place]):
        _deeds[place].append(deed)


def deeds_at(place: str) -> list[Deed]:
    """Return the deeds that other modules offer at a place."""
    return list(_deeds[place])


def offer_on_lists(name: str, make: Callable[[str, str], Deed]) -> None:
    """Offer a deed on every list; ``make(place, view permission)`` makes the one of a list."""
    _deeds_of_lists[name] = make


def list_deeds(place: str, permission: str) -> list[Deed]:
    """Return the deeds that are offered on every list, made for this one."""
    return [make(place, permission) for make in _deeds_of_lists.values()]


def hang_cards(place: str, cards: Callable[[Any], list[Card]]) -> None:
    """Show cards on the page of another module's rows."""
    if cards not in _cards[place]:
        _cards[place].append(cards)


def cards_at(place: str, row: Any) -> list[Card]:
    """Return the cards that other modules show for a row."""
    return [card for cards in _cards[place] for card in cards(row)]


def hang_lead(place: str, lead: Lead) -> None:
    """Lead from the page of another module's rows to a page of one's own."""
    if lead not in _leads[place]:
        _leads[place].append(lead)


def leads_at(place: str) -> list[Lead]:
    """Return the ways that other modules offer from a place."""
    return list(_leads[place])


def add_tile(tile: Tile) -> None:
    """Put a number on the home page."""
    _tiles[tile.name] = tile


def tiles() -> list[Tile]:
    """Return all tiles in their order."""
    return sorted(_tiles.values(), key=lambda tile: (tile.order, tile.name))


def add_page(page: SitePage) -> None:
    """Put a page of its own on the site."""
    _pages[page.name] = page


def pages() -> list[SitePage]:
    """Return all pages by name."""
    return [_pages[name] for name in sorted(_pages)]
