"""Erasing a member who bought: open orders keep the data, then nothing leads to the person and every sum stands."""

from __future__ import annotations

import secrets

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.loyalty import api as loyalty
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import EraseRefused
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery
from quanyu.platform import db
from tests.harness import organization
from tests.harness.chain import Chain, make_chain
from tests.harness.checkout import command, coupon_for, give_points, place, start_payment
from tests.harness.gateway import memory_gateway
from tests.harness.members import actor_of, phone, sign_in
from tests.modules.loyalty.test_rewards import hear, sold
from tests.modules.members.test_self_service import traces


@pytest.fixture(scope="module")
def chain() -> Chain:
    members.hold_data(holder=loyalty.data_holder())
    return make_chain(stock=5000)


def figures(member_id) -> dict[str, int]:
    """Return what the books say of a member, whoever it is."""
    return {
        table: db.value(f"SELECT count(*) FROM {table} WHERE member_id = %s", [member_id])
        for table in ("orders_order", "tiers_growth", "tiers_change", "points_lot", "coupons_coupon", "members_consent")
    }


def test_erasing_waits_for_open_orders_then_leaves_the_books_and_no_person(chain):
    number, name = phone(), "司马" + secrets.token_hex(4)
    session = sign_in(phone_number=number)
    member, actor, now = session.member, actor_of(session), system_clock.now()
    members.update_member(member_id=member.id, name=name, actor=actor, now=now)
    where = {"area_code": organization.NANSHAN, "text": f"{name}路一号"}
    address = members.add_address(member_id=member.id, name=name, phone=number, **where, actor=actor, now=now)
    hear(sold(chain, member.id, milk=200))
    coupon_for(member)
    give_points(member, 30)
    parcel = place(
        command(
            chain.store, (chain.milk, 1), member_id=member.id, delivery=Delivery.EXPRESS, address_id=address.id,
            note=f"交给{name}",
        )
    )  # fmt: skip
    with memory_gateway():
        start_payment(parcel)
        with pytest.raises(EraseRefused) as refusal:
            members.erase_member(member_id=member.id, actor=actor, now=now)
        checkout.cancel_order(order_id=parcel.id, reason="changed my mind", actor=SYSTEM, now=now)
    assert refusal.value.params == {"reasons": "purchases: 1"}
    assert db.value("SELECT payer FROM payments_payment WHERE order_id = %s", [parcel.id]) == "openid"
    before, spent = figures(member.id), orders.order(id=parcel.id).payable_fen

    members.erase_member(member_id=member.id, actor=actor, now=now)

    assert traces(number, name) == []
    row = db.row("SELECT address_encrypted, address_masked, note FROM orders_order WHERE id = %s", [parcel.id])
    assert row == {"address_encrypted": None, "address_masked": "", "note": ""}
    assert db.value("SELECT payer FROM payments_payment WHERE order_id = %s", [parcel.id]) == ""
    assert figures(member.id) == before
    assert orders.order(id=parcel.id).payable_fen == spent
