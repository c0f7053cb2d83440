"""What else a member's file holds: addresses, consents, encrypted values for those who may open them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.members.contracts import (
    AddressCard,
    AddressUnknown,
    ConsentState,
    DeliveryAddress,
    KeyKind,
    MemberUnknown,
)
from quanyu.modules.members.rules import places
from quanyu.modules.organization import api as organization
from quanyu.platform import db, pii


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted value and the place it belongs to."""

    blob: bytes
    place: str


def addresses(member_id: UUID) -> list[AddressCard]:
    """Return the address book, the default first, then the newest."""
    found = db.rows(
        "SELECT id, area_id AS area_code, masked, longitude, latitude, is_default FROM members_address "
        "WHERE member_id = members_current(%s) AND removed_at IS NULL ORDER BY is_default DESC, id DESC",
        [member_id],
    )
    return [AddressCard(**row) for row in found]


def address_for_order(*, member_id: UUID, address_id: UUID) -> DeliveryAddress:
    """Return one of the member's own addresses in clear. Raises ``AddressUnknown``."""
    row = _address(member_id, address_id)
    detail = msgspec.json.decode(pii.open_sealed(bytes(row["detail_encrypted"]), places.of_address(address_id)))
    return DeliveryAddress(
        name=detail["name"],
        phone=detail["phone"],
        area_code=row["area_id"],
        area_name=organization.area(code=row["area_id"]).full_name,
        text=detail["text"],
        longitude=row["longitude"],
        latitude=row["latitude"],
        masked=row["masked"],
    )


def consents(member_id: UUID) -> dict[str, ConsentState]:
    """Return what holds for every purpose that was ever asked about."""
    found = db.rows(
        "SELECT DISTINCT ON (purpose) purpose, is_given, policy_version, channel, at FROM members_consent "
        "WHERE member_id IN (SELECT members_family(%s)) ORDER BY purpose, id DESC",
        [member_id],
    )
    return {row["purpose"]: ConsentState(**row) for row in found}


def sealed_name(member_id: UUID) -> Sealed | None:
    """Return the encrypted name, ``None`` when there is none. Raises ``MemberUnknown``."""
    row = db.row("SELECT id, name_encrypted FROM members_member WHERE id = members_current(%s)", [member_id])
    if row is None:
        raise MemberUnknown(field="member_id")
    return Sealed(bytes(row["name_encrypted"]), places.of_name(row["id"])) if row["name_encrypted"] else None


def sealed_phone(member_id: UUID) -> Sealed | None:
    """Return the encrypted phone, ``None`` when there is none."""
    row = db.row(
        "SELECT id, value_encrypted FROM members_identity WHERE member_id = members_current(%s) AND kind = %s "
        "ORDER BY verified_at DESC NULLS LAST, id LIMIT 1",
        [member_id, KeyKind.PHONE.value],
    )
    if row:
        return Sealed(bytes(row["value_encrypted"]), places.of_key(row["id"]))
    row = db.row(
        "SELECT id, value_encrypted FROM members_contact WHERE member_id = members_current(%s) AND kind = %s "
        "ORDER BY id LIMIT 1",
        [member_id, KeyKind.PHONE.value],
    )
    return Sealed(bytes(row["value_encrypted"]), places.of_contact(row["id"])) if row else None


def sealed_address(*, member_id: UUID, address_id: UUID) -> Sealed:
    """Return an encrypted address. Raises ``AddressUnknown``."""
    return Sealed(bytes(_address(member_id, address_id)["detail_encrypted"]), places.of_address(address_id))


def _address(member_id: UUID, address_id: UUID) -> dict[str, Any]:
    row = db.row(
        "SELECT area_id, detail_encrypted, masked, longitude, latitude FROM members_address "
        "WHERE id = %s AND member_id = members_current(%s) AND removed_at IS NULL",
        [address_id, member_id],
    )
    if row is None:
        raise AddressUnknown(field="address_id")
    return row
