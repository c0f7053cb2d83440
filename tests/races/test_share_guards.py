"""What keeps the shares of a line whole, in the database itself; without each guard its attack is let in."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db
from tests.harness.chain import TEA_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash

BREACH = "SELECT count(*) FROM orders_breach_shares_are_the_whole"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=20)


@pytest.fixture
def order(chain: Chain) -> Order:
    """A sale that one person served for."""
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.open_shift()
    sold = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN)).expect(201)["order"]
    return orders.order(id=UUID(sold["id"]))


def share(order: Order, *parts: tuple[int, int]) -> None:
    """Write shares (staff, basis points) of the order's line, in one statement."""
    db.execute(
        "SELECT orders_insert_shares(jsonb_build_array(jsonb_build_object('id', %s::text, 'shares', "
        "(SELECT jsonb_agg(jsonb_build_object('staff_id', s.staff, 'share_bp', s.bp) ORDER BY s.place) "
        "FROM unnest(%s::bigint[], %s::int[]) WITH ORDINALITY AS s (staff, bp, place)))))",
        [str(order.lines[0].id), [staff for staff, _ in parts], [bp for _, bp in parts]],
    )


def refused(order: Order, *parts: tuple[int, int], without: str = "") -> bool:
    """Tell whether the database refuses the shares, perhaps without a trigger; nothing stays either way."""
    try:
        with transaction.atomic():
            if without:
                db.execute(f"ALTER TABLE orders_line_share DISABLE TRIGGER {without}")
            share(order, *parts)
            assert db.value(BREACH) == (0 if sound(order, *parts) else 1)
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return False


def sound(order: Order, *parts: tuple[int, int]) -> bool:
    return sum(bp for _, bp in parts) == 10_000 and parts[0][0] == order.lines[0].credited_staff_id


def test_shares_are_the_whole_of_a_line_and_begin_with_whom_it_is_credited_to(chain: Chain, order: Order):
    me, other = chain.cashier.id, chain.associate.id
    attacks = [((me, 5_000), (other, 4_999)), ((me, 5_000), (other, 5_001)), ((other, 5_000), (me, 5_000))]
    assert not refused(order, (me, 5_000), (other, 5_000))
    for parts in attacks:
        assert refused(order, *parts)
        assert not refused(order, *parts, without="orders_line_share_whole")
    assert db.value("SELECT count(*) FROM orders_line_share WHERE line_id = %s", [order.lines[0].id]) == 0


@pytest.mark.parametrize(
    "deed", ["UPDATE orders_line_share SET share_bp = 1", "DELETE FROM orders_line_share", "TRUNCATE orders_line_share"]
)
def test_shares_stand_as_they_were_written(chain: Chain, order: Order, deed: str):
    share(order, (chain.cashier.id, 6_000), (chain.associate.id, 4_000))
    with pytest.raises(DatabaseError), transaction.atomic():
        db.execute(deed)
    with transaction.atomic():
        db.execute("ALTER TABLE orders_line_share DISABLE TRIGGER orders_line_share_append_only")
        db.execute(deed)
        transaction.set_rollback(True)
    assert [one.share_bp for one in orders.order(id=order.id).lines[0].shares] == [6_000, 4_000]
