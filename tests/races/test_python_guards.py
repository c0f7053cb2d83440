"""The guards that stand in Python before the batch: each is taken away, and must be missed (habit 12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import WantedLine
from quanyu.modules.checkout.ops import permitted, place_order
from quanyu.modules.checkout.rules import commands
from quanyu.modules.orders import api as orders
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import NOTHING, command, footprint, till_command
from tests.harness.members import make_member

pytestmark = pytest.mark.race


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=50)


def told(*given, actor=SYSTEM):
    """Place the commands; return the outcomes by their codes, ids for orders."""
    outcomes = checkout.place_orders(commands=list(given), actor=actor, now=system_clock.now())
    return [one.code if isinstance(one, Problem) else one for one in outcomes]


def another_command_under_one_id(chain):
    """An id is one command: another one is refused, the same one is the order."""
    first = command(chain.store, (chain.milk, 1))
    other = replace(first, lines=(WantedLine(chain.milk.id, 2),))
    return told(first) == [first.id] and told(other, first) == ["checkout.key_reused", first.id]


def a_repeat(chain):
    """The same command again is the same order, whatever was looked at before."""
    first = command(chain.store, (chain.milk, 1))
    return [told(first), told(first)] == [[first.id], [first.id]]


def another_price_than_was_agreed(chain):
    """Who agreed to a price is asked again, and nothing is written."""
    cheap = command(chain.store, (chain.milk, 1), expected_payable_fen=MILK_FEN - 1)
    return told(cheap) == ["checkout.price_changed"] and footprint(cheap.id) == NOTHING


def too_little_money(chain):
    """Money that does not cover its order is refused with words, and nothing is written."""
    poor = till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN - 1)
    outcomes = told(poor, neighbour := command(chain.store, (chain.milk, 1)))
    return outcomes[0] != poor.id and outcomes[1] == neighbour.id and footprint(poor.id) == NOTHING


def more_than_anybody_writes(chain):
    """What no shop could deliver is refused with words, and its neighbours are not."""
    wanted = command(chain.store, (chain.milk, 1), note="x" * 10_000)
    outcomes = told(wanted, neighbour := command(chain.store, (chain.milk, 1)))
    return isinstance(outcomes[0], str) and outcomes[1] == neighbour.id


def somebody_elses_order(chain):
    """A member orders for himself."""
    member, other = make_member(), make_member()
    wanted = command(chain.store, (chain.milk, 1), member_id=other.id)
    outcomes = told(wanted, actor=Actor(kind=ActorKind.MEMBER, id=str(member.id), name=""))
    return isinstance(outcomes[0], str) and footprint(wanted.id) == NOTHING


def _only_problems(one):
    return one.problems[0] if one.problems else None


GUARDS = {
    "the digest of a command": (another_command_under_one_id, commands, "digest", lambda _command: bytes(32)),
    "the look at what stands": (a_repeat, orders, "command_digests", lambda **_given: {}),
    "the price that was agreed": (another_price_than_was_agreed, place_order, "_refusal", _only_problems),
    "the sum of the tenders": (too_little_money, commands, "check_tenders", lambda *_given, **_more: None),
    "the check of a command": (more_than_anybody_writes, commands, "check", lambda _command: None),
    "who may order": (somebody_elses_order, permitted, "refusals_to_place", lambda asked: [None] * len(asked)),
}


@pytest.mark.parametrize("name", GUARDS)
def test_it_holds_and_without_its_guard_it_is_noticed(chain, monkeypatch, name):
    scenario, where, guard, instead = GUARDS[name]
    assert scenario(chain)
    with monkeypatch.context() as without:
        without.setattr(where, guard, instead)
        try:
            noticed = not scenario(chain)
        except Exception:  # noqa: BLE001 - without its guard it may fail in any way
            noticed = True
    assert noticed
