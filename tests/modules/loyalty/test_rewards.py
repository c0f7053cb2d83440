"""Completed orders earn points and growth once; what comes back takes growth back, whatever the order of things."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.checkout.contracts import WantedLine
from quanyu.modules.loyalty import api as loyalty
from quanyu.modules.loyalty import handlers
from quanyu.modules.loyalty.contracts import Rewarded
from quanyu.modules.members import api as members
from quanyu.modules.points import api as points
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignKind, Scope, Step
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db, outbox
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import command, give_points, place, till_command
from tests.harness.members import make_member
from tests.harness.parallel import parallel
from tests.harness.promotions import random_code
from tests.harness.tiers import spend, tier_in_file


@pytest.fixture(scope="module")
def chain() -> Chain:
    """A chain whose region gives one point for ten yuan, its first store one for each yuan."""
    made = make_chain(stock=5000)
    now = system_clock.now()
    points.set_rule(unit_id=made.region.id, points=1, per_fen=1000, actor=SYSTEM, now=now)
    points.set_rule(unit_id=made.store.unit.id, points=1, per_fen=100, actor=SYSTEM, now=now)
    return made


def sold(chain: Chain, member_id=None, *, milk: int = 20, store=None, **given):
    """A completed sale of milk at a till: 6.50 yuan a piece."""
    return place(
        till_command(store or chain.store, (chain.milk, milk), cash_fen=milk * MILK_FEN, member_id=member_id, **given)
    )


def bring_back(order, quantity: int, number: int = 1):
    command_ = ReturnCommand(
        id=uuid7(), order_id=order.id, lines=(ReturnedLine(line_number=number, quantity=quantity),), reason="unwanted"
    )
    return aftersales.return_lines(command=command_, actor=SYSTEM, now=system_clock.now())


def events_of(order, topic: str):
    """Return the order's events as a handler gets them."""
    rows = db.rows(
        "SELECT id, topic, aggregate, payload::text AS payload, occurred_at, attempts FROM platform_outbox "
        "WHERE aggregate = %s AND topic = %s ORDER BY id",
        [f"order:{order.id}", topic],
    )
    return [outbox._delivery(row) for row in rows]


def hear(order) -> None:
    """Let loyalty hear everything that happened with the order, twice."""
    for _ in range(2):
        for delivery in events_of(order, "orders.completed.1"):
            handlers.order_completed(delivery)
        for delivery in events_of(order, "orders.returned.1"):
            handlers.order_returned(delivery)


def earned(member_id) -> tuple[int, int]:
    """Return (points usable and to come less what is owed, growth)."""
    balance = points.balance(member_id=member_id, now=system_clock.now())
    growth = tiers.standing(member_id=member_id, now=system_clock.now()).growth
    return balance.available + balance.pending - balance.debt, growth


def test_a_completed_sale_earns_by_the_rule_of_its_store_and_once(chain):
    member = make_member()
    hear(sold(chain, member.id))  # 130.00 yuan
    assert earned(member.id) == (130, 130)
    hear(sold(chain, member.id, store=chain.other_store))
    assert earned(member.id) == (130 + 13, 260)


def test_the_door_says_what_the_order_earned_and_gives_nothing_for_a_repeat(chain):
    member = make_member()
    order = sold(chain, member.id)
    now = system_clock.now()
    assert loyalty.reward_order(order_id=order.id, now=now) == Rewarded(points=130, growth=130)
    assert loyalty.reward_order(order_id=order.id, now=now) == Rewarded(points=130, growth=0)
    assert earned(member.id) == (130, 130)


def test_nobody_earns_for_nobodys_order_or_for_one_that_is_not_completed(chain):
    now = system_clock.now()
    assert loyalty.reward_order(order_id=sold(chain).id, now=now) == Rewarded()
    member = make_member()
    waiting = place(command(chain.store, (chain.milk, 2), member_id=member.id))
    assert loyalty.reward_order(order_id=waiting.id, now=now) == Rewarded()
    assert loyalty.reward_order(order_id=uuid7(), now=now) == Rewarded()
    assert earned(member.id) == (0, 0)


def test_points_can_be_used_when_the_time_of_returns_is_over(chain):
    member = make_member()
    order = sold(chain, member.id)
    hear(order)
    balance = points.balance(member_id=member.id, now=system_clock.now())
    assert (balance.available, balance.pending) == (0, 130)
    lot = points.lots(member_id=member.id)[0]
    assert lot.matures_at == order.completed_at + timedelta(days=7)


def test_the_tier_multiplies_points_and_not_growth(chain):
    member = make_member()
    spend(member.id, 5000, system_clock.now())
    assert tier_in_file(member.id) == "gold"
    net_fen = 20 * MILK_FEN * 97 // 100  # gold: 3 % off the base price
    hear(place(till_command(chain.store, (chain.milk, 20), cash_fen=net_fen, member_id=member.id)))
    assert earned(member.id) == (189, 5000 + 126)  # 126.10 yuan: 126 points, 1.5 times


def test_the_birthday_multiplies_points(chain):
    member = make_member()
    today = (system_clock.now() + timedelta(hours=8)).date()
    members.update_member(member_id=member.id, birthday=today.replace(year=1988), actor=SYSTEM, now=system_clock.now())
    spend(member.id, 1000, system_clock.now())  # silver: 1.2 times, at the birthday 1.5 times
    hear(sold(chain, member.id))
    assert earned(member.id) == (195, 1130)


def test_what_came_back_before_loyalty_heard_of_the_sale_earns_nothing(chain):
    member = make_member()
    order = sold(chain, member.id)
    bring_back(order, 5)  # 32.50 yuan
    hear(order)
    assert earned(member.id) == (97, 97)


def test_partial_returns_take_back_exactly_what_was_given(chain):
    member = make_member()
    order = sold(chain, member.id, milk=7)  # 45.50 yuan
    hear(order)
    assert earned(member.id) == (45, 45)
    seen = []
    for _ in range(7):
        bring_back(order, 1)
        hear(order)
        seen.append(earned(member.id))
    assert seen == [(39, 39), (32, 32), (26, 26), (19, 19), (13, 13), (6, 6), (0, 0)]
    assert db.value("SELECT count(*) FROM loyalty_return WHERE order_id = %s", [order.id]) == 7


def test_a_tier_falls_with_the_goods_that_had_paid_for_it(chain):
    member = make_member()
    order = sold(chain, member.id, milk=160)  # 1,040 yuan
    hear(order)
    assert tier_in_file(member.id) == "silver"
    bring_back(order, 10)
    hear(order)
    assert tier_in_file(member.id) == "basic"


def test_gifts_and_goods_of_the_points_mall_earn_nothing(chain):
    member, now = make_member(), system_clock.now()
    give_points(member, 1000)
    offer = points.create_offer(
        sku_id=chain.milk.id, points=500, cash_fen=300, unit_ids=[chain.region.id], actor=SYSTEM, now=now
    )
    campaign = promotions.create_campaign(
        code=random_code(),
        name="满赠",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        kind=CampaignKind.GIFT,
        scope=Scope(unit_ids=frozenset({chain.region.id})),
        steps=[Step(threshold_fen=TEA_FEN, gift_sku_id=chain.bread.id, gift_quantity=1)],
        actor=SYSTEM,
        now=now,
    )
    try:
        lines = (WantedLine(chain.tea.id, 1), WantedLine(chain.milk.id, 1, points_offer_id=offer.id))
        order = place(till_command(chain.store, cash_fen=TEA_FEN + 300, member_id=member.id, lines=lines))
    finally:
        promotions.stop_campaign(campaign_id=campaign.id, reason="end of test", actor=SYSTEM, now=now)
    assert [(line.net_fen, bool(line.gift_of)) for line in order.lines] == [(TEA_FEN, False), (300, False), (0, True)]
    hear(order)
    assert earned(member.id) == (1000 - 500 + 88, 88)


def test_a_return_at_the_same_moment_is_not_missed(chain):
    """Sixteen orders, each rewarded while a part of it comes back: all books end as if one had come after the other."""
    member = make_member()
    orders = [sold(chain, member.id, milk=4) for _ in range(8)]  # 26.00 yuan each

    def deed(index: int) -> object:
        order = orders[index // 2]
        if index % 2:
            return bring_back(order, 3)
        return loyalty.reward_order(order_id=order.id, now=system_clock.now())

    failures = [one for one in parallel(16, deed) if isinstance(one, Exception)]
    assert failures == []
    for order in orders:
        hear(order)
    assert earned(member.id) == (8 * 6, 8 * 6)


def test_a_lookup_without_the_orders_lock_misses_the_return(chain):
    """Why the row is held: what was read before the return came still says that nothing came back."""
    order = sold(chain, make_member().id)
    read = db.value("SELECT sum(net_fen - refunded_fen) FROM orders_line WHERE order_id = %s", [order.id])
    bring_back(order, 20)
    assert read == 20 * MILK_FEN
    assert db.value("SELECT sum(net_fen - refunded_fen) FROM orders_line WHERE order_id = %s", [order.id]) == 0
