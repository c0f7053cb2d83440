"""The file that a till saves of all it has sold: the way back when the till itself cannot send it any more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from quanyu.kernel.problem import N_, Invalid, NotFound
from quanyu.modules.checkout.contracts import LINES_MAX
from quanyu.modules.pos.rules.discounts import DiscountReason
from quanyu.modules.pos.rules.served import CREDITS_MAX
from quanyu.modules.pos.rules.till_sales import MadeSale

FILE_BYTES_MAX = 50 * 1024 * 1024
_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
_Fen = Annotated[int, Meta(ge=0, le=10**13)]
_Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class RescueUnreadable(Invalid):
    """The file is not what a till saves."""

    code = "pos.rescue_unreadable"
    title = N_("This is not the file that a till saves of its sales.")
    remedy = N_("On the till open Menu, Sales of this till, Export; bring that file as it is.")


class RescueOfAnotherTill(Invalid):
    """The file was saved by another till."""

    code = "pos.rescue_of_another_till"
    title = N_("This file was saved by till %(till)s, not by this one.")
    remedy = N_("Open the page of the till that saved it.")


class TillUnknown(NotFound):
    """No such till within reach."""

    code = "pos.till_unknown"
    title = N_("There is no such till.")
    remedy = N_("Look for it in the list of tills.")


@dataclass(frozen=True, slots=True)
class Rescued:
    """What became of the sales of a file: how many were there already, are booked now, or wait for a person.

    ``refused``: the till's numbers of those that are not what the till wrote; ``left``: for the next time.
    """

    known: int
    booked: int
    kept: int
    refused: tuple[int, ...]
    left: int


class _Credit(Struct):
    staff_id: _Id
    share_bp: Annotated[int, Meta(ge=1, le=10_000)]


class _Line(Struct):
    sku_id: _Id
    quantity: Annotated[int, Meta(ge=1, le=10**9)]
    unit_price_fen: _Fen
    net_fen: _Fen
    gift_of: Annotated[str, Meta(max_length=60)] = ""
    discount_fen: _Fen = 0
    discount_reason: DiscountReason = DiscountReason.OTHER
    rounding_fen: _Fen = 0
    credits: Annotated[list[_Credit], Meta(min_length=1, max_length=CREDITS_MAX)] | None = None


class _Tender(Struct):
    tender: str
    amount_fen: Annotated[int, Meta(ge=1, le=10**11)]
    tendered_fen: Annotated[int, Meta(ge=1, le=10**11)] | None = None
    reference: Annotated[str, Meta(max_length=60)] = ""


class _Made(Struct):
    id: UUID
    seq: Annotated[int, Meta(ge=1, le=10**12)]
    previous: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")]
    staff_id: _Id
    sold_at: Annotated[datetime, Meta(tz=True)]
    member_id: UUID | None
    lines: Annotated[list[_Line], Meta(min_length=1, max_length=LINES_MAX)]
    tenders: Annotated[list[_Tender], Meta(max_length=10)]
    payable_fen: _Fen
    approval_id: UUID | None = None
    gift_wrap: bool = False


class _Row(Struct):
    # None: the server made this sale, and has it.
    made: _Made | None
    digest: str


class _Till(Struct):
    device_id: UUID
    code: str


class _File(Struct):
    till: _Till
    sales: list[_Row]


def sales_of(text: bytes, *, device_id: UUID) -> list[MadeSale]:
    """Return the sales that the till made by itself, in the order of its numbers.

    Raises ``RescueUnreadable``, and ``RescueOfAnotherTill`` when another device saved it.
    """
    try:
        raw = json.loads(text)
        file = msgspec.convert(raw, _File)
    except (ValueError, RecursionError, msgspec.ValidationError):
        raise RescueUnreadable(field="file") from None
    if file.till.device_id != device_id:
        raise RescueOfAnotherTill(field="file", till=file.till.code[:6])
    # The digest is over what the till wrote, before anything was read into it.
    made = [
        _sale(row.made, digest=row.digest, content=written["made"])
        for row, written in zip(file.sales, raw["sales"], strict=True)
        if row.made is not None
    ]
    return sorted(made, key=lambda one: one.seq)


def _sale(made: _Made, *, digest: str, content: dict[str, Any]) -> MadeSale:
    said = {**msgspec.to_builtins(made, builtin_types=(datetime, UUID)), "digest": digest, "content": content}
    return msgspec.convert(said, MadeSale)
