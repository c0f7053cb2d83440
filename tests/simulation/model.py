"""The order path in memory: what every step must answer, and where orders, stock, money and points then stand.

It says in a few hundred lines what the product does in SQL and Python: the pure rules (price chain, rights, refunds
of lines) are the product's own, the rest is written again. ``bugs`` are faults planted on purpose, to show that the
checks find them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from quanyu.modules.aftersales import rules as returns
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions.contracts import Basket, BasketLine, FreightFacts, PointsFacts, Quote
from quanyu.modules.promotions.rules.price_chain import chain
from tests.simulation.books import LIVE, NOT_HANDED_OUT, PAY_WITHIN, Attempt, Line, Order, Refund, Trade
from tests.simulation.shelf import Shelf

if TYPE_CHECKING:
    from tests.simulation.steps import Step


class Model:
    """The shop. ``do`` carries a step out and returns its answer: a state, a figure or a problem's code."""

    def __init__(
        self,
        *,
        start: datetime,
        prices: tuple[int, ...],
        stock: tuple[int, ...],
        balances: tuple[int, ...],
        spending: PointsFacts,
        bugs: frozenset[str] = frozenset(),
    ) -> None:
        self.now, self.prices, self.spending, self.bugs = start, prices, spending, bugs
        self.shelf = Shelf(dict(enumerate(stock)))
        self.balances, self.given = list(balances), sum(balances)
        self.asked: list[Step] = []
        self.orders: dict[int, Order] = {}
        self.in_doubt: set[int] = set()
        self.looked: dict[tuple[int, int], int] = {}
        self.reached: Counter[str] = Counter()
        self.quotes: dict[tuple[Any, ...], Quote] = {}

    def do(self, step: Step) -> str:
        """Carry out one step."""
        act: Callable[[Step], str] = getattr(self, f"do_{step.kind}")
        return act(step)

    # --- shoppers and tills --------------------------------------------------------------------------------------

    def do_look(self, step: Step) -> str:
        found = self.shelf.available(step.sku, self.now)
        self.looked[step.actor, step.sku] = found
        return str(found)

    def do_place(self, step: Step) -> str:
        """A shopper orders; the request or the answer may be lost."""
        self.asked.append(step)
        if step.fault:
            self.in_doubt.add(step.order)
        return "" if step.fault == "lost_request" else self._place(step)

    do_sell = do_place

    def do_repeat(self, step: Step) -> str:
        """The same command once more, whatever became of the first."""
        stands = step.order in self.orders
        if step.order in self.in_doubt:
            self.in_doubt.discard(step.order)
            self.reached["retry after unknown commit" if stands else "retry after lost request"] += 1
        if stands and "repeats order twice" not in self.bugs:
            return self.orders[step.order].state
        return self._place(self.asked[step.order])

    def do_reuse(self, step: Step) -> str:
        """Another command under an id that stands."""
        self.reached["id used for another order"] += 1
        return "checkout.key_reused"

    def _place(self, step: Step) -> str:
        quote = self._quote(step)
        if quote.points_spent != step.points:
            return "checkout.points_refused"
        till = step.kind == "sell"
        before = None if till else self.now + PAY_WITHIN
        if not self.shelf.reserve(step.order, dict(step.lines), until=before, now=self.now, placing=True):
            if "oversell" not in self.bugs:
                seen = [self.looked.get((step.actor, sku), 0) >= quantity for sku, quantity in step.lines]
                self.reached["last unit race" if all(seen) and not till else "stock short"] += 1
                return "inventory.stock_short"
            self.shelf.on_hand[step.lines[0][0]] += step.lines[0][1]
            self.shelf.reserve(step.order, dict(step.lines), until=before, now=self.now)
        if not till:
            if self.balances[step.actor] < step.points:
                # Goods that were just kept go back with it; stock that is short is told first.
                self.shelf.forget(step.order)
                self.reached["points short"] += 1
                return "checkout.points_refused"
            self.balances[step.actor] -= step.points
        order = Order(
            step.order,
            None if till else step.actor,
            [Line(line.sku_id, line.quantity, line.net_fen, line.points_spent) for line in quote.lines],
            quote.payable_fen,
            quote.points_spent,
            before,
        )
        self.orders[step.order] = order
        if till:
            order.attempts.append(Attempt(order.payable, None, "paid"))
            order.paid, order.state = order.payable, "completed"
            order.events += ["paid", "completed"]
            self.shelf.issue(order.index)
        return order.state

    def _quote(self, step: Step) -> Quote:
        key = (step.lines, step.points, step.kind)
        if key not in self.quotes:
            lines = tuple(
                BasketLine(number, sku, (), None, quantity, 1, PriceSet(sku, self.prices[sku]))
                for number, (sku, quantity) in enumerate(step.lines, start=1)
            )
            points = None if step.kind == "sell" else replace(self.spending, wanted=step.points)
            freight = FreightFacts(delivery="pickup", base_fen=0, free_from_fen=None)
            basket = Basket("mall", 1, None, lines, freight, (), self.now, points=points)
            self.quotes[key] = chain.price(basket)
        return self.quotes[key]

    # --- payments ------------------------------------------------------------------------------------------------

    def do_start(self, step: Step) -> str:
        """The shopper opens a payment; the provider refuses, or its answer is lost."""
        order = self.orders[step.order]
        live = order.live()
        if live is not None and live.way != step.way:
            self._put_end(order, live, step.fault)
            if live.state == "asking":
                return "payments.in_progress"
        elif live is not None:
            if not live.shown and live.expires is not None and live.expires > self.now:
                self.reached["payment asked for again"] += 1
                self._prepay(live, step.fault)
            return live.state
        if order.state != "placed" or order.before is None or order.before <= self.now:
            return "checkout.not_payable"
        if not self.shelf.pin(order.index, now=self.now):
            self.reached["sold out before payment"] += 1
            self._end(order, "sold_out")
            return "checkout.sold_out_before_payment"
        attempt = Attempt(order.payable, order.before, "created", way=step.way)
        order.attempts.append(attempt)
        self._prepay(attempt, step.fault)
        if step.fault == "refused":
            attempt.state = "failed"
            return "payments.provider_unavailable"
        return attempt.state

    def _prepay(self, attempt: Attempt, fault: str) -> None:
        attempt.state = "asking"
        if fault != "refused":
            attempt.trade = attempt.trade or Trade()
            attempt.shown = attempt.shown or fault != "lost"

    def do_pay(self, step: Step) -> str:
        """The customer pays the provider: before it closed the trade, or (``forced``) whatever it said."""
        trade = self._trade(step)
        if not trade.closed or step.fault == "forced":
            trade.paid = True
        return ""

    def do_notify(self, step: Step) -> str:
        """The provider tells, early, late or again; or with an amount that is not ours."""
        if step.fault == "wrong_amount":
            self.reached["wrong amount"] += 1
            return "401"
        order = self.orders[step.order]
        if order.attempts[step.attempt].state == "paid":
            self.reached["notification repeated"] += 1
        self._money(order, order.attempts[step.attempt])
        return "200"

    def do_poll(self, step: Step) -> str:
        """We ask the provider, and end what is too old."""
        order = self.orders[step.order]
        attempt = order.attempts[step.attempt]
        if attempt.state in LIVE:
            if attempt.expires is not None and self.now >= attempt.expires:
                self._put_end(order, attempt, step.fault)
            else:
                self._booked(order, attempt, step.fault)
        return attempt.state

    def _put_end(self, order: Order, attempt: Attempt, fault: str) -> None:
        """Close at the provider: the payer may be quicker, or nobody answers."""
        trade = attempt.trade = attempt.trade or Trade()
        if fault == "quicker":
            trade.paid = True
        if fault != "silent" and not trade.paid:
            trade.closed = True
        self._booked(order, attempt, fault)

    def _booked(self, order: Order, attempt: Attempt, fault: str) -> None:
        trade = attempt.trade or Trade()
        if fault == "silent":
            self.reached["provider silent"] += 1
            attempt.state = "asking"
        elif trade.paid and fault == "wrong_amount":
            self.reached["wrong amount"] += 1
            attempt.state = "asking"
        elif trade.paid:
            self._money(order, attempt)
        else:
            attempt.state = "closed" if trade.closed else "asking"

    def _money(self, order: Order, attempt: Attempt) -> None:
        """Money has arrived: once, and the order takes it, lives again, or sends it back."""
        if attempt.state == "paid" and "books money twice" not in self.bugs:
            return
        attempt.state = "paid"
        if order.state == "placed":
            self._paid(order)
        elif order.state == "cancelled" and self._revive(order):
            self.reached["order revived"] += 1
        elif "keeps late money" not in self.bugs:
            late = order.state == "cancelled"
            self.reached["late payment after release" if late else "paid twice"] += 1
            self._promise(order, attempt, attempt.amount, "late_payment" if late else "duplicate_payment")

    def _paid(self, order: Order) -> None:
        order.paid, order.state = order.payable, "paid"
        order.events.append("paid")

    def _revive(self, order: Order) -> bool:
        if order.reason != "expired" or order.paid:
            return False
        if self.balances[order.shopper or 0] < order.points or not self.shelf.pin(order.index, now=self.now):
            self.reached["goods or points gone before late money"] += 1
            return False
        self.balances[order.shopper or 0] -= order.points
        order.reason = ""
        self._paid(order)
        return True

    # --- staff and clocks ----------------------------------------------------------------------------------------

    def do_cancel(self, step: Step) -> str:
        """Somebody cancels: an open payment is closed first, money that is there goes back."""
        order = self.orders[step.order]
        if order.state == "placed":
            live = order.live()
            if live is not None:
                self._put_end(order, live, step.fault)
                if live.state == "asking":
                    return "payments.in_progress"
            if order.state == "placed":
                self._end(order, "staff")
                return order.state
            self.reached["refund racing capture"] += 1
        if order.state == "paid":
            self._end(order, "staff")
            for attempt in order.attempts:
                if attempt.state == "paid" and attempt.amount > attempt.refunded:
                    self._promise(order, attempt, attempt.amount - attempt.refunded, "cancelled")
            order.refunded = order.paid
        return "orders.state_conflict" if order.state == "completed" else order.state

    def _end(self, order: Order, reason: str) -> None:
        order.state, order.reason = "cancelled", reason
        if "tells nobody of cancellations" not in self.bugs:
            order.events.append("cancelled")
        self.balances[order.shopper or 0] += order.points
        if "forgets the goods" not in self.bugs:
            self.shelf.release(order.index)

    def do_expire(self, step: Step) -> str:
        ended = 0
        due = [one for one in self.orders.values() if one.state == "placed" and one.before and one.before <= self.now]
        for order in due:
            live = order.live()
            if live is not None:
                self._put_end(order, live, step.fault)
                if live.state not in ("closed", "failed"):
                    continue
            self._end(order, "expired")
            ended += 1
        self.reached["order expired"] += ended
        return str(ended)

    def do_hand_over(self, step: Step) -> str:
        order = self.orders[step.order]
        if order.state == "paid":
            self.shelf.issue(order.index)
            order.state = "completed"
            order.events.append("completed")
        return NOT_HANDED_OUT.get(order.state, order.state)

    def do_return(self, step: Step) -> str:
        """Some of a line comes back, or the same return is sent again."""
        order = self.orders[step.order]
        if step.again >= 0:
            self.reached["return repeated"] += 1
            return order.returns[step.again][2]
        if order.state != "completed":
            return "aftersales.not_returnable"
        line = order.lines[step.line]
        if step.quantity > line.quantity - line.returned:
            return "aftersales.return_too_much"
        money, points = (
            returns.line_refund(net_fen=whole, quantity=line.quantity, returned=line.returned, returning=step.quantity)
            for whole in (line.net, line.points)
        )
        line.returned += step.quantity
        self.shelf.receive(line.sku, step.quantity, returned=True)
        if points:
            self.balances[order.shopper or 0] += points
            self.reached["partial return after points"] += 1
        order.refunded += money
        order.events.append("returned")
        self._split(order, money)
        order.returns.append((step.line, step.quantity, f"{money} {points}"))
        return order.returns[-1][2]

    def _split(self, order: Order, money: int) -> None:
        for attempt in reversed(order.attempts):
            part = min(money, attempt.amount - attempt.refunded) if attempt.state == "paid" else 0
            if part:
                self._promise(order, attempt, part, "return")
                money -= part
        assert money == 0, "a return never gives back more than was paid"

    def _promise(self, order: Order, attempt: Attempt, amount: int, reason: str) -> None:
        attempt.refunded += amount
        assert attempt.refunded <= attempt.amount, "refunds never exceed the payment (I8)"
        # Cash is given back on the spot.
        done = attempt.trade is None
        order.refunds.append(Refund(attempt, reason, amount, "done" if done else "created", sent=done))

    def do_refunds(self, step: Step) -> str:
        sent = 0
        for order in self.orders.values():
            for refund in order.refunds:
                if refund.state == "created":
                    refund.sent = True
                    sent += 1
                    refund.state = "asking" if step.fault == "lost" else "done"
                elif refund.state == "asking":
                    self.reached["refund's answer lost"] += 1
                    refund.state = "done"
        return str(sent)

    def do_clock(self, step: Step) -> str:
        self.now += timedelta(seconds=step.seconds)
        return ""

    def do_receive(self, step: Step) -> str:
        self.shelf.receive(step.sku, step.quantity)
        return ""

    # --- what must be true ---------------------------------------------------------------------------------------

    def check(self) -> None:
        """What is true after every step (I1, I2, I7, I8), whatever happened before."""
        self.shelf.check()
        held = sum(order.points_kept() for order in self.orders.values() if order.state != "cancelled")
        assert min(self.balances) >= 0, "no shopper has less than no points"
        assert sum(self.balances) == self.given - held, "points are conserved (I5)"
        for order in self.orders.values():
            order.check({hold.state for hold in self.shelf.holds[order.index]})

    def state(self) -> Mapping[str, Any]:
        """Where everything stands, in the words in which the database is read."""
        return {
            "stock": {sku: (on_hand, self.shelf.reserved(sku)) for sku, on_hand in self.shelf.on_hand.items()},
            "orders": {
                one.index: (one.state, one.reason, one.payable, one.paid, one.refunded) for one in self.orders.values()
            },
            "payments": {
                one.index: [(a.state, a.amount, a.refunded) for a in one.attempts]
                for one in self.orders.values()
                if one.attempts
            },
            "refunds": sorted(
                (one.index, refund.reason, refund.amount, refund.state)
                for one in self.orders.values()
                for refund in one.refunds
            ),
            "points": dict(enumerate(self.balances)),
            "events": {one.index: tuple(one.events) for one in self.orders.values()},
        }

    def _trade(self, step: Step) -> Trade:
        trade = self.orders[step.order].attempts[step.attempt].trade
        assert trade is not None
        return trade
