"""Reservations times movements times time: any sequence of deeds leaves the stock a simple model predicts (I1, I2).

A product that is tested by dimension but not by their product oversells where two dimensions meet.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods, StockShort
from quanyu.platform import db
from tests.harness import catalog
from tests.harness.inventory import NOW, cause, make_shelf, receive

MINUTE = timedelta(minutes=1)
few = st.integers(1, 6)
which = st.integers(0, 1)
STOCK = 5


class StockMachine(RuleBasedStateMachine):
    """Two SKUs of one store; the model knows what is on hand and which promises are alive."""

    @initialize()
    def start(self):
        first = make_shelf(on_hand=STOCK)
        self.shelves = [
            first,
            make_shelf(on_hand=STOCK, location_id=first.location_id, sku_id=catalog.make_sku().id),
        ]
        self.on_hand = [STOCK, STOCK]
        self.now = NOW
        # cause -> [state, expiry, quantities]; state is open, gone (released or lapsed) or issued.
        self.orders = {}

    def held(self, index, *, alive_only=True):
        return sum(
            order["quantities"][index]
            for order in self.orders.values()
            if order["state"] == "open" and not (alive_only and self.has_lapsed(order))
        )

    def has_lapsed(self, order):
        return order["expires_at"] is not None and order["expires_at"] <= self.now

    def free(self, index):
        return self.on_hand[index] - self.held(index)

    def known(self, pick):
        return sorted(self.orders)[pick % len(self.orders)] if self.orders else None

    def take_lapsed(self, quantities):
        """What the product does when a row would be short: its lapsed promises are gone."""
        for index, quantity in enumerate(quantities):
            if quantity and self.on_hand[index] - self.held(index, alive_only=False) < quantity:
                for order in self.orders.values():
                    if order["state"] == "open" and self.has_lapsed(order) and order["quantities"][index]:
                        order["lost"][index] = order["quantities"][index]
                        order["quantities"][index] = 0

    @rule(first=st.integers(0, 6), second=st.integers(0, 6), minutes=st.sampled_from([None, 1, 5]))
    def reserve(self, first, second, minutes):
        quantities = [first, second]
        lines = [self.shelves[index].want(each, line=index) for index, each in enumerate(quantities) if each]
        if not lines:
            return
        expires_at = None if minutes is None else self.now + minutes * MINUTE
        number = cause()
        possible = all(self.free(index) >= each for index, each in enumerate(quantities))
        try:
            inventory.reserve(cause_kind="order", cause_id=number, lines=lines, expires_at=expires_at, now=self.now)
        except StockShort as short:
            assert not possible
            for shortage in short.shortages:
                assert shortage.available == self.free(int(shortage.line))
            return
        assert possible
        self.take_lapsed(quantities)
        self.orders[number] = {
            "state": "open",
            "expires_at": expires_at,
            "quantities": quantities,
            "lost": [0, 0],
        }

    @rule(pick=st.integers(0, 50))
    def release(self, pick):
        number = self.known(pick)
        if number is None:
            return
        order = self.orders[number]
        expected = sum(1 for each in order["quantities"] if each) if order["state"] == "open" else 0
        assert inventory.release(cause_kind="order", cause_id=number, now=self.now) == expected
        if order["state"] == "open":
            order["state"] = "gone"

    @rule(pick=st.integers(0, 50))
    def issue(self, pick):
        number = self.known(pick)
        if number is None:
            return
        order = self.orders[number]
        is_open = order["state"] == "open"
        expected = sum(1 for each in order["quantities"] if each) if is_open else 0
        done = inventory.issue(cause_kind="order", cause_id=number, actor=SYSTEM, now=self.now)
        assert done == expected
        if is_open:
            self.on_hand = [have - each for have, each in zip(self.on_hand, order["quantities"], strict=True)]
            order["state"] = "issued" if done else "gone"

    @rule(pick=st.integers(0, 50))
    def pin(self, pick):
        number = self.known(pick)
        if number is None or self.orders[number]["state"] != "open":
            return
        order = self.orders[number]
        lost = order["lost"]
        possible = all(self.free(index) >= each for index, each in enumerate(lost) if each)
        assert inventory.pin(cause_kind="order", cause_id=number, now=self.now) is possible
        if possible:
            self.take_lapsed(lost)
            order["quantities"] = [each or again for each, again in zip(order["quantities"], lost, strict=True)]
            order["lost"] = [0, 0]
            order["expires_at"] = None

    @rule(index=which, quantity=few)
    def receive(self, index, quantity):
        receive(self.shelves[index], quantity, kind="receipt")
        self.on_hand[index] += quantity

    @rule(index=which, quantity=few)
    def take_away(self, index, quantity):
        shelf = self.shelves[index]
        possible = self.free(index) >= quantity
        try:
            inventory.adjust(
                location_id=shelf.location_id,
                owner_id=shelf.owner_id,
                lines=[Goods(shelf.sku_id, -quantity)],
                cause_kind="test",
                cause_id=cause(),
                reason="count",
                actor=SYSTEM,
                now=self.now,
            )
        except StockShort:
            assert not possible
            return
        assert possible
        quantities = [quantity if each == index else 0 for each in (0, 1)]
        self.take_lapsed(quantities)
        self.on_hand[index] -= quantity

    @rule(minutes=st.integers(1, 6))
    def wait(self, minutes):
        self.now += minutes * MINUTE

    @invariant()
    def the_stock_is_as_predicted(self):
        if not hasattr(self, "shelves"):
            return
        found = inventory.availability(
            sku_ids=[shelf.sku_id for shelf in self.shelves],
            location_ids=[self.shelves[0].location_id],
            channel="mall",
            seller_owner_id=self.shelves[0].owner_id,
            now=self.now,
        )
        for index, shelf in enumerate(self.shelves):
            assert shelf.counters() == (self.on_hand[index], self.held(index, alive_only=False))
            assert found[shelf.location_id, shelf.sku_id] == max(0, self.free(index))


def test_i1_i2_any_sequence_of_deeds_leaves_the_predicted_stock():
    run_state_machine_as_test(
        StockMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    for view in ("inventory_breach_i1_on_hand", "inventory_breach_i1_reserved", "inventory_breach_i2_available"):
        assert db.rows(f"SELECT * FROM {view}") == []
