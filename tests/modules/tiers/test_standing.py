"""Rising at once, keeping and going down at the end, falling after a refund; the ledger behind it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import GrowthInvalid, NextTier
from quanyu.modules.tiers.rules.standing import ZONE
from quanyu.platform import db, settings_tree
from tests.harness import breaches
from tests.harness.parallel import parallel
from tests.harness.tiers import cause, make_member, reasons, refund, spend, tier_in_file

START = datetime(2027, 3, 1, 4, tzinfo=UTC)  # noon in Shanghai
DAY = timedelta(days=1)


def midnight(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=ZONE)


def counter(member_id):
    return db.value("SELECT growth FROM tiers_standing WHERE member_id = %s", [member_id])


def events_of(member_id):
    return db.rows(
        "SELECT payload->>'from_tier' AS came, payload->>'to_tier' AS went, payload->>'reason' AS why "
        "FROM platform_outbox WHERE aggregate = %s AND topic = 'tiers.changed.1' ORDER BY id",
        [f"member:{member_id}"],
    )


def test_who_never_bought_is_in_the_lowest_tier_without_a_row():
    member = make_member()
    standing = tiers.standing(member_id=member, now=START)
    assert (standing.tier, standing.growth_tier, standing.growth, standing.valid_until) == ("basic", "basic", 0, None)
    assert standing.next == NextTier("silver", "银卡会员", "Silver", 1000, 1000)
    assert db.value("SELECT count(*) FROM tiers_standing WHERE member_id = %s", [member]) == 0


def test_a_yuan_is_one_growth_and_the_rest_of_an_order_is_not_carried_over():
    member = make_member()
    assert tiers.add_spend(member_id=member, order_id=uuid7(), net_fen=199, now=START) == 1
    assert tiers.add_spend(member_id=member, order_id=uuid7(), net_fen=99, now=START) == 0
    assert counter(member) == 1


def test_the_threshold_lifts_at_once_and_the_tier_holds_to_the_end_of_its_last_day():
    member = make_member()
    spend(member, 999, START)
    assert tier_in_file(member) == "basic"
    spend(member, 1, START + DAY)
    assert tier_in_file(member) == "silver"
    standing = tiers.standing(member_id=member, now=START + DAY)
    assert standing.valid_until == midnight(2028, 3, 2)  # 2 March 2027 + 365 days (2028 is a leap year), its end
    assert standing.next == NextTier("gold", "金卡会员", "Gold", 5000, 4000)
    assert standing.keep_missing == 800  # what lifted the member does not keep it up as well
    assert [tuple(event.values()) for event in events_of(member)] == [("basic", "silver", "growth")]


def test_one_order_may_lift_by_several_tiers():
    member = make_member()
    spend(member, 20_000, START)
    assert tier_in_file(member) == "diamond"
    assert reasons(member) == [("basic", "diamond", "growth")]


def test_growth_counts_towards_a_tier_for_a_year_only():
    member = make_member()
    spend(member, 900, START)
    spend(member, 900, START + 366 * DAY)
    assert tier_in_file(member) == "basic"
    assert counter(member) == 1800
    assert tiers.standing(member_id=member, now=START + 366 * DAY).window_growth == 900


def test_the_tier_is_kept_with_the_growth_of_its_validity():
    member = make_member()
    spend(member, 1000, START)
    end = tiers.standing(member_id=member, now=START).valid_until
    spend(member, 800, end - DAY)
    tiers.settle_due(now=end - timedelta(seconds=1), limit=10_000)
    assert reasons(member) == [("basic", "silver", "growth")]
    tiers.settle_due(now=end, limit=10_000)
    assert reasons(member) == [("basic", "silver", "growth"), ("silver", "silver", "kept")]
    standing = tiers.standing(member_id=member, now=end)
    assert (standing.tier, standing.valid_until) == ("silver", end + 365 * DAY)
    assert [event["went"] for event in events_of(member)] == ["silver"]


def test_one_growth_too_little_leads_down_by_one_tier_only():
    member = make_member()
    spend(member, 20_000, START)
    end = tiers.standing(member_id=member, now=START).valid_until
    tiers.settle_due(now=end, limit=10_000)
    assert tier_in_file(member) == "gold"
    assert tiers.standing(member_id=member, now=end).valid_until == end + 365 * DAY
    spend(member, 3999, end + DAY)
    tiers.settle_due(now=end + 365 * DAY, limit=10_000)
    assert tier_in_file(member) == "silver"
    assert reasons(member)[1:] == [("diamond", "gold", "downgrade"), ("gold", "silver", "downgrade")]


def test_years_nobody_looked_at_end_one_after_the_other():
    member = make_member()
    spend(member, 20_000, START)
    end = tiers.standing(member_id=member, now=START).valid_until
    tiers.settle_due(now=end + 5 * 365 * DAY, limit=10_000)
    assert tier_in_file(member) == "basic"
    assert [step[1] for step in reasons(member)] == ["diamond", "gold", "silver", "basic"]
    assert [tuple(event.values()) for event in events_of(member)][1:] == [("diamond", "basic", "downgrade")]


def test_a_tier_that_needs_a_proved_identity_waits_for_it():
    member = make_member(verified=False)
    spend(member, 6000, START)
    assert tier_in_file(member) == "silver"
    db.execute("UPDATE members_member SET level = 'verified' WHERE id = %s", [member])
    db.execute("UPDATE members_identity SET verified_at = %s WHERE member_id = %s", [START, member])
    tiers.settle_due(now=START + DAY, limit=10_000)
    assert tier_in_file(member) == "gold"
    assert reasons(member) == [("basic", "silver", "growth"), ("silver", "gold", "level")]


def test_a_refund_takes_back_what_the_tier_stands_on():
    member = make_member()
    spend(member, 1000, START)
    order = spend(member, 4500, START + DAY)
    assert tier_in_file(member) == "gold"
    assert refund(order, left_yuan=4000, at=START + 2 * DAY) == 500
    assert tier_in_file(member) == "gold"  # 5,000 are left
    assert refund(order, left_yuan=3999, at=START + 3 * DAY) == 1
    assert tier_in_file(member) == "silver"
    assert tiers.standing(member_id=member, now=START + 3 * DAY).valid_until == midnight(2028, 3, 1)
    assert reasons(member)[-1] == ("gold", "silver", "refund")
    assert counter(member) == 4999


def test_a_refund_falls_through_every_tier_that_stood_on_it():
    member = make_member()
    order = spend(member, 1000, START)
    spend(member, 4000, START + DAY)
    refund(order, left_yuan=0, at=START + 2 * DAY)
    assert tier_in_file(member) == "silver"  # the second order alone reaches it
    other = make_member()
    first, second = spend(other, 1000, START), spend(other, 4000, START + DAY)
    refund(second, left_yuan=0, at=START + 2 * DAY)
    assert tier_in_file(other) == "silver"
    refund(first, left_yuan=0, at=START + 2 * DAY)
    assert tier_in_file(other) == "basic"
    assert tiers.standing(member_id=other, now=START + 2 * DAY).valid_until is None


def test_growth_that_left_the_window_by_itself_takes_no_tier_away():
    member = make_member()
    spend(member, 4000, START)
    spend(member, 1000, START + 300 * DAY)
    small = spend(member, 10, START + 370 * DAY)
    assert tiers.standing(member_id=member, now=START + 370 * DAY).window_growth == 1010
    refund(small, left_yuan=0, at=START + 371 * DAY)
    assert tier_in_file(member) == "gold"


def test_a_tier_kept_by_growth_that_is_taken_back_is_not_kept():
    member = make_member()
    spend(member, 1000, START)
    end = tiers.standing(member_id=member, now=START).valid_until
    order = spend(member, 800, end - DAY)
    tiers.settle_due(now=end, limit=10_000)
    refund(order, left_yuan=799, at=end + DAY)
    assert tier_in_file(member) == "basic"
    assert reasons(member)[-1] == ("silver", "basic", "refund")


def test_repeated_partial_returns_take_exactly_what_was_given():
    member = make_member()
    order = uuid7()
    assert tiers.add_spend(member_id=member, order_id=order, net_fen=100_050, now=START) == 1000
    left = 100_050
    taken = []
    while left:
        left -= min(left, 3_333)
        taken.append(
            tiers.take_spend(order_id=order, remaining_fen=left, cause_kind="return", cause_id=cause(), now=START)
        )
    assert sum(taken) == 1000
    assert counter(member) == 0
    assert len(tiers.history(member_id=member, limit=200)) == 1 + len([one for one in taken if one])


def test_growth_comes_once_per_cause_and_is_taken_once_per_cause():
    member, order = make_member(), uuid7()
    given = [tiers.add_spend(member_id=member, order_id=order, net_fen=50_000, now=START) for _ in range(2)]
    assert given == [500, 0]
    back = {"order_id": order, "cause_kind": "return", "cause_id": cause(), "now": START}
    assert tiers.take_spend(remaining_fen=20_000, **back) == 300
    assert tiers.take_spend(remaining_fen=0, **back) == 0
    assert counter(member) == 200
    entries = tiers.history(member_id=member)
    assert [(entry.amount, entry.balance) for entry in entries] == [(-300, 200), (500, 500)]


def test_the_rate_at_which_growth_was_given_holds_for_taking_it_back():
    member, order = make_member(), uuid7()
    tiers.add_spend(member_id=member, order_id=order, net_fen=50_000, now=START)
    settings_tree.set_value(SYSTEM, "brand", "tiers.fen_per_growth", 1000, START)
    try:
        assert tiers.add_spend(member_id=member, order_id=uuid7(), net_fen=50_000, now=START) == 50
        back = {"order_id": order, "cause_kind": "return", "cause_id": cause(), "now": START}
        assert tiers.take_spend(remaining_fen=25_000, **back) == 250
    finally:
        settings_tree.set_value(SYSTEM, "brand", "tiers.fen_per_growth", None, START)


def test_growth_of_other_causes_is_booked_and_refused_when_negative():
    member = make_member()
    with pytest.raises(GrowthInvalid):
        tiers.add_growth(member_id=member, cause_kind="task", cause_id=cause(), amount=-1, now=START)
    assert tiers.history(member_id=member) == []
    one = cause()
    assert tiers.add_growth(member_id=member, cause_kind="task", cause_id=one, amount=50, now=START) == 50
    taken = tiers.take_growth(of_kind="task", of_id=one, remaining=20, cause_kind="undo", cause_id=cause(), now=START)
    assert (taken, counter(member)) == (30, 20)
    assert (
        tiers.take_growth(of_kind="task", of_id="no", remaining=0, cause_kind="undo", cause_id=cause(), now=START) == 0
    )


def test_sixty_four_repeats_and_takers_at_once_count_once():
    member, order, taking = make_member(), uuid7(), cause()
    given = parallel(16, lambda _: tiers.add_spend(member_id=member, order_id=order, net_fen=100_000, now=START))
    assert sorted(given) == [0] * 15 + [1000]
    taken = parallel(
        16,
        lambda index: tiers.take_spend(
            order_id=order, remaining_fen=0, cause_kind="return", cause_id=f"{taking}-{index}", now=START
        ),
    )
    assert sorted(taken) == [0] * 15 + [1000]
    assert counter(member) == 0
    assert tier_in_file(member) == "basic"


class TakenBack(Exception):
    """Rolls back what a taker without the lock has written."""


def test_without_the_lock_takers_take_more_than_was_given():
    """The race that the lock of the standing stops: all see what is left before one of them has taken it."""
    member = make_member()
    order, together = spend(member, 1000, START), threading.Barrier(8)

    def take_unguarded(index):
        taken = []
        try:
            with transaction.atomic():
                left = db.row(
                    "SELECT entry.id, found.amount FROM tiers_growth AS entry, tiers_left(entry.id) AS found "
                    "WHERE entry.cause_id = %s",
                    [str(order)],
                )
                together.wait(timeout=60)
                db.execute(
                    "INSERT INTO tiers_growth (member_id, cause_kind, cause_id, of_id, amount, balance, reason, actor, "
                    "counted_at, at) VALUES (%s, 'return', %s, %s, %s, 0, '', '', %s, %s)",
                    [member, f"{order}-{index}", left["id"], -left["amount"], START, START],
                )
                taken.append(left["amount"])
                raise TakenBack
        except TakenBack:
            return taken

    assert parallel(8, take_unguarded) == [[1000]] * 8
    assert counter(member) == 1000


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE tiers_standing SET growth = -1 WHERE member_id = %s", "tiers_standing_growth_not_negative"),
        ("UPDATE tiers_standing SET paid_tier_id = 'plus' WHERE member_id = %s", "tiers_standing_paid_has_end"),
        ("DELETE FROM tiers_growth WHERE member_id = %s", "append-only"),
        ("UPDATE tiers_change SET to_tier = 'gold' WHERE member_id = %s", "append-only"),
        ("DELETE FROM tiers_paid_grant WHERE member_id = %s", "append-only"),
    ],
)
def test_the_database_refuses(statement, guard):
    member = make_member()
    spend(member, 1000, START)
    with pytest.raises(DatabaseError, match=guard), transaction.atomic():
        db.execute(statement, [member])
    assert counter(member) == 1000


@pytest.mark.parametrize(
    ("columns", "guard"),
    [
        ("'order', 'X', (SELECT id FROM tiers_growth WHERE member_id = %(member)s), 0", "tiers_growth_is_something"),
        ("'order', 'X', NULL, -5", "tiers_growth_first_row_gives"),
        ("'order', (SELECT cause_id FROM tiers_growth WHERE member_id = %(member)s), NULL, 5", "tiers_growth"),
    ],
)
def test_the_ledger_refuses(columns, guard):
    member = make_member()
    spend(member, 1000, START)
    with pytest.raises(DatabaseError, match=guard), transaction.atomic():
        db.execute(
            "INSERT INTO tiers_growth (member_id, cause_kind, cause_id, of_id, amount, balance, reason, actor, "
            f"counted_at, at) SELECT %(member)s, {columns}, 0, '', '', now(), now()",
            {"member": member},
        )
    assert len(tiers.history(member_id=member)) == 1


def test_reconciliation_finds_a_counter_that_lies_and_a_tier_that_does():
    member = make_member()
    spend(member, 1000, START)
    lie = ("UPDATE tiers_standing SET growth = 5 WHERE member_id = %s", [member])
    assert [row["growth"] for row in breaches.found_by("tiers_breach_growth", lie)] == [5]
    raised = ("UPDATE members_member SET tier = 'diamond' WHERE id = %s", [member])
    assert [row["tier"] for row in breaches.found_by("tiers_breach_tier", raised)] == ["diamond"]
    balance = ("UPDATE tiers_growth SET balance = 7 WHERE member_id = %s", [member])
    assert [row["expected"] for row in breaches.found_by("tiers_breach_balance", balance)] == [1000]
    columns = "member_id, cause_kind, cause_id, of_id, amount, balance, reason, actor, counted_at, at"
    stolen = (
        f"INSERT INTO tiers_growth ({columns}) SELECT member_id, 'x', 'x', id, -2000, 0, '', '', at, at "
        "FROM tiers_growth WHERE member_id = %s"
    )
    assert [row["remaining"] for row in breaches.found_by("tiers_breach_taken", (stolen, [member]))] == [-1000]


def test_benefits_of_many_members_are_one_query():
    silver, nobody = make_member(), make_member()
    spend(silver, 1000, START)
    with connection.execute_wrapper(count := Counter()):
        found = tiers.benefits(member_ids=[silver, nobody, uuid7()])
    assert count.statements == 1
    assert {key: (one.tier, one.discount_bp, one.points_multiplier_bp, one.level) for key, one in found.items()} == {
        silver: ("silver", 0, 12_000, "verified"),
        nobody: ("basic", 0, 10_000, "verified"),
    }


class Counter:
    def __init__(self):
        self.statements = 0

    def __call__(self, execute, sql, params, many, context):
        self.statements += 1
        return execute(sql, params, many, context)
