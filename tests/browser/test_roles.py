"""What each role does with the console on a working day, through the real screens at 1280 by 800."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from quanyu.modules.aftersales.models import Return
from quanyu.modules.inventory.models import Movement, Stock
from quanyu.modules.orders.models import Order
from tests.browser.desk import Desk, sit_down
from tests.harness import console, inventory
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Seat = Callable[[Person], Desk]
# What anybody may do with a list he sees: take it along, arrange it for himself.
HARMLESS = re.compile(r"/act/(export|arrange)/")


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture(scope="module")
def life(chain: Chain) -> console.Life:
    return console.live_a_little(chain, chain.store)


@pytest.fixture(scope="module")
def other(chain: Chain) -> console.Life:
    return console.live_a_little(chain, chain.other_store)


@pytest.fixture
def seat(live: Live, chromium: Browser) -> Iterator[Seat]:
    """Let people sit down in English; whatever they do, nothing comes from elsewhere and nothing breaks."""
    desks: list[Desk] = []

    def take(person: Person) -> Desk:
        desks.append(sit_down(chromium, live.url, person, language="en"))
        desks[-1].go("/console/")
        return desks[-1]

    yield take
    for desk in desks:
        desk.close()


def open_list(desk: Desk, title: str) -> None:
    """Choose a list in the side menu."""
    desk.page.locator("#nav-sidebar-apps").get_by_role("link", name=title, exact=True).click()


def find(desk: Desk, text: str) -> None:
    """Search the list that is open."""
    desk.page.fill("input[name=q]", text)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(re.compile(r"[?&]q="))


def open_row(desk: Desk, text: str) -> None:
    """Open the page of the row that the list shows."""
    link = desk.page.locator("tbody a", has_text=text).first
    expect(link).to_be_visible()
    assert desk.go(link.get_attribute("href") or "") == 200


def do(desk: Desk, title: str, **values: str) -> None:
    """Press a deed's button, fill its form in and confirm."""
    desk.page.get_by_role("link", name=title, exact=True).first.click()
    confirm = desk.page.locator("button[name=confirm]")
    expect(confirm).to_be_visible()
    for name, value in values.items():
        field = desk.page.locator(f"form [name={name}]")
        if field.first.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    confirm.click()
    desk.page.wait_for_load_state()


def deeds_offered(desk: Desk) -> list[str]:
    """Return the addresses of the deeds that the page offers."""
    links = desk.page.locator("a[href*='/act/'], form[action*='/act/'], button[formaction*='/act/']")
    told = links.evaluate_all("all => all.map(one => one.getAttribute('href') || one.action || one.formAction)")
    return [address for address in told if not HARMLESS.search(address)]


def test_head_office_goes_from_home_to_an_order_reads_its_economics_and_gives_the_money_back(
    chain: Chain, life: console.Life, seat: Seat
):
    desk = seat(make_person("head_office"))
    open_list(desk, "Orders")
    find(desk, life.sold.number)
    open_row(desk, life.sold.number)
    expect(desk.page.locator("h1")).to_contain_text(life.sold.number)
    # Three breads and a milk: 3 x 12.80 + 6.50.
    expect(desk.page.get_by_text("¥44.90").first).to_be_visible()
    expect(desk.page.get_by_text(chain.bread.name).first).to_be_visible()

    do(desk, "Refund the whole order", reason="Spoilt", note="All of it")
    expect(desk.page.locator("h1")).to_contain_text(life.sold.number)
    order = Order.objects.get(pk=life.sold.id)
    assert (order.refunded_fen, order.paid_fen) == (4490, 4490)
    assert Return.objects.get(order_id=order.pk).amount_fen == 4490


def test_a_region_manager_sees_the_stores_of_his_region_and_no_other(chain: Chain, seat: Seat):
    far = make_chain()
    desk = seat(make_person("region_manager", unit_id=chain.region.id))
    open_list(desk, "Locations")
    find(desk, chain.store.unit.code)
    expect(desk.page.locator("tbody").get_by_text(chain.store.unit.code).first).to_be_visible()
    find(desk, far.store.unit.code)
    expect(desk.page.locator("tbody").get_by_text(far.store.unit.code)).to_have_count(0)
    assert desk.go(console.row_address("organization.location", far.store.unit.id)) == 404


def test_a_store_manager_hands_a_pickup_over_and_corrects_stock_with_a_reason(
    chain: Chain, life: console.Life, seat: Seat
):
    desk = seat(chain.manager)
    open_list(desk, "Orders")
    find(desk, life.paid.number)
    open_row(desk, life.paid.number)
    do(desk, "Hand over", code=life.paid.pickup_code)
    assert Order.objects.get(pk=life.paid.id).state == "completed"

    shelf = chain.stocked(chain.store, chain.milk)
    row = Stock.objects.get(location_id=shelf.location_id, sku_id=shelf.sku_id, owner_id=shelf.owner_id)
    before = row.on_hand
    desk.go(console.row_address("inventory.stock", row.pk))
    do(desk, "Correct stock", quantity="-2", reason="Two bottles broke")
    row.refresh_from_db()
    assert row.on_hand == before - 2
    last = Movement.objects.filter(location_id=row.location_id, sku_id=row.sku_id).latest("id")
    assert (last.on_hand_delta, last.reason, last.actor) == (-2, "Two bottles broke", f"staff:{chain.manager.id}")
    expect(desk.page.get_by_text("Two bottles broke").first).to_be_visible()


def test_the_warehouse_sends_goods_and_the_store_books_what_arrived(chain: Chain, seat: Seat):
    keeper = make_person("warehouse", unit_id=chain.warehouse.unit.id)
    there, here = chain.stocked(chain.warehouse, chain.tea), chain.stocked(chain.store, chain.tea)
    sent_from = Stock.objects.get(location_id=there.location_id, sku_id=there.sku_id, owner_id=there.owner_id)
    arrives_at = Stock.objects.get(location_id=here.location_id, sku_id=here.sku_id, owner_id=here.owner_id)
    before = (sent_from.on_hand, arrives_at.on_hand)

    desk = seat(keeper)
    desk.go(console.row_address("inventory.stock", sent_from.pk))
    do(desk, "Send to another location", to=str(chain.store.unit.id), quantity="5")
    sent_from.refresh_from_db()
    arrives_at.refresh_from_db()
    assert (sent_from.on_hand, arrives_at.in_transit) == (before[0] - 5, 5)

    desk = seat(chain.manager)
    desk.go(console.row_address("inventory.stock", arrives_at.pk))
    line = console.deed_address("inventory.stock", arrives_at.pk, "arrive")
    desk.go(line)
    choice = desk.page.locator("select[name=line] option[value*=':'], select[name=line] option").last
    desk.page.locator("select[name=line]").select_option(choice.get_attribute("value"))
    desk.page.locator("button[name=confirm]").click()
    desk.page.wait_for_load_state()
    arrives_at.refresh_from_db()
    assert (arrives_at.on_hand, arrives_at.in_transit) == (before[1] + 5, 0)


def test_a_cashier_sees_what_a_till_needs_and_no_office(
    chain: Chain, life: console.Life, other: console.Life, seat: Seat
):
    desk = seat(chain.cashier)
    titles = set(desk.menu().values())
    assert {"Orders", "Products", "Members"} <= titles
    assert (
        titles & {"Settings", "Audit trail", "Staff", "Roles", "API clients", "Integrity", "Events and jobs"} == set()
    )
    desk.go(console.row_address("orders.order", life.unpaid.id))
    assert not any("/act/cancel/" in address for address in deeds_offered(desk))
    for address, status in (
        (console.deed_address("orders.order", life.unpaid.id, "cancel"), 403),
        (console.row_address("orders.order", other.paid.id), 404),
        ("/console/settings/", 403),
        ("/console/audit/", 403),
        (console.list_address("identity.staff"), 403),
    ):
        assert desk.go(address) == status, address


def test_a_dealer_sees_the_stores_he_owns_only(chain: Chain, life: console.Life, seat: Seat):
    mine = console.live_a_little(chain, chain.franchise)
    desk = seat(make_person("dealer", unit_id=chain.dealer.id))
    open_list(desk, "Orders")
    numbers = desk.page.locator("tbody tr").all_inner_texts()
    assert any(mine.paid.number in text for text in numbers)
    assert not any(life.paid.number in text for text in numbers)
    assert desk.go(console.row_address("orders.order", life.paid.id)) == 404


def test_a_supplier_sees_his_own_stock_only(chain: Chain, seat: Seat):
    own = inventory.Shelf(chain.store.unit.id, chain.supplier.id, chain.bread.id)
    inventory.receive(own, 7)
    desk = seat(make_person("supplier", unit_id=chain.supplier.id))
    open_list(desk, "Stock")
    rows = desk.page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("7")
    theirs = Stock.objects.get(location_id=chain.store.unit.id, sku_id=chain.milk.id, owner_id=chain.store.owner_id)
    assert desk.go(console.row_address("inventory.stock", theirs.pk)) == 404
    assert desk.go(console.list_address("orders.order")) == 403


def test_an_auditor_reads_orders_stock_members_and_the_trail_and_is_offered_nothing_to_do(
    chain: Chain, life: console.Life, seat: Seat
):
    desk = seat(make_person("auditor"))
    stock = Stock.objects.get(location_id=chain.store.unit.id, sku_id=chain.tea.id, owner_id=chain.store.owner_id)
    for address in (
        console.row_address("orders.order", life.paid.id),
        console.row_address("inventory.stock", stock.pk),
        console.row_address("members.member", life.member.id),
        console.row_address("organization.unit", chain.store.unit.id),
        console.list_address("catalog.product"),
        console.list_address("identity.staff"),
        "/console/audit/",
        "/console/settings/",
        "/console/integrity/",
        "/console/health/",
    ):
        assert desk.go(address) == 200, address
        assert deeds_offered(desk) == [], address
    assert life.member.number in desk.page.content() or desk.go(console.list_address("members.member")) == 200
