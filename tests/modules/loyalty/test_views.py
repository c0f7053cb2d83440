"""One timeline and one profile over all channels, in a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Invalid
from quanyu.modules.loyalty import api as loyalty
from quanyu.modules.loyalty.contracts import ChannelSpend, EntryKind
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import MemberUnknown
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, coupon_for, give_points, place
from tests.harness.members import make_member
from tests.harness.tiers import spend
from tests.modules.loyalty.test_rewards import bring_back, hear, sold


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=5000)


class Counter:
    def __init__(self):
        self.statements = 0

    def __call__(self, execute, sql, params, many, context):
        self.statements += 1
        return execute(sql, params, many, context)


def customer(chain: Chain):
    """Return a member with something of everything."""
    member = make_member()
    coupon_for(member)
    order = sold(chain, member.id, milk=200)
    hear(order)
    bring_back(order, 10)
    hear(order)
    place(command(chain.other_store, (chain.milk, 2), member_id=member.id))
    give_points(member, 50)
    return member, order


def test_the_timeline_shows_every_channel_and_kind_newest_first(chain):
    member, order = customer(chain)
    entries = loyalty.timeline(member_id=member.id, limit=50).entries
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    kinds = {entry.kind for entry in entries}
    assert kinds == {EntryKind.ORDER, EntryKind.RETURN, EntryKind.POINTS, EntryKind.COUPON, EntryKind.TIER}
    sale = next(entry for entry in entries if entry.subject == str(order.id) and entry.kind is EntryKind.ORDER)
    assert (sale.what, sale.text, sale.channel, sale.store_id, sale.amount_fen, sale.items) == (
        "completed", order.number, "pos", chain.store.unit.id, 200 * MILK_FEN, (chain.milk.name,),
    )  # fmt: skip
    back = next(entry for entry in entries if entry.kind is EntryKind.RETURN)
    assert (back.subject, back.amount_fen, back.channel) == (str(order.id), -10 * MILK_FEN, "pos")
    tier = next(entry for entry in entries if entry.kind is EntryKind.TIER)
    assert (tier.text, tier.subject, tier.what) == ("basic", "silver", "growth")
    assert {entry.channel for entry in entries if entry.kind is EntryKind.ORDER} == {"pos", "mall"}


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_together_are_the_whole_without_gap_or_repeat(chain, limit):
    member, _order = customer(chain)
    whole = loyalty.timeline(member_id=member.id, limit=100)
    assert whole.next == ""
    pages, before = [], ""
    while True:
        page = loyalty.timeline(member_id=member.id, before=before, limit=limit)
        assert 1 <= len(page.entries) <= limit
        pages += page.entries
        before = page.next
        if not before:
            break
    assert pages == list(whole.entries)


def test_entries_of_one_moment_are_neither_skipped_nor_repeated(chain):
    member, now = make_member(), system_clock.now()
    for _ in range(3):
        place(command(chain.store, (chain.milk, 1), member_id=member.id), now=now)
        give_points(member, 5, now=now)
    whole = loyalty.timeline(member_id=member.id, limit=100).entries
    assert len(whole) == 6
    first = loyalty.timeline(member_id=member.id, limit=4)
    rest = loyalty.timeline(member_id=member.id, before=first.next, limit=4)
    assert (*first.entries, *rest.entries) == whole


def test_a_merge_stands_in_the_timeline_and_brings_the_purchases_along(chain):
    winner, loser = make_member(), make_member()
    order = sold(chain, loser.id)
    record = members.merge(
        one_id=winner.id, other_id=loser.id, reason="same person", actor=SYSTEM, now=system_clock.now()
    )
    entries = loyalty.timeline(member_id=record.winner_id).entries
    assert entries[0].kind is EntryKind.MERGE
    assert (entries[0].what, entries[0].subject, entries[0].text) == ("merged", str(record.loser_id), "same person")
    assert order.id is not None


def test_a_place_that_nobody_wrote_is_refused():
    member = make_member()
    for text in ("?", "bm90IGpzb24=", "eyJvcmRlcnMiOiAieCJ9"):
        with pytest.raises(Invalid) as refusal:
            loyalty.timeline(member_id=member.id, before=text)
        assert refusal.value.field == "before"


def test_a_page_and_a_profile_cost_the_same_queries_for_little_and_much(chain):
    little, much = make_member(), make_member()
    sold(chain, little.id)
    for _ in range(6):
        hear(sold(chain, much.id))
        coupon_for(much)
    counts = []
    for member in (little, much):
        with connection.execute_wrapper(timeline := Counter()):
            loyalty.timeline(member_id=member.id, limit=30)
        with connection.execute_wrapper(profile := Counter()):
            loyalty.profile(member_id=member.id, now=system_clock.now())
        counts.append((timeline.statements, profile.statements))
    assert counts[0] == counts[1]
    assert counts[0] == (9, 6)


def test_the_profile_says_what_a_member_is_has_and_bought(chain):
    member, _order = customer(chain)
    now = system_clock.now()
    found = loyalty.profile(member_id=member.id, now=now)
    growth = 200 * MILK_FEN // 100 - 10 * MILK_FEN // 100
    assert (found.tier, found.growth, found.window_growth) == ("silver", growth, growth)
    assert found.next_tier is not None
    assert (found.next_tier.code, found.next_tier.missing) == ("gold", 5000 - growth)
    assert (found.points, found.coupons) == (50, 1)
    assert found.points_pending > 0
    assert (found.orders, found.spend_fen) == (1, 190 * MILK_FEN)
    assert found.by_channel == (ChannelSpend("pos", 1, 190 * MILK_FEN),)
    assert len(found.by_month) == 12
    assert found.by_month[-1].spend_fen == 190 * MILK_FEN
    assert [month.spend_fen for month in found.by_month[:-1]] == [0] * 11
    assert (found.favourite_store_id, found.last_store_id) == (chain.store.unit.id, chain.store.unit.id)
    assert now - found.last_visit < timedelta(minutes=5)


def test_the_favourite_store_is_the_one_with_most_orders(chain):
    member = make_member()
    for store in (chain.store, chain.other_store, chain.other_store):
        sold(chain, member.id, milk=1, store=store)
    assert loyalty.profile(member_id=member.id, now=system_clock.now()).favourite_store_id == chain.other_store.unit.id


def test_an_empty_member_has_an_empty_profile():
    member = make_member()
    found = loyalty.profile(member_id=member.id, now=system_clock.now())
    assert (found.tier, found.points, found.coupons, found.orders, found.last_visit) == ("basic", 0, 0, 0, None)
    assert loyalty.timeline(member_id=member.id).entries == ()
    with pytest.raises(MemberUnknown):
        loyalty.profile(member_id=db.value("SELECT gen_random_uuid()"), now=system_clock.now())


def test_the_copy_of_a_member_and_the_open_orders(chain):
    member, order = customer(chain)
    spend(member.id, 5, system_clock.now())
    holder, now = loyalty.data_holder(), system_clock.now()
    found = holder.export(member_ids=[member.id], now=now)
    assert [one["number"] for one in found["orders"]][-1] == order.number
    assert len(found["orders"]) == 2
    assert found["orders"][-1]["goods"][0]["name"] == chain.milk.name
    assert len(found["coupons"]) == 1
    assert [one["amount"] for one in found["growth"]][:1] == [5]
    assert found["tier_changes"][0]["to_tier"] == "silver"
    assert sum(one["available"] for one in found["points"]) == 50
    assert holder.open_business(member_ids=[member.id], now=now) == 1
    db.in_transaction(lambda: holder.erase(member_ids=[member.id], now=now))
    assert len(holder.export(member_ids=[member.id], now=now)["orders"]) == 2


def test_what_came_back_is_written_once(chain):
    member, order = customer(chain)
    assert member.id is not None
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        db.execute("DELETE FROM loyalty_return WHERE order_id = %s", [order.id])
    with pytest.raises(DatabaseError, match="loyalty_return_not_negative"), transaction.atomic():
        db.execute(
            "INSERT INTO loyalty_return (return_id, order_id, store_id, channel, amount_fen, at) "
            "VALUES ('x', %s, 1, 'pos', -1, now())",
            [order.id],
        )
    assert db.value("SELECT count(*) FROM loyalty_return WHERE order_id = %s", [order.id]) == 1
