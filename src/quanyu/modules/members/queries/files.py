"""What else a member's file holds: addresses, consents, encrypted values for those who may open them."""

from __future__ import annotations

import base64
from collections.abc import Collection
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
from quanyu.modules.members.contracts.addresses import SealedAddress
from quanyu.modules.members.rules import places
from quanyu.modules.organization import api as organization
from quanyu.platform import db, marks, pii


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
    sealed = SealedAddress(
        id=address_id,
        area_code=row["area_id"],
        detail=bytes(row["detail_encrypted"]),
        masked=row["masked"],
        longitude=row["longitude"],
        latitude=row["latitude"],
    )
    return opened(sealed, area_name=organization.area(code=row["area_id"]).full_name)


def addresses_part(wanted: Collection[tuple[UUID, UUID]]) -> marks.Part[dict[tuple[UUID, UUID], SealedAddress]]:
    """Return the question for addresses, by member and address; those that are not the member's are left out."""

    def made(rows: list[dict[str, Any]]) -> dict[tuple[UUID, UUID], SealedAddress]:
        return {
            (UUID(row["asked_by"]), UUID(row["id"])): SealedAddress(
                id=UUID(row["id"]),
                area_code=row["area_id"],
                detail=base64.b64decode(row["detail"]),
                masked=row["masked"],
                longitude=row["longitude"],
                latitude=row["latitude"],
            )
            for row in rows
        }

    return marks.Part(
        "SELECT asked.member_id AS asked_by, address.id, address.area_id, encode(address.detail_encrypted, 'base64') "
        "AS detail, address.masked, address.longitude, address.latitude "
        "FROM unnest(%s::uuid[], %s::uuid[]) AS asked (member_id, address_id) "
        "JOIN members_address AS address ON address.id = asked.address_id "
        "AND address.member_id = members_current(asked.member_id) AND address.removed_at IS NULL",
        [[member_id for member_id, _ in wanted], [address_id for _, address_id in wanted]],
        made,
    )


def opened(sealed: SealedAddress, *, area_name: str) -> DeliveryAddress:
    """Return an address in clear."""
    detail = msgspec.json.decode(pii.open_sealed(sealed.detail, places.of_address(sealed.id)))
    return DeliveryAddress(
        name=detail["name"],
        phone=detail["phone"],
        area_code=sealed.area_code,
        area_name=area_name,
        text=detail["text"],
        longitude=sealed.longitude,
        latitude=sealed.latitude,
        masked=sealed.masked,
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
