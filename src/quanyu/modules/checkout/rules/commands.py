"""What makes a command acceptable, and what makes two commands the same."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import msgspec

from quanyu.modules.checkout.contracts import (
    LINES_MAX,
    LinesTooMany,
    OrderEmpty,
    PlaceOrder,
    QuantityInvalid,
)
from quanyu.modules.payments.contracts import TenderInvalid

JOURNAL_LINES_MAX = 5_000
QUANTITY_MAX = 10_000_000
_MONEY_MAX = 10_000_000_00


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
            raise QuantityInvalid(field=f"lines[{index}].quantity")
        if not 0 <= line.manual_discount_fen <= _MONEY_MAX:
            raise QuantityInvalid(field=f"lines[{index}].manual_discount_fen")
    for index, tender in enumerate(command.tenders):
        if not 0 < tender.amount_fen <= _MONEY_MAX:
            raise TenderInvalid(field=f"tenders[{index}].amount_fen", reason="amount")
        if tender.tendered_fen is not None and tender.tendered_fen < tender.amount_fen:
            raise TenderInvalid(field=f"tenders[{index}].tendered_fen", reason="less than the amount")


def digest(command: PlaceOrder) -> bytes:
    """Return what tells a repeat of a command from another command under the same id.

    What the customer agreed to pay is left out: a repeat after a lost answer is the same order.
    """
    same = replace(command, expected_payable_fen=None)
    return hashlib.sha256(msgspec.json.encode(same, order="deterministic")).digest()


def check_tenders(command: PlaceOrder, *, payable_fen: int) -> None:
    """Refuse tenders that do not cover the payable amount exactly (change comes out of ``tendered_fen``)."""
    if not command.tenders:
        return
    given = sum(tender.amount_fen for tender in command.tenders)
    if given != payable_fen:
        raise TenderInvalid(field="tenders", reason=f"{given} != {payable_fen}")
