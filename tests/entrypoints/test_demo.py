"""The demo chain, built once in a database of its own: what it promises is there, and its books are clean."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import click
import psycopg
import pytest
from psycopg import sql

from quanyu.entrypoints.cli import demo as cli
from quanyu.entrypoints.demo import catalogue, goods, history, members, people, places, rhythm
from quanyu.entrypoints.demo.live import run
from quanyu.entrypoints.demo.live.wire import Away, Wire
from quanyu.entrypoints.demo.shoppers import Shoppers
from quanyu.modules.promotions.contracts import CampaignKind, CouponKind
from tests.harness import database
from tests.harness.live import eventually, live_server

pytestmark = pytest.mark.slow

DAYS = 3
MEMBERS = people.members_of(DAYS)
NAME = f"{os.environ.get('QUANYU_TEST_DB', 'quanyu_test')}_demo"
TELL = """
import json, django
django.setup()
from quanyu.entrypoints import reconcile, wiring
from quanyu.entrypoints.demo import build
from quanyu.kernel.clock import system_clock
wiring.connect()
assert not build.exists()
build.build(now=system_clock.now(), days=%d)
assert build.exists()
checks = reconcile.run()
print("TOLD" + json.dumps({"checks": len(checks), "breaches": [one.name for one in checks if one.breaches]}))
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[psycopg.Connection]:
    """A connection to a database that holds nothing but the demo."""
    server = os.environ["QUANYU_TEST_SERVER_URL"]
    home = database.ROOT / "var" / "test"
    template = database._template(server, home, os.environ.get("QUANYU_TEST_DB", "quanyu_test"))
    database._copy(server, template=template, name=NAME)
    done = subprocess.run(
        [sys.executable, "-c", TELL % DAYS],
        cwd=database.ROOT,
        env=os.environ | {"DATABASE_URL": database.at(server, NAME), "PYTHONPATH": str(database.ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.partition("TOLD")[2].splitlines()[0])
    assert told["checks"] > 20
    assert told["breaches"] == []
    with psycopg.connect(database.at(server, NAME), autocommit=True) as connection:
        yield connection
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def counted(demo: psycopg.Connection, query: str) -> int:
    return demo.execute(query).fetchone()[0]


def test_stores_of_four_regions_of_which_three_are_franchised_and_their_warehouses(demo):
    kinds = dict(demo.execute("SELECT kind, count(*) FROM organization_unit GROUP BY kind").fetchall())
    assert kinds == {
        "enterprise": 1,
        "brand": 1,
        "region": 4,
        "dealer": 3,
        "store": 26,
        "warehouse": 5,
        "supplier": 8,
    }
    owners = "SELECT count(*) FROM organization_location WHERE ownership = 'franchise'"
    assert counted(demo, owners) == 3


def test_every_product_has_a_picture(demo):
    assert counted(demo, "SELECT count(DISTINCT product_id) FROM catalog_image") == len(goods.ITEMS)


def test_every_barcode_is_a_valid_ean13_of_china(demo):
    codes = [code for (code,) in demo.execute("SELECT code FROM catalog_barcode")]
    assert len(codes) == len(set(codes)) > 20
    for code in codes:
        assert re.fullmatch(r"69\d{11}", code)
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(code)) % 10 == 0


def test_serial_numbers_give_the_check_digits_of_the_standard():
    assert catalogue.ean13(1) == "6901234000016"
    assert catalogue.ean13(56789) == "6901234567892"


def test_weighed_goods_are_there_and_everything_has_a_price(demo):
    assert counted(demo, "SELECT count(*) FROM catalog_product WHERE is_weighed") == sum(
        item.weighed for item in goods.ITEMS
    )
    unpriced = """
        SELECT count(*) FROM catalog_sku s WHERE NOT EXISTS (
            SELECT FROM pricing_price p JOIN pricing_price_book b ON b.id = p.book_id
            WHERE p.sku_id = s.id AND b.kind = 'base')
    """
    assert counted(demo, unpriced) == 0


def test_people_of_every_role_and_members_are_there(demo):
    roles = {
        code
        for (code,) in demo.execute(
            "SELECT DISTINCT r.code FROM identity_assignment a JOIN identity_role r ON r.id = a.role_id"
        )
    }
    assert (
        roles
        == {person.role for person in people.STAFF}
        == {code for (code,) in demo.execute("SELECT code FROM identity_role WHERE is_built_in")}
    )
    at_tills = people.cashiers([store.code for store in places.STORES])
    assert counted(demo, "SELECT count(*) FROM identity_staff") == len(people.STAFF) + len(at_tills)
    # Somebody can sell in every store.
    cashiers = (
        "SELECT count(DISTINCT unit_id) FROM identity_staff WHERE pin_hash <> '' AND username ~ '^(till|cashier)'"
    )
    assert counted(demo, cashiers) == 26
    assert counted(demo, "SELECT count(*) FROM members_member") == MEMBERS + len(people.DOUBLES)


def test_passwords_of_the_demo_are_hashed_as_in_production(demo):
    for username, password, pin in demo.execute("SELECT username, password, pin_hash FROM identity_staff"):
        assert password.startswith("!" if username.startswith("till") else "scrypt$")
        assert pin.startswith("scrypt$")


def test_the_demo_is_the_same_every_time(demo):
    assert counted(demo, "SELECT sum(on_hand) FROM inventory_stock") > 0
    everybody = range(people.MEMBERS)
    assert len({people.phone(index) for index in everybody}) == people.MEMBERS
    assert len({people.name(index) for index in everybody}) == people.MEMBERS


def test_every_second_file_of_a_person_waits_in_the_review_queue_and_nobody_else_does(demo):
    matches = demo.execute("SELECT cause, state FROM members_match ORDER BY cause").fetchall()
    assert matches == [("keys", "open")] + [("scan", "open")] * (len(people.DOUBLES) - 1)


def test_who_proved_the_same_phone_in_store_and_mall_is_one_member(demo):
    both = """
        SELECT count(*) FROM members_member m
         WHERE EXISTS (SELECT FROM members_identity i WHERE i.member_id = m.id AND i.kind = 'phone')
           AND EXISTS (SELECT FROM members_identity i WHERE i.member_id = m.id AND i.kind = 'openid')
           AND m.channel = 'pos'
    """
    assert counted(demo, both) == sum(people.is_in_mall(index) for index in range(MEMBERS))


def test_members_stand_in_every_tier(demo):
    tiers = dict(demo.execute("SELECT tier, count(*) FROM members_member GROUP BY tier").fetchall())
    assert tiers.keys() == {"basic", "silver", "gold", "plus", "diamond"}
    assert min(tiers.values()) >= 3


def test_every_kind_of_campaign_and_coupon_is_there(demo):
    assert {kind for (kind,) in demo.execute("SELECT kind FROM promotions_campaign")} == {
        kind.value for kind in CampaignKind
    }
    live = demo.execute("SELECT kind FROM coupons_template WHERE state = 'live'").fetchall()
    assert {kind for (kind,) in live} == {kind.value for kind in CouponKind}


def test_of_two_stores_offers_one_was_approved_by_somebody_else_and_one_waits(demo):
    proposed = demo.execute(
        "SELECT state, decided_by <> '' AND decided_by <> created_by FROM coupons_template WHERE is_proposal ORDER BY 1"
    ).fetchall()
    assert proposed == [("live", True), ("waiting", False)]


def test_money_earns_one_point_a_yuan_and_one_for_ten_yuan_in_a_store(demo):
    rules = demo.execute(
        "SELECT u.kind, r.points, r.per_fen FROM points_rule r JOIN organization_unit u ON u.id = r.unit_id ORDER BY 1"
    ).fetchall()
    assert rules == [("enterprise", 1, 100), ("store", 1, 1000)]


def test_trade_used_what_members_have(demo):
    kinds = {kind for (kind,) in demo.execute("SELECT DISTINCT kind FROM orders_line_discount")}
    assert kinds >= {"member", "timed", "tier", "threshold", "nth", "bundle", "gift", "coupon", "points_mall"}
    assert counted(demo, "SELECT count(*) FROM coupons_coupon WHERE state = 'redeemed'") >= 5
    assert counted(demo, "SELECT count(DISTINCT order_id) FROM orders_line WHERE points_fen > 0") >= 5
    assert counted(demo, "SELECT count(*) FROM orders_line WHERE gift_of <> ''") >= 5
    ways = {via for (via,) in demo.execute("SELECT DISTINCT via FROM coupons_coupon")}
    assert ways >= {"centre", "staff", "points"}


def test_a_store_still_sells_at_an_old_till_and_something_of_it_waits(demo):
    found = dict(demo.execute("SELECT problem, count(*) FROM partners_entry GROUP BY problem").fetchall())
    assert found == {"": 8, "partners.article_unknown": 1, "partners.till_unknown": 1}


def test_goods_move_as_in_a_chain(demo):
    kinds = {kind for (kind,) in demo.execute("SELECT DISTINCT kind FROM inventory_movement")}
    assert kinds >= {"opening", "receipt", "sale", "transfer_out", "transfer_in"}
    ways = set(demo.execute("SELECT DISTINCT channel, delivery FROM orders_order").fetchall())
    assert ways >= {("pos", "carry_out"), ("mall", "pickup"), ("mall", "express")}


def test_every_event_of_the_history_has_been_dealt_with(demo):
    """Points, growth and tiers stand when the demo opens: no worker has to catch up first."""
    assert counted(demo, "SELECT count(*) FROM platform_outbox WHERE published_at IS NULL") == 0
    unrewarded = """
        SELECT count(*) FROM orders_order o WHERE o.state = 'completed' AND o.member_id IS NOT NULL
           AND o.payable_fen > 10000 AND NOT EXISTS (
               SELECT FROM tiers_growth g WHERE g.member_id = o.member_id AND g.cause_id = o.id::text)
    """
    assert counted(demo, unrewarded) == 0


def test_nothing_of_the_history_lies_in_the_future(demo):
    for table, column in (
        ("platform_outbox", "occurred_at"),
        ("orders_order", "placed_at"),
        ("orders_order", "completed_at"),
        ("inventory_movement", "at"),
        ("members_member", "created_at"),
        ("points_movement", "at"),
        ("aftersales_return", "created_at"),
    ):
        assert counted(demo, f"SELECT count(*) FROM {table} WHERE {column} > now()") == 0, table


def everything_for_sale() -> dict[str, SimpleNamespace]:
    codes = [f"{item.code}{variant.suffix}" for item in goods.ITEMS for variant in item.variants]
    return {
        code: SimpleNamespace(id=number, code=code, quantity_scale=1, cost_fen=500)
        for number, code in enumerate(codes, start=1)
    }


def test_whatever_the_clock_shows_when_the_demo_is_made_nobody_buys_in_the_last_minutes_or_later():
    units = {store.code: SimpleNamespace(id=number) for number, store in enumerate(places.STORES)}
    skus = everything_for_sale()
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    tried = 0
    for minute in range(0, 24 * 60, 7):
        now = midnight + timedelta(minutes=minute, seconds=minute % 60)
        shoppers = Shoppers(SimpleNamespace(units=units), skus, random.Random(minute))
        today = now.astimezone(rhythm.SHANGHAI).date()
        for planned in shoppers.day(today, orders=200, until=now - timedelta(minutes=2)):
            assert planned.command.happened_at < now - timedelta(minutes=2)
            tried += 1
    assert tried > 10_000


def test_people_join_while_the_shops_are_open_and_never_in_the_future():
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    for minute in range(0, 24 * 60, 53):
        now = midnight + timedelta(minutes=minute)
        today = now.astimezone(rhythm.SHANGHAI).date()
        planned = members.plan(60, opened=rhythm.at(today - timedelta(days=4), 0), now=now, chance=random.Random(1))
        assert [one.at for one in planned] == sorted(one.at for one in planned)
        assert {one.number for one in planned} == set(range(60))
        assert all(one.at < now for one in planned)
        hours = {one.at.astimezone(rhythm.SHANGHAI).hour for one in planned if one.at < rhythm.at(today, 0)}
        assert hours <= set(range(9, 21))


def test_the_first_customers_of_each_day_come_for_what_offers_need():
    units = {store.code: SimpleNamespace(id=number) for number, store in enumerate(places.STORES)}
    skus = everything_for_sale()
    codes = {sku.id: code for code, sku in skus.items()}
    shoppers = Shoppers(SimpleNamespace(units=units), skus, random.Random(7))
    planned = shoppers.day(date(2026, 11, 20), orders=20, until=datetime(2026, 11, 23, tzinfo=UTC))
    wanted = [[(codes[line.sku_id], line.quantity) for line in one.command.lines] for one in planned[:3]]
    assert wanted == [[("D03", 2)], [("D02", 1), ("G04", 1)], [("S01-1", 1), ("S02", 1), ("S04", 1)]]


def test_what_would_follow_in_the_future_is_not_planned():
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    done: list[datetime] = []
    trade = history.Trade(None, None, None, random.Random(1), now)
    for minutes in (-10, -30, 0, 5):
        trade.plan(now + timedelta(minutes=minutes), done.append)
    trade.catch_up(now + timedelta(days=1))
    assert done == [now - timedelta(minutes=30), now - timedelta(minutes=10)]


def test_a_week_has_its_rhythm_and_wages_and_the_promotion_raise_it():
    first, last = date(2026, 8, 25), date(2026, 11, 23)
    ordinary = rhythm.weight(date(2026, 9, 23), first=first, last=last, promoted=False)
    assert rhythm.weight(date(2026, 9, 26), first=first, last=last, promoted=False) > 1.4 * ordinary
    assert rhythm.weight(date(2026, 9, 23), first=first, last=last, promoted=True) == pytest.approx(1.45 * ordinary)
    payday = rhythm.weight(date(2026, 9, 15), first=first, last=last, promoted=False)
    assert payday > 1.2 * rhythm.weight(date(2026, 9, 22), first=first, last=last, promoted=False)
    week = rhythm.promotion(today=last, days=90)
    assert (week.first, week.last) == (date(2026, 10, 12), date(2026, 10, 18))
    assert first < week.first < week.last < last


def test_something_waits_for_somebody_on_every_screen_of_decisions(demo):
    assert counted(demo, "SELECT count(*) FROM identity_approval WHERE state = 'requested'") == 1
    assert counted(demo, "SELECT count(*) FROM payments_refund WHERE state = 'failed'") == 1
    assert counted(demo, "SELECT count(*) FROM points_adjustment WHERE state = 'requested'") == 1
    assert counted(demo, "SELECT count(*) FROM coupons_template WHERE state = 'waiting'") == 1
    assert counted(demo, "SELECT count(*) FROM flash_sale WHERE starts_at <= now() AND now() < ends_at") == 1
    assert counted(demo, "SELECT count(*) FROM pricing_price_book WHERE lower(period) > now()") == 1
    assert counted(demo, "SELECT count(DISTINCT location_id) FROM inventory_stock WHERE in_transit > 0") >= 1


def test_no_demo_without_shoppers_of_its_own():
    """The database of the other tests holds a chain, and nobody buys for show in it."""
    with pytest.raises(click.ClickException, match="no demo chain"):
        cli.keep_alive("http://127.0.0.1:9", "http://127.0.0.1:9", pace=1)


def test_a_server_that_does_not_answer_is_away():
    with pytest.raises(Away):
        Wire.to("http://127.0.0.1:9").call("GET", "/")


def test_shoppers_wait_longer_each_time_for_a_server_that_is_away_and_go_on_when_it_is_back():
    bustle = object.__new__(run.Bustle)
    bustle._chance, bustle._pause_s, bustle._back_off_s = random.Random(1), 0.0001, 0.0
    bustle.done, bustle.last = Counter(), ""
    steps = iter([Away("gone"), Away("gone"), Away("gone"), "sold at tills"])

    def step() -> str:
        found = next(steps)
        if isinstance(found, Away):
            raise found
        return found

    class Stop:
        waits: list[float] = []

        def is_set(self) -> bool:
            return len(self.waits) == 4

        def wait(self, seconds: float) -> None:
            self.waits.append(seconds)

    bustle._step = step
    lines: list[str] = []
    bustle.go_on(Stop(), lines.append)

    assert Stop.waits[:3] == [1.0, 2.0, 4.0]
    assert Stop.waits[3] < 1.0
    assert "the server is away" in lines[2]
    assert bustle.done == {"sold at tills": 1}


def test_live_shoppers_and_tills_buy_in_every_channel_and_stop_cleanly(demo, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.at(os.environ["QUANYU_TEST_SERVER_URL"], NAME))
    since = demo.execute("SELECT now()").fetchone()[0]
    asked = ["-m", "quanyu.entrypoints.cli", "demo", "--live", "--pace", "60"]
    with live_server() as product:
        shoppers = subprocess.Popen(
            [sys.executable, *asked, "--address", product.url, "--payers", product.simulator.url],
            cwd=database.ROOT,
            env=os.environ | {"PYTHONPATH": str(database.ROOT / "src"), "QUANYU_DEMO": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            bought = "SELECT DISTINCT channel FROM orders_order WHERE placed_at > %s AND state <> 'placed'"
            eventually(lambda: {channel for (channel,) in demo.execute(bought, [since])} == {"mall", "pos"}, seconds=60)
        finally:
            shoppers.send_signal(signal.SIGINT)
            told, _ = shoppers.communicate(timeout=30)
    assert shoppers.returncode == 0, told
    assert "Stopped:" in told
    assert "bought in the mall" in told
