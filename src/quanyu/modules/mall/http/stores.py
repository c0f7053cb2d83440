"""Find the store: by the entry rule, by distance, by area, by name."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts import ShopperPlace
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.places import place_of
from quanyu.modules.mall.http.schemas import (
    BigIdQuery,
    Latitude,
    Longitude,
    MallDelivery,
    PlaceQuery,
    StoreOut,
    store_out,
)
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Offer
from quanyu.platform import http
from quanyu.platform.http import Page, PageQuery, QuerySchema, Schema

router = Router(tags=["stores"])


class EntryQuery(PlaceQuery):
    """What is known of the shopper. ``last_store_id``: the store the device was in last."""

    last_store_id: BigIdQuery | None = None


class NearbyQuery(QuerySchema):
    """A place, and what the stores must offer."""

    longitude: Longitude
    latitude: Latitude
    within_m: int | None = Field(None, ge=0, le=5_000_000)
    offers: MallDelivery | None = None
    limit: int = Field(20, ge=1, le=100)


class ListQuery(PageQuery):
    """An area (province, city or district) and words of the name or address."""

    area_code: str | None = Field(None, pattern=r"^[0-9]{6}$")
    text: str = Field("", max_length=60)


class AreaQuery(QuerySchema):
    """Without a parent: the provinces."""

    parent_code: str | None = Field(None, pattern=r"^[0-9]{6}$")


class EntryOut(Schema):
    """The store to enter and the rule that chose it; no store: let the shopper choose."""

    store: StoreOut | None
    reason: Literal["nearest", "last_visited", "default", "none"]


class AreaOut(Schema):
    """A province, city or district."""

    code: str
    parent_code: str | None
    name: str
    full_name: str
    level: int


class CityOut(Schema):
    """A city and how many stores it has."""

    area_code: str
    name: str
    name_full: str
    stores: int


class CitiesOut(Schema):
    """The cities with stores, those with most first."""

    items: list[CityOut]


@router.get("/stores/cities", response=CitiesOut, auth=None)
@http.etag
def cities(request: HttpRequest) -> CitiesOut:
    """Return the cities that have stores, for shoppers who do not tell where they are."""
    return CitiesOut(
        items=[
            CityOut(area_code=city.code, name=city.name, name_full=city.full_name, stores=count)
            for city, count in api.cities()
        ]
    )


@router.get("/stores/entry", response=EntryOut, auth=None)
def enter(request: HttpRequest, query: Query[EntryQuery]) -> EntryOut:
    """Return the store a shopper enters by the configured rule."""
    reader = auth.reader_of(request)
    entry = api.enter(
        place=place_of(query),
        last_store_id=query.last_store_id,
        member_id=auth.id_of(reader) if reader else None,
        now=system_clock.now(),
    )
    return EntryOut(store=store_out(entry.store) if entry.store else None, reason=entry.reason.value)


@router.get("/stores/nearby", response=list[StoreOut], auth=None)
def nearby(request: HttpRequest, query: Query[NearbyQuery]) -> list[StoreOut]:
    """Return the open stores nearest to a place, nearest first."""
    found = api.nearest(
        place=ShopperPlace(query.longitude, query.latitude),
        within_m=query.within_m,
        offered=Offer(query.offers) if query.offers else None,
        limit=query.limit,
        now=system_clock.now(),
    )
    return [store_out(store) for store in found]


@router.get("/stores", response=Page[StoreOut], auth=None)
@http.etag
def list_stores(request: HttpRequest, query: Query[ListQuery]) -> dict[str, object]:
    """Return stores by area and name: for shoppers who do not tell where they are."""
    scope = f"mall.stores:{query.area_code}:{query.text}"
    after = http.after(query, scope=scope)
    found = api.stores(area_code=query.area_code, text=query.text, now=system_clock.now())
    if after is not None:
        found = [store for store in found if _place_in_list(store) > tuple(after)]
    page = http.page(found, query, scope=scope, key=_place_in_list)
    return {**page, "items": [store_out(store) for store in page["items"]]}


@router.get("/stores/{int:store_id}", response=StoreOut, auth=None)
def show_store(request: HttpRequest, store_id: BigIdQuery, query: Query[PlaceQuery]) -> StoreOut:
    """Return a store with opening hours and, when the place is given, its distance."""
    return store_out(api.store(store_id=store_id, place=place_of(query), now=system_clock.now()))


@router.get("/areas", response=list[AreaOut], auth=None)
@http.etag
def areas(request: HttpRequest, query: Query[AreaQuery]) -> list[AreaOut]:
    """Return the areas below one, or the provinces: for store lists and addresses."""
    return [
        AreaOut(
            code=area.code,
            parent_code=area.parent_code,
            name=area.name,
            full_name=area.full_name,
            level=area.level,
        )
        for area in organization.areas(parent_code=query.parent_code)
    ]


def _place_in_list(store: Location) -> tuple[str, int]:
    return store.unit.name, store.unit.id
