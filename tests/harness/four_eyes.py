"""Large refunds, and what it takes to approve them."""

from __future__ import annotations

import pytest

from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import JournalPrice, TenderGiven, WantedLine
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import ApprovalState, SecondPersonNeeded
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.modules.payments import api as payments
from tests.harness import checkout as buying
from tests.harness.chain import Chain

LIMIT_FEN = 500_00


def sold(chain: Chain, *, net_fen: int, quantity: int = 2) -> Order:
    """A completed sale of milk that was paid with ``net_fen`` in cash."""
    unit = -(-net_fen // quantity)
    line = WantedLine(
        sku_id=chain.milk.id, quantity=quantity, journal=JournalPrice(unit_price_fen=unit, net_fen=net_fen)
    )
    return buying.place(buying.till_command(chain.store, cash_fen=net_fen, lines=(line,)))


def paid(chain: Chain, *, member_id=None) -> Order:
    """A paid order of the mall that is worth more than the limit."""
    wanted = buying.command(chain.store, (chain.milk, 100), member_id=member_id)
    order = buying.place(wanted)
    tender = TenderGiven(tender="card", amount_fen=order.payable_fen)
    order = checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())
    assert order.paid_fen > LIMIT_FEN
    return order


def whole(order: Order, **fields) -> ReturnCommand:
    lines = (ReturnedLine(line_number=1, quantity=order.lines[0].quantity),)
    return ReturnCommand(**({"id": uuid7(), "order_id": order.id, "lines": lines, "reason": "unwanted"} | fields))


def take_back(command: ReturnCommand, actor: Actor):
    return aftersales.return_lines(command=command, actor=actor, now=system_clock.now())


def state_of(order: Order) -> tuple[object, ...]:
    paid_by = payments.of_orders(order_ids=[order.id]).get(order.id, [])
    return orders.order(id=order.id), paid_by, aftersales.returns_of(order_id=order.id)


def asked(order: Order, *, state: ApprovalState = ApprovalState.REQUESTED):
    found = identity.approvals_of(subject_kind="order", subject_id=str(order.id))
    return [one for one in found if one.state is state]


def refused_for_one(command: ReturnCommand, actor: Actor) -> str:
    with pytest.raises(SecondPersonNeeded) as refusal:
        take_back(command, actor)
    return str(refusal.value.params["approval_id"])


def decide(approval_id: str, actor: Actor, *, approve: bool = True, now=None):
    return identity.decide_approval(
        approval_id=approval_id, approve=approve, note="看过了", actor=actor, now=now or system_clock.now()
    )
