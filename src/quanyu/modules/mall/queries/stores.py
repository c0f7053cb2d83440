"""Find a store: by place, by area, by name, by the entry rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.modules.mall.contracts import Entry, EntryReason, ShopperPlace, StoreUnknown
from quanyu.modules.mall.queries import carts, settings
from quanyu.modules.mall.rules import entry
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, UnitKind, UnitUnknown

NEAREST_TRIED = 20


def store(*, store_id: int, place: ShopperPlace | None, now: datetime) -> Location:
    """Return one open store, with its distance when the shopper's place is known. Raises ``StoreUnknown``."""
    found = organization.locations(ids=[store_id], at=now).get(store_id)
    if found is None or found.unit.kind is not UnitKind.STORE or not found.unit.active:
        raise StoreUnknown
    if place is None:
        return found
    near = organization.nearest_stores(
        longitude=place.longitude, latitude=place.latitude, limit=organization.NEAREST_MAX, now=now
    )
    return next((one for one in near if one.unit.id == store_id), found)


def stores(*, area_code: str | None, text: str, now: datetime) -> list[Location]:
    """Return the open stores of an area (province, city or district) whose name or address holds the text, by name."""
    prefix = _area_prefix(area_code) if area_code else ""
    wanted = text.strip().casefold()
    found = [
        one
        for one in organization.locations(at=now).values()
        if one.unit.kind is UnitKind.STORE
        and one.unit.active
        and one.area_code.startswith(prefix)
        and (not wanted or any(wanted in said.casefold() for said in _said(one)))
    ]
    return sorted(found, key=lambda one: (one.unit.name, one.unit.id))


def enter(*, place: ShopperPlace | None, last_store_id: int | None, member_id: UUID | None, now: datetime) -> Entry:
    """Return the store to enter by the configured rule; a member's last visited store is known from the cart."""
    options = settings.of_brand(settings.ENTRY_STEPS.key, settings.ENTRY_WITHIN_M.key, settings.DEFAULT_STORE.key)
    near = (
        organization.nearest_stores(longitude=place.longitude, latitude=place.latitude, limit=NEAREST_TRIED, now=now)
        if place
        else []
    )
    last_id = last_store_id or (carts.last_store_id(member_id=member_id) if member_id else None)
    default_id = _id_of(options[settings.DEFAULT_STORE.key])
    known = _open_stores([id_ for id_ in (last_id, default_id) if id_ is not None], now=now)
    chosen_id, reason = entry.choose_store(
        steps=options[settings.ENTRY_STEPS.key],
        nearest=[entry.Candidate(one.unit.id, one.distance_m or 0, bool(one.open_now)) for one in near],
        within_m=options[settings.ENTRY_WITHIN_M.key],
        last_visited_id=last_id if last_id in known else None,
        default_id=default_id if default_id in known else None,
    )
    if chosen_id is None:
        return Entry(store=None, reason=EntryReason.NONE)
    by_distance = {one.unit.id: one for one in near}
    return Entry(store=by_distance.get(chosen_id) or known[chosen_id], reason=reason)


def _open_stores(ids: Sequence[int], *, now: datetime) -> dict[int, Location]:
    found = organization.locations(ids=ids, at=now) if ids else {}
    return {id_: one for id_, one in found.items() if one.unit.kind is UnitKind.STORE and one.unit.active}


def _id_of(code: str) -> int | None:
    if not code:
        return None
    try:
        return organization.unit_by_code(code=code).id
    except UnitUnknown:  # the setting names a store that was closed or never was: the rule goes on without it
        return None


def _area_prefix(area_code: str) -> str:
    """Return the digits that all codes in the area share: ``440000`` is a province, ``440300`` a city."""
    code = area_code
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


def _said(store: Location) -> tuple[str, ...]:
    return (store.unit.name, store.unit.name_en, store.address, store.area_name, store.unit.code)
