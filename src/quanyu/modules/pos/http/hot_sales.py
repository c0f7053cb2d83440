"""``POST /sales`` as a hot route: the same answers as :func:`sales.sell` beside it, at a fraction of the cost.

It takes what tills send all day: goods, a member perhaps with coupons, cash or cards or nothing yet. Discounts by hand,
points and approvals ask for more first, so they are passed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import LINES_MAX, Asked, Ending, NewOrder, TenderGiven, Unusual
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Sale, SaleLine
from quanyu.modules.pos.http import hot_auth
from quanyu.modules.pos.http.quotes import COUPONS_MAX
from quanyu.modules.pos.http.sales import SEQ_MAX, TENDERS_MAX
from quanyu.platform.http import hot
from quanyu.platform.http.schemas import BIGINT_MAX, FEN_MAX, ONE_LINE_IN_RE, QUANTITY_MAX, SHORT_TEXT

_BigId = Annotated[int, msgspec.Meta(ge=1, le=BIGINT_MAX)]
_Nothing = Annotated[int, msgspec.Meta(ge=0, le=0)]
_Money = Annotated[int, msgspec.Meta(ge=1, le=10**11)]


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    sku_id: _BigId
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)]
    discount_fen: _Nothing = 0
    credited_staff_id: _BigId | None = None
    points_offer_id: None = None
    discount_reason: Literal["other"] = "other"
    rounding_fen: _Nothing = 0
    credits: None = None


class _Tender(msgspec.Struct, forbid_unknown_fields=True):
    tender: Literal["cash", "card"]
    amount_fen: _Money
    tendered_fen: _Money | None = None
    reference: Annotated[str, msgspec.Meta(max_length=60, pattern=ONE_LINE_IN_RE)] = ""


class _Sale(msgspec.Struct, forbid_unknown_fields=True):
    """What ``SaleIn`` accepts of a plain sale."""

    id: UUID
    seq: Annotated[int, msgspec.Meta(ge=1, le=SEQ_MAX)]
    lines: Annotated[list[_Line], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    member_id: UUID | None = None
    coupon_ids: Annotated[list[UUID], msgspec.Meta(max_length=COUPONS_MAX)] = []
    points: _Nothing = 0
    tenders: Annotated[list[_Tender], msgspec.Meta(max_length=TENDERS_MAX)] = []
    expected_payable_fen: Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)] | None = None
    note: Annotated[str, msgspec.Meta(max_length=200, pattern=SHORT_TEXT)] = ""
    approval: None = None
    approval_id: None = None
    way: None = None
    gift: None = None


_decoder = msgspec.json.Decoder(_Sale)
_encoder = msgspec.json.Encoder()


async def sell(request: hot.Request) -> hot.Answer:
    """Sell. What is repeated, malformed or otherwise rare is passed on."""
    if request.query:
        raise hot.PassOn
    body = request.json(_decoder)
    if body.coupon_ids and body.member_id is None:
        raise hot.PassOn
    cashier = await hot_auth.cashier_of(request)
    refusal = api.refusal_to_sell(cashier=cashier)
    if refusal is not None:
        raise refusal
    if cashier.till is None:
        # Its first words register it.
        raise hot.PassOn
    now = system_clock.now()
    begun = api.BegunSale(sale=_sale(body), till=cashier.till, actor=cashier.actor, path=cashier.path, now=now)
    try:
        content = await checkout.place_by(way=_WAY, asked=begun, now=now)
    except Unusual:
        raise hot.PassOn from None
    return hot.Answer(201, content)


class _Way:
    """What a till does around its sales (``checkout.contracts.OrderWay``)."""

    def begin(self, items: Sequence[api.BegunSale]) -> list[Asked | Exception]:
        """Note the sales in the till journal."""
        return api.begin_sales(sales=items)

    def end(self, items: Sequence[api.BegunSale], endings: Sequence[Ending]) -> list[Any]:
        """End the notes of the sales that are done or refused."""
        api.end_sales(sales=items, endings=endings)
        # An order that stood before is read, and that is Django's.
        return [
            _encoder.encode(_shown(ending))
            if isinstance(ending, NewOrder)
            else (Unusual() if isinstance(ending, UUID) else ending)
            for ending in endings
        ]


_WAY = _Way()


ROUTES = {("POST", "/api/pos/v1/sales"): hot.HotRoute("api/pos/v1/sales", sell)}


def _sale(body: _Sale) -> Sale:
    return Sale(
        id=body.id,
        seq=body.seq,
        lines=tuple(SaleLine(line.sku_id, line.quantity, 0, line.credited_staff_id) for line in body.lines),
        member_id=body.member_id,
        tenders=tuple(TenderGiven(one.tender, one.amount_fen, one.tendered_fen, one.reference) for one in body.tenders),
        note=body.note,
        expected_payable_fen=body.expected_payable_fen,
        coupon_ids=tuple(body.coupon_ids),
    )


def _shown(new: NewOrder) -> dict[str, Any]:
    """Return a new sale as ``sales.SaleOut`` shows it once it was read back."""
    header = new.header
    state, at = header["state"], header["placed_at"]
    is_paid, is_completed = state != "placed", state == "completed"
    payments = [_payment(tender, paid_at=at) for tender in new.tenders]
    return {
        "order": {
            "id": new.id,
            "number": new.number,
            "channel": header["channel"],
            "delivery": header["delivery"],
            "state": state,
            "member_id": header["member_id"],
            "goods_fen": header["goods_fen"],
            "discount_fen": header["discount_fen"],
            "coupon_fen": header["coupon_fen"],
            "points_fen": header["points_fen"],
            "points_spent": header["points_spent"],
            "points_restored": 0,
            "freight_fen": header["freight_fen"],
            "payable_fen": header["payable_fen"],
            "paid_fen": header["payable_fen"] if is_paid else 0,
            "refunded_fen": 0,
            "coupons": header["coupons"],
            "note": header["note"],
            "placed_at": at,
            "pay_before": header["pay_before"],
            "paid_at": at if is_paid else None,
            "completed_at": at if is_completed else None,
            "cancelled_at": None,
            "lines": [_line(line) for line in new.lines],
        },
        "payments": payments,
        "change_fen": sum(payment["change_fen"] for payment in payments),
        # Who carries out what was bought fetches nothing.
        "pickup_code": "",
    }


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": line["number"],
        "sku_id": line["sku_id"],
        "name": line["name"],
        "quantity": line["quantity"],
        "quantity_scale": line["quantity_scale"],
        "unit_price_fen": line["unit_price_fen"],
        "list_fen": line["list_fen"],
        "discounts": [
            {"kind": one.kind, "source": one.source, "label": one.label, "amount_fen": one.amount_fen}
            for one in line["discounts"]
        ],
        "coupon_fen": line["coupon_fen"],
        "points_fen": line["points_fen"],
        "points_spent": line["points_spent"],
        "points_restored": 0,
        "net_fen": line["net_fen"],
        "gift_of": line["gift_of"],
        "returned_quantity": 0,
        "refunded_fen": 0,
        "credited_staff_id": line["credited_staff_id"],
    }


def _payment(tender: Mapping[str, Any], *, paid_at: Any) -> dict[str, Any]:
    tendered_fen = tender["tendered_fen"]
    return {
        "id": tender["id"],
        "tender": tender["tender"],
        "way": "till",
        "amount_fen": tender["amount_fen"],
        "tendered_fen": tendered_fen,
        "change_fen": 0 if tendered_fen is None else tendered_fen - tender["amount_fen"],
        "state": "paid",
        "refunded_fen": 0,
        "paid_at": paid_at,
    }
