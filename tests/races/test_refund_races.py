"""Money back from many sides at once: never more than was paid, nothing twice, not a fen lost."""

from __future__ import annotations

from collections import Counter

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine, ReturnResult
from quanyu.modules.checkout.contracts import JournalPrice, WantedLine
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment, Refund, RefundReason, RefundTooLarge
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain, put
from tests.harness.checkout import place, stock_of, till_command
from tests.harness.parallel import parallel

pytestmark = pytest.mark.race

CALLERS = 64


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=0)


def kinds(results: list[object]) -> Counter[str]:
    return Counter(
        one.code if isinstance(one, Problem) else repr(one) if isinstance(one, Exception) else type(one).__name__
        for one in results
    )


def cash_payment(chain: Chain, quantity: int, **given) -> tuple[Order, Payment]:
    put(chain.store, chain.milk, quantity)
    order = place(till_command(chain.store, (chain.milk, quantity), cash_fen=quantity * MILK_FEN, **given))
    return order, payments.of_orders(order_ids=[order.id])[order.id][0]


def refund(payment, *, ref: str, amount_fen: int) -> Refund:
    return db.in_transaction(
        lambda: payments.refund(
            payment_id=payment.id,
            reason=RefundReason.DUPLICATE.value,
            ref=ref,
            amount_fen=amount_fen,
            now=system_clock.now(),
        )
    )


@pytest.fixture
def loose_payment(chain):
    """A payment of 1,000 fen that no order reconciles with; taken out of the books afterwards."""
    order, _ = cash_payment(chain, 1)
    payment_id = uuid7()
    db.execute(
        "INSERT INTO payments_payment (id, order_id, tender, way, amount_fen, state, out_trade_no, payer, prepay, "
        "created_at, paid_at) VALUES (%s, %s, 'cash', 'till', 1000, 'paid', %s, '', '{}', now(), now())",
        [payment_id, order.id, f"LOOSE{payment_id.hex[:20]}"],
    )
    yield payments.payment(id=payment_id)
    db.execute("DELETE FROM payments_refund WHERE payment_id = %s", [payment_id])
    db.execute("DELETE FROM payments_payment WHERE id = %s", [payment_id])


def test_i8_64_partial_refunds_of_300_give_back_900_of_1000(loose_payment):
    results = parallel(CALLERS, lambda index: refund(loose_payment, ref=str(index), amount_fen=300))
    assert kinds(results) == {"Refund": 3, RefundTooLarge.code: CALLERS - 3}
    assert payments.payment(id=loose_payment.id).refunded_fen == 900


def test_i8_one_refund_64_times_gives_back_once(loose_payment):
    results = parallel(CALLERS, lambda _index: refund(loose_payment, ref="same", amount_fen=300))
    assert kinds(results) == {"Refund": CALLERS}
    assert len({one.id for one in results if isinstance(one, Refund)}) == 1
    assert payments.payment(id=loose_payment.id).refunded_fen == 300


def returning(order: Order, quantity: int, **given) -> ReturnCommand:
    fields = {
        "id": uuid7(),
        "order_id": order.id,
        "lines": (ReturnedLine(line_number=1, quantity=quantity),),
        "reason": "unwanted",
    } | given
    return ReturnCommand(**fields)


def take_back(returned: ReturnCommand) -> ReturnResult:
    return aftersales.return_lines(command=returned, actor=SYSTEM, now=system_clock.now())


def test_i8_parallel_returns_of_one_line_refund_its_net_to_the_fen(chain):
    # 1,000 fen for three pieces: 333, 334, 333 whoever comes when; two that read the same past would lose a fen.
    for _ in range(5):
        put(chain.store, chain.milk, 3)
        line = WantedLine(sku_id=chain.milk.id, quantity=3, journal=JournalPrice(unit_price_fen=334, net_fen=1000))
        order = place(till_command(chain.store, cash_fen=1000, lines=(line,)))
        results = parallel(6, lambda _index, order=order: take_back(returning(order, 1)))
        assert kinds(results) == {"ReturnResult": 3, "aftersales.return_too_much": 3}
        assert sorted(one.amount_fen for one in results if isinstance(one, ReturnResult)) == [333, 333, 334]
        assert orders.order(id=order.id).refunded_fen == 1000


def test_one_return_64_times_takes_back_once(chain):
    order, payment = cash_payment(chain, 2)
    on_hand, _ = stock_of(chain.store, chain.milk)
    returned = returning(order, 2)
    results = parallel(CALLERS, lambda _index: take_back(returned))
    assert kinds(results) == {"ReturnResult": CALLERS}
    assert payments.payment(id=payment.id).refunded_fen == 2 * MILK_FEN
    assert stock_of(chain.store, chain.milk)[0] == on_hand + 2
