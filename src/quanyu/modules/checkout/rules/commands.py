"""What makes a command acceptable, and what makes two commands the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from stdnum import luhn

from quanyu.kernel.problem import N_
from quanyu.modules.checkout.contracts import (
    LINES_MAX,
    JournalPrice,
    LinesTooMany,
    NoteTooLong,
    OrderEmpty,
    PlaceOrder,
    QuantityInvalid,
    TenderGiven,
)
from quanyu.modules.checkout.rules import rights
from quanyu.modules.payments.contracts import Tender, TenderInvalid

JOURNAL_LINES_MAX = 5_000
QUANTITY_MAX = 10_000_000
NOTE_MAX = 200
COUPONS_MAX = 20
POINTS_MAX = 10**12
REFERENCE_MAX = 64
# Why the clock and the stock cancel; a late payment revives what the clock cancelled, so nobody else may say so.
EXPIRED, SOLD_OUT, SOLD_AT_COUNTER = "expired", "sold_out", "sold_at_counter"
_MONEY_MAX = 10_000_000_00
REASON_MAX = 40
_RIGHTS, _LINE_RIGHTS = ("coupon_ids", "points", "wishes", "credited_store_id"), ("points_offer_id", "shares")
# A provider's money comes by its own word, never by a command.
_GIVEN_AT_TILL = (Tender.CASH.value, Tender.CARD.value)


def check(command: PlaceOrder) -> None:
    """Refuse a command that no state of the shop could make valid. Raises the Problem of the first fault."""
    if not command.lines:
        raise OrderEmpty(field="lines")
    # What was sold elsewhere is a fact, however long the receipt.
    most = JOURNAL_LINES_MAX if any(line.journal for line in command.lines) else LINES_MAX
    if len(command.lines) > most:
        raise LinesTooMany(field="lines", most=most)
    for index, line in enumerate(command.lines):
        if not 0 < line.quantity <= QUANTITY_MAX:
            raise QuantityInvalid(field=f"lines.{index}.quantity")
        if not 0 <= line.manual_discount_fen <= _MONEY_MAX:
            raise QuantityInvalid(field=f"lines.{index}.manual_discount_fen")
        if line.journal is not None and not _is_journal(line.journal):
            raise QuantityInvalid(field=f"lines.{index}.journal")
    if len(command.note) > NOTE_MAX:
        raise NoteTooLong(field="note", most=NOTE_MAX)
    if not 0 <= command.points <= POINTS_MAX:
        raise QuantityInvalid(field="points")
    if len(command.coupon_ids) > COUPONS_MAX:
        raise LinesTooMany(field="coupon_ids", most=COUPONS_MAX)
    rights.check(command)
    check_each_tender(command.tenders)


def check_each_tender(tenders: Sequence[TenderGiven]) -> None:
    """Refuse a tender that no till can take. Raises ``TenderInvalid``."""
    for index, tender in enumerate(tenders):
        if tender.tender not in _GIVEN_AT_TILL:
            raise TenderInvalid(field=f"tenders.{index}.tender", reason=tender.tender)
        if not 0 < tender.amount_fen <= _MONEY_MAX:
            raise TenderInvalid(field=f"tenders.{index}.amount_fen", reason=str(tender.amount_fen))
        if tender.tendered_fen is not None and not tender.amount_fen <= tender.tendered_fen <= _MONEY_MAX:
            raise TenderInvalid(
                field=f"tenders.{index}.tendered_fen", reason=f"{tender.tendered_fen} < {tender.amount_fen}"
            )
        if len(tender.reference) > REFERENCE_MAX:
            raise TenderInvalid(field=f"tenders.{index}.reference", reason=f"> {REFERENCE_MAX}")
        if is_card_number(tender.reference):
            raise TenderInvalid(field=f"tenders.{index}.reference", reason=N_("a card number must not be kept"))


def is_card_number(text: str) -> bool:
    """Tell whether a slip's reference is the number of the card itself: 13 to 19 digits with Luhn's check digit."""
    digits = "".join(text.split()).replace("-", "")
    return 13 <= len(digits) <= 19 and digits.isascii() and digits.isdigit() and bool(luhn.is_valid(digits))


def is_reason(reason: str) -> bool:
    """Tell whether somebody may cancel for this reason: a few words that are not the clock's nor the stock's."""
    return 0 < len(reason.strip()) <= REASON_MAX and reason not in (EXPIRED, SOLD_OUT, SOLD_AT_COUNTER)


def _is_journal(price: JournalPrice) -> bool:
    return 0 <= price.unit_price_fen <= _MONEY_MAX and 0 <= price.net_fen <= _MONEY_MAX


def digest(command: PlaceOrder) -> bytes:
    """Return what tells a repeat of a command from another command under the same id.

    What the customer agreed to pay is left out: a repeat after a lost answer is the same order. So are rights that
    are not used: a command means the same as before they existed, and its repeat after an upgrade is a repeat.
    """
    same = msgspec.to_builtins(replace(command, expected_payable_fen=None))
    for thing, names in ((same, _RIGHTS), *((line, _LINE_RIGHTS) for line in same["lines"])):
        for name in names:
            if not thing[name]:
                del thing[name]
    return hashlib.sha256(msgspec.json.encode(same)).digest()


def check_tenders(command: PlaceOrder, *, payable_fen: int) -> None:
    """Refuse tenders that do not cover the payable amount exactly (change comes out of ``tendered_fen``)."""
    if not command.tenders:
        return
    given = sum(tender.amount_fen for tender in command.tenders)
    if given != payable_fen:
        raise TenderInvalid(field="tenders", reason=f"{given} != {payable_fen}")
