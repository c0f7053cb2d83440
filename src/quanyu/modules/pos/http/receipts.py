"""Receipts by number: look, print, take goods back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.aftersales.contracts import ReturnedLine, ReturnResult
from quanyu.modules.checkout.contracts import LINES_MAX
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Receipt
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.catalogue import MemberOut, member_out
from quanyu.modules.pos.http.schemas import DiscountOut, PaymentOut, payment_out
from quanyu.platform import http
from quanyu.platform.http import OneLine, Quantity, QuerySchema, Schema, ShortText

router = Router(tags=["receipts"])
Number = Annotated[str, Field(min_length=4, max_length=32, pattern=r"^[A-Za-z0-9-]+$")]


class ReceiptQuery(QuerySchema):
    """``gift``: without prices, for whoever gets the present."""

    gift: bool = False


class PrintIn(Schema):
    """What is printed: the receipt or a gift receipt."""

    gift: bool = False


class PromotionOut(Schema):
    """All discounts of one kind and name on the receipt, in fen."""

    kind: str
    source: str
    label: str
    amount_fen: int


class ReceiptLineOut(Schema):
    """A line of the paper. Amounts are null on a gift receipt."""

    number: int
    sku_code: str
    name: str
    unit_name: str
    quantity: int
    quantity_scale: int
    returned_quantity: int
    unit_price_fen: int | None
    list_fen: int | None
    discounts: list[DiscountOut]
    net_fen: int | None
    tax_rate_bp: int
    associate: str


class ReturnOut(Schema):
    """A return that was booked: (tender, fen) of what went back."""

    id: UUID
    number: str
    amount_fen: int
    lines: list[tuple[int, int, int]] = Field(description="Line number, quantity in base units, fen.")
    refunds: list[tuple[str, int]]


class ReceiptOut(Schema):
    """Everything that stands on a printed receipt. ``copy`` says that it was printed before."""

    number: str
    is_gift: bool
    is_copy: bool
    prints: int
    store_name: str
    store_address: str
    store_phone: str
    time_zone: str
    till_code: str
    seq: int | None
    cashier: str
    channel: str
    delivery: str
    state: str
    placed_at: datetime
    paid_at: datetime | None
    lines: list[ReceiptLineOut]
    goods_fen: int | None
    promotions: list[PromotionOut]
    discount_fen: int | None
    freight_fen: int | None
    payable_fen: int | None
    payments: list[PaymentOut]
    change_fen: int | None
    refunded_fen: int | None
    returns: list[ReturnOut]
    member: MemberOut | None
    note: str
    footer: str


class ReturnLineIn(Schema):
    """How much of a line comes back (pieces or grams), and what becomes of the goods."""

    line_number: Annotated[int, Field(ge=1, le=LINES_MAX)]
    quantity: Quantity
    restock: Literal["sellable", "damaged", "none"] = "sellable"


class ReturnIn(Schema):
    """The return; its id is made by the till and kept before sending."""

    id: UUID
    lines: list[ReturnLineIn] = Field(min_length=1, max_length=LINES_MAX)
    reason: Annotated[OneLine, Field(min_length=1, max_length=40)]
    note: ShortText = ""


@router.get("/receipts/{number}", response=ReceiptOut)
def show_receipt(request: HttpRequest, number: Number, query: Query[ReceiptQuery]) -> ReceiptOut:
    """Return a receipt by its number."""
    found = api.receipt(number=number, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now())
    return _receipt_out(found, is_gift=query.gift, is_copy=found.prints > 0)


@router.post("/receipts/{number}/prints", response={201: ReceiptOut})
def print_receipt(request: HttpRequest, number: Number, body: PrintIn) -> Status[ReceiptOut]:
    """Note a printing and return what is to be printed; every printing after the first is a copy."""
    found = api.note_print(
        number=number,
        is_gift=body.gift,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, _receipt_out(found, is_gift=body.gift, is_copy=not body.gift and found.prints > 1))


@router.post("/receipts/{number}/returns", response={201: ReturnOut})
def take_back(request: HttpRequest, number: Number, body: ReturnIn) -> Status[ReturnOut]:
    """Take goods back; the money goes back the way it came."""
    done = api.take_back(
        return_id=body.id,
        number=number,
        lines=tuple(ReturnedLine(line.line_number, line.quantity, line.restock) for line in body.lines),
        reason=body.reason,
        note=body.note,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, _return_out(done))


def _return_out(done: ReturnResult) -> ReturnOut:
    return ReturnOut(
        id=done.id,
        number=done.number,
        amount_fen=done.amount_fen,
        lines=list(done.lines),
        refunds=list(done.refunds),
    )


def _receipt_out(receipt: Receipt, *, is_gift: bool, is_copy: bool) -> ReceiptOut:
    order, store = receipt.order, receipt.store
    shown = not is_gift
    return ReceiptOut(
        number=order.number,
        is_gift=is_gift,
        is_copy=is_copy,
        prints=receipt.prints,
        store_name=store.unit.name,
        store_address=store.address,
        store_phone=store.phone,
        time_zone=store.time_zone,
        till_code=receipt.till_code,
        seq=receipt.seq,
        cashier=receipt.cashier,
        channel=order.channel.value,
        delivery=order.delivery.value,
        state=order.state.value,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        lines=_lines_out(receipt, shown=shown),
        goods_fen=order.goods_fen if shown else None,
        promotions=_promotions_out(receipt) if shown else [],
        discount_fen=order.discount_fen if shown else None,
        freight_fen=order.freight_fen if shown else None,
        payable_fen=order.payable_fen if shown else None,
        payments=[payment_out(one) for one in receipt.payments] if shown else [],
        change_fen=receipt.change_fen if shown else None,
        refunded_fen=order.refunded_fen if shown else None,
        returns=[_return_out(one) for one in receipt.returns] if shown else [],
        member=member_out(receipt.member) if receipt.member and shown else None,
        note=order.note,
        footer=receipt.footer,
    )


def _lines_out(receipt: Receipt, *, shown: bool) -> list[ReceiptLineOut]:
    found = []
    for line in receipt.order.lines:
        sku = receipt.skus.get(line.sku_id)
        found.append(
            ReceiptLineOut(
                number=line.number,
                sku_code=sku.code if sku else "",
                name=line.name,
                unit_name=sku.unit_name if sku else "",
                quantity=line.quantity,
                quantity_scale=line.quantity_scale,
                returned_quantity=line.returned_quantity,
                unit_price_fen=line.unit_price_fen if shown else None,
                list_fen=line.list_fen if shown else None,
                discounts=[
                    DiscountOut(kind=one.kind, source=one.source, label=one.label, amount_fen=one.amount_fen)
                    for one in line.discounts
                ]
                if shown
                else [],
                net_fen=line.net_fen if shown else None,
                tax_rate_bp=sku.tax_rate_bp if sku else 0,
                associate=receipt.associates.get(line.credited_staff_id or 0, ""),
            )
        )
    return found


def _promotions_out(receipt: Receipt) -> list[PromotionOut]:
    """Add the lines' discounts up by promotion, in the order in which they first appear."""
    sums: dict[tuple[str, str, str], int] = {}
    for line in receipt.order.lines:
        for one in line.discounts:
            key = (one.kind, one.source, one.label)
            sums[key] = sums.get(key, 0) + one.amount_fen
    return [
        PromotionOut(kind=kind, source=source, label=label, amount_fen=amount_fen)
        for (kind, source, label), amount_fen in sums.items()
    ]
