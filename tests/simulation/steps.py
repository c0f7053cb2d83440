"""What can happen in the simulated shop, and which of it happens next: drawn from the seed, never from the clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.books import Order
from tests.simulation.model import Model

SHOPPERS, TILLS, SKUS = 20, 5, 3
# Some are more than a shopper has, and some more than points may pay of so small a basket.
POINTS = (0, 0, 0, 100, 300, 2_000)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. ``order`` counts the commands of the run; only what the kind needs is set.

    ``fault``: what goes wrong on the way. ``attempt``: of the order's payments, from 0. ``lines``: (SKU, quantity).
    """

    kind: str
    order: int = -1
    attempt: int = -1
    actor: int = -1
    lines: tuple[tuple[int, int], ...] = ()
    points: int = 0
    fault: str = ""
    sku: int = -1
    quantity: int = 0
    line: int = -1
    again: int = -1
    seconds: int = 0
    way: str = "native"


class Schedule:
    """The next step, given where the model stands."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._menu: list[tuple[int, Callable[[Model], Step | None]]] = [
            (16, self._order_in_the_mall),
            (6, self._sale_at_the_till),
            (6, self._look),
            (5, self._repeat),
            (1, self._reuse),
            (14, self._start_payment),
            (12, self._pay),
            (8, self._notify),
            (8, self._poll),
            (5, self._cancel),
            (7, self._hand_over),
            (5, self._take_back),
            (6, self._refunds),
            (6, self._expire),
            (8, self._clock),
            (4, self._receive),
        ]

    def next(self, model: Model) -> Step:
        """Return the next step that makes sense."""
        weights = [weight for weight, _ in self._menu]
        while True:
            (_, make), *_ = self.random.choices(self._menu, weights)
            step = make(model)
            if step is not None:
                return step

    def _maybe(self, fault: str, *others: str, one_in: int) -> str:
        return self.random.choice((fault, *others)) if self.random.randrange(one_in) == 0 else ""

    def _some(self, orders: list[Order]) -> Order | None:
        """Return one of the orders, a young one rather than an old one."""
        if not orders:
            return None
        return self.random.choice(orders[-6:] if self.random.random() < 0.8 else orders)

    def _lines(self) -> tuple[tuple[int, int], ...]:
        skus = self.random.sample(range(SKUS), self.random.choice((1, 1, 2)))
        return tuple((sku, self.random.choice((1, 1, 2, 3))) for sku in skus)

    def _order_in_the_mall(self, model: Model) -> Step:
        return Step(
            "place",
            order=len(model.asked),
            actor=self.random.randrange(SHOPPERS),
            lines=self._lines(),
            points=self.random.choice(POINTS),
            fault=self._maybe("lost_reply", "lost_request", one_in=6),
        )

    def _sale_at_the_till(self, model: Model) -> Step:
        fault = self._maybe("lost_reply", "lost_request", one_in=6)
        return Step(
            "sell", order=len(model.asked), actor=self.random.randrange(TILLS), lines=self._lines(), fault=fault
        )

    def _look(self, model: Model) -> Step:
        return Step("look", actor=self.random.randrange(SHOPPERS), sku=self.random.randrange(SKUS))

    def _repeat(self, model: Model) -> Step | None:
        """Who got no answer asks again; now and then somebody who got one does too."""
        in_doubt = sorted(model.in_doubt)
        if in_doubt and self.random.random() < 0.9:
            return Step("repeat", order=self.random.choice(in_doubt))
        return Step("repeat", order=self.random.randrange(len(model.asked))) if model.asked else None

    def _reuse(self, model: Model) -> Step | None:
        order = self._some(list(model.orders.values()))
        return Step("reuse", order=order.index) if order else None

    def _start_payment(self, model: Model) -> Step | None:
        order = self._some([one for one in model.orders.values() if one.state == "placed"])
        fault = self._maybe("lost", "refused", "quicker", "silent", one_in=3)
        way = self.random.choice(("native", "native", "native", "h5"))
        return order and Step("start", order=order.index, way=way, fault=fault)

    def _attempt(self, model: Model, kind: str, *, paid: bool, fault: str = "") -> Step | None:
        found = [
            (order, number)
            for order in model.orders.values()
            for number, attempt in enumerate(order.attempts)
            if attempt.trade is not None and attempt.trade.paid == paid
        ]
        if not found:
            return None
        order, number = self.random.choice(found[-6:] if self.random.random() < 0.8 else found)
        return Step(kind, order=order.index, attempt=number, fault=fault)

    def _pay(self, model: Model) -> Step | None:
        """The customer pays; now and then the provider takes money for what it called closed."""
        return self._attempt(model, "pay", paid=False, fault=self._maybe("forced", one_in=3))

    def _notify(self, model: Model) -> Step | None:
        return self._attempt(model, "notify", paid=True, fault=self._maybe("wrong_amount", one_in=8))

    def _poll(self, model: Model) -> Step | None:
        fault = self._maybe("silent", "wrong_amount", one_in=4)
        return self._attempt(model, "poll", paid=self.random.random() < 0.5, fault=fault)

    def _cancel(self, model: Model) -> Step | None:
        order = self._some(list(model.orders.values()))
        return order and Step("cancel", order=order.index, fault=self._maybe("silent", "quicker", one_in=2))

    def _hand_over(self, model: Model) -> Step | None:
        order = self._some([one for one in model.orders.values() if one.shopper is not None])
        return order and Step("hand_over", order=order.index)

    def _take_back(self, model: Model) -> Step | None:
        sold = [one for one in model.orders.values() if one.state in ("completed", "paid")]
        order = self._some(sold)
        if order is None:
            return None
        if order.returns and self.random.random() < 0.3:
            return Step("return", order=order.index, again=self.random.randrange(len(order.returns)))
        line = self.random.randrange(len(order.lines))
        quantity = self.random.choice((1, 1, 2))
        return Step("return", order=order.index, line=line, quantity=quantity)

    def _refunds(self, model: Model) -> Step:
        return Step("refunds", fault=self._maybe("lost", one_in=3))

    def _expire(self, model: Model) -> Step:
        return Step("expire", fault=self._maybe("silent", one_in=4))

    def _clock(self, model: Model) -> Step:
        """Time passes; now and then the clock is set back (then what had lapsed is in time again)."""
        return Step("clock", seconds=self.random.choice((5, 60, 240, 240, 600, 899, 900, 901, 3_600, -60, -1_200)))

    def _receive(self, model: Model) -> Step:
        return Step("receive", sku=self.random.randrange(SKUS), quantity=self.random.choice((2, 5, 12)))
