"""What is done with stock on the screens: a count, goods sent, their arrival, whole and line by line."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Arrival, Goods
from quanyu.modules.inventory.models import Stock
from tests.harness import console, organization
from tests.harness.identity import make_person
from tests.harness.inventory import NOW, Shelf, cause, make_shelf


def address(page: str, **asked: object) -> str:
    return f"{reverse(f'admin:{page}')}?{'&'.join(f'{name}={value}' for name, value in asked.items())}"


def page(browser: Client, where: str) -> str:
    answer = browser.get(where)
    assert answer.status_code == 200, (where, answer.status_code)
    return answer.content.decode()


def stock_id(shelf: Shelf) -> str:
    return str(Stock.objects.get(location=shelf.location_id, sku=shelf.sku_id, owner=shelf.owner_id).pk)


def buying_of(shelf: Shelf, quantity: int) -> str:
    """Sell units of a shelf as an order would; return the order's number."""
    order = cause()
    inventory.reserve(cause_kind="order", cause_id=order, lines=[shelf.want(quantity)], expires_at=None, now=NOW)
    inventory.issue(cause_kind="order", cause_id=order, actor=SYSTEM, now=NOW)
    return order


def test_a_count_books_the_difference_to_what_the_counter_saw():
    shelf = make_shelf(on_hand=20)
    browser = console.signed_in(make_person("warehouse", unit_id=shelf.location_id))
    where = console.deed_address("inventory.stock", stock_id(shelf), "count")
    assert "The books say 20" in page(browser, where)
    asked = {"cause_id": cause(), "seen": "20", "counted": "18", "reason": "stocktaking"}
    # Three are sold while the count is written down.
    buying_of(shelf, 3)
    for _ in range(2):
        assert browser.post(where, asked).status_code == 302
    assert shelf.counters() == (15, 0)
    told = inventory.movements(location_id=shelf.location_id, sku_id=shelf.sku_id, owner_id=shelf.owner_id)
    assert [(one.kind, one.on_hand_delta) for one in told] == [("count_loss", -2), ("sale", -3), ("opening", 20)]
    assert browser.post(where, asked | {"cause_id": cause(), "seen": "15", "counted": "15"}).status_code == 302
    assert shelf.counters() == (15, 0)


def test_goods_are_sent_and_booked_on_the_screens():
    here = make_shelf(on_hand=20)
    goal = organization.make_store()
    sender = console.signed_in(make_person("warehouse", unit_id=here.location_id))
    receiver = console.signed_in(make_person("store_manager", unit_id=goal.unit.id))
    number = f"T-{cause()[:8]}"
    send = console.deed_address("inventory.stock", stock_id(here), "send")
    assert sender.post(send, {"number": number, "to": str(goal.unit.id), "quantity": "8"}).status_code == 302
    there = Shelf(goal.unit.id, here.owner_id, here.sku_id)
    assert (here.counters(), there.level().in_transit) == ((12, 0), 8)
    assert 'value="0"' in page(receiver, address("stock_transfers", transfer=number))

    arrive = console.deed_address("inventory.stock", stock_id(there), "arrive")
    assert sender.get(arrive).status_code == 404
    too_much = receiver.post(arrive, {"line": f"{number}|1", "arrived": "9"})
    assert (too_much.status_code, there.level().on_hand) == (422, 0)
    assert receiver.post(arrive, {"line": f"{number}|1", "arrived": "7"}).status_code == 302
    level = there.level()
    assert (level.on_hand, level.in_transit) == (7, 0)
    html = page(receiver, address("stock_transfers", transfer=number))
    assert "Arrived, some missing" in html
    assert 'value="100"' in html
    assert receiver.get(arrive).status_code == 404


def test_a_whole_transfer_is_booked_at_its_goal_only():
    here, goal = make_shelf(on_hand=20), organization.make_store()
    number = f"T-{cause()[:8]}"
    inventory.transfer_out(
        transfer_id=number,
        from_location_id=here.location_id,
        to_location_id=goal.unit.id,
        owner_id=here.owner_id,
        lines=[Goods(here.sku_id, 5), Goods(here.sku_id, 1)],
        actor=SYSTEM,
        now=system_clock.now(),
    )
    where = console.deed_address("inventory.stock", None, "arrive")
    sender = console.signed_in(make_person("warehouse", unit_id=here.location_id))
    receiver = console.signed_in(make_person("warehouse", unit_id=goal.unit.id))
    there = Shelf(goal.unit.id, here.owner_id, here.sku_id)
    assert sender.post(where, {"transfer": number}).status_code == 422
    assert there.level().in_transit == 6
    assert f"{where}?transfer={number}" in page(receiver, address("stock_transfers"))
    assert receiver.post(where, {"transfer": number}).status_code == 302
    assert (there.level().on_hand, there.level().in_transit) == (6, 0)


def test_arrivals_are_booked_line_by_line():
    here, goal = make_shelf(on_hand=20), organization.make_store()
    number = f"T-{cause()[:8]}"
    inventory.transfer_out(
        transfer_id=number,
        from_location_id=here.location_id,
        to_location_id=goal.unit.id,
        owner_id=here.owner_id,
        lines=[Goods(here.sku_id, 5), Goods(here.sku_id, 5)],
        actor=SYSTEM,
        now=system_clock.now(),
    )
    inventory.transfer_in(
        transfer_id=number,
        to_location_id=goal.unit.id,
        arrivals=[Arrival("1", 5)],
        actor=SYSTEM,
        now=system_clock.now(),
    )
    reader = console.signed_in(make_person("store_manager", unit_id=goal.unit.id))
    assert 'max="100" value="50"' in page(reader, address("stock_transfers", transfer=number))
