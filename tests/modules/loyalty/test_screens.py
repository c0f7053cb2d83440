"""The page of a member at a glance: masked, within reach, in both languages, page by page."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.test import Client

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.loyalty import api as loyalty
from quanyu.modules.members import api as members
from quanyu.platform import db
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.checkout import coupon_for, give_points
from tests.harness.identity import make_person
from tests.harness.members import make_member, phone
from tests.modules.loyalty.test_rewards import bring_back, hear, sold

PAGE = "/console/member-view/"
NAME = "欧阳小金丝雀"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=5000)


@pytest.fixture(scope="module")
def manager(chain) -> Client:
    return console.signed_in(make_person("store_manager", unit_id=chain.store.unit.id))


def customer(chain: Chain, number: str | None = None):
    member = make_member(phone_number=number, name=NAME)
    db.execute("UPDATE members_member SET store_id = %s WHERE id = %s", [chain.store.unit.id, member.id])
    order = sold(chain, member.id, milk=200)
    hear(order)
    bring_back(order, 10)
    hear(order)
    coupon_for(member)
    give_points(member, 50)
    return member, order


def test_the_page_shows_figures_and_what_happened_and_no_name_in_clear(chain, manager):
    number = phone()
    member, order = customer(chain, number)
    page = manager.get(PAGE, {"id": member.id})
    text = page.content.decode()
    assert page.status_code == 200
    for shown in (order.number, "¥1,235.00", "Goods returned", "Coupon claimed", "Points given", "Silver", "Till"):
        assert shown in text, shown
    assert NAME not in text
    assert number not in text
    assert members.member(id=member.id).phone_masked in text
    birthday = members.member(id=member.id).birthday
    assert birthday is None or (f"****-{birthday:%m-%d}" in text and birthday.isoformat() not in text)


def test_chinese_and_english_say_the_same(chain):
    member, _order = customer(chain)
    person = make_person("store_manager", unit_id=chain.store.unit.id)
    chinese = console.signed_in(person, "zh-hans").get(PAGE, {"id": member.id}).content.decode()
    for shown in ("会员动态", "银卡会员", "领取优惠券", "退货", "近 12 个月消费", "每月消费"):
        assert shown in chinese, shown
    assert "What happened" not in chinese


def test_a_member_out_of_reach_does_not_exist(chain, manager):
    member, _order = customer(chain)
    db.execute("UPDATE members_member SET store_id = %s WHERE id = %s", [chain.other_store.unit.id, member.id])
    for asked in (member.id, uuid7(), "no-id"):
        assert manager.get(PAGE, {"id": asked}).status_code == 404
    found = manager.get(PAGE, {"q": member.number}).content.decode()
    assert str(member.id) not in found
    assert "Nobody within your reach was found." in found
    warehouse = console.signed_in(make_person("warehouse", unit_id=chain.warehouse.unit.id))
    assert warehouse.get(PAGE, {"id": member.id}).status_code == 403


def test_a_search_leads_to_the_page(chain, manager):
    number = phone()
    member, _order = customer(chain, number)
    for text in (number, member.number, number[-4:]):
        found = manager.get(PAGE, {"q": text}).content.decode()
        assert f"{PAGE}?id={member.id}" in found
        assert NAME not in found
    assert manager.get(PAGE).status_code == 200


def test_pages_are_turned_and_a_broken_place_is_not_found(chain, manager):
    member, _order = customer(chain)
    for _ in range(30):
        give_points(member, 1)
    first = manager.get(PAGE, {"id": member.id}).content.decode()
    assert "Newest" not in first
    earlier = first[first.index("before=") + len("before=") :].split('"')[0]

    second = manager.get(PAGE, {"id": member.id, "before": unquote(earlier)}).content.decode()
    assert "Newest" in second
    assert "Order" in second
    assert manager.get(PAGE, {"id": member.id, "before": "?"}).status_code == 404


def test_the_timeline_is_narrowed_by_kind_and_by_channel(chain, manager):
    member, order = customer(chain)
    words = {"order": order.number, "return": "Goods returned", "coupon": "Coupon claimed", "points": "Points given"}
    for kind in words:
        text = manager.get(PAGE, {"id": member.id, "kind": kind}).content.decode()
        told = {name for name, other in words.items() if other in text}
        assert told == {kind}, kind
    till = manager.get(PAGE, {"id": member.id, "channel": "pos"}).content.decode()
    assert (order.number in till, "Points given" in till) == (True, False)
    mall = manager.get(PAGE, {"id": member.id, "channel": "mall"}).content.decode()
    assert (order.number in mall, "Nothing of this kind." in mall) == (False, True)
    # Points have no channel, and words that nobody knows narrow nothing.
    points = manager.get(PAGE, {"id": member.id, "kind": "points", "channel": "mall"}).content.decode()
    assert "Points given" in points
    assert order.number in manager.get(PAGE, {"id": member.id, "kind": "x", "channel": "y"}).content.decode()


def test_favourite_goods_and_stores_come_with_what_was_spent(chain, manager):
    member, order = customer(chain)
    now = system_clock.now()
    bought = loyalty.categories(member_id=member.id, now=now)
    # 200 milks of 6.50, ten of which came back.
    assert [(one.category_id, one.spend_fen) for one in bought] == [(chain.milk.category_id, 123_500)]
    profile = loyalty.profile(member_id=member.id, now=now)
    assert [(one.store_id, one.orders, one.spend_fen) for one in profile.by_store] == [
        (chain.store.unit.id, 1, 123_500)
    ]
    text = manager.get(PAGE, {"id": member.id}).content.decode()
    assert "Favourite goods, 12 months" in text
    assert order.number in text


def test_the_members_file_leads_here_and_deeds_are_offered_by_permission(chain, manager):
    member, _order = customer(chain)
    file = manager.get(console.row_address("members.member", member.id)).content.decode()
    assert f"{PAGE}?id={member.id}" in file
    of_manager = manager.get(PAGE, {"id": member.id}).content.decode()
    assert "/act/reveal/" in of_manager
    assert "/act/grant-tier/" not in of_manager
    head = console.signed_in(make_person("head_office")).get(PAGE, {"id": member.id}).content.decode()
    assert "/act/grant-tier/" in head


def test_an_empty_and_an_erased_member_have_a_page_too(chain):
    head = console.signed_in(make_person("head_office"))
    member = make_member()
    assert "Nothing has happened yet." in head.get(PAGE, {"id": member.id}).content.decode()
    members.erase_member(member_id=member.id, reason="asked for it", actor=SYSTEM, now=system_clock.now())
    page = head.get(PAGE, {"id": member.id})
    assert page.status_code == 200
    assert "Membership closed" in page.content.decode()
