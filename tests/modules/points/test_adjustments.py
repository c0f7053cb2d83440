"""Points change by hand only with four eyes."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import OneHand
from quanyu.modules.members.contracts import MemberUnknown
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import (
    Adjustment,
    AdjustmentDecided,
    AdjustmentUnknown,
    FourEyes,
    PointsInvalid,
    PointsShort,
    RequestState,
)
from quanyu.platform import db
from tests.harness import organization
from tests.harness import points as build
from tests.harness.identity import make_person
from tests.harness.points import NOW


def staff(number: int, *permissions: str) -> Actor:
    """Return a member of staff with permissions everywhere."""
    grants = (Grant(frozenset(permissions), Scope.ALL),)
    return Actor(kind=ActorKind.STAFF, id=str(number), grants=grants, unit_id=organization.enterprise().id)


CLERK, BOSS = (10, ("points.adjust",)), (11, ("points.adjust", "points.approve"))


def ask(member: UUID, amount: int, *, reason: str = "投诉补偿", who: tuple[int, tuple[str, ...]] = CLERK) -> Adjustment:
    """Ask for an adjustment."""
    return points.request_adjustment(
        member_id=member, points=amount, reason=reason, actor=staff(who[0], *who[1]), now=NOW
    )


def decide(asked: Adjustment, *, approve: bool = True, who: tuple[int, tuple[str, ...]] = BOSS) -> Adjustment:
    """Decide about it."""
    return points.decide_adjustment(
        adjustment_id=asked.id, approve=approve, note="ok", actor=staff(who[0], *who[1]), now=NOW
    )


def test_points_move_when_a_second_person_approves() -> None:
    """Asking moves nothing; approval opens a lot that names the request; it is decided once."""
    member = build.make_member()
    asked = ask(member, 50)
    assert (asked.state, build.figures(member)) == (RequestState.REQUESTED, (0, 0, 0))
    done = decide(asked)
    assert (done.state, done.requested_by, done.decided_by) == (RequestState.APPROVED, "staff:10", "staff:11")
    assert build.figures(member) == (50, 0, 0)
    assert build.ledger(member) == [("adjust", 50, 0, 0)]
    with pytest.raises(AdjustmentDecided):
        decide(asked)
    assert build.figures(member) == (50, 0, 0)


def test_points_are_taken_from_what_ends_first() -> None:
    """A deduction over two lots; both movements name the request."""
    member = build.make_member()
    build.give(member, 30)
    build.give(member, 30)
    decide(ask(member, -40))
    assert build.left(member) == [0, 20]
    assert build.ledger(member)[2:] == [("adjust", -30, 0, 0), ("adjust", -10, 0, 0)]


def test_more_than_the_member_has_cannot_be_taken() -> None:
    """Approval is refused as a whole: the request still waits, nothing moved, nothing is owed."""
    member = build.make_member()
    build.give(member, 30)
    asked = ask(member, -40)
    with pytest.raises(PointsShort):
        decide(asked)
    assert build.figures(member) == (30, 0, 0)
    assert decide(asked, approve=False).state == RequestState.REFUSED
    assert build.figures(member) == (30, 0, 0)


def test_nobody_decides_about_an_own_request() -> None:
    """By the door, and by the table itself."""
    member = build.make_member()
    asked = ask(member, 50, who=BOSS)
    with pytest.raises(FourEyes):
        decide(asked, who=BOSS)
    with pytest.raises(IntegrityError), transaction.atomic():
        db.execute(
            "UPDATE points_adjustment SET state = 'approved', decided_by = requested_by, decided_at = %s WHERE id = %s",
            [NOW, asked.id],
        )
    assert build.figures(member) == (0, 0, 0)


def test_whom_the_asker_took_on_does_not_decide() -> None:
    """By the door, and by the table itself; whom somebody else took on does."""
    member, unit_id = build.make_member(), organization.enterprise().id
    asker, colleague = (make_person("head_office", unit_id=unit_id) for _ in range(2))
    asked = points.request_adjustment(member_id=member, points=50, reason="补偿", actor=asker.actor, now=NOW)
    helper = identity.create_staff(
        username=f"n{uuid7().hex[-12:]}", name="新人", unit_id=unit_id, actor=asker.actor, now=NOW
    )
    deciding = staff(helper.id, "points.approve")
    with pytest.raises(OneHand):
        points.decide_adjustment(adjustment_id=asked.id, approve=True, actor=deciding, now=NOW)
    with pytest.raises(IntegrityError, match="one hand"), transaction.atomic():
        db.execute(
            "UPDATE points_adjustment SET state = 'approved', decided_by = %s, decided_at = %s WHERE id = %s",
            [deciding.signature, NOW, asked.id],
        )
    assert build.figures(member) == (0, 0, 0)
    points.decide_adjustment(adjustment_id=asked.id, approve=True, actor=colleague.actor, now=NOW)
    assert build.figures(member) == (50, 0, 0)


def test_both_need_their_permission() -> None:
    """points.adjust to ask, points.approve to decide."""
    member = build.make_member()
    with pytest.raises(Forbidden):
        ask(member, 50, who=(12, ("points.view",)))
    asked = ask(member, 50)
    with pytest.raises(Forbidden):
        decide(asked, who=(13, ("points.adjust",)))
    assert build.figures(member) == (0, 0, 0)


def test_a_request_says_who_how_many_and_why() -> None:
    """An unknown member, no points, no reason: refused."""
    member = build.make_member()
    with pytest.raises(MemberUnknown):
        ask(uuid7(), 50)
    with pytest.raises(PointsInvalid):
        ask(member, 0)
    with pytest.raises(PointsInvalid):
        ask(member, 50, reason="  ")
    with pytest.raises(AdjustmentUnknown):
        points.decide_adjustment(adjustment_id=uuid7(), approve=True, actor=staff(*BOSS[:1], *BOSS[1]), now=NOW)
    assert db.value("SELECT count(*) FROM points_adjustment WHERE member_id = %s", [member]) == 0
