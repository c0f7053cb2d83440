"""A large refund needs a second person, a role a fresh proof: whoever asks, by whichever door, in whatever order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden, Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnedLine
from quanyu.modules.checkout import api as checkout
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import (
    ApprovalDecided,
    ApprovalRefused,
    ApprovalState,
    ApprovalUnknown,
    SamePerson,
    SecondPersonNeeded,
)
from quanyu.modules.identity.models import Approval
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import State
from quanyu.platform import db, settings_tree
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.four_eyes import LIMIT_FEN, asked, decide, paid, refused_for_one, sold, state_of, take_back, whole
from tests.harness.identity import PASSWORD, Person, make_person
from tests.harness.parallel import parallel


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=2000)


@pytest.fixture(scope="module")
def cashier(chain: Chain) -> Person:
    return make_person("cashier", unit_id=chain.store.unit.id)


@pytest.fixture(scope="module")
def second(chain: Chain) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id)


def test_exactly_the_limit_is_for_one_person_and_a_fen_more_for_two(chain, cashier):
    done = take_back(whole(sold(chain, net_fen=LIMIT_FEN)), cashier.actor)
    assert done.amount_fen == LIMIT_FEN
    order = sold(chain, net_fen=LIMIT_FEN + 1)
    before = state_of(order)
    refused_for_one(whole(order), cashier.actor)
    assert state_of(order) == before
    (request,) = asked(order)
    assert (request.amount_fen, request.requested_by, request.unit_id) == (
        LIMIT_FEN + 1,
        f"staff:{cashier.id}",
        chain.store.unit.id,
    )


def test_an_approved_return_is_repeated_unchanged_and_goes_through_once(chain, cashier, second):
    order = sold(chain, net_fen=80_000)
    command = whole(order)
    approval = refused_for_one(command, cashier.actor)
    assert refused_for_one(command, cashier.actor) == approval
    decide(approval, second.actor)
    done = take_back(command, cashier.actor)
    assert (done.amount_fen, orders.order(id=order.id).refunded_fen) == (80_000, 80_000)
    assert [one.state for one in identity.approvals_of(subject_kind="order", subject_id=str(order.id))] == ["used"]
    # The same command again is the same return, not a second use.
    assert take_back(command, cashier.actor) == done


def test_what_was_approved_holds_for_exactly_that(chain, cashier, second):
    order = sold(chain, net_fen=90_000, quantity=3)
    command = whole(order)
    decide(refused_for_one(command, cashier.actor), second.actor)
    before = state_of(order)
    changed = (
        replace(command, id=uuid7()),
        replace(command, reason="another"),
        replace(command, note="x"),
        replace(command, lines=(ReturnedLine(line_number=1, quantity=2),)),
        replace(command, lines=(ReturnedLine(line_number=1, quantity=3, restock="none"),)),
    )
    for one in changed:
        refused_for_one(one, cashier.actor)
        assert state_of(order) == before
    assert take_back(command, cashier.actor).amount_fen == 90_000


def test_a_large_refund_does_not_go_out_in_small_ones(chain, cashier):
    order = sold(chain, net_fen=60_000, quantity=3)
    one_piece = (ReturnedLine(line_number=1, quantity=1),)
    for _ in range(2):
        assert take_back(whole(order, lines=one_piece), cashier.actor).amount_fen == 20_000
    before = state_of(order)
    refused_for_one(whole(order, lines=one_piece), cashier.actor)
    assert state_of(order) == before


def test_nobody_approves_his_own_request_nor_what_he_may_not_do(chain, cashier, second):
    order = sold(chain, net_fen=70_000)
    command = whole(order)
    approval = refused_for_one(command, second.actor)
    with pytest.raises(SamePerson):
        decide(approval, second.actor)
    with pytest.raises(Forbidden):
        decide(approval, cashier.actor)
    elsewhere = make_person("store_manager", unit_id=chain.other_store.unit.id)
    with pytest.raises(ApprovalUnknown):
        decide(approval, elsewhere.actor)
    with pytest.raises(Forbidden):
        decide(approval, Actor(kind=ActorKind.MEMBER, id=str(uuid7())))
    assert [one.decided_by for one in asked(order)] == [""]
    refused_for_one(command, second.actor)
    # Not even a statement past the door: the table itself knows two people.
    with pytest.raises(IntegrityError, match="identity_approval_two_people"):
        db.execute(
            "UPDATE identity_approval SET state = 'approved', decided_by = requested_by, decided_at = now() "
            "WHERE id = %s",
            [approval],
        )


def test_an_approval_lapses_after_a_day_and_a_request_too(chain, cashier, second):
    order = sold(chain, net_fen=70_000)
    command = whole(order)
    approval = refused_for_one(command, cashier.actor)
    tomorrow = system_clock.now() + timedelta(hours=24, seconds=1)
    with pytest.raises(ApprovalDecided):
        decide(approval, second.actor, now=tomorrow)
    decide(approval, second.actor)
    before = state_of(order)
    with pytest.raises(SecondPersonNeeded) as refusal:
        aftersales.return_lines(command=command, actor=cashier.actor, now=tomorrow)
    assert state_of(order) == before
    assert refusal.value.params["approval_id"] != approval
    assert identity.approval(approval_id=approval).state is ApprovalState.EXPIRED


def test_what_was_refused_stays_refused(chain, cashier, second):
    order = sold(chain, net_fen=70_000)
    command = whole(order)
    approval = refused_for_one(command, cashier.actor)
    decide(approval, second.actor, approve=False)
    before = state_of(order)
    with pytest.raises(ApprovalRefused):
        take_back(command, cashier.actor)
    with pytest.raises(ApprovalDecided):
        decide(approval, second.actor)
    assert state_of(order) == before


def test_a_used_approval_and_its_request_are_not_rewritten(chain, cashier, second):
    command = whole(sold(chain, net_fen=70_000))
    approval = refused_for_one(command, cashier.actor)
    with pytest.raises(IntegrityError, match="append-only"):
        db.execute("UPDATE identity_approval SET amount_fen = 1 WHERE id = %s", [approval])
    decide(approval, second.actor)
    take_back(command, cashier.actor)
    with pytest.raises(IntegrityError, match="does not go from"):
        db.execute("UPDATE identity_approval SET state = 'requested' WHERE id = %s", [approval])
    with pytest.raises(IntegrityError, match="append-only"):
        db.execute("DELETE FROM identity_approval WHERE id = %s", [approval])
    assert identity.approval(approval_id=approval).state is ApprovalState.USED


def test_a_paid_order_above_the_limit_is_cancelled_by_two_but_by_its_member_alone(chain, second):
    other = make_person("store_manager", unit_id=chain.store.unit.id)
    order = paid(chain)
    before = state_of(order)
    with pytest.raises(SecondPersonNeeded) as refusal:
        checkout.cancel_order(order_id=order.id, reason="broken", actor=second.actor, now=system_clock.now())
    assert state_of(order) == before
    decide(refusal.value.params["approval_id"], other.actor)
    with pytest.raises(SecondPersonNeeded):
        checkout.cancel_order(order_id=order.id, reason="another", actor=second.actor, now=system_clock.now())
    assert state_of(order) == before
    done = checkout.cancel_order(order_id=order.id, reason="broken", actor=second.actor, now=system_clock.now())
    assert (done.state, done.refunded_fen) == (State.CANCELLED, order.paid_fen)
    member = members.find_or_create(
        keys=[Key(kind=KeyKind.PHONE, value="19900001111", verified=True)],
        channel="pos",
        store_id=chain.store.unit.id,
        name="",
        now=system_clock.now(),
    )
    own = paid(chain, member_id=member.id)
    buyer = Actor(kind=ActorKind.MEMBER, id=str(member.id))
    done = checkout.cancel_order(order_id=own.id, reason="changed_mind", actor=buyer, now=system_clock.now())
    assert done.refunded_fen == own.paid_fen


def test_a_store_sets_its_own_limit(chain, cashier):
    node, key = f"unit:{chain.store.unit.id}", "payments.second_person_above"
    set_to = lambda value: settings_tree.set_value(SYSTEM, node, key, value, system_clock.now())  # noqa: E731
    set_to(100)
    try:
        refused_for_one(whole(sold(chain, net_fen=101)), cashier.actor)
    finally:
        set_to(None)
    assert take_back(whole(sold(chain, net_fen=101)), cashier.actor).amount_fen == 101


@pytest.mark.race
def test_of_two_who_decide_at_once_one_does(chain, cashier):
    order = sold(chain, net_fen=70_000)
    approval = refused_for_one(whole(order), cashier.actor)
    people = [make_person("store_manager", unit_id=chain.store.unit.id) for _ in range(8)]
    results = parallel(8, lambda index: decide(approval, people[index].actor, approve=index % 2 == 0))
    kinds = Counter(one.code if isinstance(one, Problem) else type(one).__name__ for one in results)
    assert kinds == {"Approval": 1, "identity.approval_decided": 7}


@pytest.mark.race
def test_one_approval_lets_one_of_many_repeats_through(chain, cashier, second):
    order = sold(chain, net_fen=70_000)
    command = whole(order)
    decide(refused_for_one(command, cashier.actor), second.actor)
    results = parallel(16, lambda _index: take_back(command, cashier.actor))
    assert {type(one).__name__ for one in results} == {"ReturnResult"}
    assert orders.order(id=order.id).refunded_fen == 70_000


# On the screens.


def test_on_the_console_a_second_person_approves_with_a_proof_and_it_is_carried_out(chain, second):
    asker = make_person("store_manager", unit_id=chain.store.unit.id)
    order = sold(chain, net_fen=66_000)
    page = console.signed_in(asker)
    sent = {"return_id": str(uuid7()), "restock": "sellable", "reason": "坏了", "note": ""}
    answer = page.post(console.deed_address("orders.order", order.id, "refund-whole"), sent)
    (request,) = asked(order)
    assert answer.headers["Location"] == console.row_address("identity.approval", request.id)
    assert "¥660.00" in page.get(answer.headers["Location"]).content.decode()
    browser = console.signed_in(second)
    home = browser.get("/console/").content.decode()
    assert 'data-tile="approvals"' in home
    address = console.deed_address("identity.approval", request.id, "approve")
    # Without a proof nothing happens, whatever is sent.
    assert "It is me" in browser.post(address, {"note": ""}).content.decode()
    assert orders.order(id=order.id).refunded_fen == 0
    assert browser.post(address, {"step_up_proof": "wrong wrong"}).status_code == 422
    console.prove(browser, second, address)
    assert browser.post(address, {"note": "好的"}).status_code == 302
    assert orders.order(id=order.id).refunded_fen == 66_000
    made = aftersales.returns_of(order_id=order.id)
    by = db.value("SELECT actor FROM aftersales_return WHERE id = %s", [made[0].id])
    assert by == f"staff:{asker.id}"
    row = Approval.objects.get(pk=request.id)
    assert (row.state, row.decided_by, row.note) == ("used", f"staff:{second.id}", "好的")


def test_a_proof_is_stale_after_five_minutes_and_belongs_to_its_session(chain, second):
    target = make_person(None, home_id=chain.store.unit.id)
    address = console.deed_address("identity.staff", target.id, "assign")
    sent = {"role_code": "cashier", "scope": "store", "unit_id": str(chain.store.unit.id)}
    browser, other = console.signed_in(second), console.signed_in(second)
    roles = lambda: [one.role_code for one in identity.staff(ids=[target.id])[target.id].roles]  # noqa: E731
    console.prove(browser, second, address)
    assert "It is me" in other.post(address, sent).content.decode()
    session = browser.session
    proof = session["step_up"]
    session["step_up"] = {**proof, "at": (system_clock.now() - timedelta(minutes=5, seconds=1)).isoformat()}
    session.save()
    assert "It is me" in browser.post(address, sent).content.decode()
    session["step_up"] = {**proof, "of": "1:somebody"}
    session.save()
    assert "It is me" in browser.post(address, sent).content.decode()
    # A proof sent together with the deed proves, and does nothing else.
    assert browser.post(address, {**sent, "step_up_proof": PASSWORD}).status_code == 302
    assert roles() == []
    assert browser.post(address, sent).status_code == 302
    assert roles() == ["cashier"]
