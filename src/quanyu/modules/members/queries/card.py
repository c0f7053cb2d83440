"""The virtual member card (MEM-03): a number, and the QR code a till scans."""

from __future__ import annotations

import io
from uuid import UUID

import segno

from quanyu.modules.members.contracts import Card, MemberUnknown
from quanyu.platform import db


def card(member_id: UUID) -> Card:
    """Return the card of a member. Raises ``MemberUnknown``.

    The code says the card number alone: any scanner types it, and it tells a finder nothing.
    """
    number = db.value(
        "SELECT card_number FROM members_member WHERE id = members_current(%s) AND is_active", [member_id]
    )
    if number is None:
        raise MemberUnknown(field="member_id")
    out = io.BytesIO()
    segno.make(number, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False, scale=8)
    return Card(number=number, payload=number, svg=out.getvalue().decode())
