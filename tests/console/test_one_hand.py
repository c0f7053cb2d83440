"""One hand behind two names: whom the asker took on, gave a sign-in or a role, does not decide for the asker."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import ApprovalState, OneHand
from quanyu.modules.orders import api as orders
from quanyu.platform import db
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.four_eyes import asked, decide, refused_for_one, sold, state_of, whole
from tests.harness.identity import PASSWORD, Person, make_person


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=2000)


@pytest.fixture(scope="module")
def second(chain: Chain) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id)


def taken_on(by: Person, chain: Chain, *, roles_by: Person | None = None) -> Person:
    """Somebody whom ``by`` took on, and to whom ``roles_by`` gave the role of a store manager."""
    now, unit_id = system_clock.now(), chain.store.unit.id
    made = identity.create_staff(
        username=f"n{uuid7().hex[-12:]}", name="新人", unit_id=unit_id, password=PASSWORD, actor=by.actor, now=now
    )
    give_role(made.id, by=(roles_by or by).actor, unit_id=unit_id)
    return Person(made, identity.actor_for_staff(staff_id=made.id))


def give_role(staff_id: int, *, by: Actor, unit_id: int) -> None:
    identity.assign_role(
        staff_id=staff_id, role_code="store_manager", scope="store", unit_id=unit_id, actor=by, now=system_clock.now()
    )


def test_whom_the_asker_took_on_does_not_decide_nor_whom_they_took_on(chain, second):
    order = sold(chain, net_fen=70_000)
    approval = refused_for_one(whole(order), second.actor)
    helper = taken_on(second, chain)
    for decider in (helper, taken_on(helper, chain), taken_on(second, chain, roles_by=make_person("head_office"))):
        with pytest.raises(OneHand):
            decide(approval, decider.actor)
    # Not even a statement past the door.
    with pytest.raises(IntegrityError, match="one hand"):
        db.execute(
            "UPDATE identity_approval SET state = 'approved', decided_by = %s, decided_at = now() WHERE id = %s",
            [helper.actor.signature, approval],
        )
    assert [one.decided_by for one in asked(order)] == [""]
    colleague = make_person("store_manager", unit_id=chain.store.unit.id)
    assert decide(approval, colleague.actor).decided_by == colleague.actor.signature


def test_who_took_the_asker_on_still_decides(chain, second):
    approval = refused_for_one(whole(sold(chain, net_fen=70_000)), taken_on(second, chain).actor)
    assert decide(approval, second.actor).state is ApprovalState.APPROVED


@pytest.mark.parametrize("secret", ["password", "pin", "totp"])
def test_whose_secret_the_asker_set_does_not_decide_until_somebody_else_sets_it(chain, second, secret):
    colleague = make_person("store_manager", unit_id=chain.store.unit.id)
    now = system_clock.now()

    def set_by(actor: Actor) -> None:
        if secret == "password":
            identity.set_password(staff_id=colleague.id, password="another horse battery", actor=actor, now=now)
        elif secret == "pin":
            identity.set_pin(staff_id=colleague.id, pin="8520", actor=actor, now=now)
        else:
            identity.reset_totp(staff_id=colleague.id, actor=actor, now=now)

    set_by(second.actor)
    approval = refused_for_one(whole(sold(chain, net_fen=70_000)), second.actor)
    with pytest.raises(OneHand):
        decide(approval, colleague.actor)
    if secret == "password":
        # Whoever knows the password can change it: that proves nothing.
        identity.set_password(
            staff_id=colleague.id,
            password=PASSWORD,
            current_password="another horse battery",
            actor=colleague.actor,
            now=now,
        )
        with pytest.raises(OneHand):
            decide(approval, colleague.actor)
    set_by(make_person("head_office").actor)
    assert decide(approval, colleague.actor).state is ApprovalState.APPROVED


def test_a_role_that_the_asker_gave_does_not_decide_but_one_that_another_gave_does(chain, second):
    colleague = make_person("cashier", unit_id=chain.store.unit.id)
    give_role(colleague.id, by=second.actor, unit_id=chain.store.unit.id)
    approval = refused_for_one(whole(sold(chain, net_fen=70_000)), second.actor)
    with pytest.raises(OneHand):
        decide(approval, identity.actor_for_staff(staff_id=colleague.id))
    identity.assign_role(
        staff_id=colleague.id,
        role_code="store_manager",
        scope="subtree",
        unit_id=chain.region.id,
        actor=make_person("head_office").actor,
        now=system_clock.now(),
    )
    assert decide(approval, identity.actor_for_staff(staff_id=colleague.id)).state is ApprovalState.APPROVED


def test_who_let_software_in_does_not_decide_what_it_asks_for(chain):
    owner, other = make_person("head_office"), make_person("head_office")
    made = identity.create_client(
        name=f"ERP {uuid7()}",
        unit_id=chain.store.unit.id,
        permissions=["checkout.*", "aftersales.*", "orders.*", "payments.*"],
        actor=owner.actor,
        now=system_clock.now(),
    )
    client = identity.actor_for_token(token=made.token, now=system_clock.now())
    approval = refused_for_one(whole(sold(chain, net_fen=70_000)), client)
    with pytest.raises(OneHand):
        decide(approval, owner.actor)
    assert decide(approval, other.actor).state is ApprovalState.APPROVED


# On the screens.


def test_one_manager_with_a_member_of_staff_of_her_own_making_does_not_pass(chain):
    """The attack, screen by screen: take on a helper, make him a manager, sign in as him, approve one's own refund."""
    alone = make_person("store_manager", unit_id=chain.store.unit.id)
    order = sold(chain, net_fen=66_000)
    page = console.signed_in(alone)
    page.post(
        console.deed_address("orders.order", order.id, "refund-whole"),
        {"return_id": str(uuid7()), "restock": "sellable", "reason": "坏了", "note": ""},
    )
    (request,) = asked(order)
    name = f"h{uuid7().hex[-12:]}"
    hired = {"username": name, "name": "小帮手", "unit_id": str(chain.store.unit.id), "password": PASSWORD}
    hired |= {"pin": "", "phone": "", "language": "en"}
    page.post(console.deed_address("identity.staff", None, "create"), hired)
    helper = identity.staff_by_username(username=name)
    give = console.deed_address("identity.staff", helper.id, "assign")
    console.prove(page, alone, give)
    role = {"role_code": "store_manager", "scope": "store", "unit_id": str(chain.store.unit.id)}
    assert page.post(give, role).status_code == 302
    assert identity.actor_for_staff(staff_id=helper.id).reaches("approvals.decide")

    before = state_of(order)
    browser = console.signed_in(Person(helper, identity.actor_for_staff(staff_id=helper.id)))
    approve = console.deed_address("identity.approval", request.id, "approve")
    console.prove(browser, Person(helper, alone.actor), approve)
    answer = browser.post(approve, {"note": "好的"})
    assert answer.status_code == 422
    assert "Ask somebody else with the permission" in answer.content.decode()
    assert state_of(order) == before
    assert [(one.state, one.decided_by) for one in asked(order)] == [("requested", "")]

    colleague = make_person("store_manager", unit_id=chain.store.unit.id)
    browser = console.signed_in(colleague)
    console.prove(browser, colleague, approve)
    assert browser.post(approve, {"note": "看过了"}).status_code == 302
    assert orders.order(id=order.id).refunded_fen == 66_000
