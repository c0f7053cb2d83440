"""Commands and orders of a test chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PaymentStarted, PlaceOrder, TenderGiven, WantedLine
from quanyu.modules.coupons.contracts import Coupon
from quanyu.modules.inventory import api as inventory
from quanyu.modules.members.contracts import Member
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery, Order
from quanyu.modules.organization.contracts import Location
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Tender
from quanyu.modules.payments.ops import book_outcome
from quanyu.modules.payments.queries import payments as payment_query
from quanyu.modules.points import api as points_api
from quanyu.platform import db
from tests.harness import coupons
from tests.harness.gateway import MemoryGateway


def command(store: Location, *wanted: tuple[SkuInfo, int], **given: Any) -> PlaceOrder:
    """Return a mall order for pickup at the store; any field can be given."""
    fields: dict[str, Any] = {
        "id": uuid7(),
        "channel": Channel.MALL,
        "store_id": store.unit.id,
        "delivery": Delivery.PICKUP,
        "lines": tuple(WantedLine(sku_id=sku.id, quantity=quantity) for sku, quantity in wanted),
    } | given
    return PlaceOrder(**fields)


def till_command(store: Location, *wanted: tuple[SkuInfo, int], cash_fen: int, **given: Any) -> PlaceOrder:
    """Return an order of the till, carried out and paid in cash."""
    return command(
        store,
        *wanted,
        **(
            {
                "channel": Channel.POS,
                "delivery": Delivery.CARRY_OUT,
                "tenders": (TenderGiven(tender="cash", amount_fen=cash_fen, tendered_fen=cash_fen),),
            }
            | given
        ),
    )


def place(placed: PlaceOrder, *, now: datetime | None = None) -> Order:
    """Place the order as the system."""
    return checkout.place_order(command=placed, actor=SYSTEM, now=now or system_clock.now())


def stock_of(store: Location, sku: SkuInfo) -> tuple[int, int]:
    """Return (on hand, reserved) of the store's own stock."""
    row = db.row(
        "SELECT on_hand, reserved FROM inventory_stock WHERE location_id = %s AND sku_id = %s AND owner_id = %s",
        [store.unit.id, sku.id, store.owner_id],
    )
    return (row["on_hand"], row["reserved"]) if row else (0, 0)


def available(store: Location, sku: SkuInfo, *, channel: Channel = Channel.MALL, now: datetime | None = None) -> int:
    """Return what the channel is told is available."""
    figures = inventory.availability(
        sku_ids=[sku.id],
        location_ids=[store.unit.id],
        channel=channel.value,
        seller_owner_id=store.owner_id,
        now=now or system_clock.now(),
    )
    return figures.get((store.unit.id, sku.id), 0)


def coupon_for(member: Member, *, now: datetime | None = None, **terms: Any) -> Coupon:
    """Let the member claim a coupon of a new offer: 10 yuan off unless the terms say otherwise."""
    at = now or system_clock.now()
    period = Period(at - timedelta(days=1), at + timedelta(days=30))
    return coupons.make_coupon(member_id=member.id, now=at, **({"claim_period": period} | terms))


def coupon_state(coupon: Coupon) -> tuple[str, UUID | None, int]:
    """Return (state, order, what it took off) of a coupon."""
    row = db.row("SELECT state, order_id, amount_fen FROM coupons_coupon WHERE id = %s", [coupon.id])
    assert row is not None
    return row["state"], row["order_id"], row["amount_fen"]


AVAILABLE = ("available", None, 0)


def give_points(member: Member, points: int, *, now: datetime | None = None) -> None:
    """Give the member points that can be used at once."""
    points_api.give(
        member_id=member.id,
        points=points,
        cause_kind="test",
        cause_id=str(uuid7()),
        reason="test",
        actor=SYSTEM,
        now=now or system_clock.now(),
    )


def points_of(member: Member) -> int:
    """Return the points that the member can use."""
    return points_api.balance(member_id=member.id, now=system_clock.now()).available


def footprint(*order_ids: object) -> dict[str, int]:
    """Return how many rows stand for these orders, in every table an order touches."""
    ids = [str(order_id) for order_id in order_ids]
    return {
        "orders": db.value("SELECT count(*) FROM orders_order WHERE id = ANY(%s::uuid[])", [ids]),
        "lines": db.value("SELECT count(*) FROM orders_line WHERE order_id = ANY(%s::uuid[])", [ids]),
        "events": db.value("SELECT count(*) FROM orders_event WHERE order_id = ANY(%s::uuid[])", [ids]),
        "payments": db.value("SELECT count(*) FROM payments_payment WHERE order_id = ANY(%s::uuid[])", [ids]),
        "reservations": db.value("SELECT count(*) FROM inventory_reservation WHERE cause_id = ANY(%s)", [ids]),
        "movements": db.value("SELECT count(*) FROM inventory_movement WHERE cause_id = ANY(%s)", [ids]),
        "outbox": db.value(
            "SELECT count(*) FROM platform_outbox WHERE topic LIKE 'orders.%%' AND aggregate = ANY(%s)",
            [[f"order:{one}" for one in ids]],
        ),
    }


NOTHING = dict.fromkeys(("orders", "lines", "events", "payments", "reservations", "movements", "outbox"), 0)


def start_payment(order: Order, *, way: str = "jsapi", now: datetime | None = None) -> PaymentStarted:
    """Open a payment by WeChat as the system."""
    return checkout.start_payment(
        order_id=order.id,
        tender=Tender.WECHAT,
        way=way,
        payer_id="openid" if way == "jsapi" else "",
        actor=SYSTEM,
        now=now or system_clock.now(),
    )


def number_of(started: PaymentStarted) -> str:
    """Return the number under which the provider knows a payment."""
    return payments.payment(id=started.payment_id).out_trade_no


def paid_order(store: Location, sku: SkuInfo, gateway: MemoryGateway, quantity: int = 3, **given: Any) -> Order:
    """Return an order for pickup that was paid by WeChat; any field of the command can be given."""
    order = place(command(store, (sku, quantity), **given))
    started = start_payment(order)
    gateway.pay(number_of(started))
    checkout.poll_payment(payment_id=started.payment_id, now=system_clock.now())
    return orders.order(id=order.id)


def take_late_money(gateway: MemoryGateway, number: str, now: datetime) -> None:
    """The provider's word counts even after it said closed: booked as its notification would be."""
    gateway.pay(number)
    payment = payment_query.by_number(tender="wechat", out_trade_no=number)
    assert payment is not None
    db.in_transaction(lambda: book_outcome.succeed(payment, transaction_id=f"T{number}", paid_at=None, now=now))
