"""One deed on many chosen rows: each has its own outcome, none is half done, and the same form is done once."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client

from quanyu.modules.identity.models import Staff
from quanyu.modules.orders.models import Order, OrderEvent
from tests.harness import checkout as buying
from tests.harness import console, lists
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person

ORDERS = "orders.order"
CANCEL = f"{console.list_address(ORDERS)}batch/cancel/"
_OUTCOME = re.compile(
    r"<tr><td>(.*?)</td><td><span class=\"qy-badge qy-(\w+)\">.*?</span></td><td>(.*?)</td></tr>", re.DOTALL
)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture
def manager(chain: Chain) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False)


@pytest.fixture
def browser(manager: Person) -> Client:
    return console.signed_in(manager)


def outcomes(html: str) -> list[tuple[str, str, str]]:
    """Return (row, tone, why) for each row of the result."""
    return [(re.sub(r"<[^>]+>", "", name), tone, why) for name, tone, why in _OUTCOME.findall(html)]


def confirmed(
    browser: Client, keys: list[object], *, reason: str = "Ordered twice", token: str = ""
) -> dict[str, object]:
    """Return the form that a person sends after having seen which rows are chosen."""
    shown = browser.post(CANCEL, {"rows": keys}).content.decode()
    found = re.search(r'name="token" value="([^"]+)"', shown)
    assert found is not None
    return {"rows": keys, "token": token or found.group(1), "reason": reason, "confirm": "yes"}


def state_of(order_id: object) -> str:
    return str(Order.objects.get(pk=order_id).state)


def events_of(order_id: object) -> int:
    return OrderEvent.objects.filter(order_id=order_id).count()


def test_each_row_has_its_own_outcome_and_a_row_out_of_reach_is_not_found(chain: Chain, browser: Client):
    own = [buying.place(buying.command(chain.store, (chain.milk, 1))) for _ in range(2)]
    sold = console.live_a_little(chain, chain.store).sold
    other = buying.place(buying.command(chain.other_store, (chain.milk, 1)))
    keys = [own[0].id, sold.id, other.id, own[1].id, uuid.uuid4(), "nonsense"]

    asked = browser.post(CANCEL, {"rows": keys}).content.decode()
    assert own[0].number in asked
    assert other.number not in asked, "nothing is said about a row of another store"
    assert "This is not possible with the row as it stands." in asked
    assert [state_of(order.id) for order in own] == ["placed", "placed"], "nothing before it is confirmed"

    answer = browser.post(CANCEL, confirmed(browser, keys))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "2 done, 4 refused." in html
    unknown = "There is no such row, or it belongs to another store."
    told = {name: (tone, why) for name, tone, why in outcomes(html)}
    assert told == {
        f"{own[0].number}": ("good", "The order is cancelled; what was paid goes back."),
        f"{own[1].number}": ("good", "The order is cancelled; what was paid goes back."),
        f"{sold.number}": ("bad", "This is not possible with the row as it stands."),
        str(other.id): ("bad", unknown),
        str(keys[4]): ("bad", unknown),
        "nonsense": ("bad", unknown),
    }
    assert [state_of(order.id) for order in own] == ["cancelled", "cancelled"]
    assert (state_of(sold.id), state_of(other.id)) == ("completed", "placed")


def test_the_same_form_sent_twice_is_done_once_and_says_the_same(chain: Chain, browser: Client):
    orders = [buying.place(buying.command(chain.store, (chain.tea, 1))) for _ in range(3)]
    before = buying.stock_of(chain.store, chain.tea)
    sent = confirmed(browser, [order.id for order in orders])
    first = outcomes(browser.post(CANCEL, sent).content.decode())
    events = [events_of(order.id) for order in orders]
    again = browser.post(CANCEL, sent)
    assert (again.status_code, outcomes(again.content.decode())) == (200, first)
    assert [tone for _name, tone, _why in first] == ["good"] * 3
    assert [events_of(order.id) for order in orders] == events
    after = buying.stock_of(chain.store, chain.tea)
    assert (after[0], before[1] - after[1]) == (before[0], 3)
    # Another choice under the same token is not the same form.
    fourth = buying.place(buying.command(chain.store, (chain.tea, 1)))
    reused = browser.post(CANCEL, sent | {"rows": [fourth.id]})
    assert reused.status_code == 422
    assert state_of(fourth.id) == "placed"
    # A new form on rows that are done already refuses each of them.
    late = outcomes(browser.post(CANCEL, confirmed(browser, [order.id for order in orders])).content.decode())
    assert [tone for _name, tone, _why in late] == ["bad"] * 3


def test_a_batch_needs_rows_and_what_the_deed_asks_for(chain: Chain, browser: Client):
    order = buying.place(buying.command(chain.store, (chain.milk, 1)))
    answer = browser.post(CANCEL, {"query": "state__exact=placed"}, follow=True)
    assert answer.redirect_chain == [(f"{console.list_address(ORDERS)}?state__exact=placed", 302)]
    assert "Choose rows first." in answer.content.decode()
    sent = confirmed(browser, [order.id], reason="")
    refused = browser.post(CANCEL, sent)
    assert refused.status_code == 422
    assert "This field is required." in refused.content.decode()
    assert state_of(order.id) == "placed"
    # The form keeps its token, so that the corrected one is the first that is done.
    assert f'value="{sent["token"]}"' in refused.content.decode()


def test_a_batch_is_offered_and_done_by_its_permission_only(chain: Chain, browser: Client):
    order = buying.place(buying.command(chain.store, (chain.milk, 1)))
    assert f'formaction="{CANCEL}"' in lists.page(browser, ORDERS)
    cashier = console.signed_in(make_person("cashier", unit_id=chain.store.unit.id, with_pin=False))
    page = lists.page(cashier, ORDERS)
    assert "formaction" not in page
    assert 'name="rows"' not in page
    sent = {"rows": [order.id], "token": str(uuid.uuid4()), "reason": "No more", "confirm": "yes"}
    assert cashier.post(CANCEL, sent).status_code == 403
    assert browser.post(CANCEL.replace("cancel", "hand-over"), sent).status_code == 404, "not made for batches"
    assert browser.get(CANCEL).status_code == 405
    assert state_of(order.id) == "placed"


def test_the_lists_that_offer_batches(chain: Chain):
    offered = {place: {deed.name for deed in listed.batch_deeds()} for place, listed in console.lists().items()}
    assert {place: names for place, names in offered.items() if names} == {
        ORDERS: {"cancel"},
        "coupons.template": {"stop", "force_off"},
        "identity.staff": {"deactivate"},
        "catalog.listing": {"clear"},
        "members.associate": {"hand_over"},
        "partners.entry": {"try_again"},
    }


def test_staff_are_let_go_together_each_where_one_may(chain: Chain):
    owner = console.signed_in(make_person("head_office", with_pin=False))
    leaving = [make_person("cashier", unit_id=chain.store.unit.id, with_pin=False) for _ in range(2)]
    address = f"{console.list_address('identity.staff')}batch/deactivate/"
    sent = {"rows": [one.id for one in leaving], "token": str(uuid.uuid4()), "confirm": "yes"}
    html = owner.post(address, sent).content.decode()
    assert "2 done, 0 refused." in html
    assert set(Staff.objects.filter(id__in=[one.id for one in leaving]).values_list("is_active", flat=True)) == {False}
