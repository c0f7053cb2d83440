"""Who looks after a member, and whom a code belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from quanyu.modules.identity import api as identity
from quanyu.modules.members.contracts.associates import MyAssociate, PromotionCode
from quanyu.modules.organization import api as organization
from quanyu.platform import db

_CODES = "SELECT staff_id, token, number FROM members_associate_code "


def of_member(member_id: UUID) -> MyAssociate | None:
    """Return who looks after a member now; the store alone when the associate has left."""
    row = db.row(
        "SELECT a.staff_id, a.store_id, a.since, c.number FROM members_associate a "
        "LEFT JOIN members_associate_code c ON c.staff_id = a.staff_id "
        "WHERE a.member_id = members_current(%s) AND a.until IS NULL",
        [member_id],
    )
    if row is None:
        return None
    person = identity.staff(ids=[row["staff_id"]])[row["staff_id"]]
    if not person.is_active:
        return MyAssociate(name="", store_id=row["store_id"], staff_code="", since=row["since"])
    return MyAssociate(name=person.name, store_id=person.unit_id, staff_code=row["number"] or "", since=row["since"])


def history(member_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return who looked after these members, the first first, by name and store."""
    rows = db.rows(
        "SELECT staff_id, store_id, since, until FROM members_associate WHERE member_id = ANY(%s) ORDER BY since, id",
        [list(member_ids)],
    )
    people = identity.staff(ids=[row["staff_id"] for row in rows])
    stores = organization.units(ids=[row["store_id"] for row in rows])
    return [
        {
            "associate": people[row["staff_id"]].name,
            "store": stores[row["store_id"]].name,
            "since": row["since"],
            "until": row["until"],
        }
        for row in rows
    ]


def by_code(code: str) -> PromotionCode | None:
    """Return whose token or number this is; ``None`` for nobody's."""
    row = db.row(_CODES + "WHERE token = %s OR number = %s", [code, code])
    return None if row is None else _code(row)


def of_staff(staff_id: int) -> PromotionCode | None:
    """Return the codes of a person; ``None`` before they were made."""
    row = db.row(_CODES + "WHERE staff_id = %s", [staff_id])
    return None if row is None else _code(row)


def _code(row: dict[str, object]) -> PromotionCode:
    staff_id = int(str(row["staff_id"]))
    person = identity.staff(ids=[staff_id])[staff_id]
    return PromotionCode(
        staff_id=staff_id,
        store_id=person.unit_id,
        token=str(row["token"]),
        staff_code=str(row["number"]),
        is_active=person.is_active,
    )
