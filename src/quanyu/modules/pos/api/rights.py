"""What a member may have at the counter: scanned or looked up, and staff codes for coupons."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import ReadingKind
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import UnlockCode
from quanyu.modules.members import api as members
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.contracts import VIEW, MemberRights, RightKind, ScannedRights, ScanUnknown, Till
from quanyu.modules.pos.ops import note_member_shown
from quanyu.modules.pos.queries import rights as queries
from quanyu.modules.pos.rules import scanned
from quanyu.platform import db

MEMBERS_VIEW = "members.view"
_GOODS = frozenset({ReadingKind.SCALE, ReadingKind.BARCODE, ReadingKind.GTIN, ReadingKind.PLU})


def scan_rights(*, text: str, till: Till, actor: Actor, now: datetime) -> ScannedRights:
    """Tell whose rights a scanned or typed text shows: a member's live code, a card, or a coupon.

    A live code counts as the member's presence at this till for some minutes. Raises ``ScanUnknown``, ``CodeRefused``,
    what members say of a code that is over, and ``RateLimited`` for a row of guesses.
    """
    demand(actor, VIEW, till)
    demand(actor, MEMBERS_VIEW, till)
    if scanned.could_be_coupon(text):
        coupon = queries.coupon_by_code(text=text, till=till, now=now)
        rights = queries.of_member(member_id=coupon.coupon.member_id, till=till, now=now)
        return ScannedRights(RightKind.COUPON, rights=rights, coupon=coupon)
    reading = _first_reading(text, till=till)
    if reading in _GOODS:
        return ScannedRights(RightKind.PRODUCT)
    if reading is ReadingKind.MEMBER_CODE:
        member_id = shown_code(text=text, till=till, now=now)
        return ScannedRights(RightKind.MEMBER_CODE, rights=queries.of_member(member_id=member_id, till=till, now=now))
    found = members.find(text=text, actor=actor, now=now) if reading is ReadingKind.MEMBER_NUMBER else []
    if len(found) != 1:
        raise ScanUnknown(field="text")
    return ScannedRights(RightKind.CARD, rights=queries.of_member(member_id=found[0].member.id, till=till, now=now))


def shown_code(*, text: str, till: Till, now: datetime) -> UUID:
    """Return the member whose live code was scanned, and note that they were here."""
    member_id = members.member_by_code(text=text, till_id=str(till.device_id), now=now).id
    db.in_transaction(lambda: note_member_shown.note_member_shown(member_id=member_id, till=till, now=now))
    return member_id


def member_rights(*, member_id: UUID, till: Till, actor: Actor, now: datetime) -> MemberRights:
    """Return what a member who was looked up may have here. Raises ``MemberUnknown``."""
    demand(actor, VIEW, till)
    demand(actor, MEMBERS_VIEW, till)
    return queries.of_member(member_id=member_id, till=till, now=now)


def unlock_code(*, template_code: str, till: Till, actor: Actor, now: datetime) -> UnlockCode:
    """Make the code with which whoever is signed in here unlocks one claim of an offer; it is their claim."""
    return coupons.unlock_code(template_code=template_code, store_id=till.store_id, actor=actor, now=now)


def _first_reading(text: str, *, till: Till) -> ReadingKind | None:
    path = organization.settings_path(unit_id=till.store_id, terminal_id=str(till.device_id))
    first = next(iter(catalog.read_code(code=text, settings_path=path)), None)
    return first.kind if first else None
