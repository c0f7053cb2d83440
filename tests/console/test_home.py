"""The home page: trade within reach, to the fen what the lists behind it show; what is to do; what runs out."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.money import divide_half_up
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db
from tests.harness import checkout as buying
from tests.harness import console, figures
from tests.harness import inventory as stock
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.identity import make_person

PAIRS = re.compile(r'data-figure="(\w+)">.*?<strong>(.*?)</strong>', re.DOTALL)
# One for each tile of whoever sees all, and what the page itself asks.
QUERIES_MAX = 48


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture(scope="module")
def lives(chain: Chain) -> list[console.Life]:
    """Sell at two stores today and on days before, and take something back."""
    found = [console.live_a_little(chain, store) for store in (chain.store, chain.other_store)]
    for days, pieces in ((1, 3), (6, 5), (8, 7), (29, 9)):
        at = figures.moment(figures.today() - timedelta(days=days), 10)
        sold = figures.sell(chain, chain.store, pieces, at=at)
        if days == 6:
            take_back(sold, 2)
    for store in (chain.store, chain.other_store):
        figures.tell(store)
    return found


def take_back(order: Order, pieces: int) -> None:
    command = ReturnCommand(id=uuid7(), order_id=order.id, lines=(ReturnedLine(1, pieces),), reason="unwanted")
    aftersales.return_lines(command=command, actor=console.SYSTEM, now=system_clock.now())


def signed_in(chain: Chain, role: str = "store_manager", language: str = "en"):
    return console.signed_in(make_person(role, unit_id=chain.store.unit.id, with_pin=False), language)


def home(browser, **asked: object) -> str:
    answer = browser.get("/console/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def charts(html: str) -> list[dict]:
    """Return what the charts of a page are drawn from."""
    return [json.loads(unescape(text)) for text in re.findall(r'data-chart="([^"]*)"', html)]


def shown(html: str) -> dict[str, str]:
    """Return the figures of the page by name."""
    return dict(PAIRS.findall(html))


def address(html: str, name: str, kind: str = "figure") -> str:
    """Return where a figure leads to."""
    found = re.search(rf'href="([^"]*)" data-{kind}="{name}"', html)
    assert found is not None
    return unescape(found[1])


def rows_of(browser, where: str) -> list[object]:
    """Return the rows that a list shows, page by page."""
    keys: list[object] = []
    while where:
        answer = browser.get(where)
        assert answer.status_code == 200, where
        listing = answer.context["cl"]
        keys += [row.pk for row in listing.result_list]
        path = where.partition("?")[0]
        where = f"{path}{listing.after}" if listing.after else ""
    return keys


def yuan(text: str) -> int:
    """Return the fen of ``"¥1,234.50"``."""
    return round(float(text.replace("¥", "").replace(",", "")) * 100)


@pytest.mark.parametrize("period", ["1", "7", "30"])
def test_each_figure_is_the_sum_of_the_rows_behind_it(chain, lives, period):
    browser = signed_in(chain)
    html = home(browser, period=period)
    told = shown(html)

    sold = orders.orders(ids=rows_of(browser, address(html, "sales"))).values()
    first = figures.today() - timedelta(days=int(period) - 1)
    books = figures.of_the_books(chain.store, since=first, until=figures.today() + timedelta(days=1))
    assert {one.selling_store_id for one in sold} == {chain.store.unit.id}
    assert yuan(told["sales"]) == sum(one.payable_fen for one in sold) == books.sales_fen
    assert int(told["orders"]) == len(rows_of(browser, address(html, "orders"))) == books.orders
    assert yuan(told["basket"]) == divide_half_up(books.sales_fen, books.orders)
    margin = sum(line.net_fen - line.cost_fen for one in sold for line in one.lines)
    assert yuan(told["margin"]) == margin == books.margin_fen

    of_members = orders.orders(ids=rows_of(browser, address(html, "member_sales"))).values()
    assert sum(one.payable_fen for one in of_members) == books.member_sales_fen
    assert int(told["new_members"]) == len(rows_of(browser, address(html, "new_members"))) == 1
    back = rows_of(browser, address(html, "refunds"))
    refunded = db.value("SELECT sum(amount_fen) FROM aftersales_return WHERE id = ANY(%s)", [back])
    assert yuan(told["refunds"]) == refunded == books.refunded_fen == 2 * MILK_FEN


def test_channels_days_and_stores_add_up_to_the_figure_and_lead_to_their_orders(chain, lives):
    region = console.signed_in(make_person("region_manager", unit_id=chain.region.id, with_pin=False))
    html = home(region, period="30")
    sales = yuan(shown(html)["sales"])
    days, channels, stores = charts(html)

    def fen(chart: dict) -> int:
        return sum(round(float(value) * 100) for one in chart["series"] for value in one["values"])

    assert fen(days) == fen(channels) == fen(stores) == sales
    heat = html[html.index('class="qh-heat"') :]
    assert sum(yuan(text) for text in re.findall(r'class="qh-l\d" title="(.*?)"', heat)) == sales
    for chart in (channels, stores):
        for link, value in zip(chart["links"], chart["series"][0]["values"], strict=True):
            sold = orders.orders(ids=rows_of(region, link)).values()
            assert sum(one.payable_fen for one in sold) == round(float(value) * 100)
    assert len(stores["labels"]) == 2


def test_a_chosen_store_is_looked_at_alone_and_one_out_of_reach_is_not_there(chain, lives):
    region = console.signed_in(make_person("region_manager", unit_id=chain.region.id, with_pin=False))
    html = home(region, period="30", unit=chain.other_store.unit.id)

    sold = lives[1].paid.payable_fen + lives[1].sold.payable_fen
    assert yuan(shown(html)["sales"]) == sold
    assert lives[0].sold.number not in html
    assert region.get("/console/", {"unit": chain.franchise.unit.id}).status_code == 404
    assert region.get("/console/", {"period": "31"}).status_code == 404
    assert region.get("/console/order-stream/", {"unit": chain.franchise.unit.id}).status_code == 404


def test_today_is_compared_with_the_same_weekday_until_the_same_minute():
    chain = make_chain(stock=500)
    now, week = system_clock.now(), timedelta(days=7)
    figures.sell(chain, chain.store, 6, at=now)
    figures.sell(chain, chain.store, 4, at=now - week - timedelta(seconds=1))
    figures.sell(chain, chain.store, 90, at=now - week + timedelta(minutes=2))
    figures.tell(chain.store)

    html = home(signed_in(chain))
    if (now - week - timedelta(seconds=1)).astimezone().date() == (now - week).astimezone().date():
        sales = html[html.index('data-figure="sales"') :]
        assert "▲" in sales[:900]
        assert "50.0%" in sales[:900]


def test_a_sale_and_its_cancellation_are_on_the_page_at_once():
    chain = make_chain()
    browser = signed_in(chain)
    assert shown(home(browser))["sales"] == "¥0.00"

    figures.sell(chain, chain.store, 2, at=system_clock.now())
    figures.tell(chain.store)
    assert yuan(shown(home(browser))["sales"]) == 2 * MILK_FEN
    fragment = browser.get("/console/home-figures/").content.decode()
    assert yuan(shown(fragment)["sales"]) == 2 * MILK_FEN
    assert "<html" not in fragment


def test_gross_margin_is_for_who_reads_reports(chain, lives):
    assert "margin" in shown(home(signed_in(chain)))
    assert "margin" not in shown(home(signed_in(chain, "cashier")))
    assert "Gross margin" not in console.seen(home(signed_in(chain, "cashier")))


def test_who_sells_nothing_has_no_board(chain, lives):
    for role, unit in (("supplier", chain.supplier), ("warehouse", chain.warehouse.unit)):
        browser = console.signed_in(make_person(role, unit_id=unit.id, with_pin=False))
        html = home(browser)
        assert (charts(html), shown(html)) == ([], {})
        assert "data-stream=" not in html
        for part in ("/console/order-stream/", "/console/home-figures/"):
            answer = browser.get(part)
            # A warehouse has orders to see and no trade of its own.
            assert answer.status_code == 403 or (role, answer.content) == ("warehouse", b"")


def test_the_running_list_shows_a_new_order_at_once_and_never_more_than_it_holds(chain, lives):
    browser = signed_in(chain)
    life = console.live_a_little(chain, chain.store)

    fragment = browser.get("/console/order-stream/").content.decode()
    assert life.sold.number in fragment
    assert lives[1].sold.number not in fragment
    assert "<html" not in fragment
    for _turn in range(9):
        figures.sell(chain, chain.store, 1, at=system_clock.now())
    figures.tell(chain.store)
    assert browser.get("/console/order-stream/").content.decode().count("data-order=") == 8


def test_the_running_list_ends_with_the_session(chain):
    browser = signed_in(chain)
    browser.logout()
    assert browser.get("/console/order-stream/").status_code == 302


def test_what_is_to_do_leads_to_exactly_the_rows_that_wait(chain, lives):
    browser = signed_in(chain)
    html = home(browser)

    waiting = rows_of(browser, address(html, "pickup", "tile"))
    assert lives[0].paid.id in waiting
    assert lives[0].sold.id not in waiting
    unpaid = rows_of(browser, address(html, "unpaid", "tile"))
    assert lives[0].unpaid.id in unpaid
    for name, rows in (("pickup", waiting), ("unpaid", unpaid)):
        count = re.search(rf'data-tile="{name}">.*?<b>(\d+)</b>', html, re.DOTALL)
        assert count is not None
        assert int(count[1]) == len(rows)
    assert "oldest:" in html or "just now" in html


def test_nothing_to_do_is_said_kindly():
    chain = make_chain()
    html = home(signed_in(chain))
    assert "Nothing waits for you. Have a good day." in console.seen(html)


def test_goods_that_run_out_are_those_of_the_list_the_emptiest_first():
    chain = make_chain(stock=3)
    for _piece in range(3):
        figures.sell(chain, chain.store, 1, at=system_clock.now())
    browser = signed_in(chain)
    html = home(browser)

    low = re.search(r'data-alarm="low">.*?<b>(\d+)</b>', html, re.DOTALL)
    out = re.search(r'data-alarm="out">.*?<b>(\d+)</b>', html, re.DOTALL)
    assert low is not None
    assert out is not None
    assert int(low[1]) == len(rows_of(browser, address(html, "low", "alarm"))) == 3
    assert int(out[1]) == len(rows_of(browser, address(html, "out", "alarm"))) == 1
    listed = html[html.index("qh-alarms") :]
    assert listed.index(chain.milk.name_en or chain.milk.name) < listed.index(chain.tea.name_en or chain.tea.name)


def test_a_supplier_sees_when_the_own_goods_run_out():
    chain = make_chain(stock=0)
    shelf = stock.Shelf(chain.warehouse.unit.id, chain.supplier.id, chain.milk.id)
    stock.receive(shelf, 2)
    supplier = console.signed_in(make_person("supplier", unit_id=chain.supplier.id, with_pin=False))

    html = home(supplier)
    assert (chain.milk.name_en or chain.milk.name) in console.seen(html)
    assert len(rows_of(supplier, address(html, "low", "alarm"))) == 1


def test_who_has_goods_and_no_shop_sees_where_they_lie():
    chain = make_chain(stock=0)
    supplier = console.signed_in(make_person("supplier", unit_id=chain.supplier.id, with_pin=False))
    assert "You have no goods in stock yet." in console.seen(home(supplier))
    for sku, pieces in ((chain.milk, 2), (chain.tea, 500)):
        stock.receive(stock.Shelf(chain.warehouse.unit.id, chain.supplier.id, sku.id), pieces)
    stock.receive(stock.Shelf(chain.warehouse.unit.id, chain.warehouse.owner_id, chain.bread.id), 9)

    html = home(supplier)
    listed = html[html.index("qh-places") :]
    assert f'href="/console/stock/location/?location={chain.warehouse.unit.id}"' in listed
    assert re.findall(r'<td class="qy-right">(\d+)</td>', listed) == ["2", "1", "0"]


@pytest.mark.parametrize(
    "role", ["store_manager", "cashier", "associate", "warehouse", "supplier", "region_manager", "auditor"]
)
def test_the_number_of_queries_does_not_grow_with_the_orders(chain, lives, role):
    places = {
        "warehouse": chain.warehouse.unit.id,
        "supplier": chain.supplier.id,
        "region_manager": chain.region.id,
        "auditor": chain.region.id,
    }
    person = make_person(role, unit_id=places.get(role, chain.store.unit.id), with_pin=False)
    browser = console.signed_in(person)
    home(browser, period="30") if role not in {"warehouse", "supplier"} else home(browser)

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            home(browser)
        return len(seen)

    before = asked()
    for _turn in range(5):
        console.live_a_little(chain, chain.store)
    figures.tell(chain.store)
    home(browser)
    assert asked() <= before + 1  # one store more on its way is named
    assert before <= QUERIES_MAX


def test_no_text_of_the_page_is_left_in_english(chain, lives):
    texts = " ".join(console.seen(home(signed_in(chain, language="zh-hans"), period="30"), skip_cells=True))
    for english in ("Sales", "Orders", "Refund", "compared", "Pause", "Sold out", "lasts"):
        assert english not in texts


def test_the_placed_order_waits_for_payment_among_the_things_to_do(chain, lives):
    order = buying.place(buying.command(chain.store, (chain.milk, 1)))
    browser = signed_in(chain)
    assert order.id in rows_of(browser, address(home(browser), "unpaid", "tile"))
