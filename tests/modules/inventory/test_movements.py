"""Receipts, corrections, damage and transfers: every change is a movement with its cause (I1, INV-01, INV-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import (
    Arrival,
    Goods,
    KindInvalid,
    QuantityInvalid,
    Shortage,
    StockShort,
    TransferUnknown,
)
from quanyu.platform import db
from tests.harness import catalog, organization
from tests.harness.inventory import NOW, cause, make_shelf, receive


def correct(shelf, quantity, *, kind="adjustment", cause_id=None, actor=SYSTEM):
    return inventory.adjust(
        location_id=shelf.location_id,
        owner_id=shelf.owner_id,
        lines=[Goods(shelf.sku_id, quantity)],
        cause_kind="test",
        cause_id=cause_id or cause(),
        reason="found behind the shelf",
        kind=kind,
        actor=actor,
        now=NOW,
    )


def hold(shelf, quantity, *, expires_at=None):
    number = cause()
    inventory.reserve(cause_kind="order", cause_id=number, lines=[shelf.want(quantity)], expires_at=expires_at, now=NOW)
    return number


def figures(shelf):
    level = shelf.level()
    return level.on_hand, level.reserved, level.damaged, level.in_transit


def history(shelf):
    rows = inventory.movements(location_id=shelf.location_id, sku_id=shelf.sku_id, owner_id=shelf.owner_id)
    return [(row.kind, row.on_hand_delta, row.damaged_delta, row.in_transit_delta, row.on_hand_after) for row in rows]


def send(shelf, there, quantity, *, transfer_id, line="a"):
    return inventory.transfer_out(
        transfer_id=transfer_id,
        from_location_id=shelf.location_id,
        to_location_id=there.location_id,
        owner_id=shelf.owner_id,
        lines=[Goods(shelf.sku_id, quantity, line=line)],
        actor=SYSTEM,
        now=NOW,
    )


def arrive(there, *, transfer_id, arrivals=None):
    return inventory.transfer_in(
        transfer_id=transfer_id, to_location_id=there.location_id, arrivals=arrivals, actor=SYSTEM, now=NOW
    )


def test_a_receipt_is_moved_once_however_often_it_is_sent():
    shelf = make_shelf()
    number = cause()
    assert receive(shelf, 5, cause_id=number, kind="receipt") == 1
    assert receive(shelf, 5, cause_id=number, kind="receipt") == 0
    assert receive(shelf, 5, cause_id=number, kind="customer_return") == 1
    assert figures(shelf) == (10, 0, 0, 0)
    assert history(shelf) == [("customer_return", 5, 0, 0, 10), ("receipt", 5, 0, 0, 5)]


def test_two_lines_of_one_receipt_explain_their_stock_one_after_the_other():
    shelf = make_shelf()
    inventory.receive(
        location_id=shelf.location_id,
        owner_id=shelf.owner_id,
        lines=[Goods(shelf.sku_id, 5), Goods(shelf.sku_id, 3)],
        cause_kind="test",
        cause_id=cause(),
        actor=SYSTEM,
        now=NOW,
    )
    assert history(shelf) == [("receipt", 3, 0, 0, 8), ("receipt", 5, 0, 0, 5)]


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_cannot_be_received(quantity):
    shelf = make_shelf(on_hand=5)
    with pytest.raises(QuantityInvalid) as refusal:
        receive(shelf, quantity)
    assert refusal.value.field == "lines.0.quantity"
    assert figures(shelf) == (5, 0, 0, 0)


def test_stock_moves_through_each_door_only_by_its_kinds():
    shelf = make_shelf(on_hand=5)
    for kind in ("sale", "shortage", "magic"):
        for deed in (receive, correct):
            with pytest.raises(KindInvalid) as refusal:
                deed(shelf, 1, kind=kind)
            assert refusal.value.field == "kind"
    assert figures(shelf) == (5, 0, 0, 0)


def test_a_correction_cannot_take_what_is_promised():
    shelf = make_shelf(on_hand=5)
    hold(shelf, 3)
    with pytest.raises(StockShort) as refusal:
        correct(shelf, -3)
    assert refusal.value.shortages == (Shortage("1", shelf.sku_id, 3, 2),)
    assert figures(shelf) == (5, 3, 0, 0)
    assert correct(shelf, -2) == 1
    assert correct(shelf, 4) == 1
    assert figures(shelf) == (7, 3, 0, 0)


def test_a_correction_takes_what_has_lapsed():
    shelf = make_shelf(on_hand=5)
    hold(shelf, 3, expires_at=NOW)
    assert correct(shelf, -4) == 1
    assert figures(shelf) == (1, 0, 0, 0)


def test_a_correction_is_audited_with_its_reason():
    shelf = make_shelf(on_hand=5)
    number = cause()
    correct(shelf, -1, cause_id=number)
    event = db.row("SELECT action, reason, unit_id FROM platform_audit WHERE subject_id = %s", [number])
    assert event == {
        "action": "inventory.adjustment",
        "reason": "found behind the shelf",
        "unit_id": shelf.location_id,
    }


def test_damaged_goods_are_not_sold_and_come_back_or_go():
    shelf = make_shelf(on_hand=5)
    correct(shelf, 3, kind="damage")
    assert figures(shelf) == (2, 0, 3, 0)
    correct(shelf, 1, kind="repair")
    correct(shelf, 2, kind="scrap")
    assert figures(shelf) == (3, 0, 0, 0)
    with pytest.raises(StockShort) as refusal:
        correct(shelf, 1, kind="scrap")
    assert refusal.value.shortages == (Shortage("1", shelf.sku_id, 1, 0),)
    assert history(shelf)[:3] == [("scrap", 0, -2, 0, 3), ("repair", 1, -1, 0, 3), ("damage", -3, 3, 0, 2)]


def test_counts_gain_and_lose():
    shelf = make_shelf(on_hand=5)
    correct(shelf, 2, kind="count_gain")
    correct(shelf, 3, kind="count_loss")
    assert figures(shelf) == (4, 0, 0, 0)


def test_inv_08_a_transfer_is_in_transit_until_it_arrives():
    shelf = make_shelf(on_hand=9)
    there = make_shelf(sku_id=shelf.sku_id)
    number = cause()
    assert send(shelf, there, 6, transfer_id=number) == 2
    assert send(shelf, there, 6, transfer_id=number) == 0
    assert (figures(shelf), figures(there)) == ((3, 0, 0, 0), (0, 0, 0, 6))
    assert arrive(there, transfer_id=number) == 1
    assert arrive(there, transfer_id=number) == 0
    assert figures(there) == (6, 0, 0, 0)
    assert history(there) == [("transfer_in", 6, 0, -6, 6), ("transfer_out", 0, 0, 6, 0)]


def test_what_is_missing_on_arrival_is_a_shortage():
    shelf = make_shelf(on_hand=9)
    there = make_shelf(sku_id=shelf.sku_id)
    number, other = cause(), cause()
    send(shelf, there, 6, transfer_id=number)
    send(shelf, there, 2, transfer_id=other)
    assert arrive(there, transfer_id=number, arrivals=[Arrival("a", 4)]) == 2
    assert figures(there) == (4, 0, 0, 2)
    assert arrive(there, transfer_id=number, arrivals=[Arrival("a", 0)]) == 0
    assert figures(there) == (4, 0, 0, 2)
    assert history(there)[:2] == [("shortage", 0, 0, -2, 4), ("transfer_in", 4, 0, -4, 4)]


def test_no_more_arrives_than_was_sent():
    shelf = make_shelf(on_hand=9)
    there = make_shelf(sku_id=shelf.sku_id)
    number = cause()
    send(shelf, there, 6, transfer_id=number)
    for quantity in (7, -1):
        with pytest.raises(QuantityInvalid) as refusal:
            arrive(there, transfer_id=number, arrivals=[Arrival("a", quantity)])
        assert refusal.value.field == "lines.a.quantity"
    for unknown, arrivals in ((cause(), None), (number, [Arrival("b", 1)])):
        with pytest.raises(TransferUnknown):
            arrive(there, transfer_id=unknown, arrivals=arrivals)
    assert figures(there) == (0, 0, 0, 6)


def test_a_transfer_of_more_than_is_free_moves_nothing():
    shelf = make_shelf(on_hand=9)
    there = make_shelf(sku_id=shelf.sku_id, on_hand=1)
    hold(shelf, 4)
    with pytest.raises(StockShort) as refusal:
        send(shelf, there, 6, transfer_id=cause())
    assert refusal.value.shortages == (Shortage("a", shelf.sku_id, 6, 5),)
    assert (figures(shelf), figures(there)) == ((9, 4, 0, 0), (1, 0, 0, 0))
    with pytest.raises(QuantityInvalid):
        send(shelf, shelf, 1, transfer_id=cause())


def test_the_ledger_is_append_only():
    shelf = make_shelf(on_hand=9)
    for statement in (
        "UPDATE inventory_movement SET on_hand_delta = 1",
        "DELETE FROM inventory_movement",
        "TRUNCATE inventory_movement",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            db.execute(statement)
    assert history(shelf) == [("opening", 9, 0, 0, 9)]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("reserved = on_hand + 1", "inventory_stock_never_oversold"),
        ("reserved = -1", "inventory_stock_never_oversold"),
        ("on_hand = -1, reserved = -1", "inventory_stock_never_oversold"),
        ("damaged = -1", "inventory_stock_not_negative"),
        ("in_transit = -1", "inventory_stock_not_negative"),
        ("safety = -1", "inventory_stock_not_negative"),
    ],
)
def test_i2_the_database_refuses_a_counter_that_cannot_be(change, constraint):
    shelf = make_shelf(on_hand=9)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        db.execute(f"UPDATE inventory_stock SET {change} WHERE sku_id = %s", [shelf.sku_id])
    assert figures(shelf) == (9, 0, 0, 0)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("quantity = 0", "inventory_reservation_some"),
        ("state = 'lost'", "inventory_reservation_"),
        ("state = 'issued'", "inventory_reservation_closed_has_time"),
        ("closed_at = created_at", "inventory_reservation_closed_has_time"),
    ],
)
def test_the_database_refuses_a_reservation_that_cannot_be(change, constraint):
    shelf = make_shelf(on_hand=9)
    number = hold(shelf, 1)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        db.execute(f"UPDATE inventory_reservation SET {change} WHERE cause_id = %s", [number])
    assert figures(shelf) == (9, 1, 0, 0)


def test_stock_is_moved_where_the_permission_reaches():
    shelf, other = make_shelf(on_hand=5), make_shelf(on_hand=5)
    grant = Grant(frozenset({"inventory.adjust"}), Scope.STORE, shelf.location_id)
    manager = Actor(ActorKind.STAFF, "1", grants=(grant,))
    assert correct(shelf, -1, actor=manager) == 1
    with pytest.raises(NotFound):
        correct(other, -1, actor=manager)
    for kind in ("count_loss", "damage"):
        with pytest.raises(Forbidden):
            correct(shelf, 1, kind=kind, actor=manager)
    assert (figures(shelf), figures(other)) == ((4, 0, 0, 0), (5, 0, 0, 0))


def test_stock_of_several_places_is_read_in_one_list():
    sku = catalog.make_sku().id
    here, there = make_shelf(on_hand=1, sku_id=sku), make_shelf(on_hand=2, sku_id=sku)
    make_shelf(on_hand=3, location_id=here.location_id)
    levels = inventory.stock_levels(location_ids=[here.location_id, there.location_id], sku_ids=[sku])
    assert [(level.location_id, level.on_hand) for level in levels] == [(here.location_id, 1), (there.location_id, 2)]
    assert len(inventory.stock_levels(location_ids=[here.location_id])) == 2
    page = inventory.movements(location_id=here.location_id, sku_id=sku, owner_id=here.owner_id, limit=1)
    assert (
        inventory.movements(location_id=here.location_id, sku_id=sku, owner_id=here.owner_id, before_id=page[0].id)
        == []
    )
    assert organization.enterprise().id == here.owner_id
    assert NOW + timedelta(0) == page[0].at
