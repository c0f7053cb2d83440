"""A refund that waits for a second person while its request is refused or taken back (AFT-01, AFT-03)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from uuid import UUID

import pytest

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import AskCommand, AskedLine, Request, RequestKind, RequestMoved
from quanyu.modules.aftersales.ops import approved_return, request_steps, return_lines
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import SecondPersonNeeded
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import place, stock_of, till_command
from tests.harness.four_eyes import LIMIT_FEN, decide
from tests.harness.identity import Person, make_person
from tests.harness.members import make_member
from tests.harness.parallel import parallel

pytestmark = pytest.mark.race

PIECES = LIMIT_FEN // MILK_FEN + 1


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=20_000)


@pytest.fixture(scope="module")
def clerk(chain: Chain) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id)


@pytest.fixture(scope="module")
def second(chain: Chain) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id)


@pytest.fixture(scope="module")
def member():
    return make_member()


class ThrownAwayError(Exception):
    """Ends a transaction that must not stay."""


def waiting(chain: Chain, member, clerk: Person, second: Person, kind: RequestKind) -> tuple[Order, Request, str]:
    """A request whose money a second person has just approved and nobody has carried out yet."""
    order = place(till_command(chain.store, (chain.milk, PIECES), cash_fen=PIECES * MILK_FEN, member_id=member.id))
    wanted = AskCommand(uuid7(), order.id, kind, (AskedLine(1, PIECES),), "quality")
    asked = aftersales.ask(command=wanted, member_id=member.id, actor=_self(member), now=system_clock.now())
    of = {"request_id": asked.id, "actor": clerk.actor, "now": system_clock.now()}
    place_ = {"restocks": {1: "sellable"}, "location_id": chain.store.unit.id}
    if kind is RequestKind.RETURN:
        aftersales.approve(**of)
    step = partial(aftersales.receive, **place_) if kind is RequestKind.RETURN else aftersales.approve
    with pytest.raises(SecondPersonNeeded) as needed:
        step(**of)
    approval = str(needed.value.params["approval_id"])
    decide(approval, second.actor)
    return order, aftersales.request(request_id=asked.id), approval


def _self(member) -> Actor:
    return Actor(kind=ActorKind.MEMBER, id=str(member.id))


def take_away(request: Request, member, clerk: Person) -> None:
    """End the request: by its member where nothing comes back, else by staff."""
    if request.kind is RequestKind.REFUND_ONLY:
        aftersales.withdraw(request_id=request.id, member_id=member.id, actor=_self(member), now=system_clock.now())
    else:
        aftersales.refuse(request_id=request.id, answer="不是本店的商品", actor=clerk.actor, now=system_clock.now())


def books(order: Order, chain: Chain) -> tuple[int, int, int]:
    found = orders.order(id=order.id)
    return found.refunded_fen, found.lines[0].returned_quantity, stock_of(chain.store, chain.milk)[0]


@pytest.mark.parametrize("kind", [RequestKind.REFUND_ONLY, RequestKind.RETURN])
def test_aft_03_what_was_taken_back_or_refused_is_not_paid_by_its_approval(chain, member, clerk, second, kind):
    order, request, approval = waiting(chain, member, clerk, second, kind)
    before = books(order, chain)
    take_away(request, member, clerk)
    ended = aftersales.request(request_id=request.id).state
    with pytest.raises(RequestMoved):
        identity.carry_out(approval_id=approval, now=system_clock.now())
    assert (aftersales.request(request_id=request.id).state, books(order, chain)) == (ended, before)
    assert aftersales.returns_of(order_id=order.id) == []


def test_aft_03_an_approval_and_a_withdrawal_at_once_end_in_one_of_them(chain, member, clerk, second):
    for _round in range(6):
        order, request, approval = waiting(chain, member, clerk, second, RequestKind.REFUND_ONLY)

        def act(index: int, request: Request = request, approval: str = approval) -> None:
            if index % 2:
                identity.carry_out(approval_id=approval, now=system_clock.now())
            else:
                take_away(request, member, clerk)

        ends = Counter(type(one).__name__ for one in parallel(2, act))
        state = aftersales.request(request_id=request.id).state
        assert ends == {"NoneType": 1, "RequestMoved": 1}
        assert (state, books(order, chain)[0]) in {("done", PIECES * MILK_FEN), ("withdrawn", 0)}


def test_aft_03_without_the_guard_a_withdrawn_request_is_paid_and_the_nightly_check_says_so(
    chain, member, clerk, second, monkeypatch
):
    order, request, approval = waiting(chain, member, clerk, second, RequestKind.REFUND_ONLY)
    take_away(request, member, clerk)
    monkeypatch.setattr(request_steps, "demand_due", lambda **_of: None)
    command = approved_return.command_of(identity.approval(approval_id=UUID(approval)))

    def work() -> None:
        with identity.second_person(actor=clerk.actor, now=system_clock.now()):
            return_lines.return_lines(command, actor=clerk.actor, now=system_clock.now())
        assert orders.order(id=order.id).refunded_fen == PIECES * MILK_FEN
        found = db.rows("SELECT * FROM aftersales_breach_requests_are_refunded")
        assert [one["number"] for one in found] == [request.number]
        raise ThrownAwayError

    with pytest.raises(ThrownAwayError):
        db.in_transaction(work)
    assert orders.order(id=order.id).refunded_fen == 0
