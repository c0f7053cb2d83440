"""The gate of hot items: one order at a time, allowances that robots use up, a short queue, sold out from memory."""

from __future__ import annotations

from quanyu.modules.flash.rules.gate import Allowance, Gate, Limits, Refused

FREE = Allowance(burst=10_000, per_s=10_000)
KEY = (7, 1, "pickup")


def gate(**given: object) -> Gate:
    """Return a gate that allows everything but what is given."""
    return Gate(Limits(**({"member": FREE, "household": FREE} | given)))  # type: ignore[arg-type]


def tries(one: Gate, times: list[float], *, member: object = "m", household: object = None) -> list[int]:
    """Try at these times, each answered at once; return 0 or how long to wait."""
    told = []
    for now_s in times:
        refused = one.enter([7], member=member, household=household, now_s=now_s)
        if refused is None:
            one.leave([7], member=member)
        told.append(refused.retry_after_s if refused else 0)
    return told


def test_one_order_of_a_member_at_a_time() -> None:
    """A second one is told to wait; another item, another member, and the next one after the answer are let in."""
    one = gate()
    assert one.enter([7], member="m", household=None, now_s=0) is None
    assert one.enter([7], member="m", household=None, now_s=0) == Refused("flash.one_at_a_time", 1)
    assert one.enter([8], member="m", household=None, now_s=0) is None
    assert one.enter([7], member="n", household=None, now_s=0) is None
    assert one.enter([8, 7], member="m", household=None, now_s=0) == Refused("flash.one_at_a_time", 1)
    one.leave([7], member="m")
    assert one.enter([7], member="m", household=None, now_s=0) is None


def test_the_queue_of_an_item_is_bounded() -> None:
    """When it is full everybody is told to come again; one answered makes room for one."""
    one = gate(queue_max=2)
    assert [one.enter([7], member=name, household=None, now_s=0) for name in "ab"] == [None, None]
    assert one.enter([7], member="c", household=None, now_s=0) == Refused("flash.queue_full", 2)
    assert one.enter([8], member="c", household=None, now_s=0) is None
    one.leave([7], member="a")
    assert one.enter([7], member="c", household=None, now_s=0) is None
    assert one.enter([7], member="d", household=None, now_s=0) == Refused("flash.queue_full", 2)


def test_whoever_obeys_is_let_in_and_whoever_hammers_waits_longer() -> None:
    """Five tries at once, then one in two seconds; a try before its time doubles the wait, up to a bound."""
    limits = {"member": Allowance(burst=5, per_s=0.5, wait_s_max=8)}
    patient = gate(**limits)
    assert tries(patient, [0, 0, 0, 0, 0, 0]) == [0, 0, 0, 0, 0, 2]
    assert tries(patient, [2, 4.1, 6.2]) == [0, 0, 0]
    robot = gate(**limits)
    assert tries(robot, [0] * 5) == [0] * 5
    assert tries(robot, [0.1 * i for i in range(1, 7)]) == [2, 2, 4, 8, 8, 8]
    # Hammering on it never gets in, although by now the allowance has filled again.
    assert tries(robot, [1.0 + i for i in range(60)]) == [8] * 60
    # Who stops for the time he was told is let in.
    assert tries(robot, [68.1]) == [0]


def test_a_rest_forgives() -> None:
    """A full allowance forgets earlier strikes: the first wait is short again."""
    one = gate(member=Allowance(burst=2, per_s=1, wait_s_max=60))
    assert tries(one, [0, 0, 0, 0, 0, 0]) == [0, 0, 1, 2, 4, 8]
    assert tries(one, [100, 100, 100]) == [0, 0, 1]


def test_a_household_shares_an_allowance_without_growing_waits() -> None:
    """Behind one address may stand many innocent people: it fills steadily, and others are not touched."""
    one = gate(household=Allowance(burst=3, per_s=1))
    assert [tries(one, [0], member=name, household="h")[0] for name in "abcde"] == [0, 0, 0, 1, 1]
    assert tries(one, [0], member="f", household="other") == [0]
    assert tries(one, [1.0], member="d", household="h") == [0]


def test_refused_tries_cost_too() -> None:
    """A try while another is on its way is paid for."""
    one = gate(member=Allowance(burst=2, per_s=0.1, wait_s_max=60))
    assert one.enter([7], member="m", household=None, now_s=0) is None
    told = [one.enter([7], member="m", household=None, now_s=0) for _ in range(2)]
    assert [refused and refused.code for refused in told] == ["flash.one_at_a_time", "flash.too_many_tries"]


def test_memory_has_an_end() -> None:
    """Allowances that are full again are forgotten; when none is, the older half goes."""
    one = gate(member=Allowance(burst=1, per_s=1), kept_max=4)
    tries(one, [0], member="idle")
    for index in range(8):
        tries(one, [5.0], member=index)
    assert len(one._members) <= 4
    assert "idle" not in one._members


def test_sold_out_is_answered_from_memory_and_one_looks_again() -> None:
    """For a second everybody is told; then one may ask the database, and the others wait for what he hears."""
    one = gate()
    assert one.is_closed(KEY, 1, now_s=0) is False
    one.close(KEY, 1, now_s=0)
    assert [one.is_closed(KEY, 1, now_s=0.9) for _ in range(3)] == [True] * 3
    assert [one.is_closed(KEY, 1, now_s=1.0) for _ in range(3)] == [False, True, True]
    one.close(KEY, 1, now_s=1.1)
    assert [one.is_closed(KEY, 1, now_s=2.0), one.is_closed(KEY, 1, now_s=2.2)] == [True, False]
    one.open(KEY)
    assert [one.is_closed(KEY, 1, now_s=2.3) for _ in range(2)] == [False, False]


def test_whoever_wants_fewer_may_ask() -> None:
    """Two were refused, so three are; one may still be there: the last piece is sold."""
    one = gate()
    one.close(KEY, 2, now_s=0)
    assert [one.is_closed(KEY, quantity, now_s=0) for quantity in (1, 2, 3)] == [False, True, True]
    one.close(KEY, 1, now_s=0)
    one.close(KEY, 3, now_s=0)
    assert [one.is_closed(KEY, quantity, now_s=0) for quantity in (1, 2, 3)] == [True, True, True]


def test_one_who_could_not_tell_gives_the_place_to_the_next() -> None:
    """Refused for another reason, or lost: somebody else looks."""
    one = gate()
    one.close(KEY, 1, now_s=0)
    assert [one.is_closed(KEY, 1, now_s=1.5) for _ in range(2)] == [False, True]
    one.look_again(KEY)
    assert [one.is_closed(KEY, 1, now_s=1.6) for _ in range(2)] == [False, True]
    assert [one.is_closed(KEY, 1, now_s=6.7) for _ in range(2)] == [False, True]


def test_what_comes_back_opens_every_place_of_the_sale() -> None:
    """And of no other sale."""
    one = gate()
    for key in (KEY, (7,), (7, 2, "express"), (8, 1, "pickup")):
        one.close(key, 1, now_s=0)
    one.open_all(7)
    assert [one.is_closed(key, 1, now_s=0) for key in (KEY, (7,), (7, 2, "express"), (8, 1, "pickup"))] == [
        False,
        False,
        False,
        True,
    ]
