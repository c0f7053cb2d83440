"""The full range, the ways by which goods reach a customer, and a member's addresses at the counter."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout.contracts import LINES_MAX
from quanyu.modules.organization import api as organization
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.kept import KeptItemOut, item_out
from quanyu.platform import http
from quanyu.platform.http import BigId, OneLine, Quantity, QuerySchema, Schema

router = Router(tags=["aisle"])


class RangeIn(Schema):
    """Names, pinyin, codes. In the body: a cashier may type anything."""

    text: Annotated[str, Field(min_length=1, max_length=60)]


class NearPlaceOut(Schema):
    """A store or warehouse; ``distance_m`` from the till's store, ``is_here``: it is that one."""

    id: int
    name: str
    name_en: str
    address: str
    is_here: bool
    distance_m: int


class StockedOut(Schema):
    """A place that has so much to promise, in base units."""

    place: NearPlaceOut
    available: int


class AisleItemOut(Schema):
    """A SKU of the full range as the till keeps goods. ``is_listed``: the store has it on its own list.

    ``places``: where else it lies, warehouses first, then the nearest stores.
    """

    item: KeptItemOut
    is_listed: bool
    places: list[StockedOut]


class WantedIn(Schema):
    """So much of a SKU, in base units."""

    sku_id: BigId
    quantity: Quantity


class WaysIn(Schema):
    """What is to reach the customer."""

    lines: list[WantedIn] = Field(min_length=1, max_length=LINES_MAX)


class WindowOut(Schema):
    """A time at which the store comes."""

    starts_at: datetime
    ends_at: datetime


class HomeDayOut(Schema):
    """The times of one day, by the store's clock."""

    day: date
    windows: list[WindowOut]


class HomeOut(Schema):
    """The store brings purchases home from ``from_fen`` on, for nothing."""

    from_fen: int
    days: list[HomeDayOut]


class WaysOut(Schema):
    """How the goods could reach the customer now. ``parcel_from`` null: nobody has all of them for a parcel.

    ``home`` null: the store brings nothing home. ``pickups``: other stores that have all of them, the nearest first.
    """

    parcel_from: NearPlaceOut | None
    parcel_at: datetime | None
    home: HomeOut | None
    pickups: list[NearPlaceOut]


class AddressIn(Schema):
    """An address as it is told at the counter."""

    name: Annotated[OneLine, Field(min_length=1, max_length=60)]
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 -]{6,20}$")]
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    text: Annotated[OneLine, Field(min_length=1, max_length=120)]


class AddressOut(Schema):
    """An address, masked."""

    id: UUID
    masked: str
    is_default: bool


class AreaQuery(QuerySchema):
    """Below which area; none: the provinces."""

    parent_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None


class AreaOut(Schema):
    """An administrative area; ``level`` 1 to 3, province to district."""

    code: str
    name: str
    level: int


@router.post("/range", response=list[AisleItemOut])
def search_range(request: HttpRequest, body: RangeIn) -> list[AisleItemOut]:
    """Search everything that the chain sells, on this store's list or not."""
    found = api.search_range(
        text=body.text, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now()
    )
    return [
        AisleItemOut(
            item=item_out(one.kept),
            is_listed=one.is_listed,
            places=[
                StockedOut(place=NearPlaceOut.model_validate(there.place), available=there.available)
                for there in one.places
            ],
        )
        for one in found
    ]


@router.post("/ways", response=WaysOut)
def ways(request: HttpRequest, body: WaysIn) -> WaysOut:
    """Say how these goods could reach a customer who does not carry them out."""
    wanted: dict[int, int] = {}
    for line in body.lines:
        wanted[line.sku_id] = wanted.get(line.sku_id, 0) + line.quantity
    found = api.ways(wanted=wanted, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now())
    home = found.home
    return WaysOut(
        parcel_from=NearPlaceOut.model_validate(found.parcel_from) if found.parcel_from else None,
        parcel_at=found.parcel_at,
        home=HomeOut(
            from_fen=home.from_fen,
            days=[
                HomeDayOut(day=one.day, windows=[WindowOut.model_validate(slot) for slot in one.slots])
                for one in home.days
            ],
        )
        if home
        else None,
        pickups=[NearPlaceOut.model_validate(one) for one in found.pickups],
    )


@router.get("/members/{uuid:member_id}/addresses", response=list[AddressOut])
def addresses(request: HttpRequest, member_id: UUID) -> list[AddressOut]:
    """Return a member's addresses, masked, the default first."""
    found = api.addresses(member_id=member_id, till=auth.till_of(request), actor=http.actor_of(request))
    return [AddressOut(id=one.id, masked=one.masked, is_default=one.is_default) for one in found]


@router.post("/members/{uuid:member_id}/addresses", response={201: AddressOut})
@http.idempotent
def add_address(request: HttpRequest, member_id: UUID, body: AddressIn) -> Status[AddressOut]:
    """Keep the address that a member tells; a till keeps its id only."""
    added = api.add_address(
        member_id=member_id,
        name=body.name,
        phone=body.phone,
        area_code=body.area_code,
        text=body.text,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, AddressOut(id=added.id, masked=added.masked, is_default=added.is_default))


@router.get("/areas", response=list[AreaOut])
def areas(request: HttpRequest, query: Query[AreaQuery]) -> list[AreaOut]:
    """Return the areas below one, or the provinces: for addresses."""
    auth.till_of(request)
    return [
        AreaOut(code=one.code, name=one.name, level=one.level)
        for one in organization.areas(parent_code=query.parent_code)
    ]
