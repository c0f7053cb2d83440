"""Each promise of the tables is tried: the database itself refuses what the doors would never do."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from quanyu.kernel.ids import uuid7
from quanyu.modules.points import api as points
from quanyu.platform import db
from tests.harness import catalog
from tests.harness import points as build
from tests.harness.points import NOW


@pytest.fixture(scope="module")
def member() -> UUID:
    """Return a member with 100 usable points of one lot, an offer use, a spending and a request."""
    member = build.make_member()
    build.earn(member, 10_000, order_id=uuid7())
    build.spend(member, 40)
    return member


LOT = "UPDATE points_lot SET {} WHERE member_id = %s"
ACCOUNT = "UPDATE points_account SET {} WHERE member_id = %s"
SPENDING = "UPDATE points_spending SET {} WHERE member_id = %s"
MOVEMENT = (
    "INSERT INTO points_movement (member_id, lot_id, kind, pending_delta, available_delta, debt_delta, cause_kind, "
    "cause_id, at) SELECT member_id, {}, {}, 'test', 'test', now() FROM points_lot WHERE member_id = %s"
)
OFFER = (
    "INSERT INTO points_offer (sku_id, points, cash_fen, list_fen, ceiling_fen, starts_at, ends_at, level, taken, "
    "per_member_limit, total_limit, created_at) SELECT id, {}, 'identified', {}, now() FROM catalog_sku, "
    "(SELECT %s) AS nothing LIMIT 1"
)
PERIOD = "now(), now() + interval '1 day'"


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        ("points_account_never_negative", ACCOUNT.format("available = -1")),
        ("points_account_never_negative", ACCOUNT.format("pending = -1")),
        ("points_account_never_negative", ACCOUNT.format("debt = -1")),
        ("points_lot_remaining_in_bounds", LOT.format("remaining = points + 1")),
        ("points_lot_open_has_points", LOT.format("remaining = 0")),
        ("points_lot_open_has_points", LOT.format("state = 'empty'")),
        ("points_lot_open_has_points", LOT.format("state = 'other'")),
        ("points_lot_pending_matures", LOT.format("state = 'pending'")),
        ("points_lot_ends_after_it_began", LOT.format("expires_at = earned_at")),
        ("points_lot_ends_after_it_began", LOT.format("matures_at = expires_at")),
        ("points_spending_restored_in_bounds", SPENDING.format("restored = points + 1")),
        ("points_spending_restored_in_bounds", SPENDING.format("restored = -1")),
        ("points_spending_restored_in_bounds", SPENDING.format("points = 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'spend', 0, 5, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'earn', 5, 5, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'mature', -5, 4, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'restore', 0, -1, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'give', 0, 0, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'repay', 0, -5, -4")),
        ("points_movement_as_its_kind", MOVEMENT.format("NULL", "'debt', 0, 0, -4")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'claw_back', -1, -1, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'expire', 0, 1, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'adjust', 0, 0, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'move', 0, 0, 0")),
        ("points_movement_as_its_kind", MOVEMENT.format("id", "'other', 0, 1, 0")),
        ("points_movement_names_its_lot", MOVEMENT.format("NULL", "'give', 0, 5, 0")),
        ("points_movement_names_its_lot", MOVEMENT.format("id", "'debt', 0, 0, 5")),
        ("points_offer_makes_sense", OFFER.format(f"0, 0, 100, 100, {PERIOD}", "0, NULL, NULL")),
        ("points_offer_makes_sense", OFFER.format(f"5, 100, 100, 100, {PERIOD}", "0, NULL, NULL")),
        ("points_offer_low_priced", OFFER.format(f"5, 0, 101, 100, {PERIOD}", "0, NULL, NULL")),
        ("points_offer_within_limit", OFFER.format(f"5, 0, 100, 100, {PERIOD}", "4, NULL, 3")),
        ("points_offer_within_limit", OFFER.format(f"5, 0, 100, 100, {PERIOD}", "-1, NULL, NULL")),
        ("points_offer_limits_make_sense", OFFER.format(f"5, 0, 100, 100, {PERIOD}", "0, 0, NULL")),
        ("points_offer_limits_make_sense", OFFER.format(f"5, 0, 100, 100, {PERIOD}", "0, NULL, 0")),
        ("points_offer_limits_make_sense", OFFER.format("5, 0, 100, 100, now(), now()", "0, NULL, NULL")),
    ],
)
def test_the_tables_refuse_what_breaks_a_promise(member: UUID, constraint: str, statement: str) -> None:
    """The CHECK of that name, and nothing else, says no."""
    if "points_offer " in statement:
        catalog.make_sku()
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        db.execute(statement, [member])
    assert f'"{constraint}"' in str(refused.value)


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        (
            "points_lot_once_per_cause",
            (
                "INSERT INTO points_lot (member_id, cause_kind, cause_id, state, points, remaining, earned_at, "
                "expires_at) SELECT member_id, cause_kind, cause_id, "
                "'empty', 0, 0, earned_at, expires_at FROM points_lot "
                "WHERE member_id = %s"
            ),
        ),
        (
            "points_spending_once_per_cause",
            (
                "INSERT INTO points_spending (cause_kind, cause_id, member_id, points, at) "
                "SELECT cause_kind, cause_id, member_id, 1, at FROM points_spending WHERE member_id = %s"
            ),
        ),
        (
            "points_movement_once",
            (
                "INSERT INTO points_movement (member_id, lot_id, kind, available_delta, cause_kind, cause_id, at) "
                "SELECT member_id, lot_id, kind, available_delta, cause_kind, cause_id, at FROM points_movement "
                "WHERE kind = 'spend' AND member_id = %s"
            ),
        ),
        (
            "points_earning_line_once",
            (
                "INSERT INTO points_earning (lot_id, line, base_fen, points) SELECT part.lot_id, part.line, 0, 0 "
                "FROM points_earning AS part JOIN points_lot AS lot ON lot.id = part.lot_id WHERE lot.member_id = %s"
            ),
        ),
        (
            "points_earning_not_negative",
            (
                "INSERT INTO points_earning (lot_id, line, base_fen, points) SELECT id, 99, -1, 0 FROM points_lot "
                "WHERE member_id = %s"
            ),
        ),
        (
            "points_adjustment_says_why",
            (
                "INSERT INTO points_adjustment (id, member_id, unit_id, points, reason, state, requested_by, "
                "requested_at) SELECT gen_random_uuid(), member_id, store_id, "
                "0, 'why', 'requested', 'staff:1', now() FROM points_lot "
                "WHERE member_id = %s"
            ),
        ),
        (
            "points_adjustment_decided_by_somebody",
            (
                "INSERT INTO points_adjustment (id, member_id, unit_id, points, reason, state, requested_by, "
                "requested_at) SELECT gen_random_uuid(), member_id, store_id, "
                "5, 'why', 'approved', 'staff:1', now() FROM points_lot "
                "WHERE member_id = %s"
            ),
        ),
        (
            "points_rule_makes_sense",
            (
                "INSERT INTO points_rule (unit_id, version, points, per_fen, starts_at, actor, reason, created_at) "
                "SELECT store_id, 999, 1, 0, now(), 'x', '', now() FROM points_lot WHERE member_id = %s"
            ),
        ),
        (
            "points_range_ordered",
            (
                "INSERT INTO points_range (unit_id, least, most, changed_at) "
                "SELECT store_id, 5, 4, now() FROM points_lot WHERE member_id = %s"
            ),
        ),
    ],
)
def test_nothing_stands_there_twice_or_without_sense(member: UUID, constraint: str, statement: str) -> None:
    """UNIQUE and CHECK of the smaller tables."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        db.execute(statement, [member])
    assert f'"{constraint}"' in str(refused.value)


def test_the_ledger_is_append_only(member: UUID) -> None:
    """Movements and the points of lines are never changed or removed."""
    before = build.ledger(member)
    for statement in (
        "UPDATE points_movement SET available_delta = 9 WHERE member_id = %s",
        "DELETE FROM points_movement WHERE member_id = %s",
        "UPDATE points_earning SET points = 9 WHERE lot_id IN (SELECT id FROM points_lot WHERE member_id = %s)",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            db.execute(statement, [member])
    assert build.ledger(member) == before
    assert points.balance(member_id=member, now=NOW).available == 60
