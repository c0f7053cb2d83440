"""Receipts by number: look and print."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from quanyu.kernel.clock import system_clock
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Receipt
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.catalogue import MemberOut, member_out
from quanyu.modules.pos.http.returns import Number, ReturnOut, return_out
from quanyu.modules.pos.http.schemas import DiscountOut, PaymentOut, payment_out
from quanyu.platform import http
from quanyu.platform.http import QuerySchema, Schema

router = Router(tags=["receipts"])


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


class ReceiptCouponOut(Schema):
    """A coupon on the paper and what it took off, in fen. Its code is not told."""

    label: str
    amount_fen: int


class ReceiptPointsOut(Schema):
    """The member's points on the paper.

    ``spent`` for this receipt, ``worth_fen`` of the amount they paid, ``restored`` by returns; ``earned`` by it and
    ``taken_back`` by returns; ``is_pending``: what was earned can be used later only. ``balance`` can be used now.
    """

    spent: int
    worth_fen: int
    restored: int
    earned: int
    taken_back: int
    is_pending: bool
    balance: int


class ReceiptShareOut(Schema):
    """One of several who served for a line, by name, with the share in basis points."""

    name: str
    share_bp: int


class ReceiptLineOut(Schema):
    """A line of the paper: net = list - discounts - points. Amounts are null on a gift receipt.

    ``gift_of``: what gave the line, empty for bought ones. ``shares``: of those who served, when they were several.
    """

    number: int
    sku_id: int
    sku_code: str
    name: str
    unit_name: str
    quantity: int
    quantity_scale: int
    returned_quantity: int
    unit_price_fen: int | None
    list_fen: int | None
    discounts: list[DiscountOut]
    points_fen: int | None
    points_spent: int | None
    net_fen: int | None
    gift_of: str
    tax_rate_bp: int
    associate: str
    shares: list[ReceiptShareOut]


class ReceiptOut(Schema):
    """Everything that stands on a printed receipt. ``copy`` says that it was printed before.

    ``order_id`` is what the paper's QR code carries: by it a sale that still waits is given up (``/sales``).
    ``rounding_fen`` of the discounts made the amount round.
    ``is_return_late``: the days in which the store's customers may ask for a return are over; its people decide.
    """

    order_id: UUID
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
    is_return_late: bool
    placed_at: datetime
    paid_at: datetime | None
    lines: list[ReceiptLineOut]
    goods_fen: int | None
    promotions: list[PromotionOut]
    discount_fen: int | None
    rounding_fen: int | None
    coupons: list[ReceiptCouponOut]
    coupon_fen: int | None
    points: ReceiptPointsOut | None
    freight_fen: int | None
    payable_fen: int | None
    payments: list[PaymentOut]
    change_fen: int | None
    refunded_fen: int | None
    returns: list[ReturnOut]
    member: MemberOut | None
    note: str
    is_wrapped: bool
    footer: str


@router.get("/receipts/{number}", response=ReceiptOut)
def show_receipt(request: HttpRequest, number: Number, query: Query[ReceiptQuery]) -> ReceiptOut:
    """Return a receipt by what its paper says: the order's number, this store's till number, or its QR code."""
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


def _receipt_out(receipt: Receipt, *, is_gift: bool, is_copy: bool) -> ReceiptOut:
    order, store = receipt.order, receipt.store
    shown = not is_gift
    return ReceiptOut(
        order_id=order.id,
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
        is_return_late=receipt.is_return_late,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        lines=_lines_out(receipt, shown=shown),
        goods_fen=order.goods_fen if shown else None,
        promotions=_promotions_out(receipt) if shown else [],
        discount_fen=order.discount_fen if shown else None,
        rounding_fen=receipt.rounding_fen if shown else None,
        coupons=[ReceiptCouponOut(label=one.label, amount_fen=one.amount_fen) for one in order.coupons]
        if shown
        else [],
        coupon_fen=order.coupon_fen if shown else None,
        points=_points_out(receipt) if shown else None,
        freight_fen=order.freight_fen if shown else None,
        payable_fen=order.payable_fen if shown else None,
        payments=[payment_out(one) for one in receipt.payments] if shown else [],
        change_fen=receipt.change_fen if shown else None,
        refunded_fen=order.refunded_fen if shown else None,
        returns=[return_out(one) for one in receipt.returns] if shown else [],
        member=member_out(receipt.member) if receipt.member and shown else None,
        note=order.note,
        is_wrapped=order.wishes is not None and order.wishes.gift is not None and order.wishes.gift.wrap,
        footer=receipt.footer,
    )


def _points_out(receipt: Receipt) -> ReceiptPointsOut | None:
    order, points = receipt.order, receipt.points
    if points is None:
        return None
    return ReceiptPointsOut(
        spent=order.points_spent,
        worth_fen=order.points_fen,
        restored=order.points_restored,
        earned=points.earned,
        taken_back=points.taken_back,
        is_pending=points.is_pending,
        balance=points.balance,
    )


def _lines_out(receipt: Receipt, *, shown: bool) -> list[ReceiptLineOut]:
    found = []
    for line in receipt.order.lines:
        sku = receipt.skus.get(line.sku_id)
        found.append(
            ReceiptLineOut(
                number=line.number,
                sku_id=line.sku_id,
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
                points_fen=line.points_fen if shown else None,
                points_spent=line.points_spent if shown else None,
                net_fen=line.net_fen if shown else None,
                gift_of=line.gift_of if shown else "",
                tax_rate_bp=sku.tax_rate_bp if sku else 0,
                associate=receipt.associates.get(line.credited_staff_id or 0, ""),
                shares=[
                    ReceiptShareOut(name=receipt.associates.get(share.staff_id, ""), share_bp=share.share_bp)
                    for share in line.shares
                ],
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
