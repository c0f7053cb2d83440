"""The same steps through the product's doors, on the real database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.catalog.contracts import CategoryInfo, SkuInfo
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder, TillFacts
from quanyu.modules.checkout.ops import cancel_order
from quanyu.modules.members.contracts import Member
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization.contracts import Location
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment, RefundState, Tender
from quanyu.modules.payments.ops import refund_payment
from quanyu.modules.payments.providers.notifications import Notification, NotificationKind, TradeState
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import SpendingRule
from quanyu.modules.pricing.contracts import Book
from quanyu.platform import db
from tests.harness import catalog, members, organization, pricing
from tests.harness.chain import put
from tests.harness.checkout import available, command, place, start_payment, till_command
from tests.harness.gateway import MemoryGateway
from tests.simulation.model import Model
from tests.simulation.steps import TILLS, Step


class TellingGateway(MemoryGateway):
    """A provider in memory that also sends notifications: its bytes are what the test wrote."""

    def parse_notification(self, headers: object, raw_body: bytes, now: datetime) -> Notification:
        """Take the message for what it says."""
        return msgspec.json.decode(raw_body, type=Notification)


@dataclass(frozen=True)
class Room:
    """What the simulation plays with on the database: one store, and for each run goods and shoppers of its own."""

    store: Location
    category: CategoryInfo
    book: Book

    def goods(self, prices: tuple[int, ...], stock: tuple[int, ...]) -> list[SkuInfo]:
        """Return new SKUs with these prices and this stock."""
        made = [catalog.make_sku(category_id=self.category.id) for _ in prices]
        pricing.set_prices(self.book, {sku.id: fen for sku, fen in zip(made, prices, strict=True)})
        for sku, quantity in zip(made, stock, strict=True):
            put(self.store, sku, quantity)
        return made

    def shoppers(self, balances: tuple[int, ...], *, now: datetime) -> list[Member]:
        """Return new members with so many points."""
        made = [members.make_member() for _ in balances]
        for member, balance in zip(made, balances, strict=True):
            points.give(
                member_id=member.id,
                points=balance,
                cause_kind="simulation",
                cause_id=str(member.id),
                reason="simulation",
                valid_until=now + timedelta(days=365),
                actor=SYSTEM,
                now=now,
            )
        return made

    def spending(self) -> SpendingRule:
        """Return how points pay there."""
        return points.spending_rule(path=self.store.unit.path)


class Real:
    """One run on the database. ``do`` answers in the words of the model."""

    def __init__(self, room: Room, model: Model, gateway: TellingGateway) -> None:
        self.store, self.gateway, self.now = room.store, gateway, model.now
        self.skus = room.goods(model.prices, tuple(model.shelf.on_hand.values()))
        self.members = room.shoppers(tuple(model.balances), now=self.now)
        self.tills = [uuid7() for _ in range(TILLS)]
        self.commands: list[PlaceOrder] = []
        self.returns: dict[int, list[ReturnCommand]] = {}
        self.quote = model._quote

    def do(self, step: Step) -> str:
        """Carry out one step; a refusal is its code."""
        act: Callable[[Step], str] = getattr(self, f"do_{step.kind}")
        self.gateway.silent = step.fault == "silent"
        self.gateway.lost_prepays, self.gateway.refuses_prepays = step.fault == "lost", step.fault == "refused"
        self.gateway.on_close = self.gateway.paid.add if step.fault == "quicker" else lambda _number: None
        try:
            return act(step)
        except Problem as problem:
            return problem.code

    def do_look(self, step: Step) -> str:
        return str(available(self.store, self.skus[step.sku], now=self.now))

    def do_place(self, step: Step) -> str:
        wanted = tuple((self.skus[sku], quantity) for sku, quantity in step.lines)
        member = self.members[step.actor]
        self.commands.append(command(self.store, *wanted, member_id=member.id, points=step.points))
        return self._send(step, Actor(ActorKind.MEMBER, str(member.id)))

    def do_sell(self, step: Step) -> str:
        wanted = tuple((self.skus[sku], quantity) for sku, quantity in step.lines)
        till = TillFacts(terminal_id=self.tills[step.actor], shift_id=None, seq=len(self.commands) + 1)
        cash_fen = self.quote(step).payable_fen
        self.commands.append(till_command(self.store, *wanted, cash_fen=cash_fen, till=till))
        return self._send(step, SYSTEM)

    def _send(self, step: Step, actor: Actor) -> str:
        if step.fault == "lost_request":
            return ""
        placed = checkout.place_order(command=self.commands[step.order], actor=actor, now=self.now)
        return placed.state.value

    def do_repeat(self, step: Step) -> str:
        return place(self.commands[step.order], now=self.now).state.value

    def do_reuse(self, step: Step) -> str:
        other = replace(self.commands[step.order], note="something else")
        return place(other, now=self.now).state.value

    def do_start(self, step: Step) -> str:
        return start_payment(self._order(step), way=step.way, now=self.now).state

    def do_pay(self, step: Step) -> str:
        number = self._payment(step).out_trade_no
        if number not in self.gateway.closed or step.fault == "forced":
            self.gateway.paid.add(number)
        return ""

    def do_notify(self, step: Step) -> str:
        payment, wrong = self._payment(step), step.fault == "wrong_amount"
        told = Notification(
            notification_id=f"{payment.out_trade_no}{step.fault}",
            kind=NotificationKind.PAYMENT,
            event_type="TRANSACTION.SUCCESS",
            sent_at=self.now,
            merchant_id="m",
            app_id="a",
            out_trade_no=payment.out_trade_no,
            transaction_id=f"T{payment.out_trade_no}",
            trade_state=TradeState.PAID,
            amount_fen=payment.amount_fen + wrong,
            currency="CNY",
        )
        answer = payments.take_notification(
            tender=Tender.WECHAT, headers={}, raw=msgspec.json.encode(told), source="127.0.0.1", now=self.now
        )
        return str(answer.status)

    def do_poll(self, step: Step) -> str:
        payment = self._payment(step)
        ours = self.gateway.prepaid[payment.out_trade_no]
        self.gateway.prepaid[payment.out_trade_no] = ours + (step.fault == "wrong_amount")
        try:
            return checkout.poll_payment(payment_id=payment.id, now=self.now).state
        finally:
            self.gateway.prepaid[payment.out_trade_no] = ours

    def do_cancel(self, step: Step) -> str:
        order_id = self.commands[step.order].id
        return checkout.cancel_order(order_id=order_id, reason="staff", actor=SYSTEM, now=self.now).state.value

    def do_expire(self, step: Step) -> str:
        # Other tests of this database leave unpaid orders too; the clock's whole turn would end theirs.
        mine = {one.id for one in self.commands}
        due = [one for one in orders.overdue(now=self.now, limit=100_000) if one in mine]
        return str(sum(cancel_order.expire(one, actor=SYSTEM, now=self.now) for one in due))

    def do_hand_over(self, step: Step) -> str:
        order = self._order(step)
        return checkout.hand_over(
            order_id=order.id, code=order.pickup_code, store_id=self.store.unit.id, actor=SYSTEM, now=self.now
        ).state.value

    def do_return(self, step: Step) -> str:
        known = self.returns.setdefault(step.order, [])
        if step.again >= 0:
            wanted = known[step.again]
        else:
            line = ReturnedLine(line_number=step.line + 1, quantity=step.quantity)
            wanted = ReturnCommand(
                id=uuid7(), order_id=self.commands[step.order].id, lines=(line,), reason="simulation"
            )
        done = aftersales.return_lines(command=wanted, actor=SYSTEM, now=self.now)
        if step.again < 0:
            known.append(wanted)
        return f"{done.amount_fen} {done.points_restored}"

    def do_refunds(self, step: Step) -> str:
        sent = 0
        of_orders = payments.of_orders(order_ids=[one.id for one in self.commands])
        mine = [payment for found in of_orders.values() for payment in found]
        promised = payments.refunds_of(payment_ids=[payment.id for payment in mine])
        self.gateway.lost_refunds = {one.out_trade_no for one in mine} if step.fault == "lost" else set()
        for found in promised.values():
            for refund in found:
                if refund.state in (RefundState.CREATED, RefundState.ASKING):
                    sent += refund.state is RefundState.CREATED
                    refund_payment.send(refund, now=self.now)
        return str(sent)

    def do_clock(self, step: Step) -> str:
        self.now += timedelta(seconds=step.seconds)
        return ""

    def do_receive(self, step: Step) -> str:
        put(self.store, self.skus[step.sku], step.quantity)
        return ""

    def _order(self, step: Step) -> Order:
        return orders.order(id=self.commands[step.order].id)

    def _payment(self, step: Step) -> Payment:
        order_id = self.commands[step.order].id
        return sorted(payments.of_orders(order_ids=[order_id])[order_id], key=_number)[step.attempt]

    def state(self) -> Mapping[str, Any]:
        """Read where everything of this run stands, in the words of the model."""
        index = {one.id: number for number, one in enumerate(self.commands)}
        ids = list(index)
        of_orders = payments.of_orders(order_ids=ids)
        paid_by = {
            payment.id: (index[order_id], payment) for order_id, all_of in of_orders.items() for payment in all_of
        }
        promised = payments.refunds_of(payment_ids=list(paid_by))
        return {
            "stock": self._stock(),
            "orders": {
                index[row["id"]]: (
                    row["state"],
                    row["cancel_reason"],
                    row["payable_fen"],
                    row["paid_fen"],
                    row["refunded_fen"],
                )
                for row in db.rows(
                    "SELECT id, state, cancel_reason, payable_fen, paid_fen, refunded_fen FROM orders_order "
                    "WHERE id = ANY(%s::uuid[])",
                    [ids],
                )
            },
            "payments": {
                index[order_id]: [
                    (one.state.value, one.amount_fen, one.refunded_fen) for one in sorted(all_of, key=_number)
                ]
                for order_id, all_of in of_orders.items()
                if all_of
            },
            "refunds": sorted(
                (paid_by[payment_id][0], one.reason, one.amount_fen, one.state.value)
                for payment_id, all_of in promised.items()
                for one in all_of
            ),
            "points": self._points(),
            "events": self._events(index),
        }

    def _stock(self) -> dict[int, tuple[int, int]]:
        numbers = {sku.id: number for number, sku in enumerate(self.skus)}
        found = db.rows(
            "SELECT sku_id, on_hand, reserved FROM inventory_stock WHERE location_id = %s AND sku_id = ANY(%s)",
            [self.store.unit.id, list(numbers)],
        )
        return {numbers[row["sku_id"]]: (row["on_hand"], row["reserved"]) for row in found}

    def _points(self) -> dict[int, int]:
        found = points.balances(member_ids=[one.id for one in self.members], now=self.now)
        return {number: found[one.id].available for number, one in enumerate(self.members)}

    def _events(self, index: Mapping[UUID, int]) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = {}
        for row in db.rows(
            "SELECT aggregate, topic FROM platform_outbox WHERE aggregate = ANY(%s) "
            "AND starts_with(topic, 'orders.') ORDER BY id",
            [[f"order:{one}" for one in index]],
        ):
            number = index[UUID(row["aggregate"].removeprefix("order:"))]
            found.setdefault(number, []).append(row["topic"].split(".")[1])
        return {number: tuple(topics) for number, topics in found.items()}


def open_room() -> Room:
    """Make a store for simulations, and let its orders hear of payments, as the wiring does."""
    payments.register_listener(listener=checkout.payment_listener())
    region = organization.make_region()
    return Room(
        organization.make_store(parent_id=region.id), catalog.make_category(), pricing.make_book(unit_id=region.id)
    )


def _number(payment: Payment) -> str:
    return payment.out_trade_no
