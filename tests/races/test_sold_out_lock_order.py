"""An order whose goods are gone gives its rights back in the common order of locks, budgets and offers too."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import SoldOutBeforePayment, WantedLine
from quanyu.modules.payments.contracts import Tender
from quanyu.modules.points import api as points
from quanyu.platform import db
from tests.harness.chain import TEA_FEN, Chain, make_chain
from tests.harness.checkout import command, coupon_for, give_points, place, till_command
from tests.harness.members import make_member
from tests.harness.parallel import deadlocks_seen, parallel, until_waiting


def with_a_budget(chain: Chain, member: Any) -> tuple[dict[str, Any], str, Any]:
    """Return an order with a coupon whose template has a budget, and the row that its users wait for."""
    coupon = coupon_for(member, budget_fen=100_000)
    template_id = db.value("SELECT template_id FROM coupons_coupon WHERE id = %s", [coupon.id])
    return {"coupon_ids": (coupon.id,)}, "coupons_counter WHERE template_id", template_id


def with_an_offer(chain: Chain, member: Any) -> tuple[dict[str, Any], str, Any]:
    """Return an order of the points mall with a limit in all, and the row that its buyers wait for."""
    give_points(member, 1000)
    offer = points.create_offer(
        sku_id=chain.tea.id,
        points=500,
        cash_fen=100,
        unit_ids=[chain.region.id],
        total_limit=5,
        actor=SYSTEM,
        now=system_clock.now(),
    )
    line = WantedLine(sku_id=chain.tea.id, quantity=1, points_offer_id=offer.id)
    return {"lines": (line,)}, "points_offer WHERE id", offer.id


@pytest.mark.parametrize("rights", [with_a_budget, with_an_offer])
def test_who_finds_the_goods_gone_does_not_hold_the_stock_while_it_waits_for_rights(rights):
    member, lone = make_member(), make_chain(stock=1)
    given, table, key = rights(lone, member)
    now = system_clock.now()
    order = place(command(lone.store, (lone.tea, 1), member_id=member.id, **given), now=now)
    db.execute("UPDATE inventory_reservation SET expires_at = %s WHERE cause_id = %s", [now, str(order.id)])
    place(till_command(lone.store, (lone.tea, 1), cash_fen=TEA_FEN), now=now + timedelta(seconds=1))
    holds = threading.Event()

    def buys() -> object:
        """Take the rights, then the stock, as every order does."""
        db.value(f"SELECT 1 FROM {table} = %s FOR NO KEY UPDATE", [key])
        holds.set()
        until_waiting()
        return db.value(
            "SELECT inventory_lock(ARRAY[%s]::bigint[], ARRAY[%s]::bigint[])", [lone.store.unit.id, lone.tea.id]
        )

    def pays() -> object:
        holds.wait(timeout=30)
        return checkout.start_payment(
            order_id=order.id, tender=Tender.WECHAT, way="jsapi", actor=SYSTEM, now=now + timedelta(seconds=2)
        )

    with deadlocks_seen():
        bought, paid = parallel(2, lambda index: pays() if index else db.in_transaction(buys))
    assert not isinstance(bought, Exception), bought
    assert isinstance(paid, SoldOutBeforePayment), paid
