"""Many hands on one coupon (I4): first without the guard, to see the race, then as the product does it."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import Reason, Wanted
from quanyu.platform import db
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template, reserve
from tests.harness.identity import make_person
from tests.harness.members import make_member
from tests.harness.organization import make_store
from tests.harness.parallel import parallel

pytestmark = pytest.mark.race

HANDS = 64


def outcomes(results):
    """Count results by value, refusals by reason or code, and anything else by its text."""

    def told(result):
        if isinstance(result, Problem):
            return result.params.get("reason", result.code)
        return repr(result) if isinstance(result, Exception) else result

    return Counter(told(result) for result in results)


def take(coupon, *, order_id=None, now=NOW, amount_fen=1000):
    """Reserve the coupon for an order of its own; return the reason against it, ``None`` when it was had."""
    refused = api.reserve(
        order_id=order_id or uuid7(),
        member_id=coupon.member_id,
        wanted=[Wanted(id=coupon.id, amount_fen=amount_fen)],
        now=now,
    )
    return refused and refused[1]


def claim(template, member_id, **given):
    api.claim(claim_id=uuid7(), template_code=template.code, actor=actor_of(member_id), now=NOW, **given)
    return "claimed"


def issued(template):
    return api.template(template_id=template.id).issued


def events(coupon, kind):
    return [event.kind for event in api.history(coupon_id=coupon.id)].count(kind)


def test_control_look_then_take_uses_one_coupon_many_times():
    """Read, decide, write: everybody sees an available coupon, and every order is told yes."""
    coupon = make_coupon()
    everybody_has_looked = threading.Barrier(HANDS)

    def take_unguarded(_index):
        state = db.value("SELECT state FROM coupons_coupon WHERE id = %s", [coupon.id])
        everybody_has_looked.wait(timeout=60)
        return state == "available"

    assert parallel(HANDS, take_unguarded).count(True) == HANDS


def test_64_orders_take_one_coupon_and_one_has_it():
    coupon = make_coupon()
    results = parallel(HANDS, lambda _index: take(coupon))
    assert outcomes(results) == {None: 1, Reason.USED: HANDS - 1}
    assert events(coupon, "reserved") == 1


def test_control_count_then_insert_issues_more_than_there_are():
    """The classic: count what was issued, compare, issue. Everybody counts nine of ten."""
    template = make_template(total_limit=10)
    for _ in range(9):
        make_coupon(template)
    everybody_has_counted = threading.Barrier(HANDS)

    def claim_unguarded(_index):
        count = db.value("SELECT count(*) FROM coupons_coupon WHERE template_id = %s", [template.id])
        everybody_has_counted.wait(timeout=60)
        return count < 10

    assert parallel(HANDS, claim_unguarded).count(True) == HANDS


def test_64_members_claim_ten_coupons_and_ten_have_one():
    template = make_template(total_limit=10)
    members = [make_member().id for _ in range(HANDS)]
    results = parallel(HANDS, lambda index: claim(template, members[index]))
    assert outcomes(results) == {"claimed": 10, "sold_out": HANDS - 10}
    assert issued(template) == 10
    assert db.value("SELECT count(*) FROM coupons_coupon WHERE template_id = %s", [template.id]) == 10


def test_one_member_claims_from_64_windows_and_has_as_many_as_one_person_may():
    template, member = make_template(per_person_limit=3), make_member()
    results = parallel(50, lambda _index: claim(template, member.id))
    assert outcomes(results) == {"claimed": 3, "limit": 47}
    assert len(api.wallet(member_id=member.id, at=NOW)) == issued(template) == 3


def test_one_claim_sent_many_times_is_one_coupon():
    template, member, claim_id = make_template(per_person_limit=None), make_member(), uuid7()
    results = parallel(
        32,
        lambda _index: api.claim(claim_id=claim_id, template_code=template.code, actor=actor_of(member.id), now=NOW).id,
    )
    assert outcomes(results) == {claim_id: 32}
    assert issued(template) == 1


def test_a_trigger_that_fires_many_times_at_once_gives_one_coupon_each():
    template, members = make_template(per_person_limit=None), [make_member().id for _ in range(5)]

    def give(_index):
        granted = api.grant(
            template_code=template.code, member_ids=members, trigger="birthday", cause_id="2026", now=NOW
        )
        return len(granted.issued) + len(granted.already), len(granted.refused)

    results = parallel(16, give)
    assert outcomes(results) == {(5, 0): 16}
    assert issued(template) == 5


def test_the_pack_delivered_many_times_at_once_is_one_pack():
    template, member = make_template(is_new_member_pack=True, per_person_limit=None), make_member()
    results = parallel(16, lambda _index: api.give_new_member_pack(member_id=member.id, now=NOW))
    assert sum(result for result in results if isinstance(result, int)) >= 1
    assert [result for result in results if isinstance(result, Exception)] == []
    held = [entry.coupon.template_code for entry in api.wallet(member_id=member.id, at=NOW)]
    assert held.count(template.code) == 1
    api.stop(template_id=template.id, reason="end of the test", actor=SYSTEM, now=NOW)


def test_a_staff_code_for_three_claims_unlocks_three():
    store = make_store().unit
    clerk = make_person("associate", unit_id=store.id)
    template = make_template(needs_staff_code=True)
    members = [make_member().id for _ in range(32)]
    code = api.unlock_code(template_code=template.code, store_id=store.id, uses=3, actor=clerk.actor, now=NOW)
    results = parallel(32, lambda index: claim(template, members[index], staff_code=code.text))
    assert outcomes(results) == {"claimed": 3, "coupons.unlock_refused": 29}
    assert issued(template) == 3


def test_a_budget_for_five_pays_for_five():
    template = make_template(budget_fen=5 * 1000 + 999)
    coupons = [make_coupon(template) for _ in range(32)]
    results = parallel(32, lambda index: take(coupons[index]))
    assert outcomes(results) == {None: 5, Reason.BUDGET_SPENT: 27}
    assert api.template(template_id=template.id).committed_fen == 5000


def test_given_and_used_at_once_is_one_of_both():
    for _ in range(8):
        coupon = make_coupon(transferable=True)
        friend = make_member()
        gift = api.offer_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=NOW)

        def deed(index, coupon=coupon, friend=friend, gift=gift):
            if index % 2:
                # At the moment the gift lapses the giver may use it again; before, the friend may take it.
                return take(coupon, now=gift.expires_at) or "taken"
            return api.accept_gift(
                token=gift.token, actor=actor_of(friend.id), now=gift.expires_at - timedelta(seconds=1)
            ).member_id

        results = outcomes(parallel(8, deed))
        moved = results[friend.id] > 0
        assert (results["taken"], moved) in [(1, False), (0, True)]
        assert events(coupon, "reserved") + events(coupon, "transferred") == 1


def test_sixteen_friends_accept_one_gift_and_one_has_it():
    coupon, friends = make_coupon(transferable=True), [make_member().id for _ in range(16)]
    gift = api.offer_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=NOW)

    def accept(index):
        api.accept_gift(token=gift.token, actor=actor_of(friends[index]), now=NOW)
        return "accepted"

    assert outcomes(parallel(16, accept)) == {"accepted": 1, "gone": 15}
    assert events(coupon, "transferred") == 1


def test_accepted_and_taken_back_at_once_is_one_of_both():
    for _ in range(8):
        coupon, friend = make_coupon(transferable=True), make_member()
        gift = api.offer_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=NOW)

        def deed(index, coupon=coupon, friend=friend, gift=gift):
            if index:
                api.take_back_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=NOW)
                return "back"
            api.accept_gift(token=gift.token, actor=actor_of(friend.id), now=NOW)
            return "accepted"

        results = outcomes(parallel(2, deed))
        assert results["back"] + results["accepted"] == 1
        holder = db.value("SELECT member_id FROM coupons_coupon WHERE id = %s", [coupon.id])
        assert holder == (friend.id if results["accepted"] else coupon.member_id)


def test_a_coupon_offered_many_times_at_once_has_one_gift():
    coupon = make_coupon(transferable=True)

    def offer(_index):
        api.offer_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=NOW)
        return "offered"

    assert outcomes(parallel(16, offer)) == {"offered": 1, "not_available": 15}


def test_paid_and_cancelled_at_once_is_one_of_both():
    for _ in range(8):
        coupon = make_coupon()
        order = reserve(coupon)
        results = parallel(
            2, lambda index, order=order: (api.redeem if index else api.release)(order_id=order, now=NOW)
        )
        assert sorted(results) == [0, 1]


def test_returned_many_times_at_once_comes_back_once():
    template = make_template(budget_fen=1000)
    coupon = make_coupon(template)
    order = reserve(coupon)
    api.redeem(order_id=order, now=NOW)
    assert sorted(parallel(16, lambda _index: api.return_used(order_id=order, now=NOW))) == [0] * 15 + [1]
    assert api.template(template_id=template.id).committed_fen == 0


def test_the_job_and_an_order_at_once_end_a_coupon_or_use_it():
    coupons = [make_coupon(lasts_days=1) for _ in range(8)]
    last = coupons[0].valid_until - timedelta(microseconds=1)

    def deed(index):
        if index % 2:
            api.expire_due(now=coupons[0].valid_until)
            return "job"
        return take(coupons[index // 2], now=last)

    results = outcomes(parallel(16, deed))
    assert results[None] + results[Reason.EXPIRED] == 8
    states = db.rows(
        "SELECT state, count(*) AS count FROM coupons_coupon WHERE id = ANY (%s) GROUP BY state",
        [[coupon.id for coupon in coupons]],
    )
    assert {row["state"]: row["count"] for row in states}.get("reserved", 0) == results[None]


def test_orders_with_two_coupons_in_opposite_order_wait_for_each_other_only_once():
    member = make_member()
    templates = [make_template(budget_fen=10**6, per_person_limit=None) for _ in range(2)]
    for _ in range(4):
        pair = [make_coupon(template, member_id=member.id) for template in templates]

        def deed(index, pair=pair):
            wanted = [Wanted(id=coupon.id, amount_fen=1) for coupon in pair[:: 1 if index % 2 else -1]]
            refused = api.reserve(order_id=uuid7(), member_id=member.id, wanted=wanted, now=NOW)
            return refused and refused[1]

        assert outcomes(parallel(16, deed)) == {None: 1, Reason.USED: 15}


def test_after_an_offer_was_stopped_nobody_is_given_one():
    template, members = make_template(), [make_member().id for _ in range(24)]
    stopped_with = []

    def deed(index):
        if index == 12:
            api.stop(template_id=template.id, reason="over", actor=SYSTEM, now=NOW)
            stopped_with.append(issued(template))
            return "stopped"
        return claim(template, members[index])

    results = outcomes(parallel(24, deed))
    assert results["stopped"] == 1
    assert results["claimed"] + results["not_open"] == 23
    assert stopped_with == [results["claimed"]] == [issued(template)]
