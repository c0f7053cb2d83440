"""Contacts: how to reach a member by what is not, or not alone, theirs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.members.ops import index_keys
from quanyu.modules.members.rules import places
from quanyu.platform import db, pii

# A household's phone or mailbox; other keys are never shared, so they are nobody's mere contact.
KINDS = (KeyKind.PHONE, KeyKind.EMAIL)


def add_contact(member_id: UUID, key: Key, *, now: datetime) -> None:
    """Write a told phone or e-mail address to a file; one that is there already adds nothing."""
    contact_id = uuid7()
    db.execute(
        "INSERT INTO members_contact (id, member_id, kind, value_index, value_encrypted, value_masked, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (member_id, kind, value_index) DO NOTHING",
        [
            contact_id,
            member_id,
            key.kind.value,
            index_keys.index_of(key),
            pii.encrypt(key.value, places.of_contact(contact_id)),
            index_keys.mask_of(key.kind, key.value),
            now,
        ],
    )
