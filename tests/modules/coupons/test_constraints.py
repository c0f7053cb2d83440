"""The last line: what the tables themselves refuse, and that reconciliation finds what got past them."""

from __future__ import annotations

import pytest
from django.db import Error, transaction

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.modules.coupons import api
from quanyu.platform import db
from tests.harness.breaches import found_by
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template, use
from tests.harness.identity import make_person
from tests.harness.members import make_member
from tests.harness.organization import make_store

_USED_AGAIN = (
    "INSERT INTO coupons_event (coupon_id, kind, from_state, to_state, member_id, valid_until, at) "
    "SELECT id, 'redeemed', 'redeemed', 'redeemed', member_id, valid_until, claimed_at FROM coupons_coupon "
    "WHERE id = %s"
)


def refused_by(constraint, statement, parameters=()):
    """See that the tables refuse a statement by the constraint named."""
    with pytest.raises(Error) as failure, transaction.atomic():
        db.execute(statement, list(parameters))
    assert constraint in str(failure.value)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("coupons_template_shares_whole", "store_share_bp = 1"),
        ("coupons_template_shares_whole", "brand_share_bp = 10001, store_share_bp = -1"),
        ("coupons_template_one_time_of_use", "lasts_days = NULL"),
        ("coupons_template_one_time_of_use", "lasts_days = 0"),
        ("coupons_template_one_time_of_use", "use_period = tstzrange(now(), now() + '1 day')"),
        ("coupons_template_gives_something", "amount_fen = 0"),
        ("coupons_template_gives_something", "kind = 'percent', percent_off_bp = 10001"),
        ("coupons_template_gives_something", "kind = 'gift', gift_quantity = 1"),
        ("coupons_template_figures", "threshold_fen = -1"),
        ("coupons_template_figures", "points_price = -1"),
        ("coupons_template_figures", "extension_days = 366"),
        ("coupons_template_figures", "cap_fen = 0"),
        ("coupons_template_state_known", "state = 'other'"),
        ("coupons_template_second_person", "decided_by = created_by"),
        ("coupons_template_second_person", "changed_by = 'staff:1', decided_by = 'staff:1'"),
        ("coupons_template_proposal_decided", "is_proposal = true"),
        ("coupons_template_down_with_reason", "state = 'forced_off'"),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused(constraint, change):
    template = make_template()
    refused_by(constraint, f"UPDATE coupons_template SET {change} WHERE id = %s", [template.id])
    assert api.template(template_id=template.id) == template


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("coupons_counter_total", "issued = 3"),
        ("coupons_counter_total", "issued = -1"),
        ("coupons_counter_budget", "committed_fen = 2001"),
        ("coupons_counter_budget", "committed_fen = -1"),
    ],
)
def test_a_counter_never_passes_its_limit(constraint, change):
    template = make_template(total_limit=2, budget_fen=2000)
    refused_by(constraint, f"UPDATE coupons_counter SET {change} WHERE template_id = %s", [template.id])


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("coupons_person_limit", "claimed = 2"),
        ("coupons_person_limit", "claimed = -1"),
        ("coupons_person_limit", "carried = -1"),
    ],
)
def test_a_person_never_passes_the_limit(constraint, change):
    coupon = make_coupon(per_person_limit=1)
    refused_by(constraint, f"UPDATE coupons_person SET {change} WHERE member_id = %s", [coupon.member_id])


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("coupons_coupon_state_known", "state = 'other'"),
        ("coupons_coupon_order_while_taken", "state = 'redeemed'"),
        ("coupons_coupon_order_while_taken", "order_id = id"),
        ("coupons_coupon_order_while_taken", "amount_fen = 1"),
        ("coupons_coupon_figures", "amount_fen = -1, state = 'reserved', order_id = id"),
        ("coupons_coupon_figures", "valid_until = valid_from"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(constraint, change):
    coupon = make_coupon()
    refused_by(constraint, f"UPDATE coupons_coupon SET {change} WHERE id = %s", [coupon.id])


def copied(coupon, **changed):
    """Return a statement that copies a coupon under a new id and code, with columns changed."""
    names = [
        row["attname"]
        for row in db.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'coupons_coupon'::regclass AND attnum > 0"
        )
    ]
    given = {"id": "%s", "code_index": "sha256(%s::text::bytea)"} | changed
    columns = ", ".join(given.get(name, name) for name in names)
    statement = f"INSERT INTO coupons_coupon ({', '.join(names)}) SELECT {columns} FROM coupons_coupon WHERE id = %s"
    # The order of the columns decides the order of the values.
    values = [uuid7() for name in names if "%s" in given.get(name, "")]
    return statement, [*values, coupon.id]


def test_one_pack_one_coupon_per_cause_and_one_code():
    template = make_template(is_new_member_pack=True)
    member = make_member()
    api.give_new_member_pack(member_id=member.id, now=NOW)
    pack = next(
        entry.coupon for entry in api.wallet(member_id=member.id, at=NOW) if entry.coupon.template_code == template.code
    )
    refused_by("coupons_coupon_one_pack", *copied(pack))
    given = make_template()
    granted = api.grant(template_code=given.code, member_ids=[member.id], trigger="t", cause_id="c", now=NOW)
    coupon = api.coupon(coupon_id=granted.issued[member.id], member_id=member.id, at=NOW).coupon
    refused_by("coupons_coupon_once_per_cause", *copied(coupon))
    refused_by("code_index", *copied(make_coupon(), code_index="code_index"))
    api.stop(template_id=template.id, reason="end of the test", actor=SYSTEM, now=NOW)


def test_a_coupon_is_issued_once_and_its_history_is_written_once():
    coupon = make_coupon()
    refused_by(
        "coupons_event_issued_once",
        "INSERT INTO coupons_event (coupon_id, kind, to_state, member_id, valid_until, at) "
        "SELECT coupon_id, kind, to_state, member_id, valid_until, at FROM coupons_event WHERE coupon_id = %s",
        [coupon.id],
    )
    for statement in (
        "UPDATE coupons_event SET kind = 'x' WHERE coupon_id = %s",
        "DELETE FROM coupons_event WHERE coupon_id = %s",
    ):
        with pytest.raises(Error), transaction.atomic():
            db.execute(statement, [coupon.id])
    assert [event.kind for event in api.history(coupon_id=coupon.id)] == ["issued"]


def test_a_staff_code_is_not_used_more_often_than_it_may():
    store = make_store().unit
    clerk = make_person("associate", unit_id=store.id)
    template = make_template(needs_staff_code=True)
    api.unlock_code(template_code=template.code, store_id=store.id, actor=clerk.actor, now=NOW)
    for change in ("used = 2", "used = -1", "uses = 51"):
        refused_by(
            "coupons_unlock_code_used",
            f"UPDATE coupons_unlock_code SET {change} WHERE template_id = %s",
            [template.id],
        )


def test_a_coupon_has_one_open_gift_and_it_goes_to_another():
    coupon = make_coupon(transferable=True)
    api.offer_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=NOW)
    refused_by(
        "coupons_gift_one_open",
        "INSERT INTO coupons_gift (id, coupon_id, giver_id, token_index, state, created_at, expires_at) "
        "SELECT %s, coupon_id, giver_id, sha256(token_index), state, created_at, expires_at FROM coupons_gift "
        "WHERE coupon_id = %s",
        [uuid7(), coupon.id],
    )
    for constraint, change in (
        ("coupons_gift_to_another", "state = 'accepted', receiver_id = giver_id, settled_at = now()"),
        ("coupons_gift_state", "state = 'accepted', settled_at = now()"),
        ("coupons_gift_state", "settled_at = now()"),
    ):
        refused_by(constraint, f"UPDATE coupons_gift SET {change} WHERE coupon_id = %s", [coupon.id])


def test_reconciliation_finds_a_wrong_count():
    template = make_template(total_limit=5)
    coupon = make_coupon(template)
    [row] = found_by(
        "coupons_breach_i4_issued", ("UPDATE coupons_counter SET issued = 2 WHERE template_id = %s", [template.id])
    )
    assert (row["template_id"], row["issued"], row["coupons"]) == (template.id, 2, 1)
    [row] = found_by(
        "coupons_breach_i4_person", ("UPDATE coupons_person SET claimed = 0 WHERE member_id = %s", [coupon.member_id])
    )
    assert (row["claimed"], row["coupons"]) == (0, 1)


def test_reconciliation_finds_a_wrong_budget():
    template = make_template(budget_fen=9000)
    use(make_coupon(template))
    [row] = found_by(
        "coupons_breach_i4_budget",
        ("UPDATE coupons_counter SET committed_fen = 0 WHERE template_id = %s", [template.id]),
    )
    assert (row["committed_fen"], row["taken_fen"]) == (0, 1000)


def test_reconciliation_finds_a_change_without_its_history():
    coupon, other = make_coupon(), make_member()
    for change, value in (("state", "void"), ("member_id", other.id), ("valid_until", NOW.replace(year=2030))):
        rows = found_by(
            "coupons_breach_i4_history", (f"UPDATE coupons_coupon SET {change} = %s WHERE id = %s", [value, coupon.id])
        )
        assert [row["id"] for row in rows] == [coupon.id]
    rows = found_by("coupons_breach_i4_history", ("DELETE FROM coupons_event WHERE coupon_id = %s", [coupon.id]))
    assert [row["id"] for row in rows] == [coupon.id]


def test_reconciliation_finds_a_coupon_that_was_used_twice():
    coupon = make_coupon()
    use(coupon)
    [row] = found_by(
        "coupons_breach_i4_used_once",
        (_USED_AGAIN, [coupon.id]),
    )
    assert (row["id"], row["redeemed"], row["returned"]) == (coupon.id, 2, 0)
