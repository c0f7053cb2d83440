"""Returns through the door, with everything an order can carry: policies, gifts, freight, coupons, points."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine, Withheld
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven, WantedLine
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery
from quanyu.modules.points import api as points
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignKind, Scope, Step
from quanyu.platform import settings_tree
from tests.harness import organization
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import (
    AVAILABLE,
    command,
    coupon_for,
    coupon_state,
    give_points,
    place,
    points_of,
    stock_of,
    till_command,
)
from tests.harness.coupons import actor_of
from tests.harness.members import make_member
from tests.harness.promotions import random_code


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=20_000)


@pytest.fixture(scope="module")
def charging() -> Chain:
    """A chain that charges for lost discounts and gives back the freight of whole orders."""
    made = make_chain(stock=2000)
    for key, value in (("aftersales.below_threshold", "charge"), ("aftersales.refund_freight", "whole_order")):
        settings_tree.set_value(SYSTEM, f"unit:{made.store.unit.id}", key, value, system_clock.now())
    return made


def campaign(chain: Chain, kind: CampaignKind, step: Step):
    now = system_clock.now()
    return promotions.create_campaign(
        code=random_code(),
        name="满减",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        kind=kind,
        scope=Scope(unit_ids=frozenset({chain.store.unit.id})),
        steps=[step],
        actor=SYSTEM,
        now=now,
    )


def back(order, *parts: tuple[int, int]) -> ReturnCommand:
    lines = tuple(ReturnedLine(line_number=number, quantity=quantity) for number, quantity in parts)
    return ReturnCommand(id=uuid7(), order_id=order.id, lines=lines, reason="unwanted")


def take_back(command_: ReturnCommand):
    preview = aftersales.preview(command=command_)
    done = aftersales.return_lines(command=command_, actor=SYSTEM, now=system_clock.now())
    assert aftersales.return_lines(command=command_, actor=SYSTEM, now=system_clock.now()) == done
    assert (preview.lines, preview.amount_fen, preview.freight_fen, preview.withheld, preview.points_restored) == (
        done.lines,
        done.amount_fen,
        done.freight_fen,
        done.withheld,
        done.points_restored,
    )
    assert (preview.coupons_returned, preview.points_taken_back) == (done.coupons_returned, done.points_taken_back)
    return done


def test_a_lost_threshold_is_kept_unless_the_house_charges_for_it(chain, charging):
    for one, amount, withheld in ((chain, 3 * MILK_FEN - 281, 0), (charging, 3 * MILK_FEN - 281 - 94, 94)):
        given = campaign(one, CampaignKind.THRESHOLD, Step(threshold_fen=2600, off_fen=375))
        order = place(till_command(one.store, (one.milk, 4), cash_fen=4 * MILK_FEN - 375))
        done = take_back(back(order, (1, 3)))
        assert (done.amount_fen, sum(row.amount_fen for row in done.withheld)) == (amount, withheld)
        if withheld:
            assert done.withheld == (Withheld("threshold", given.code, "满减", 2600, MILK_FEN, 94),)
        last = take_back(back(order, (1, 1)))
        ended = orders.order(id=order.id)
        assert (last.amount_fen + done.amount_fen, ended.withheld_fen) == (order.paid_fen, 0)
        assert ended.refunded_fen == order.paid_fen
        promotions.stop_campaign(campaign_id=given.id, reason="over", actor=SYSTEM, now=system_clock.now())


def test_a_gift_whose_threshold_is_lost_comes_back_or_its_value_stays(charging):
    given = campaign(
        charging, CampaignKind.GIFT, Step(threshold_fen=8000, gift_sku_id=charging.milk.id, gift_quantity=1)
    )
    order = place(till_command(charging.store, (charging.tea, 1), (charging.bread, 1), cash_fen=TEA_FEN + 1280))
    promotions.stop_campaign(campaign_id=given.id, reason="over", actor=SYSTEM, now=system_clock.now())
    before = stock_of(charging.store, charging.milk)
    done = take_back(back(order, (1, 1)))
    assert (done.amount_fen, done.withheld[0].kind, done.withheld[0].amount_fen) == (TEA_FEN - MILK_FEN, "gift", 650)
    gift = take_back(back(order, (3, 1)))
    assert (gift.amount_fen, gift.lines) == (MILK_FEN, ((3, 1, 0),))
    assert stock_of(charging.store, charging.milk) == (before[0] + 1, before[1])


def test_the_freight_of_a_whole_order_comes_back_with_its_last_line(charging):
    member = make_member()
    organization.enterprise()
    card = members.add_address(
        member_id=member.id,
        name="王小明",
        phone="13912345678",
        area_code=organization.NANSHAN,
        text="科技园路 1 号",
        actor=actor_of(member.id),
        now=system_clock.now(),
    )
    lines = (WantedLine(charging.milk.id, 2),)
    order = place(
        command(charging.store, lines=lines, member_id=member.id, delivery=Delivery.EXPRESS, address_id=card.id)
    )
    now = system_clock.now()
    tender = TenderGiven(tender="card", amount_fen=order.payable_fen)
    checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=now)
    checkout.ship(order_id=order.id, carrier="SF", tracking="1", actor=SYSTEM, now=now)
    assert [take_back(back(order, (1, 1))).freight_fen for _ in range(2)] == [0, 800]
    ended = orders.order(id=order.id)
    assert (ended.refunded_fen, ended.freight_refunded_fen) == (2 * MILK_FEN + 800, 800)


def test_an_order_of_points_alone_comes_back_in_points(chain):
    member = make_member()
    give_points(member, 1000)
    now = system_clock.now()
    offer = points.create_offer(sku_id=chain.milk.id, points=500, unit_ids=[chain.region.id], actor=SYSTEM, now=now)
    line = WantedLine(sku_id=chain.milk.id, quantity=2, points_offer_id=offer.id)
    order = place(till_command(chain.store, cash_fen=0, lines=(line,), tenders=(), member_id=member.id))
    assert points_of(member) == 0
    done = take_back(back(order, (1, 1)))
    assert (done.amount_fen, done.points_restored, done.refunds, points_of(member)) == (0, 500, (), 500)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_basket_with_rights_comes_back_to_the_fen_and_the_point(chain, data):
    """Baskets with a coupon and points, returned in any order: sums of refunds = paid, points restored = spent."""
    member = make_member()
    give_points(member, 5000)
    wanted = data.draw(
        st.lists(st.tuples(st.sampled_from(["milk", "bread", "tea"]), st.integers(1, 4)), min_size=1, max_size=4),
        label="basket",
    )
    coupon = coupon_for(member, amount_fen=data.draw(st.integers(1, 3000), label="coupon"))
    goods = [(getattr(chain, name), quantity) for name, quantity in wanted]
    asked = command(chain.store, *goods, member_id=member.id, coupon_ids=(coupon.id,))
    most = checkout.quote(command=asked, actor=SYSTEM, now=system_clock.now()).points_max
    spent = data.draw(st.integers(0, most), label="points")
    given = {"member_id": member.id, "coupon_ids": (coupon.id,), "points": spent}
    quote = checkout.quote(command=command(chain.store, *goods, **given), actor=SYSTEM, now=system_clock.now())
    order = place(till_command(chain.store, *goods, cash_fen=quote.payable_fen, **given))
    assert (order.payable_fen, order.points_spent, points_of(member)) == (quote.payable_fen, spent, 5000 - spent)
    assert order.payable_fen == order.goods_fen - order.coupon_fen - order.points_fen
    left = {line.number: line.quantity for line in order.lines}
    refunded = restored = 0
    while left:
        numbers = data.draw(st.lists(st.sampled_from(sorted(left)), min_size=1, unique=True), label="lines")
        parts = [(number, data.draw(st.integers(1, left[number]), label="quantity")) for number in numbers]
        done = take_back(back(order, *parts))
        assert done.amount_fen >= 0
        assert done.points_restored >= 0
        refunded, restored = refunded + done.amount_fen, restored + done.points_restored
        for number, quantity in parts:
            left[number] -= quantity
        left = {number: quantity for number, quantity in left.items() if quantity}
        assert done.coupons_returned == (0 if left else 1)
    assert (refunded, restored, points_of(member)) == (order.paid_fen, spent, 5000)
    assert coupon_state(coupon) == AVAILABLE
