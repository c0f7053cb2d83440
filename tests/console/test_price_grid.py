"""The grid of a book's prices: nobody undoes what somebody else changed, every cell has its own outcome."""

from __future__ import annotations

import html
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.identity import api as identity
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import Book, NewPrice, PriceCell, PriceState
from quanyu.modules.pricing.models import Price, PriceChange
from tests.harness import catalog as goods
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person
from tests.harness.pricing import make_book

GRID = "/console/pricing/prices/"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="module")
def ann() -> Person:
    return make_person("head_office")


@pytest.fixture(scope="module")
def head(ann: Person) -> Client:
    return console.signed_in(ann)


@pytest.fixture
def book(chain: Chain) -> Book:
    prices = {chain.milk.id: 1000, chain.tea.id: 8800, chain.bread.id: 1280}
    return make_book(unit_id=chain.store.unit.id, kind="timed", period=_hour(), prices=prices)


_used = iter(range(1, 10_000))


def _hour() -> Period:
    """Return an hour of its own for each book: two of a kind may not overlap at one unit."""
    start = system_clock.now() + timedelta(days=400, hours=next(_used))
    return Period(start, start + timedelta(hours=1))


def held(book: Book) -> dict[int, int]:
    return dict(Price.objects.filter(book_id=book.id).values_list("sku_id", "amount_fen"))


def send(browser: Client, book: Book, *changes: tuple[int, str, str], **asked: str) -> tuple[int, str]:
    """Send cells as (SKU, as it was, as wanted); return how it was answered, and the page's text."""
    sent = json.dumps([[str(sku_id), was, wanted] for sku_id, was, wanted in changes])
    answer = browser.post(f"{GRID}?book={book.id}", {"changes": sent, **asked})
    return answer.status_code, html.unescape(answer.content.decode())


def write(book: Book, *cells: PriceCell) -> list[PriceState]:
    outcomes = pricing.write_prices(book_id=book.id, cells=cells, actor=SYSTEM, now=system_clock.now())
    return [one.state for one in outcomes]


def test_who_opened_the_grid_before_undoes_nothing_of_what_was_changed_since(chain: Chain, head: Client, book: Book):
    other = console.signed_in(make_person("head_office"))
    page = head.get(GRID, {"book": book.id}).content.decode()
    assert f'data-cell="{chain.milk.id}" data-was="10.00" value="10.00"' in page
    assert send(other, book, (chain.milk.id, "10.00", "12.00"))[0] == 200
    # Only the tea is changed; the milk that is still 10 in this window is neither sent nor written.
    assert send(head, book, (chain.tea.id, "88.00", "90.00"))[0] == 200
    assert held(book) == {chain.milk.id: 1200, chain.tea.id: 9000, chain.bread.id: 1280}


def test_a_price_changed_meanwhile_is_kept_and_says_by_whom(chain: Chain, ann: Person, head: Client, book: Book):
    other = console.signed_in(make_person("head_office"))
    send(head, book, (chain.milk.id, "10.00", "12.00"))
    status, text = send(other, book, (chain.milk.id, "10.00", "11.00"), (chain.tea.id, "88.00", "90.00"))
    assert status == 422
    assert "1 saved, 1 changed by others meanwhile, 0 refused." in text
    assert f"{identity.staff(ids=[ann.id])[ann.id].name} made it ¥12.00 at " in text
    assert "yours (¥11.00) is not saved" in text
    assert f'data-cell="{chain.milk.id}" data-was="12.00" value="12.00"' in text
    assert held(book) == {chain.milk.id: 1200, chain.tea.id: 9000, chain.bread.id: 1280}
    # Now he has seen it.
    assert send(other, book, (chain.milk.id, "12.00", "11.00"))[0] == 200
    assert held(book)[chain.milk.id] == 1100


def test_taking_out_and_putting_in_are_judged_the_same(chain: Chain, book: Book):
    milk, apples = chain.milk.id, chain.apples.id
    assert write(book, PriceCell(milk, 1000, None), PriceCell(apples, None, 500)) == [PriceState.SAVED] * 2
    assert write(book, PriceCell(milk, 1000, 1100), PriceCell(apples, None, 600)) == [PriceState.STALE] * 2
    assert write(book, PriceCell(milk, 1000, None), PriceCell(apples, None, 500)) == [PriceState.SAME] * 2
    twice = PriceCell(milk, None, 700), PriceCell(milk, 700, 800), PriceCell(milk, 700, 900)
    assert write(book, *twice) == [PriceState.SAVED, PriceState.SAVED, PriceState.STALE]
    assert held(book) == {chain.tea.id: 8800, chain.bread.id: 1280, milk: 800, apples: 500}


def test_of_many_who_change_one_price_at_once_one_wins_and_the_others_are_told(chain: Chain, book: Book):
    def edit(fen: int) -> PriceState:
        try:
            return write(book, PriceCell(chain.milk.id, 1000, fen))[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(edit, (1100, 1200, 1300, 1400)))
    assert sorted(states) == [PriceState.SAVED, *[PriceState.STALE] * 3]
    assert PriceChange.objects.filter(book_id=book.id, sku_id=chain.milk.id, before_fen=1000).count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("abc", "Enter an amount in yuan, such as 12.50."),
        ("12.345", "Enter an amount in yuan, such as 12.50."),
        ("1e3", "Enter an amount in yuan, such as 12.50."),
        ("-1", "Not saved: it must not be negative"),
        ("10000000.01", "Not saved: it is more than ten million yuan"),
    ],
)
def test_what_cannot_be_a_price_is_said_at_its_field_and_changes_nothing(
    chain: Chain, head: Client, book: Book, typed: str, said: str
):
    before, changes = held(book), PriceChange.objects.filter(book_id=book.id).count()
    status, text = send(head, book, (chain.milk.id, "10.00", typed))
    assert status == 422
    assert "0 saved, 0 changed by others meanwhile, 1 refused." in text
    assert said in text
    assert 'aria-invalid="true"' in text
    assert (held(book), PriceChange.objects.filter(book_id=book.id).count()) == (before, changes)


def test_amounts_are_read_as_people_type_them(chain: Chain, head: Client, book: Book):
    assert send(head, book, (chain.milk.id, "10.00", " ￥１，２３４.5 "), (chain.tea.id, "88.00", "88"))[0] == 200
    assert held(book)[chain.milk.id] == 123_450
    assert PriceChange.objects.filter(book_id=book.id, sku_id=chain.tea.id).count() == 1


@pytest.mark.parametrize(
    "sent", ["", "{}", "[1]", '[["x","1","0"]]', '[["1","y","0"]]', '[["99999999999999999999","1","0"]]']
)
def test_nonsense_is_not_found(head: Client, book: Book, sent: str):
    assert head.post(f"{GRID}?book={book.id}", {"changes": sent}).status_code == 404


def test_unknown_goods_are_refused_cell_by_cell(chain: Chain, head: Client, book: Book):
    status, text = send(head, book, (999_999_999_999, "", "1.00"), (chain.milk.id, "10.00", "10.50"))
    assert (status, "1 saved, 0 changed by others meanwhile, 1 refused." in text) == (422, True)
    assert held(book)[chain.milk.id] == 1050


def test_who_may_only_read_sees_no_fields_and_writes_nothing(chain: Chain, book: Book):
    manager = make_person("store_manager", unit_id=chain.store.unit.id)
    browser, before = console.signed_in(manager), held(book)
    page = browser.get(GRID, {"book": book.id})
    assert (page.status_code, "data-cell" in page.content.decode()) == (200, False)
    assert send(browser, book, (chain.milk.id, "10.00", "1.00"))[0] == 403
    with pytest.raises(Forbidden):
        pricing.write_prices(
            book_id=book.id,
            cells=[PriceCell(chain.milk.id, 1000, 100)],
            actor=identity.actor_for_staff(staff_id=manager.id),
            now=system_clock.now(),
        )
    elsewhere = console.signed_in(make_person("store_manager", unit_id=chain.other_store.unit.id))
    assert elsewhere.get(GRID, {"book": book.id}).status_code == 404
    assert send(elsewhere, book, (chain.milk.id, "10.00", "1.00"))[0] == 404
    assert elsewhere.get(GRID, {"book": book.id, "history": chain.milk.id}).status_code == 404
    assert held(book) == before


def test_a_book_that_has_ended_is_read_only(chain: Chain, head: Client, book: Book):
    pricing.close_book(book_id=book.id, at=system_clock.now(), actor=SYSTEM, now=system_clock.now())
    assert "data-cell" not in head.get(GRID, {"book": book.id}).content.decode()
    assert send(head, book, (chain.milk.id, "10.00", "1.00"))[0] == 403


def test_the_grid_is_paged_searched_and_narrowed(chain: Chain, head: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quanyu.modules.pricing.admin.price_grid.ROWS", 2)
    other = goods.make_sku(name="另类", category_id=goods.make_category().id)
    skus = sorted([chain.milk, chain.tea, chain.bread, other], key=lambda one: one.code)
    prices = {sku.id: 500 for sku in skus}
    book = make_book(unit_id=chain.store.unit.id, kind="timed", period=_hour(), prices=prices)
    address, seen = f"{GRID}?book={book.id}", []
    while address:
        answer = head.get(address)
        seen.append([row.sku_id for row in answer.context_data["grid"].rows])
        following = answer.context_data["following"]
        address = f"{GRID}{following}" if following else ""
    assert seen == [[sku.id for sku in skus[:2]], [sku.id for sku in skus[2:]]]

    def found(**asked: object) -> list[int]:
        return [row.sku_id for row in head.get(GRID, {"book": book.id, **asked}).context_data["grid"].rows]

    assert found(q=chain.tea.code) == [chain.tea.id]
    assert found(q=chain.milk.barcodes[0]) == [chain.milk.id]
    assert found(q=chain.apples.code) == []
    assert found(q=chain.apples.code, goods="all") == [chain.apples.id]
    assert found(category=other.category_id, goods="all") == [other.id]
    assert found(category=other.category_id) == [other.id]
    for nonsense in (
        {"category": "x"},
        {"goods": "all", "after": "x"},
        {"history": "x"},
        {"history": 999_999_999_999},
        {"book": "x"},
        {"book": 0},
    ):
        assert head.get(GRID, {"book": book.id, **nonsense}).status_code == 404


def test_a_row_compares_with_the_base_the_members_and_what_comes(chain: Chain, head: Client):
    sku = goods.make_sku(category_id=chain.category.id)
    make_book(unit_id=chain.other_store.unit.id, kind="member", prices={sku.id: 900})
    coming = make_book(unit_id=chain.other_store.unit.id, kind="timed", period=_hour(), prices={sku.id: 700})
    above = next(one for one in pricing.books(unit_ids=[chain.region.id]) if one.kind == "base")
    pricing.set_prices(book_id=above.id, prices=[NewPrice(sku.id, 1000)], actor=SYSTEM, now=system_clock.now())
    own = make_book(unit_id=chain.other_store.unit.id, prices={sku.id: 1100})
    row = head.get(GRID, {"book": own.id}).context_data["grid"].rows[0]
    assert (row.was, row.compared, row.gap, row.gap_tone) == ("11.00", "¥10.00", "+10.0%", "up")
    assert (row.member, row.coming) == ("¥9.00", "¥7.00")
    assert coming.name in row.coming_when
    timed = head.get(GRID, {"book": coming.id}).context_data["grid"].rows[0]
    assert (timed.compared, timed.gap, timed.gap_tone) == ("¥11.00", "-36.4%", "down")


def test_the_history_of_a_price_is_drawn_and_listed(chain: Chain, ann: Person, head: Client, book: Book):
    send(head, book, (chain.milk.id, "10.00", "12.00"))
    send(head, book, (chain.milk.id, "12.00", ""))
    answer = head.get(GRID, {"book": book.id, "history": chain.milk.id})
    rows = answer.context_data["card"].rows
    name = identity.staff(ids=[ann.id])[ann.id].name
    assert [row[1:] for row in rows][:2] == [("¥12.00", "–", name), ("¥10.00", "¥12.00", name)]
    assert answer.context_data["line"].count("M") == 1
    assert head.get(GRID, {"book": book.id, "history": chain.apples.id}).context_data["line"] == ""


def test_a_page_takes_a_fixed_number_of_queries(chain: Chain, head: Client, book: Book):
    head.get(GRID, {"book": book.id})
    with CaptureQueriesContext(connection) as counted:
        head.get(GRID, {"book": book.id})
    few = len(counted)
    prices = [NewPrice(goods.make_sku(category_id=chain.category.id).id, 500) for _ in range(10)]
    pricing.set_prices(book_id=book.id, prices=prices, actor=SYSTEM, now=system_clock.now())
    with CaptureQueriesContext(connection) as counted:
        head.get(GRID, {"book": book.id})
    assert len(counted) <= few
    assert few <= 20


def test_the_door_refuses_what_is_too_dear(chain: Chain, book: Book):
    with pytest.raises(Invalid):
        pricing.set_prices(
            book_id=book.id, prices=[NewPrice(chain.milk.id, 10**9 + 1)], actor=SYSTEM, now=system_clock.now()
        )
    assert held(book)[chain.milk.id] == 1000
