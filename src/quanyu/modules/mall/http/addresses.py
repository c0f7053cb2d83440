"""A member's delivery addresses: written in clear, read masked; and the virtual card."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.schemas import Latitude, Longitude
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import AddressCard
from quanyu.platform import http
from quanyu.platform.http import OneLine, Schema

router = Router(tags=["addresses"])


class AddressIn(Schema):
    """A new address. Coordinates (GCJ-02) are needed for instant delivery."""

    name: Annotated[OneLine, Field(min_length=1, max_length=60)]
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 -]{6,20}$")]
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    text: Annotated[OneLine, Field(min_length=1, max_length=120)]
    longitude: Longitude | None = None
    latitude: Latitude | None = None
    is_default: bool = False


class AddressOut(Schema):
    """An address as a list shows it: masked."""

    id: UUID
    area_code: str
    masked: str
    longitude: float | None
    latitude: float | None
    is_default: bool


class OwnAddressOut(Schema):
    """One of one's own addresses in clear, for editing."""

    id: UUID
    name: str
    phone: str
    area_code: str
    area_name: str
    text: str
    longitude: float | None
    latitude: float | None
    is_default: bool


class CardOut(Schema):
    """The virtual member card: its number, what the QR code says, and the code as SVG."""

    number: str
    payload: str
    svg: str


@router.get("/addresses", response=list[AddressOut])
def list_addresses(request: HttpRequest) -> list[AddressOut]:
    """Return the address book, the default first."""
    return [_address_out(one) for one in members.addresses(member_id=auth.member_id_of(request))]


@router.post("/addresses", response={201: AddressOut})
def add_address(request: HttpRequest, body: AddressIn) -> Status[AddressOut]:
    """Add an address; the first one becomes the default."""
    added = members.add_address(
        member_id=auth.member_id_of(request),
        name=body.name,
        phone=body.phone,
        area_code=body.area_code,
        text=body.text,
        longitude=body.longitude,
        latitude=body.latitude,
        is_default=body.is_default,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, _address_out(added))


@router.get("/addresses/{uuid:address_id}", response=OwnAddressOut)
def own_address(request: HttpRequest, response: HttpResponse, address_id: UUID) -> OwnAddressOut:
    """Return one of one's own addresses in clear, for editing; sixty an hour, and nothing may keep the answer."""
    member_id = auth.member_id_of(request)
    found = members.own_address(
        member_id=member_id, address_id=address_id, actor=http.actor_of(request), now=system_clock.now()
    )
    listed = next(one for one in members.addresses(member_id=member_id) if one.id == address_id)
    response["Cache-Control"] = "no-store"
    return OwnAddressOut(
        id=address_id,
        name=found.name,
        phone=found.phone,
        area_code=found.area_code,
        area_name=found.area_name,
        text=found.text,
        longitude=found.longitude,
        latitude=found.latitude,
        is_default=listed.is_default,
    )


@router.put("/addresses/{uuid:address_id}", response=AddressOut)
def change_address(request: HttpRequest, address_id: UUID, body: AddressIn) -> AddressOut:
    """Write an address anew; orders keep what they were placed with."""
    changed = members.change_address(
        member_id=auth.member_id_of(request),
        address_id=address_id,
        name=body.name,
        phone=body.phone,
        area_code=body.area_code,
        text=body.text,
        longitude=body.longitude,
        latitude=body.latitude,
        is_default=body.is_default,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return _address_out(changed)


@router.post("/addresses/{uuid:address_id}/default", response=list[AddressOut])
def set_default(request: HttpRequest, address_id: UUID) -> list[AddressOut]:
    """Propose this address first from now on."""
    member_id = auth.member_id_of(request)
    members.set_default_address(
        member_id=member_id, address_id=address_id, actor=http.actor_of(request), now=system_clock.now()
    )
    return [_address_out(one) for one in members.addresses(member_id=member_id)]


@router.delete("/addresses/{uuid:address_id}", response={204: None})
def remove_address(request: HttpRequest, address_id: UUID) -> Status[None]:
    """Take an address out of the book and forget what it said."""
    members.remove_address(
        member_id=auth.member_id_of(request),
        address_id=address_id,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(204, None)


@router.get("/me/card", response=CardOut)
def card(request: HttpRequest) -> CardOut:
    """Return the virtual member card to be shown at the till."""
    return CardOut.model_validate(members.card(member_id=auth.member_id_of(request)))


def _address_out(card: AddressCard) -> AddressOut:
    return AddressOut.model_validate(card)
