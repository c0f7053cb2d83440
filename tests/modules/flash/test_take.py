"""What orders take of flash sales in a batch: limit per member, pieces in all, the clock, and what comes back."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.modules.flash import api as flash
from quanyu.platform import db
from tests.harness.flash import (
    HOUR,
    NOW,
    give_back,
    had,
    make_member,
    make_sale,
    order,
    take,
    take_again,
    take_one,
    taken,
)


def test_a_member_has_no_more_than_the_limit() -> None:
    """What he has counts over all of his orders; somebody else's does not."""
    sale, one, other = make_sale(per_member_limit=3), make_member(), make_member()
    assert take([order(one, (sale, 2))]) == [None]
    assert take([order(one, (sale, 2))]) == ["limit_reached"]
    assert take([order(one, (sale, 1)), order(other, (sale, 3))]) == [None, None]
    assert (had(sale, one), had(sale, other)) == (3, 3)


def test_orders_of_a_batch_are_judged_in_their_order() -> None:
    """What an earlier order takes is gone, what a refused one wanted is not; the last piece is sold."""
    sale, one, other, third = make_sale(per_member_limit=2, units_total=4), make_member(), make_member(), make_member()
    batch = [
        order(one, (sale, 1)),
        order(one, (sale, 2)),
        order(one, (sale, 1)),
        order(other, (sale, 1)),
        order(third, (sale, 2)),
        order(third, (sale, 1)),
        order(other, (sale, 1)),
    ]
    assert take(batch) == [None, "limit_reached", None, None, "sold_out", None, "sold_out"]
    assert (had(sale, one), had(sale, other), had(sale, third), taken(sale)) == (2, 1, 1, 4)


def test_an_order_takes_all_of_its_items_or_none() -> None:
    """Two hot items in one order: refused for one, it takes nothing of the other either."""
    plenty, scarce, one, other = make_sale(), make_sale(units_total=1), make_member(), make_member()
    take_one(scarce, other)
    assert take([order(one, (plenty, 1), (scarce, 1)), order(one, (plenty, 1))]) == ["sold_out", None]
    assert (had(plenty, one), had(scarce, one)) == (1, 0)


def test_lines_of_one_item_are_one_wish() -> None:
    """Two lines of one piece are two pieces."""
    sale, one = make_sale(per_member_limit=1), make_member()
    assert take([order(one, (sale, 1), (sale, 1))]) == ["limit_reached"]
    assert had(sale, one) == 0


def test_only_members_buy_while_it_runs() -> None:
    """Nobody buys before the start, at the end, after a stop, or without a file."""
    coming = make_sale(starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    stopped, running, member = make_sale(), make_sale(ends_at=NOW + HOUR), make_member()
    flash.stop(sale_id=stopped.id, reason="x", actor=SYSTEM, now=NOW)
    batch = [order(member, (coming, 1)), order(member, (stopped, 1)), order(None, (running, 1))]
    assert take(batch) == ["not_started", "over", "members_only"]
    assert take([order(member, (running, 1))], at=NOW + HOUR) == ["over"]
    assert take([order(member, (coming, 1))], at=NOW + HOUR) == [None]
    assert [had(sale, member) for sale in (coming, stopped, running)] == [1, 0, 0]


def test_an_order_takes_once() -> None:
    """The same order again changes nothing, in a batch of its own or twice in one."""
    sale, member = make_sale(per_member_limit=5, units_total=9), make_member()
    one = order(member, (sale, 2))
    assert take([one]) == [None]
    assert take([one]) == [None]
    assert (had(sale, member), taken(sale)) == (2, 2)


def test_batches_without_flash_items_touch_nothing() -> None:
    """Elements without flash do not count."""
    sale, member = make_sale(), make_member()
    plain = {"id": uuid7(), "member_id": member}
    assert take([plain]) == [None]
    assert take([plain, order(member, (sale, 1))]) == [None, None]
    assert had(sale, member) == 1


def test_pieces_come_back_once_and_can_be_bought_again() -> None:
    """An order that lapsed gives its pieces back to the sale and to its member."""
    sale, one, other = make_sale(units_total=1), make_member(), make_member()
    ordered = take_one(sale, one)
    assert take([order(other, (sale, 1))]) == ["sold_out"]
    assert (give_back(ordered), give_back(ordered), give_back(uuid7())) == (1, 0, 0)
    assert (had(sale, one), taken(sale)) == (0, 0)
    assert take([order(other, (sale, 1)), order(one, (sale, 1))]) == [None, "sold_out"]


def test_late_money_takes_again_what_is_still_there() -> None:
    """The clock and a stop do not matter to an order that was placed in time, the limits do."""
    sale, one, other = make_sale(units_total=2), make_member(), make_member()
    ordered, gone = take_one(sale, one), take_one(sale, other)
    give_back(ordered)
    give_back(gone)
    flash.stop(sale_id=sale.id, reason="x", actor=SYSTEM, now=NOW)
    assert (take_again(ordered, at=NOW + 3 * HOUR), take_again(ordered, at=NOW + 3 * HOUR)) == (True, True)
    assert (had(sale, one), taken(sale)) == (1, 1)


def test_late_money_finds_the_pieces_gone() -> None:
    """Sold to somebody else, or the member bought again meanwhile: nothing changes."""
    sale, one, other = make_sale(units_total=1), make_member(), make_member()
    ordered = take_one(sale, one)
    give_back(ordered)
    take_one(sale, other)
    assert take_again(ordered) is False
    twice = make_sale()
    first = take_one(twice, one)
    give_back(first)
    take_one(twice, one)
    assert take_again(first) is False
    assert (had(sale, one), taken(sale), had(twice, one)) == (0, 1, 1)
    assert take_again(uuid7()) is True


def test_an_order_refused_after_all_leaves_nothing() -> None:
    """As if it had never asked; the others of the batch keep theirs."""
    sale, one, other = make_sale(units_total=5), make_member(), make_member()
    refused, kept = take_one(sale, one), take_one(sale, other)
    assert (db.value("SELECT flash_undo(%s)", [[refused]]), db.value("SELECT flash_undo(%s)", [[refused]])) == (1, 0)
    assert (had(sale, one), had(sale, other), taken(sale)) == (0, 1, 1)
    assert db.rows("SELECT order_id FROM flash_taking WHERE sale_id = %s", [sale.id]) == [{"order_id": kept}]


def test_the_last_guards_are_constraints() -> None:
    """Counters cannot pass their limits, and a taking says what it is, whoever writes."""
    sale, member = make_sale(per_member_limit=1, units_total=1), make_member()
    ordered = take_one(sale, member)
    for table, change in (
        ("flash_purchase", "quantity = 2"),
        ("flash_purchase", "quantity = -1"),
        ("flash_taking", "quantity = 0"),
        ("flash_taking", "state = 'given_back'"),
        ("flash_taking", "given_back_at = at"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            db.execute(f"UPDATE {table} SET {change} WHERE sale_id = %s", [sale.id])
    for copy in (
        "flash_purchase (sale_id, member_id, most) SELECT sale_id, member_id, 1 FROM flash_purchase",
        "flash_taking (sale_id, order_id, member_id, quantity, state, at) "  # noqa: ISC004
        "SELECT sale_id, order_id, member_id, 1, 'taken', at FROM flash_taking",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            db.execute(f"INSERT INTO {copy} WHERE sale_id = %s", [sale.id])
    assert (had(sale, member), taken(sale), give_back(ordered)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("view", "change"),
    [
        ("flash_breach_purchase", "UPDATE flash_purchase SET quantity = 0 WHERE sale_id = %s"),
        ("flash_breach_limit", "UPDATE flash_purchase SET quantity = 2, most = 2 WHERE sale_id = %s"),
        ("flash_breach_total", "UPDATE flash_sale SET taken = 0 WHERE id = %s"),
    ],
)
def test_reconciliation_sees_what_does_not_add_up(view: str, change: str) -> None:
    """Each promise has a view that is empty while it is kept."""
    sale = make_sale(units_total=3)
    take_one(sale, make_member())
    assert db.value(f"SELECT count(*) FROM {view}") == 0
    with transaction.atomic():
        db.execute(change, [sale.id])
        assert db.value(f"SELECT count(*) FROM {view}") == 1
        transaction.set_rollback(True)
