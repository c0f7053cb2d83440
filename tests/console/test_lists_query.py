"""The query area, what a person keeps of a list for himself, and the list as keyboard, reader and paper meet it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity.models import Staff
from quanyu.platform.console import own_lists
from quanyu.platform.models import ListColumns, SavedList
from tests.harness import console, lists
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person

ORDERS, STAFF, MEMBERS = "orders.order", "identity.staff", "members.member"
_CHIP = re.compile(r'class="qy-asked-chip" href="([^"]*)"><span>(.*?)</span><span class="material')
_TAB = re.compile(r'<a class="qy-tab" href="([^"]*)"( aria-current="page")?>(.*?)</a>', re.DOTALL)
_HEADING = re.compile(r"<th scope=\"col\"[^>]*>\s*(?:<a [^>]*>)?([^<]+)")


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="module")
def life(chain: Chain) -> console.Life:
    return console.live_a_little(chain, chain.store)


@pytest.fixture
def person(chain: Chain, life: console.Life) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False)


@pytest.fixture
def browser(person: Person) -> Client:
    return console.signed_in(person)


def chips(html: str) -> dict[str, str]:
    """Return what is set, each with the address that takes it away."""
    return {re.sub(r"<[^>]+>", "", text): unescape(address) for address, text in _CHIP.findall(html)}


def headings(html: str) -> list[str]:
    """Return the titles of the columns."""
    return [title.strip() for title in _HEADING.findall(html)]


def tabs(html: str) -> list[tuple[str, bool]]:
    """Return the views above a list, each with whether it is open."""
    plain = re.compile(r'<span class="material-symbols-outlined".*?</span>|<[^>]+>')
    return [(plain.sub("", text), bool(here)) for _address, here, text in _TAB.findall(html)]


def arrange(browser: Client, place: str, **said: object) -> str:
    """Send one of the forms of one's own views; return where it leads to."""
    answer = browser.post(console.deed_address(place, None, "arrange"), said)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


# The query area.


def test_what_is_set_stands_as_chips_that_can_be_taken_away(browser: Client, life: console.Life):
    html = lists.page(browser, ORDERS, "state__exact=paid&channel__exact=mall&q=D")
    assert lists.keys(html) == [str(life.paid.id)]
    assert chips(html) == {
        "Search for: D": "?state__exact=paid&channel__exact=mall",
        "State: Paid": "?channel__exact=mall&q=D",
        "Channel: Mall": "?state__exact=paid&q=D",
    }
    assert ">Reset</a>" in html


def test_a_list_offers_to_reset_only_what_is_set(browser: Client, chain: Chain):
    assert ">Reset</a>" not in lists.page(browser, ORDERS)
    nobody = make_person("store_manager", unit_id=chain.franchise.unit.id, with_pin=False)
    empty = lists.page(console.signed_in(nobody), ORDERS)
    assert "Nothing here yet." in empty
    assert "Show everything" not in empty
    narrowed = lists.page(console.signed_in(nobody), ORDERS, "state__exact=paid")
    assert "Nothing matches." in narrowed
    assert "Show everything" in narrowed


def test_empty_fields_of_a_form_narrow_nothing(browser: Client):
    sent = "q=&state__exact=&placed_at__period=&placed_at__since=&placed_at__until="
    html = lists.page(browser, ORDERS, sent)
    assert lists.keys(html) == lists.keys(lists.page(browser, ORDERS))
    assert chips(html) == {}


def test_days_move_along_with_the_calendar(chain: Chain):
    store = chain.other_store
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    days = {"today": 0, "yesterday": 1, "six days ago": 6, "a week ago": 7, "a month ago": 30}
    made: dict[str, str] = {}
    for name, ago in days.items():
        (made[name],) = lists.joined(store, 1, at=f"timestamptz '{noon - timedelta(days=ago)}'")
    manager = make_person("store_manager", unit_id=store.unit.id, with_pin=False)
    browser = console.signed_in(manager)

    def shown(query: str) -> set[str]:
        keys = lists.keys(lists.page(browser, MEMBERS, query))
        return {name for name, key in made.items() if key in keys}

    day = f"{noon - timedelta(days=6):%Y-%m-%d}"
    assert shown("created_at__period=today") == {"today"}
    assert shown("created_at__period=yesterday") == {"yesterday"}
    assert shown("created_at__period=7") == {"today", "yesterday", "six days ago"}
    assert shown("created_at__period=30") == set(days) - {"a month ago"}
    # Both days are included; the quick choice is stronger than days left in the form.
    between = f"created_at__since={day}&created_at__until={day}"
    assert shown(f"created_at__period=between&{between}") == {"six days ago"}
    assert shown(f"created_at__period=today&{between}") == {"today"}
    assert shown(f"created_at__until={day}") == {"six days ago", "a week ago", "a month ago"}
    assert chips(lists.page(browser, MEMBERS, between)) == {f"Joined at: {day}": "?"}
    chinese = console.signed_in(manager, "zh-hans")
    assert list(chips(lists.page(chinese, MEMBERS, "created_at__period=7"))) == ["入会时间: 近 7 天"]
    lists.forget_joined()


def test_links_of_tiles_with_many_values_show_what_they_ask_for(browser: Client, life: console.Life):
    html = lists.page(browser, ORDERS, "state__in=placed,paid")
    assert set(lists.keys(html)) == {str(life.unpaid.id), str(life.paid.id)}
    assert list(chips(html)) == ["State: Waiting for payment, Paid"]
    # The form keeps it, though the choices do not have it.
    assert '<option value="~state__in=placed%2Cpaid" selected>Waiting for payment, Paid</option>' in html
    assert lists.keys(lists.page(browser, ORDERS, "state__exact=~state__in%3Dplaced%2Cpaid")) == lists.keys(html)


@pytest.mark.parametrize(
    "name", ["password__startswith", "surprise", "totp_secret__isnull", "assignments__role__code", "is_active__regex"]
)
def test_a_filter_that_the_list_does_not_have_is_left_out_and_named(chain: Chain, name: str):
    owner = console.signed_in(make_person("head_office", with_pin=False))
    newest = Staff.objects.order_by("-id")[0].username
    html = lists.page(owner, STAFF, f"{name}=x&q={newest}")
    assert len(lists.rows(html)) == 1
    assert f"This list has no filter called {name}; it is left out." in html


@pytest.mark.parametrize("query", ["placed_at__since=yesterday", "placed_at__period=soon", "placed_at__gte=soon"])
def test_a_value_that_makes_no_sense_is_left_out_with_a_word(browser: Client, query: str):
    html = lists.page(browser, ORDERS, query)
    assert "A filter in the address makes no sense here; it is left out." in html
    assert chips(html) == {}


def test_a_search_looks_at_other_tables_by_their_own_indexes(chain: Chain, browser: Client):
    movements = lists.page(browser, "inventory.movement", f"q={chain.bread.code}")
    assert len(lists.rows(movements)) > 0
    assert chain.milk.code not in " ".join(console.seen(movements))
    assert lists.rows(lists.page(browser, "inventory.movement", "q=no-such-thing")) == []
    # Each word must fit; a field that cannot hold a word is not asked.
    owner = console.signed_in(make_person("head_office", with_pin=False))
    assert lists.rows(lists.page(owner, "catalog.sku", f"q={chain.bread.code}+{chain.milk.code}")) == []
    assert len(lists.rows(lists.page(owner, "catalog.sku", f"q={chain.bread.code}"))) == 1


# One's own views.


def test_a_view_is_kept_opened_changed_renamed_and_removed(browser: Client, person: Person, life: console.Life):
    address = arrange(browser, ORDERS, part="save", name="To do", query="state__exact=paid&o=placed")
    (saved,) = SavedList.objects.filter(staff_id=person.id)
    assert (saved.place, saved.name, saved.query) == (ORDERS, "To do", "state__exact=paid&o=placed")
    html = browser.get(address).content.decode()
    assert tabs(html) == [("All", False), ("To do", True)]
    assert lists.keys(html) == [str(life.paid.id)]

    changed = lists.page(browser, ORDERS, f"state__exact=placed&view={saved.id}")
    assert ("To do*", True) in tabs(changed)
    assert "Change “To do” to this" in changed
    arrange(browser, ORDERS, part="save", name="To do", query="state__exact=placed")
    assert SavedList.objects.get(staff_id=person.id).query == "state__exact=placed"

    arrange(browser, ORDERS, part="rename", saved=saved.id, name="Unpaid")
    assert tabs(lists.page(browser, ORDERS)) == [("All", True), ("Unpaid", False)]
    assert tabs(lists.page(browser, MEMBERS)) == [("All", True)], "of this list only"
    arrange(browser, ORDERS, part="remove", saved=saved.id)
    assert tabs(lists.page(browser, ORDERS)) == [("All", True)]
    assert not SavedList.objects.filter(staff_id=person.id).exists()


def test_the_list_opens_with_the_view_that_was_chosen_and_all_rows_are_one_click_away(
    browser: Client, person: Person, life: console.Life
):
    arrange(browser, ORDERS, part="save", name="Paid", query="state__exact=paid", is_default="on")
    arrange(browser, ORDERS, part="save", name="Unpaid", query="state__exact=placed", is_default="on")
    assert list(SavedList.objects.filter(staff_id=person.id, is_default=True).values_list("name", flat=True)) == [
        "Unpaid"
    ]
    html = lists.page(browser, ORDERS)
    assert lists.keys(html) == [str(life.unpaid.id)]
    assert "filters=state__exact%3Dplaced" in html, "the export means what is on the screen"
    assert set(lists.keys(lists.page(browser, ORDERS, "view=0"))) == {
        str(order.id) for order in (life.paid, life.unpaid, life.sold)
    }
    paid = SavedList.objects.get(staff_id=person.id, name="Paid")
    arrange(browser, ORDERS, part="open_with", saved=paid.id)
    assert lists.keys(lists.page(browser, ORDERS)) == [str(life.paid.id)]
    arrange(browser, ORDERS, part="open_with")
    assert len(lists.keys(lists.page(browser, ORDERS))) == 3


def test_only_what_the_list_knows_is_kept(browser: Client, person: Person):
    query = "state__exact=paid&password__startswith=p&after=WyJ4Il0&view=7&next=https://example.org&q=DD"
    address = arrange(browser, ORDERS, part="save", name="Mine", query=query)
    saved = SavedList.objects.get(staff_id=person.id)
    assert saved.query == "state__exact=paid&q=DD"
    assert address == f"{console.list_address(ORDERS)}?state__exact=paid&q=DD&view={saved.id}"


def test_nobody_sees_or_changes_what_others_keep(browser: Client, person: Person, chain: Chain):
    arrange(browser, ORDERS, part="save", name="Mine alone", query="state__exact=paid", is_default="on")
    arrange(browser, ORDERS, part="columns", query="", columns=["placed"])
    saved = SavedList.objects.get(staff_id=person.id)
    neighbour = console.signed_in(make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False))
    html = lists.page(neighbour, ORDERS)
    assert "Mine alone" not in html
    assert "Payable" in headings(html)
    assert "Mine alone" not in neighbour.get(console.deed_address(ORDERS, None, "arrange")).content.decode()
    for part in ("rename", "open_with", "remove"):
        sent = {"part": part, "saved": saved.id, "name": "Yours"}
        refused = neighbour.post(console.deed_address(ORDERS, None, "arrange"), sent)
        assert refused.status_code == 422
        assert "There is no such view any more." in refused.content.decode()
    kept = SavedList.objects.get(id=saved.id)
    assert (kept.staff_id, kept.name, kept.query, kept.is_default) == (person.id, "Mine alone", saved.query, True)
    # The other's number in an address opens nothing of his.
    assert ("Mine alone", True) not in tabs(lists.page(neighbour, ORDERS, f"view={saved.id}"))


def test_a_person_keeps_twenty_views_of_a_list_and_no_more(browser: Client, person: Person):
    for number in range(own_lists.SAVED_MAX):
        arrange(browser, ORDERS, part="save", name=f"View {number}", query="state__exact=paid")
    sent = {"part": "save", "name": "One more", "query": ""}
    refused = browser.post(console.deed_address(ORDERS, None, "arrange"), sent)
    assert refused.status_code == 422
    assert "You keep 20 views of this list already." in refused.content.decode()
    assert SavedList.objects.filter(staff_id=person.id).count() == 20
    # One of them can still be replaced, and another list has room of its own.
    arrange(browser, ORDERS, part="save", name="View 3", query="state__exact=placed")
    arrange(browser, MEMBERS, part="save", name="View 3", query="")
    gone = SavedList.objects.get(staff_id=person.id, place=ORDERS, name="View 7")
    arrange(browser, ORDERS, part="remove", saved=gone.id)
    arrange(browser, ORDERS, part="save", name="One more", query="")
    assert SavedList.objects.get(staff_id=person.id, name="One more").slot == gone.slot


def test_names_are_given_once_and_are_no_longer_than_a_tab(browser: Client, person: Person):
    arrange(browser, ORDERS, part="save", name="One", query="")
    arrange(browser, ORDERS, part="save", name="Two", query="")
    two = SavedList.objects.get(staff_id=person.id, name="Two")
    for sent, told in (
        ({"part": "rename", "saved": two.id, "name": "One"}, "Another view of this list has that name."),
        ({"part": "rename", "saved": two.id, "name": ""}, "Give the view a name."),
        ({"part": "save", "name": "x" * 41}, "at most 40 characters"),
    ):
        refused = browser.post(console.deed_address(ORDERS, None, "arrange"), sent)
        assert refused.status_code == 422
        assert told in refused.content.decode()
    assert sorted(SavedList.objects.filter(staff_id=person.id).values_list("name", flat=True)) == ["One", "Two"]


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"slot": 21, "name": "x"}, "platform_saved_list_bounded"),
        ({"slot": 0, "name": "x"}, "platform_saved_list_bounded"),
        ({"slot": 1, "name": "x"}, "platform_saved_list_slot_once"),
        ({"slot": 2, "name": "Mine"}, "platform_saved_list_name_once"),
        ({"slot": 2, "name": ""}, "platform_saved_list_named"),
        ({"slot": 2, "name": "x", "is_default": True}, "platform_saved_list_one_default"),
    ],
)
def test_the_table_itself_refuses_what_the_door_does(person: Person, wrong: dict[str, object], constraint: str):
    now = system_clock.now()
    own_lists.save(staff_id=person.id, place=ORDERS, name="Mine", query="", is_default=True, now=now)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SavedList.objects.create(staff_id=person.id, place=ORDERS, query="", changed_at=now, **wrong)
    assert SavedList.objects.filter(staff_id=person.id).count() == 1


# Columns.


def test_columns_are_chosen_ordered_and_set_back(browser: Client, person: Person):
    whole = headings(lists.page(browser, ORDERS))
    address = arrange(browser, ORDERS, part="columns", query="q=DD", columns=["placed", "store", "surprise", "placed"])
    assert address == f"{console.list_address(ORDERS)}?q=DD"
    html = lists.page(browser, ORDERS)
    assert headings(html)[:3] == ["Order number", "Placed at", "Store"]
    assert "Payable" not in headings(html)
    assert ListColumns.objects.get(staff_id=person.id, place=ORDERS).names == "number,placed,store"
    assert headings(lists.page(browser, MEMBERS)) != []
    arrange(browser, ORDERS, part="own_columns", query="")
    assert headings(lists.page(browser, ORDERS)) == whole
    assert not ListColumns.objects.filter(staff_id=person.id).exists()
    # Without any column left the list is as it was.
    arrange(browser, ORDERS, part="columns", query="", columns=[])
    assert headings(lists.page(browser, ORDERS)) == whole


# Keyboard, readers, paper, drawer.


def test_a_reader_hears_how_the_table_is_built(browser: Client):
    html = lists.page(browser, ORDERS, "o=-placed")
    assert '<a class="qy-skip" href="#content">' in html
    assert html.count('aria-sort="descending"') == 1
    assert html.count('aria-sort="none"') == 1
    assert html.count('<th scope="row"') == len(lists.rows(html)) == 3
    assert re.search(r'<caption class="qy-unseen">Orders, 3 rows</caption>', html)
    assert html.count("<h1") == 1
    labels = set(re.findall(r'<label for="([^"]+)"', html))
    fields = set(re.findall(r'<(?:select|input)[^>]* id="(qy-[^"]+)"', html))
    assert fields <= labels | {"qy-view-name"}


def test_paper_says_whose_list_it_is_what_was_asked_and_by_whom(browser: Client, person: Person, chain: Chain):
    html = lists.page(browser, ORDERS, "state__exact=paid")
    head = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html[html.index("qy-print-head") :][:600]))
    assert "Orders" in head
    assert "State: Paid · Rows 1–1 · " in head
    assert Staff.objects.get(id=person.id).name in head
    assert '<div class="qy-print-head">' in browser.get(lists.rows(html)[0]).content.decode()


def test_the_drawer_gets_a_rows_page_without_the_frame(browser: Client, life: console.Life, chain: Chain):
    address = console.row_address(ORDERS, life.paid.id)
    part = browser.get(address, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "HX-Request" in part.headers["Vary"]
    html = part.content.decode()
    assert life.paid.number in html
    assert console.deed_address(ORDERS, life.paid.id, "cancel") in html, "deeds lead to their own pages"
    assert "<html" not in html
    assert "nav-sidebar" not in html
    assert "<html" in browser.get(address).content.decode()
    others = console.signed_in(make_person("store_manager", unit_id=chain.franchise.unit.id, with_pin=False))
    assert others.get(address, headers={"HX-Request": "true"}).status_code == 404
