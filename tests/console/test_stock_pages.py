"""The stock pages: exact figures, each explained; sums that add up; who sees what; and what a page costs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.inventory.models import Stock
from tests.harness import catalog, console
from tests.harness import checkout as buying
from tests.harness.chain import STOCK, Chain, make_chain
from tests.harness.identity import make_person
from tests.harness.inventory import NOW, Shelf, cause, receive


@dataclass(frozen=True)
class World:
    """A chain, what was done with its milk, and who looks."""

    chain: Chain
    life: console.Life
    transfer: str
    head: Client
    manager: Client
    supplier: Client
    dealer: Client

    @property
    def milk(self) -> Shelf:
        return self.chain.stocked(self.chain.store, self.chain.milk)


@pytest.fixture(scope="module")
def world() -> World:
    chain = make_chain()
    life = console.live_a_little(chain, chain.store)
    shelf = chain.stocked(chain.store, chain.milk)
    place = {"location_id": shelf.location_id, "owner_id": shelf.owner_id, "actor": SYSTEM, "now": system_clock.now()}
    receive(shelf, 24, kind="receipt")
    inventory.adjust(
        lines=[Goods(shelf.sku_id, 1)],
        cause_kind="console",
        cause_id=cause(),
        reason="counted",
        kind="count_gain",
        **place,
    )
    inventory.damage(
        lines=[Goods(shelf.sku_id, 3)], cause_kind="console", cause_id=cause(), reason="fell down", **place
    )
    inventory.transfer_out(
        transfer_id=(number := f"T-{cause()[:8]}"),
        from_location_id=shelf.location_id,
        to_location_id=chain.other_store.unit.id,
        owner_id=shelf.owner_id,
        lines=[Goods(shelf.sku_id, 6)],
        actor=SYSTEM,
        now=system_clock.now(),
    )
    theirs = Shelf(shelf.location_id, chain.supplier.id, shelf.sku_id)
    receive(theirs, 11)
    head = console.signed_in(make_person("head_office"))
    manager = console.signed_in(make_person("store_manager", unit_id=chain.store.unit.id))
    supplier = console.signed_in(make_person("supplier", unit_id=chain.supplier.id))
    dealer = console.signed_in(make_person("dealer", unit_id=chain.dealer.id))
    return World(chain, life, number, head, manager, supplier, dealer)


def sku_page(shelf: Shelf, **more: object) -> str:
    return address("stock_sku", sku=shelf.sku_id, **more)


def why_page(shelf: Shelf, figure: str, **more: object) -> str:
    return address(
        "stock_why", location=shelf.location_id, sku=shelf.sku_id, owner=shelf.owner_id, figure=figure, **more
    )


def address(page: str, **asked: object) -> str:
    return f"{reverse(f'admin:{page}')}?{'&'.join(f'{name}={value}' for name, value in asked.items())}"


def page(browser: Client, where: str) -> str:
    answer = browser.get(where)
    assert answer.status_code == 200, (where, answer.status_code)
    return answer.content.decode()


def rows_of(html: str) -> dict[str, dict[str, str]]:
    """Return the figures of each row of a sheet by its stock row's id."""
    found = {}
    for key, body in re.findall(r'<tr data-row="(\d+)">(.*?)</tr>', html, re.DOTALL):
        cells = re.findall(r'data-cell="(\w+)">(.*?)</(?:td|span)>', body, re.DOTALL)
        found[key] = {name: re.sub(r"<[^>]+>", "", text).strip() for name, text in cells}
    return found


def sums_of(html: str) -> dict[str, str]:
    return {name: text.strip() for name, text in re.findall(r'data-sum="(\w+)">([^<]*)<', html)}


def feet_of(html: str) -> dict[str, str]:
    return {name: text.strip() for name, text in re.findall(r'data-foot="(\w+)">([^<]*)<', html)}


def sum_line(html: str) -> list[str]:
    """Return the sum of the page that explains a figure, as it stands there."""
    (line,) = re.findall(r'<p class="qs-sum">(.*?)</p>', html, re.DOTALL)
    return [text.strip() for text in re.sub(r"<[^>]+>", "\n", line).split("\n") if text.strip()]


def stock_id(shelf: Shelf) -> str:
    return str(Stock.objects.get(location=shelf.location_id, sku=shelf.sku_id, owner=shelf.owner_id).pk)


# Sold 1 of 20, 2 are promised to the unpaid order; then 24 came, 1 was found, 3 broke and 6 were sent away.
ON_HAND = STOCK - 1 + 24 + 1 - 3 - 6


def test_a_sku_stands_at_every_location_with_figures_that_add_up(world: World):
    html = page(world.head, sku_page(world.milk))
    rows = rows_of(html)
    own = rows[stock_id(world.milk)]
    assert {name: own[name] for name in ("on_hand", "reserved", "available", "incoming", "outgoing", "damaged")} == {
        "on_hand": str(ON_HAND),
        "reserved": "2",
        "available": str(ON_HAND - 2),
        "incoming": "–",
        "outgoing": "6",
        "damaged": "3",
    }
    there = rows[stock_id(world.chain.stocked(world.chain.other_store, world.chain.milk))]
    assert (there["on_hand"], there["incoming"], there["outgoing"]) == (str(STOCK), "6", "–")
    # Four locations of the chain and what the supplier owns at one of them.
    assert len(rows) == 5
    feet = feet_of(html)
    assert feet["on_hand"] == str(sum(int(row["on_hand"]) for row in rows.values())) == str(ON_HAND + 3 * STOCK + 11)
    assert feet["available"] == str(ON_HAND + 3 * STOCK + 11 - 2)
    assert (feet["incoming"], feet["outgoing"], feet["damaged"]) == ("6", "6", "3")
    assert sums_of(html)["value"] == f"¥{(ON_HAND + 3 * STOCK + 11) * 4:,.2f}"


def test_a_sku_is_narrowed_to_a_region_and_to_alarms(world: World):
    html = page(world.head, sku_page(world.milk, region=world.chain.region.id))
    franchise = stock_id(world.chain.stocked(world.chain.franchise, world.chain.milk))
    assert franchise not in rows_of(html)
    assert len(rows_of(html)) == 4
    assert rows_of(page(world.head, sku_page(world.milk, only="alarm"))) == {}


@pytest.mark.parametrize(
    ("figure", "said", "changes"),
    [
        (
            "on_hand",
            [
                *("20 件", "Opening stock · 1×", "+", "24 件", "Receipt · 1×", "+", "1 件", "Count gain · 1×"),
                *("−", "1 件", "Sale · 1×", "−", "6 件", "Transfer sent · 1×", "−", "3 件", "Damaged · 1×"),
                *("=", f"{ON_HAND} 件"),
            ],
            ["−6 件", "−3 件", "+1 件", "+24 件", "−1 件", "+20 件"],
        ),
        ("reserved", ["2 件", "Waiting for payment · 1×", "=", "2 件"], ["+2 件"]),
        (
            "available",
            [f"{ON_HAND} 件", "On hand", "−", "2 件", "Waiting for payment · 1×", "=", f"{ON_HAND - 2} 件"],
            ["+2 件"],
        ),
        ("damaged", ["3 件", "Damaged · 1×", "=", "3 件"], ["+3 件"]),
        ("in_transit", ["0", "Nothing moved.", "=", "0 件"], []),
    ],
)
def test_every_figure_says_why_it_is_so(world: World, figure: str, said: list[str], changes: list[str]):
    html = page(world.head, why_page(world.milk, figure))
    unit = world.chain.milk.unit_name
    assert sum_line(html) == [text.replace("件", unit) for text in [*said, "✓ It adds up"]]
    found = re.findall(r'<td class="qy-right qs-(?:less|more)">([^<]*)<', html)
    assert found == [text.replace("件", unit) for text in changes]


def test_the_way_to_a_figure_is_drawn_step_by_step(world: World):
    html = page(world.head, why_page(world.milk, "on_hand"))
    (drawn,) = re.findall(r'data-stock-chart="([^"]*)"', html)
    steps = json.loads(unescape(drawn))["steps"]
    assert [(step["from"], step["to"]) for step in steps] == [
        (0, 20),
        (20, 44),
        (44, 45),
        (45, 44),
        (44, 38),
        (38, 35),
        (0, 35),
    ]


def test_causes_are_links_within_the_readers_reach(world: World):
    order = console.row_address("orders.order", world.life.sold.id)
    html = page(world.manager, why_page(world.milk, "on_hand"))
    assert f'href="{order}"' in html
    assert world.life.sold.number in html
    assert f'href="{address("stock_transfers", transfer=world.transfer)}"' in html
    # The supplier may know that its goods were sold, not to whom.
    theirs = Shelf(world.milk.location_id, world.chain.supplier.id, world.milk.sku_id)
    sold = buying_of(theirs, 2)
    html = page(world.supplier, why_page(theirs, "on_hand"))
    assert sold not in html
    assert "/orders/order/" not in html
    assert sum_line(html)[-2:] == [f"9 {world.chain.milk.unit_name}", "✓ It adds up"]


def buying_of(shelf: Shelf, quantity: int) -> str:
    """Sell units of a shelf as an order would; return the order's number."""
    order = cause()
    inventory.reserve(cause_kind="order", cause_id=order, lines=[shelf.want(quantity)], expires_at=None, now=NOW)
    inventory.issue(cause_kind="order", cause_id=order, actor=SYSTEM, now=NOW)
    return order


def test_days_narrow_the_ledger(world: World):
    early = page(world.head, why_page(world.milk, "on_hand", until="2026-03-03"))
    unit = world.chain.milk.unit_name
    assert sum_line(early)[-2:] == [f"{STOCK + 24} {unit}", "✓ It adds up"]
    late = page(world.head, why_page(world.milk, "on_hand", since="2026-03-03"))
    assert sum_line(late)[:2] == [f"{STOCK + 24} {unit}", "Before these days"]
    assert sum_line(late)[-2:] == [f"{ON_HAND} {unit}", "✓ It adds up"]


def test_a_location_shows_all_its_skus_with_sums_of_all_pages(world: World):
    html = page(world.manager, address("stock_location", location=world.milk.location_id))
    rows = rows_of(html)
    assert len(rows) == 5
    assert rows[stock_id(world.milk)]["on_hand"] == f"{ON_HAND} {world.chain.milk.unit_name}"
    assert sums_of(html)["damaged"] == "3 pieces"
    assert "50.000 kg" in sums_of(html)["on_hand"]
    found = rows_of(page(world.manager, address("stock_location", location=world.milk.location_id, q="longjing")))
    assert list(found) == [stock_id(world.chain.stocked(world.chain.store, world.chain.tea))]


def test_what_stock_has_cost_is_for_who_reads_reports(world: World):
    where = address("stock_location", location=world.milk.location_id)
    associate = console.signed_in(make_person("associate", unit_id=world.milk.location_id))
    assert "value" in sums_of(page(world.manager, where))
    for browser in (associate, world.supplier):
        html = page(browser, where)
        assert "value" not in sums_of(html)
        assert "¥" not in html


def test_a_store_a_supplier_and_a_dealer_see_their_own_stock_and_no_other(world: World):
    chain = world.chain
    own, theirs = world.milk, Shelf(world.milk.location_id, chain.supplier.id, world.milk.sku_id)
    other, franchise = (chain.stocked(place, chain.milk) for place in (chain.other_store, chain.franchise))
    seen = {world.manager: {own, theirs}, world.supplier: {theirs}, world.dealer: {franchise}}
    for browser, shelves in seen.items():
        assert set(rows_of(page(browser, sku_page(own)))) == {stock_id(shelf) for shelf in shelves}
        for shelf in (own, theirs, other, franchise):
            expected = 200 if shelf in shelves else 404
            for figure in ("on_hand", "reserved", "damaged", "in_transit", "available"):
                assert browser.get(why_page(shelf, figure)).status_code == expected, (shelf, figure)
            within = any(shelf.location_id == one.location_id for one in shelves)
            where = address("stock_location", location=shelf.location_id)
            assert browser.get(where).status_code == (200 if within else 404), shelf
            ids = ",".join(stock_id(one) for one in (own, theirs, other, franchise))
            now = browser.get(address("stock_now", sku=own.sku_id, ids=ids)).json()
            assert set(now["rows"]) == {stock_id(one) for one in shelves}
    points = {name: map_points(browser) for name, browser in (("supplier", world.supplier), ("dealer", world.dealer))}
    assert points == {"supplier": {own.location_id}, "dealer": {franchise.location_id}}
    assert world.transfer in page(world.manager, address("stock_transfers", show="all"))
    for browser in (world.supplier, world.dealer):
        assert world.transfer not in page(browser, address("stock_transfers", show="all"))
        assert browser.get(address("stock_transfers", transfer=world.transfer)).status_code == 404


def map_points(browser: Client, **asked: object) -> set[int]:
    return {point["id"] for point in drawn_map(browser, **asked)["points"]}


def drawn_map(browser: Client, **asked: object) -> dict:
    (drawn,) = re.findall(r'data-stock-map="([^"]*)"', page(browser, address("stock_map", **asked)))
    return json.loads(unescape(drawn))


def test_the_map_says_where_stores_are_how_much_they_sold_and_what_runs_out(world: World):
    chain = world.chain
    points = {point["id"]: point for point in drawn_map(world.head)["points"]}
    store, warehouse = points[chain.store.unit.id], points[chain.warehouse.unit.id]
    assert store["at"] == [chain.store.longitude, chain.store.latitude]
    assert (store["kind"], warehouse["kind"]) == ("store", "warehouse")
    # The unpaid order is no sale.
    assert store["size"] == world.life.paid.payable_fen + world.life.sold.payable_fen
    assert store["alarms"] == 0
    of_one = {point["id"]: point for point in drawn_map(world.head, sku=chain.milk.id)["points"]}
    assert of_one[chain.other_store.unit.id]["size"] == STOCK
    assert of_one[chain.store.unit.id]["size"] == ON_HAND - 2 + supplier_has(world)
    # The list beside it says the same.
    html = page(world.head, address("stock_map"))
    assert chain.store.unit.name_en in console.seen(html)
    assert "<canvas" not in html


def supplier_has(world: World) -> int:
    return Shelf(world.milk.location_id, world.chain.supplier.id, world.milk.sku_id).level().on_hand


def test_a_scan_jumps_to_the_sku(world: World):
    tea = world.chain.tea
    for code in (tea.code, *tea.barcodes):
        answer = world.manager.get(address("stock_sku", code=code))
        assert (answer.status_code, answer.url) == (302, address("stock_sku", sku=tea.id))
    # Words of their own: of what many goods are called, only the first hits are shown.
    one, other = catalog.make_sku(name="明前瑞草魁"), catalog.make_sku(name="雨前瑞草魁")
    hits = page(world.manager, address("stock_sku", code="瑞草魁"))
    assert {address("stock_sku", sku=sku.id) for sku in (one, other)} <= set(re.findall(r'href="([^"]*)"', hits))
    assert "Nothing is known under" in page(world.manager, address("stock_sku", code="no-such-code"))


def test_figures_follow_what_is_sold(world: World):
    shelf = world.chain.stocked(world.chain.other_store, world.chain.bread)
    key = stock_id(shelf)
    asked = address("stock_now", location=shelf.location_id, ids=key)
    before = world.head.get(asked).json()
    assert before["rows"][key]["on_hand"] == f"{STOCK} {world.chain.bread.unit_name}"
    buying.place(buying.command(world.chain.other_store, (world.chain.bread, 2)))
    after = world.head.get(asked).json()
    assert (after["rows"][key]["reserved"], after["rows"][key]["available"]) == tuple(
        f"{figure} {world.chain.bread.unit_name}" for figure in (2, STOCK - 2)
    )
    assert before["sums"]["reserved"] == "–"
    assert after["sums"]["reserved"] == "2 pieces"


@pytest.mark.parametrize("asked", ["sku=x", "sku=999999999", "sku=1&region=x", "sku=" + "9" * 40])
def test_made_up_skus_are_not_found(world: World, asked: str):
    assert world.head.get(f"{reverse('admin:stock_sku')}?{asked}").status_code == 404


@pytest.mark.parametrize("asked", ["location=x", "location=999999999", "location=1&after=x", "location=1&category=x"])
def test_made_up_locations_are_not_found(world: World, asked: str):
    assert world.head.get(f"{reverse('admin:stock_location')}?{asked}").status_code == 404


@pytest.mark.parametrize("asked", ["figure=x", "before=x", "figure=reserved&before=7"])
def test_made_up_explanations_are_not_found(world: World, asked: str):
    keys = f"location={world.milk.location_id}&sku={world.milk.sku_id}&owner={world.milk.owner_id}"
    assert world.head.get(f"{reverse('admin:stock_why')}?{keys}&{asked}").status_code == 404


def test_a_return_stands_in_the_ledger(world: World):
    shelf = world.chain.stocked(world.chain.warehouse, world.chain.bread)
    receive(shelf, 2, kind="customer_return")
    html = page(world.head, why_page(shelf, "on_hand"))
    unit = world.chain.bread.unit_name
    assert sum_line(html) == [
        *(f"{STOCK} {unit}", "Opening stock · 1×", "+", f"2 {unit}", "Customer return · 1×"),
        *("=", f"{STOCK + 2} {unit}", "✓ It adds up"),
    ]


def test_lists_of_stock_lead_to_the_pages(world: World):
    shelf = world.chain.stocked(world.chain.store, world.chain.tea)
    stocks = page(world.manager, f"{console.list_address('inventory.stock')}?q={world.chain.tea.code}")
    for figure in ("on_hand", "reserved", "available", "in_transit", "damaged"):
        assert why_page(shelf, figure).replace("&", "&amp;") in stocks
    assert sku_page(shelf) in stocks
    movements = page(world.manager, f"{console.list_address('inventory.movement')}?q={world.chain.milk.code}")
    assert sku_page(world.milk) in movements
    assert address("stock_transfers", transfer=world.transfer) in movements
