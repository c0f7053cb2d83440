"""Reading a list on by its keys: every row once, whatever comes in meanwhile, at the same price on every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, models
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quanyu.modules.members.models import Member
from quanyu.modules.organization.contracts import Location
from quanyu.modules.organization.models import Unit
from quanyu.modules.payments.models import Payment
from quanyu.platform.console import keyset, listing
from tests.harness import console, lists
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person

PLACE = "members.member"


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    yield make_chain()
    lists.forget_joined()


def manager_of(store: Location, language: str = "en") -> Client:
    return console.signed_in(make_person("store_manager", unit_id=store.unit.id, with_pin=False), language)


def test_rows_of_one_moment_are_met_once_each_forwards_and_backwards_while_others_come_in(chain: Chain):
    browser, wanted = manager_of(chain.store), lists.joined(chain.store, 130)
    forwards: list[str] = []
    came_in: set[str] = set()
    html = ""
    for html in lists.walk(browser, PLACE):
        forwards += lists.keys(html)
        # Of the same moment on either side of the place, and of moments before and after.
        came_in |= lists.joined(chain.store, 3) | lists.joined(chain.store, 2, at="now()")
        came_in |= lists.joined(chain.store, 1, at="timestamptz '2026-01-01 00:00+08'")
        if len(forwards) > 400:
            break
    assert len(forwards) == len(set(forwards))
    assert wanted <= set(forwards) <= wanted | came_in

    everything = {str(key) for key in Member.objects.filter(store_id=chain.store.unit.id).values_list("id", flat=True)}
    backwards = list(lists.keys(html))
    while previous := lists.turned(html, "prev"):
        html = lists.page(browser, PLACE, previous.removeprefix("?"))
        backwards = lists.keys(html) + backwards
    assert len(backwards) == len(set(backwards))
    assert wanted <= set(backwards) <= everything
    order = [
        str(key)
        for key in Member.objects.filter(id__in=backwards).order_by("-created_at", "-id").values_list("id", flat=True)
    ]
    assert backwards == order


def test_a_page_costs_the_same_questions_wherever_it_is_and_however_many_rows_follow(chain: Chain):
    store = chain.other_store
    lists.joined(store, 60)
    browser = manager_of(store)

    def questions(query: str = "") -> int:
        with CaptureQueriesContext(connection) as asked:
            lists.page(browser, PLACE, query)
        return len(asked)

    questions()
    first = questions()
    assert questions("after=" + _after(browser)) == first
    lists.joined(store, 90)
    assert (questions(), questions("after=" + _after(browser))) == (first, first)


def _after(browser: Client) -> str:
    following = lists.turned(lists.page(browser, PLACE), "next")
    assert following is not None
    return following.partition("after=")[2]


def test_a_place_that_is_not_known_leads_to_the_beginning_and_says_so(chain: Chain):
    browser = manager_of(chain.franchise)
    wanted = lists.joined(chain.franchise, 55)
    whole = lists.page(browser, PLACE)
    # No base64, too long, no JSON, no list of ours, another's order, no values of these kinds, other letters.
    for bad in ("!", "x" * 999, "bm8", "W10", "WyJhIiwxLCJiIl0", "WyItY3JlYXRlZF9hdCwtaWQiLDUsIngiLCJ5Il0", "\u4e2d"):
        html = lists.page(browser, PLACE, f"after={bad}")
        assert "That place in the list is not known any more. Here is its beginning." in html
        assert lists.keys(html) == lists.keys(whole)
    assert set(lists.keys(whole)) < wanted
    # A cursor of one order is none of another.
    assert "is not known any more" in lists.page(browser, PLACE, f"o=number&after={_after(browser)}")


def test_rows_are_counted_no_further_than_anybody_reads(chain: Chain, monkeypatch: pytest.MonkeyPatch):
    store = chain.franchise
    browser = manager_of(store)
    count = Member.objects.filter(store_id=store.unit.id).count()
    assert f"Rows 1–50 · {count} rows" in lists.page(browser, PLACE)
    monkeypatch.setattr(listing, "COUNTED_MAX", 51)
    html = lists.page(browser, PLACE)
    assert "Rows 1–50 · more than 51 rows" in html
    chinese = lists.page(manager_of(store, "zh-hans"), PLACE)
    assert "第 1–50 条 · 多于 51 条" in chinese


def test_an_order_in_which_no_cursor_can_stand_is_refused_when_the_list_is_made():
    assert [key.name for key in keyset.keys_of(Payment, ["-created_at"])] == ["-created_at", "-id"]
    assert [key.name for key in keyset.keys_of(Unit, ["code"])] == ["code"], "a unique key ends the order"
    with pytest.raises(TypeError, match="may be empty"):
        keyset.keys_of(Payment, ["-paid_at"])
    with pytest.raises(TypeError, match="may be empty"):
        keyset.keys_of(Unit, ["parent__code"])
    with pytest.raises(TypeError, match="not one of its fields"):
        keyset.keys_of(Payment, ["surprise"])
    with pytest.raises(TypeError, match="made of names of fields"):
        keyset.keys_of(Payment, [F("created_at").desc()])


def test_keys_that_point_different_ways_meet_every_row_once(chain: Chain):
    rows = Unit.objects.all()
    keys = keyset.keys_of(Unit, ["kind", "-is_active", "-code"])
    whole = list(keyset.ordered(rows, keys))
    met: list[models.Model] = []
    start: keyset.Cursor | None = None
    while True:
        page = keyset.cut(keyset.ordered(rows, keys), keys, size=3, start=start, end=None)
        met += page.rows
        if not page.has_after:
            break
        start = keyset.decode(keys, keyset.encode(keys, page.rows[-1], page.rank + 3))
    assert met == whole
    back: list[models.Model] = []
    end = keyset.decode(keys, keyset.encode(keys, whole[-1], len(whole)))
    while True:
        page = keyset.cut(keyset.ordered(rows, keys), keys, size=4, start=None, end=end)
        back = page.rows + back
        if not page.has_before:
            break
        end = keyset.decode(keys, keyset.encode(keys, page.rows[0], page.rank))
    assert back == whole[:-1]
    assert page.rank == 0


def test_a_list_is_sorted_only_by_what_an_index_serves(chain: Chain):
    browser = manager_of(chain.store)
    served = {place: set(listed.sort_fields) for place, listed in console.lists().items()}
    assert served["orders.order"] == {"number", "placed"}
    assert served[PLACE] == {"number", "joined"}
    html = lists.page(browser, PLACE, "o=number")
    assert 'aria-sort="ascending"' in html
    numbers = list(
        Member.objects.filter(store_id=chain.store.unit.id).order_by("number").values_list("id", flat=True)[:50]
    )
    assert lists.keys(html) == [str(key) for key in numbers]
    assert 'aria-sort="descending"' in lists.page(browser, PLACE, "o=-number")
    plain = lists.keys(lists.page(browser, PLACE))
    for unserved in ("tier_shown", "password", "1", "-"):
        assert lists.keys(lists.page(browser, PLACE, f"o={unserved}")) == plain


def test_every_list_walks_through_its_rows_in_its_order(chain: Chain):
    """Ten rows of each list at most, three at a time."""
    console.live_a_little(chain, chain.store)
    for place, listed in console.lists().items():
        rows = keyset.ordered(listed.model._default_manager.select_related(*_related(listed)), listed.keys)
        whole = list(rows[:10])
        start, met = None, []
        while len(met) < len(whole):
            page = keyset.cut(rows, listed.keys, size=3, start=start, end=None)
            met += page.rows
            if not page.has_after:
                break
            start = keyset.decode(listed.keys, keyset.encode(listed.keys, page.rows[-1], 0))
        assert met[: len(whole)] == whole, place


def _related(listed: object) -> tuple[str, ...]:
    found = getattr(listed, "list_select_related", ())
    return found if isinstance(found, tuple) else ()
