"""A manager's word is for one sale: of many that come with it at once, one is sold.

Sales of one till are noted one after the other, so nobody need meet anybody for the guard to be missed.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from unittest import mock
from uuid import UUID

import pytest

from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.ops import approve
from quanyu.modules.pos.rules.discounts import GivenApproval
from quanyu.platform import db
from tests.harness.chain import TEA_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash
from tests.harness.identity import PIN
from tests.harness.parallel import parallel

pytestmark = pytest.mark.race
SALES = 4
HALF_FEN = TEA_FEN // 2


@pytest.fixture
def chain() -> Chain:
    return make_chain(stock=50)


def sold_with_one_word(chain: Chain) -> Counter[str]:
    """Send sales at once that all name the same approval; return what became of them."""
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.open_shift()
    line = {"sku_id": chain.tea.id, "quantity": 1, "discount_fen": HALF_FEN, "discount_reason": "damaged"}
    wanted = {"sku_id": chain.tea.id, "quantity": 1, "list_fen": TEA_FEN, "discount_fen": HALF_FEN}
    asked = {"username": chain.manager.username, "pin": PIN, "lines": [{**wanted, "reason": "damaged"}]}
    given = till.post("/discount-approvals", asked).expect(201)
    sales: list[dict[str, Any]] = [
        {**till.sale({}, tenders=cash(TEA_FEN - HALF_FEN), approval_id=given["id"]), "lines": [line]}
        for _ in range(SALES)
    ]
    found: Counter[str] = Counter()
    for reply in parallel(SALES, lambda index: till.post("/sales", sales[index])):
        assert not isinstance(reply, Exception), reply
        found["sold" if reply.status == 201 else reply.code] += 1
    booked = db.value("SELECT count(*) FROM orders_order WHERE id = ANY(%s)", [[UUID(one["id"]) for one in sales]])
    assert booked == found["sold"]
    return found


def test_pos_01_without_the_guard_one_word_sells_them_all(chain: Chain):
    def look_and_trust(*, approval_id: UUID, sale_id: UUID, till: Till, at: datetime) -> GivenApproval:
        found = approve.given(approval_id=approval_id, till=till)
        assert found is not None
        return found

    with mock.patch.object(approve, "use", look_and_trust):
        assert sold_with_one_word(chain) == {"sold": SALES}


def test_pos_01_one_word_is_for_one_sale(chain: Chain):
    assert sold_with_one_word(chain) == {"sold": 1, "pos.approval_spent": SALES - 1}
