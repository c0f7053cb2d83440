"""Two phones at one code on a screen: exactly one gets the goods."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.mall.api import kiosk as api
from quanyu.modules.mall.contracts.kiosk import Handover
from quanyu.modules.mall.ops import change_cart, hand_over
from quanyu.platform import db
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import MallClient
from tests.harness.kiosk import KioskClient, token_in
from tests.harness.parallel import parallel

pytestmark = pytest.mark.race
PHONES = 8


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


def _phones(count: int) -> list[UUID]:
    return [UUID(MallClient().sign_in().member_id) for _ in range(count)]


def _carts(members: list[UUID], chain: Chain) -> list[int]:
    rows = db.rows(
        "SELECT quantity FROM mall_cart_line WHERE member_id = ANY(%s) AND sku_id = %s", [members, chain.milk.id]
    )
    return [row["quantity"] for row in rows]


def test_control_two_phones_that_look_first_both_get_the_goods(chain):
    """Without the condition and the trigger: each sees that nobody has it, then takes it."""
    token = token_in(KioskClient(chain.store).hand_over({chain.milk.id: 2}).expect(201))
    members, looked = _phones(2), threading.Barrier(2)
    key = hand_over.hash_of(token)

    def take_unguarded(index: int) -> None:
        taker = db.value("SELECT taken_by_id FROM mall_handover WHERE token_hash = %s", [key])
        looked.wait(timeout=30)
        if taker is not None:
            return
        with transaction.atomic():
            db.execute("SET LOCAL session_replication_role = replica")
            db.execute(
                "UPDATE mall_handover SET taken_by_id = %s, taken_at = now() WHERE token_hash = %s",
                [members[index], key],
            )
            db.execute(
                "UPDATE mall_handover_line SET outcome = 'added' WHERE handover_id = "
                "(SELECT id FROM mall_handover WHERE token_hash = %s)",
                [key],
            )
            change_cart.hold_at_least(
                member_id=members[index],
                store_id=chain.store.unit.id,
                sku_id=chain.milk.id,
                quantity=2,
                lines_max=100,
                now=system_clock.now(),
            )

    parallel(2, take_unguarded)
    assert _carts(members, chain) == [2, 2]


def test_mall19_of_eight_phones_at_one_code_exactly_one_gets_the_goods(chain):
    for _round in range(5):
        token = token_in(KioskClient(chain.store).hand_over({chain.milk.id: 2}).expect(201))
        members, start = _phones(PHONES), threading.Barrier(PHONES)

        def take(
            index: int, token: str = token, members: list[UUID] = members, start: threading.Barrier = start
        ) -> Handover:
            start.wait(timeout=30)
            return api.take_handover(token=token, member_id=members[index], tier=None, now=system_clock.now())

        results = parallel(PHONES, take)
        assert len([one for one in results if isinstance(one, Handover)]) == 1
        refused = [one.code for one in results if isinstance(one, Problem)]
        assert refused == ["mall.handover_taken"] * (PHONES - 1)
        assert _carts(members, chain) == [2]


def test_one_member_at_one_code_with_eight_hands_takes_it_once(chain):
    token = token_in(KioskClient(chain.store).hand_over({chain.milk.id: 2}).expect(201))
    (member,), start = _phones(1), threading.Barrier(PHONES)

    def take(_index: int) -> Handover:
        start.wait(timeout=30)
        return api.take_handover(token=token, member_id=member, tier=None, now=system_clock.now())

    results = parallel(PHONES, take)
    assert [type(one) for one in results] == [Handover] * PHONES
    assert _carts([member], chain) == [2]


def test_the_table_refuses_a_second_taker_by_itself(chain):
    token = token_in(KioskClient(chain.store).hand_over({chain.milk.id: 1}).expect(201))
    first, second = _phones(2)
    api.take_handover(token=token, member_id=first, tier=None, now=system_clock.now())
    with pytest.raises(IntegrityError, match="has its taker"):
        db.execute(
            "UPDATE mall_handover SET taken_by_id = %s WHERE token_hash = %s", [second, hand_over.hash_of(token)]
        )
