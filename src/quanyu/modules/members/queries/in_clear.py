"""Names and phones of many members in clear, for a file that somebody may have and said why."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from quanyu.modules.members.contracts import KeyKind
from quanyu.modules.members.rules import places
from quanyu.platform import db, pii


def names_and_phones(member_ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return (name, phone) by member, empty where there is none; the phone that was proved last comes first."""
    names = db.rows(
        "SELECT id, name_encrypted FROM members_member WHERE id = ANY(%s) AND name_encrypted IS NOT NULL",
        [list(member_ids)],
    )
    phones = db.rows(
        "SELECT DISTINCT ON (member_id) member_id, id, value_encrypted FROM members_identity "
        "WHERE member_id = ANY(%s) AND kind = %s ORDER BY member_id, verified_at DESC NULLS LAST, id",
        [list(member_ids), KeyKind.PHONE.value],
    )
    by_name = {row["id"]: pii.decrypt(bytes(row["name_encrypted"]), places.of_name(row["id"])) for row in names}
    by_phone = {
        row["member_id"]: pii.decrypt(bytes(row["value_encrypted"]), places.of_key(row["id"])) for row in phones
    }
    return {one: (by_name.get(one, ""), by_phone.get(one, "")) for one in member_ids}
