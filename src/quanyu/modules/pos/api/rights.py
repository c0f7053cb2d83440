"""What a member may have at the counter: scanned or looked up, and staff codes for coupons."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import ReadingKind
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import CodeRefused, UnlockCode
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Found
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
    """Tell whose rights a scanned or typed text shows: a member's live code, a card or number, or a coupon.

    A live code counts as the member's presence at this till for some minutes. Raises ``ScanUnknown``, ``CodeRefused``,
    what members say of a code that is over, and ``RateLimited`` for a row of guesses.
    """
    demand(actor, VIEW, till)
    demand(actor, MEMBERS_VIEW, till)
    text = text.strip()
    if scanned.could_be_member_code(text):
        return _of(RightKind.MEMBER_CODE, shown_code(text=text, till=till, now=now), till=till, now=now)
    if scanned.could_be_coupon(text):
        return _coupon_or_card(text, till=till, actor=actor, now=now)
    if _is_goods(text, till=till):
        return ScannedRights(RightKind.PRODUCT)
    card = _card(text, actor=actor, now=now)
    if card is None:
        raise ScanUnknown(field="text")
    return _of(RightKind.CARD, card, till=till, now=now)


def find_members(*, text: str, till: Till, actor: Actor, now: datetime) -> list[Found]:
    """Look a member up by phone (or its last four digits), number, card, live code or a coupon's code; masked."""
    text = text.strip()
    if scanned.could_be_member_code(text) or scanned.could_be_coupon(text):
        found = scan_rights(text=text, till=till, actor=actor, now=now).rights
        return [Found(found.member, needs_confirmation=False)] if found else []
    return members.find(text=text, actor=actor, now=now)


def shown_code(*, text: str, till: Till, now: datetime) -> UUID:
    """Return the member whose live code was scanned, and note that they were here."""
    member_id = members.by_member_code(text=text, terminal_id=str(till.device_id), now=now).id
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


def _of(kind: RightKind, member_id: UUID, *, till: Till, now: datetime) -> ScannedRights:
    return ScannedRights(kind, rights=queries.of_member(member_id=member_id, till=till, now=now))


def _coupon_or_card(text: str, *, till: Till, actor: Actor, now: datetime) -> ScannedRights:
    """Return the coupon behind a code, or the member whose old card happens to have the form of one."""
    try:
        coupon = queries.coupon_by_code(text=text, till=till, now=now)
    except CodeRefused:
        card = _card(text, actor=actor, now=now)
        if card is None:
            raise
        return _of(RightKind.CARD, card, till=till, now=now)
    rights = queries.of_member(member_id=coupon.coupon.member_id, till=till, now=now)
    return ScannedRights(RightKind.COUPON, rights=rights, coupon=coupon)


def _card(text: str, *, actor: Actor, now: datetime) -> UUID | None:
    """Return the one member that a card or number leads to without doubt."""
    found = members.find(text=text, actor=actor, now=now)
    return found[0].member.id if len(found) == 1 and not found[0].needs_confirmation else None


def _is_goods(text: str, *, till: Till) -> bool:
    path = organization.settings_path(unit_id=till.store_id, terminal_id=str(till.device_id))
    first = next(iter(catalog.read_code(code=text, settings_path=path)), None)
    return first is not None and first.kind in _GOODS
