"""A price for new customers is for one order of a member, however many are placed at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PriceChanged
from quanyu.modules.checkout.ops import read_shops
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignItem, CampaignKind, Scope
from quanyu.platform.marks import Part
from tests.harness.chain import TEA_FEN, Chain, make_chain
from tests.harness.checkout import NOTHING, command, footprint, place
from tests.harness.members import make_member
from tests.harness.parallel import parallel
from tests.harness.promotions import random_code

NEW_FEN = 5000


@pytest.fixture(scope="module")
def chain() -> Chain:
    made, now = make_chain(stock=1000), system_clock.now()
    promotions.create_campaign(
        code=random_code(),
        name="新人价",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        kind=CampaignKind.NEW_CUSTOMER,
        scope=Scope(unit_ids=frozenset({made.region.id})),
        items=[CampaignItem(sku_id=made.tea.id, quantity=1, price_fen=NEW_FEN)],
        actor=SYSTEM,
        now=now,
    )
    return made


@pytest.fixture
def looks_new(monkeypatch) -> None:
    """Every look finds a new customer, as it does while the other order is being placed."""
    nobody = Part("SELECT 1 AS id WHERE false", [], lambda _: frozenset())
    monkeypatch.setattr(read_shops.orders, "members_with_orders_part", lambda **_: nobody)


def test_orders_placed_at_once_have_the_price_once(chain):
    member = make_member()
    placed = parallel(8, lambda _: place(command(chain.store, (chain.tea, 1), member_id=member.id)))
    assert all(isinstance(one, Order) for one in placed), placed
    assert sorted(one.payable_fen for one in placed) == [NEW_FEN, *[TEA_FEN] * 7]


@pytest.mark.usefixtures("looks_new")
def test_whoever_agreed_to_the_new_price_is_asked_again(chain):
    member = make_member()
    given = {"member_id": member.id, "expected_payable_fen": NEW_FEN}
    assert place(command(chain.store, (chain.tea, 1), **given)).payable_fen == NEW_FEN
    second = command(chain.store, (chain.tea, 1), **given)
    with pytest.raises(PriceChanged) as refused:
        place(second)
    assert (refused.value.params["payable_fen"], refused.value.params["expected_fen"]) == (TEA_FEN, NEW_FEN)
    assert footprint(second.id) == NOTHING


@pytest.mark.usefixtures("looks_new")
def test_in_one_batch_the_first_order_has_it(chain):
    member, other = make_member(), make_member()
    commands = [command(chain.store, (chain.tea, 1), member_id=one.id) for one in (member, member, other)]
    placed = checkout.place_orders(commands=commands, actor=SYSTEM, now=system_clock.now())
    assert [orders.order(id=one).payable_fen for one in placed] == [NEW_FEN, TEA_FEN, NEW_FEN]
