"""Two units left, three buyers at once from the mall and from a till: two get one, the third is told so."""

from __future__ import annotations

import pytest

from quanyu.platform import db
from tests.harness.chain import MILK_FEN, make_chain
from tests.harness.clients import MallClient, TillClient, cash
from tests.harness.live import Live
from tests.harness.parallel import parallel

pytestmark = pytest.mark.slow


@pytest.mark.race
def test_of_three_buyers_of_two_units_exactly_two_succeed_and_the_third_is_told(live: Live):
    chain = make_chain(stock=2)
    shoppers = [MallClient(live.url).sign_in() for _ in range(2)]
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    till.open_shift()
    sale = till.sale({chain.milk.id: 1}, tenders=cash(MILK_FEN))

    def buy(index: int):
        if index == 2:
            return till.post("/sales", sale)
        return shoppers[index].order(chain.store, {chain.milk.id: 1})

    answers = parallel(3, buy)
    assert sorted(answer.status for answer in answers) == [201, 201, 409]
    (told,) = [answer for answer in answers if answer.status == 409]
    assert (told.code, told.body["field"]) == ("inventory.stock_short", "lines.0.quantity")
    assert (told.body["params"]["wanted"], told.body["params"]["available"]) == (1, 0)
    on_hand, reserved = chain.stocked(chain.store, chain.milk).counters()
    assert on_hand - reserved == 0
    placed = db.value(
        "SELECT count(*) FROM orders_line WHERE sku_id = %s AND location_id = %s",
        [chain.milk.id, chain.store.unit.id],
    )
    assert placed == 2


@pytest.mark.race
def test_without_the_shared_guard_both_channels_would_have_seen_two_units(live: Live):
    """The negative control: each buyer saw stock for everybody right before the race."""
    chain = make_chain(stock=2)
    shopper = MallClient(live.url).sign_in()
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    wanted = [{"sku_id": chain.milk.id, "quantity": 2}]
    seen = [
        shopper.post("/quotes", {"store_id": chain.store.unit.id, "delivery": "pickup", "lines": wanted}),
        till.post("/quotes", {"lines": wanted}),
    ]
    assert [answer.expect(200)["problems"] for answer in seen] == [[], []]
    shopper.order(chain.store, {chain.milk.id: 2}).expect(201)
    refused = till.post("/quotes", {"lines": wanted}).expect(200)
    assert (refused["problems"], refused["lines"][0]["available"]) == (["inventory.stock_short"], 0)
