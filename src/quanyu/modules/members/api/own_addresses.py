"""Doors of the address book: masked, in clear for the member itself and for orders, added, changed, removed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.modules.members.contracts import AddressCard, DeliveryAddress, MemberUnknown
from quanyu.modules.members.ops import keep_addresses
from quanyu.modules.members.queries import files
from quanyu.platform import db, rate

_SHOWN_PER_HOUR = 60


def addresses(*, member_id: UUID) -> list[AddressCard]:
    """Return the address book, masked, the default first."""
    return files.addresses(member_id)


def address_for_order(*, member_id: UUID, address_id: UUID) -> DeliveryAddress:
    """Return one of the member's own addresses in clear, for an order. Raises ``AddressUnknown``."""
    return files.address_for_order(member_id=member_id, address_id=address_id)


def add_address(
    *,
    member_id: UUID,
    name: str,
    phone: str,
    area_code: str,
    text: str,
    longitude: float | None = None,
    latitude: float | None = None,
    is_default: bool = False,
    actor: Actor,
    now: datetime,
) -> AddressCard:
    """Add an address (20 at most); coordinates are GCJ-02. The first one becomes the default.

    Raises ``Invalid``, ``PhoneInvalid``, ``AreaUnknown``, ``TooManyAddresses``, ``MemberUnknown``.
    """
    address_id = db.in_transaction(
        lambda: keep_addresses.add_address(
            member_id=member_id,
            name=name,
            phone=phone,
            area_code=area_code,
            text=text,
            longitude=longitude,
            latitude=latitude,
            is_default=is_default,
            actor=actor,
            now=now,
        )
    )
    return next(shown for shown in files.addresses(member_id) if shown.id == address_id)


def remove_address(*, member_id: UUID, address_id: UUID, actor: Actor, now: datetime) -> None:
    """Take an address out of the book and forget what it said. Raises ``AddressUnknown``."""
    db.in_transaction(
        lambda: keep_addresses.remove_address(member_id=member_id, address_id=address_id, actor=actor, now=now)
    )


def set_default_address(*, member_id: UUID, address_id: UUID, actor: Actor, now: datetime) -> None:
    """Propose this address first from now on. Raises ``AddressUnknown``."""
    db.in_transaction(
        lambda: keep_addresses.set_default_address(member_id=member_id, address_id=address_id, actor=actor, now=now)
    )


def own_address(*, member_id: UUID, address_id: UUID, actor: Actor, now: datetime) -> DeliveryAddress:
    """Return one of the member's own addresses in clear, for the member alone; sixty an hour, each with an audit row.

    Raises ``AddressUnknown``, ``MemberUnknown`` (another's file), ``RateLimited``.
    """
    if actor.kind is not ActorKind.MEMBER or actor.id != str(member_id):
        raise MemberUnknown(field="member_id")
    rate.hit("members.own_address", str(member_id), _SHOWN_PER_HOUR, 3600, now)
    found = files.address_for_order(member_id=member_id, address_id=address_id)
    db.in_transaction(
        lambda: keep_addresses.record_shown(member_id=member_id, address_id=address_id, actor=actor, now=now)
    )
    return found


def change_address(
    *,
    member_id: UUID,
    address_id: UUID,
    name: str,
    phone: str,
    area_code: str,
    text: str,
    longitude: float | None = None,
    latitude: float | None = None,
    is_default: bool = False,
    actor: Actor,
    now: datetime,
) -> AddressCard:
    """Write an address anew; orders keep what they were placed with. A default stays one until another becomes it.

    Raises ``AddressUnknown``, ``Invalid``, ``PhoneInvalid``, ``AreaUnknown``.
    """
    written = keep_addresses.Written(name, phone, area_code, text, longitude, latitude, is_default)
    db.in_transaction(
        lambda: keep_addresses.change_address(
            member_id=member_id, address_id=address_id, written=written, actor=actor, now=now
        )
    )
    return next(shown for shown in files.addresses(member_id) if shown.id == address_id)
