"""Quantities, periods, ids, clocks, problems and actors of the kernel."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.clock import FixedClock, system_clock
from quanyu.kernel.ids import new_token, uuid7
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Conflict, Forbidden, Invalid, NotFound, Problem, Unauthenticated
from quanyu.kernel.quantity import PER_KILOGRAM, PIECES, Quantity, parse_quantity

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds it
EDGES = st.none() | MOMENTS


@given(st.integers(0, 10**12 - 1), st.sampled_from([PIECES, PER_KILOGRAM]))
def test_a_quantity_written_is_read_back(base, scale):
    quantity = Quantity(base, scale)
    assert parse_quantity(str(quantity), scale=scale) == quantity
    assert Fraction(str(quantity)) == Fraction(base, scale)


@given(st.text(), st.sampled_from([PIECES, PER_KILOGRAM]))
def test_any_text_is_a_quantity_or_refused(text, scale):
    try:
        quantity = parse_quantity(text, scale=scale)
    except ValueError:
        return
    assert quantity.base >= 0


@pytest.mark.parametrize("scale", [0, 10, 100, -1])
def test_a_quantity_has_one_of_two_scales(scale):
    with pytest.raises(ValueError, match="counts pieces"):
        Quantity(1, scale)


def period(start, end) -> Period:
    if start is not None and end is not None and start > end:
        start, end = end, start
    return Period(start, end)


@given(MOMENTS, MOMENTS)
def test_the_start_belongs_to_a_period_and_the_end_does_not(start, end):
    if start >= end:
        with pytest.raises(ValueError, match="ends after it starts"):
            Period(start, end)
        return
    both = Period(start, end)
    assert start in both
    assert end not in both
    assert end - timedelta(microseconds=1) in both
    assert start - timedelta(microseconds=1) not in both


@given(EDGES, EDGES, EDGES, EDGES, MOMENTS)
def test_periods_overlap_exactly_when_they_share_a_moment(start, end, other_start, other_end, moment):
    if start == end is not None or other_start == other_end is not None:
        return
    one, other = period(start, end), period(other_start, other_end)
    assert one.overlaps(other) == other.overlaps(one)
    assert one.overlaps(one)
    if moment in one and moment in other:
        assert one.overlaps(other)
    if one.overlaps(other):
        latest_start = max((p.start for p in (one, other) if p.start is not None), default=None)
        shared = latest_start or min((p.end for p in (one, other) if p.end), default=moment) - timedelta(microseconds=1)
        assert shared in one
        assert shared in other


def test_touching_periods_do_not_overlap():
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert not Period(None, noon).overlaps(Period(noon, None))


def test_a_period_needs_time_zones():
    with pytest.raises(ValueError, match="aware"):
        Period(datetime(2026, 3, 1))  # noqa: DTZ001 - a naive time is the point


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= after + 1


def test_ids_of_a_process_increase_strictly_from_all_threads():
    made: list[list] = []

    def make():
        made.append([uuid7() for _ in range(2000)])

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for mine in made for one in mine}) == 16_000
    assert all(mine == sorted(mine) for mine in made)


def test_an_id_cannot_be_guessed_from_the_one_before():
    first, second = uuid7(), uuid7()
    assert first.int & ((1 << 62) - 1) != second.int & ((1 << 62) - 1)


def test_a_token_has_256_bits_and_fits_into_addresses_and_headers():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_a_fixed_clock_moves_only_when_told_to():
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 3, 1, tzinfo=UTC)
    assert clock.advance(timedelta(hours=1)) == clock.now() == datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert system_clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (Problem, "problem", 400),
        (NotFound, "not_found", 404),
        (Forbidden, "forbidden", 403),
        (Unauthenticated, "unauthenticated", 401),
        (Invalid, "invalid", 422),
        (Conflict, "conflict", 409),
    ],
)
def test_codes_and_statuses_of_common_problems_are_permanent(kind, code, status):
    problem = kind(field="lines.0.sku_id", reason="r", permission="p")
    assert (problem.code, problem.status, problem.field) == (code, status, "lines.0.sku_id")
    assert problem.params == {"reason": "r", "permission": "p"}
    assert problem.title % problem.params
    assert problem.remedy % problem.params


def actor(*grants: Grant) -> Actor:
    return Actor(ActorKind.STAFF, "7", grants=grants)


def test_an_actor_without_grants_may_do_nothing():
    assert not actor().reaches("orders.read")
    assert not actor().reaches("orders.read", unit_path=(1,), own=True)


@pytest.mark.parametrize(
    ("scope", "unit_id", "unit_path", "own", "reaches"),
    [
        (Scope.ALL, None, (1, 5, 12), False, True),
        (Scope.SUBTREE, 5, (1, 5, 12), False, True),
        (Scope.SUBTREE, 5, (1, 6, 13), False, False),
        (Scope.STORE, 12, (1, 5, 12), False, True),
        (Scope.STORE, 5, (1, 5, 12), False, False),
        (Scope.OWN, None, (1, 5, 12), True, True),
        (Scope.OWN, None, (1, 5, 12), False, False),
        (Scope.STORE, 12, (), False, True),
        (Scope.SUBTREE, None, (1, 5, 12), False, False),
        (Scope.STORE, None, (1, 5, 12), False, False),
    ],
)
def test_a_permission_reaches_as_far_as_its_scope(scope, unit_id, unit_path, own, reaches):
    one = actor(Grant(frozenset({"orders.*"}), scope, unit_id))
    assert one.reaches("orders.read", unit_path=unit_path, own=own) is reaches
    assert not one.reaches("stock.read", unit_path=unit_path, own=own)


def test_the_system_may_do_everything():
    assert SYSTEM.reaches("anything.at_all", unit_path=(1, 2))
