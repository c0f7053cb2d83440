"""Orders as facts, without a database, and what their returns come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from quanyu.modules.aftersales import rules
from quanyu.modules.aftersales.contracts import Withheld
from quanyu.modules.aftersales.rules import Policy, Refund
from quanyu.modules.orders.contracts import Channel, Delivery, Line, LineDiscount, Order, State
from quanyu.modules.promotions.contracts import Quote

NOBODY = UUID(int=0)
KEEP, CHARGE = Policy(), Policy(charges_lost_discounts=True)


def off(kind: str, amount_fen: int, threshold_fen: int = 0, source: str = "M1") -> LineDiscount:
    """Return a discount borne by the brand."""
    return LineDiscount(kind, source, source, amount_fen, amount_fen, 0, 0, threshold_fen)


def line(number: int, list_fen: int, *discounts: LineDiscount, quantity: int = 1, **given: Any) -> Line:
    """Return a line of so many pieces for ``list_fen`` together, less its discounts and points."""
    coupon_fen = sum(one.amount_fen for one in discounts if one.kind == "coupon")
    discount_fen = sum(one.amount_fen for one in discounts) - coupon_fen
    points_fen = given.pop("points_fen", 0)
    fields: dict[str, Any] = {
        **dict.fromkeys(("freight_fen", "cost_fen", "commission_fen", "supplier_fen"), 0),
        **dict.fromkeys(("returned_quantity", "refunded_fen"), 0),
        **dict.fromkeys(("sku_id", "selling_store_id", "location_id", "owner_id", "credited_store_id"), 1),
    } | given
    return Line(
        id=UUID(int=number),
        number=number,
        name=str(number),
        quantity=quantity,
        quantity_scale=1,
        unit_price_fen=list_fen // quantity,
        list_fen=list_fen,
        discount_fen=discount_fen,
        coupon_fen=coupon_fen,
        points_fen=points_fen,
        net_fen=list_fen - discount_fen - coupon_fen - points_fen,
        credited_staff_id=None,
        discounts=tuple(discounts),
        **fields,
    )


def order(*lines: Line, freight_fen: int = 0) -> Order:
    """Return a completed and paid order of these lines."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    sums = {
        name: sum(getattr(one, name) for one in lines)
        for name in ("discount_fen", "coupon_fen", "points_fen", "points_spent")
    }
    payable = sum(one.net_fen for one in lines) + freight_fen
    return Order(
        id=NOBODY,
        number="XS1",
        channel=Channel.POS,
        delivery=Delivery.CARRY_OUT,
        state=State.COMPLETED,
        selling_store_id=1,
        member_id=NOBODY,
        goods_fen=sum(one.list_fen for one in lines),
        freight_fen=freight_fen,
        payable_fen=payable,
        paid_fen=payable,
        refunded_fen=0,
        note="",
        pickup_code="",
        placed_at=now,
        pay_before=None,
        paid_at=now,
        completed_at=now,
        cancelled_at=None,
        cancel_reason="",
        lines=lines,
        **sums,
    )


def order_of(quote: Quote) -> Order:
    """Return the order that a quote becomes."""
    lines = [
        line(
            one.number,
            one.list_fen,
            *(LineDiscount(*_fields(part)) for part in one.discounts),
            quantity=one.quantity,
            points_fen=one.points_fen,
            points_spent=one.points_spent,
            gift_of=one.gift_of,
            freight_fen=one.freight_fen,
        )
        for one in quote.lines
    ]
    return order(*lines, freight_fen=quote.freight_fen)


def _fields(part: Any) -> tuple[Any, ...]:
    return (
        *(str(part.kind), part.source, part.label, part.amount_fen),
        *(part.brand_fen, part.store_fen, part.supplier_fen, part.threshold_fen),
    )


def take_back(sold: Order, *returns: Mapping[int, int], policy: Policy = KEEP) -> tuple[Order, list[Refund]]:
    """Return lines ({number: quantity} per return) one return after the other; return what is left, and each refund."""
    standing: dict[tuple[str, str], Withheld] = {}
    refunds = []
    for back in returns:
        parts = [
            rules.part_of(one, quantity=back[one.number], restock="none") for one in sold.lines if one.number in back
        ]
        refund = rules.refund(sold, parts, standing=standing, policy=policy)
        refunds.append(refund)
        standing = _standing(standing, refund.withheld)
        sold = _after(sold, refund)
    return sold, refunds


def _standing(
    before: Mapping[tuple[str, str], Withheld], changes: Sequence[Withheld]
) -> dict[tuple[str, str], Withheld]:
    after = dict(before)
    for change in changes:
        key = (change.kind, change.source)
        sum_fen = change.amount_fen + (after[key].amount_fen if key in after else 0)
        after[key] = replace(change, amount_fen=sum_fen)
    return after


def _after(sold: Order, refund: Refund) -> Order:
    parts = {part.line.number: part for part in refund.parts}
    lines = tuple(
        replace(
            one,
            returned_quantity=one.returned_quantity + parts[one.number].quantity,
            refunded_fen=one.refunded_fen + parts[one.number].amount_fen,
            points_restored=one.points_restored + parts[one.number].points,
        )
        if one.number in parts
        else one
        for one in sold.lines
    )
    return replace(
        sold,
        lines=lines,
        refunded_fen=sold.refunded_fen + refund.amount_fen,
        freight_refunded_fen=sold.freight_refunded_fen + refund.freight_fen,
        withheld_fen=sold.withheld_fen + refund.withheld_fen,
        points_restored=sold.points_restored + refund.points,
    )
