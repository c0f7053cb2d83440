"""Points on the console: what head office and stores see, and what they can do there, in both languages."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.points import api as points
from quanyu.modules.points.models import Adjustment, Offer, Rule
from quanyu.platform import db
from tests.harness import catalog, console, organization, pricing
from tests.harness import points as build
from tests.harness.identity import make_person
from tests.harness.members import phone


@pytest.fixture(scope="module")
def store_id() -> int:
    """Return a store."""
    return organization.make_store().unit.id


@pytest.fixture(scope="module")
def office() -> Client:
    """Return head office's browser."""
    return console.signed_in(make_person("head_office"))


@pytest.fixture(scope="module")
def manager(store_id: int) -> Client:
    """Return the browser of the store's manager."""
    return console.signed_in(make_person("store_manager", unit_id=store_id))


def member_of(store_id: int) -> UUID:
    """Return a new member of a store."""
    keys = [Key(KeyKind.PHONE, phone(), verified=True)]
    return members.find_or_create(keys=keys, channel="pos", store_id=store_id, name="王小明", now=system_clock.now()).id


def text_of(answer: object) -> str:
    """Return a page as a person reads it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))  # type: ignore[attr-defined]


def test_a_members_page_shows_figures_lots_and_movements(office: Client, store_id: int) -> None:
    """Balance, what ends next, every lot and every movement; the member's own page offers an adjustment."""
    now, member = system_clock.now(), member_of(store_id)
    build.earn(member, 123_400, store_id=store_id, now=now - timedelta(days=1))
    build.earn(member, 5_000, mature_at=now + timedelta(days=7), now=now)
    build.spend(member, 234, now=now)
    page = text_of(office.get(console.row_address("points.account", member)))
    for shown in ("1,000", "-234", "+1,234", "Usable", "Not usable yet", "Ends next"):
        assert shown in page
    assert "adjust-points" in office.get(console.row_address("members.member", member)).content.decode()


def test_an_adjustment_takes_two_people(store_id: int) -> None:
    """The manager asks on the member's page; asking moves nothing; head office approves; both prove who they are."""
    member, asker, boss = (
        member_of(store_id),
        make_person("store_manager", unit_id=store_id),
        make_person("head_office"),
    )
    manager, office = console.signed_in(asker), console.signed_in(boss)
    build.give(member, 10, now=system_clock.now())
    address = console.deed_address("points.account", member, "adjust-points")
    sent = {"points": "50", "reason": "投诉补偿"}
    assert "It is me" in manager.post(address, sent).content.decode()
    assert not Adjustment.objects.filter(member_id=member).exists()
    console.prove(manager, asker, address)
    assert manager.post(address, sent).status_code == 302
    asked = Adjustment.objects.get(member_id=member)
    approve = console.deed_address("points.adjustment", asked.pk, "approve")
    assert manager.get(approve).status_code == 403
    assert build.figures(member, now=system_clock.now())[0] == 10
    assert "It is me" in office.post(approve, {"note": "同意"}).content.decode()
    assert build.figures(member, now=system_clock.now())[0] == 10
    console.prove(office, boss, approve)
    assert "投诉补偿" in text_of(office.get(approve))
    assert office.post(approve, {"note": "同意"}).status_code == 302
    assert build.figures(member, now=system_clock.now())[0] == 60
    shown = text_of(office.get(console.row_address("points.adjustment", asked.pk)))
    assert "Approved" in shown
    assert "同意" in shown


def test_an_own_request_is_refused_on_the_screen(store_id: int) -> None:
    """Head office asks and tries to approve: the page says that somebody else must decide."""
    member, boss = member_of(store_id), make_person("head_office")
    office, address = console.signed_in(boss), console.deed_address("points.account", member, "adjust-points")
    build.give(member, 10, now=system_clock.now())
    console.prove(office, boss, address)
    office.post(address, {"points": "-5", "reason": "误发"})
    asked = Adjustment.objects.get(member_id=member)
    answer = office.post(console.deed_address("points.adjustment", asked.pk, "approve"), {"note": ""})
    assert answer.status_code == 422
    assert "Somebody else must decide about your request." in text_of(answer)
    assert build.figures(member, now=system_clock.now())[0] == 10


def test_rules_are_set_in_words_and_leave_versions(office: Client, store_id: int) -> None:
    """Every 10 yuan 1 point at a store; the list says what holds; back to the unit above is a version too."""
    values = {"unit": str(store_id), "per": "10", "points": "1", "starts_at": "", "reason": "会员月"}
    assert office.post(console.deed_address("points.rule", None, "set-rule"), values).status_code == 302
    rule = Rule.objects.get(unit_id=store_id)
    assert (rule.points, rule.per_fen, rule.version) == (1, 1_000, 1)
    assert "1 per ¥10.00" in text_of(office.get(console.row_address("points.rule", rule.pk)))
    listed = text_of(office.get(console.list_address("points.rule"), {"q": rule.unit.code, "versions": "now"}))
    assert "1 per ¥10.00" in listed
    assert office.post(console.deed_address("points.rule", rule.pk, "follow"), {"reason": ""}).status_code == 302
    assert points.rule_versions(unit_id=store_id)[0].rule is None
    listed = text_of(office.get(console.list_address("points.rule"), {"q": rule.unit.code, "versions": "now"}))
    assert "As the unit above" in listed


def test_a_rule_out_of_range_is_told_beside_its_field(office: Client, store_id: int) -> None:
    """The range is set on the list; a store's rule outside of it is refused with the bounds."""
    now = system_clock.now()
    for version in points.rules_in_force(at=now):
        points.set_rule(unit_id=version.unit_id, points=None, per_fen=None, actor=SYSTEM, now=now)
    db.execute("DELETE FROM points_range")
    future = db.value("SELECT count(*) FROM points_rule WHERE starts_at > %s AND points IS NOT NULL", [now])
    bounds = (10, 100) if not future else (0, 10**8)
    address = console.deed_address("points.rule", None, "set-range")
    assert office.post(address, {"least": bounds[0], "most": bounds[1], "reason": ""}).status_code == 302
    values = {"unit": str(store_id), "per": "0.01", "points": str(10**6), "starts_at": "", "reason": ""}
    answer = office.post(console.deed_address("points.rule", None, "set-rule"), values)
    assert answer.status_code == 422
    assert f"Head office allows {bounds[0]} to {bounds[1]} points for 100 yuan." in text_of(answer)
    points.set_range(least=0, most=1_000_000_000, actor=SYSTEM, now=system_clock.now())


def test_a_product_enters_and_leaves_the_points_mall(office: Client, store_id: int) -> None:
    """By its SKU code; too dear a product is refused with the figures; stopping asks for a reason."""
    cheap, dear = catalog.make_sku(name="小熊饼干"), catalog.make_sku()
    pricing.make_book(unit_id=store_id, prices={cheap.id: 2_990, dear.id: 99_900})
    values = {
        "sku_code": cheap.code, "points": "300", "cash": "9.90", "level": "verified", "per_member_limit": "2",
        "total_limit": "50", "starts": "2026-11-01T00:00", "ends": "", "unit_ids": [str(store_id)],
    }  # fmt: skip
    address = console.deed_address("points.offer", None, "new-offer")
    assert office.post(address, values).status_code == 302
    offer = Offer.objects.get(sku_id=cheap.id)
    assert (offer.points, offer.cash_fen, offer.level, offer.total_limit) == (300, 990, "verified", 50)
    listed = text_of(office.get(console.list_address("points.offer")))
    assert "小熊饼干" in listed
    assert "300 points + ¥9.90" in listed
    answer = office.post(address, {**values, "sku_code": dear.code})
    assert answer.status_code == 422
    assert "The product costs 99900 fen; the points mall allows 20000 at most." in text_of(answer)
    assert "No SKU has this code." in text_of(office.post(address, {**values, "sku_code": "?"}))
    assert office.post(console.deed_address("points.offer", offer.pk, "stop"), {"reason": "缺货"}).status_code == 302
    assert "Stopped" in text_of(office.get(console.row_address("points.offer", offer.pk)))


def test_the_liability_report_shows_what_is_within_reach(office: Client) -> None:
    """Head office sees brands and debts; a store its own points only; any day can be looked at again."""
    store_id = organization.make_store().unit.id
    manager = console.signed_in(make_person("store_manager", unit_id=store_id))
    now, member = system_clock.now(), member_of(store_id)
    other_id = organization.make_store().unit.id
    build.earn(member, 43_210_000, store_id=store_id, now=now)
    build.earn(member, 98_765_000, store_id=other_id, order_id=uuid7(), now=now)
    whole = text_of(office.get("/console/points-liability/"))
    assert "By brand" in whole
    assert "987,650" in whole
    own = text_of(manager.get("/console/points-liability/"))
    assert "432,100" in own
    assert "987,650" not in own
    assert "By brand" not in own
    earlier = text_of(office.get("/console/points-liability/", {"day": "2020-01-01"}))
    assert "432,100" not in earlier
    assert office.get("/console/points-liability/", {"day": "9999-12-31"}).status_code == 200


def test_the_screens_speak_chinese(store_id: int) -> None:
    """Lists and the report in the language of the person."""
    browser = console.signed_in(make_person("head_office"), language="zh-hans")
    member = member_of(store_id)
    build.earn(member, 5_000, now=system_clock.now())
    build.spend(member, 1, now=system_clock.now())
    for place, words in (
        ("points.account", ("待生效", "积分欠账")),
        ("points.offer", ("新增兑换商品",)),
        ("points.rule", ("就近生效", "设置规则")),
        ("points.adjustment", ("由另一位同事在此审批",)),
        ("points.movement", ("来源",)),
        ("points.lot", ("最后可用日",)),
    ):
        page = text_of(browser.get(console.list_address(place)))
        for word in words:
            assert word in page, place
    assert "可抵金额" in text_of(browser.get("/console/points-liability/"))
