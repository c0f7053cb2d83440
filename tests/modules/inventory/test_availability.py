"""What can be sold where and by whom (INV-01, INV-03, INV-07, INV-09, MALL-07)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory import rules
from quanyu.modules.inventory.contracts import Asked, SharingInvalid, SharingRule, StockShort, Want
from quanyu.platform.marks import Reading
from tests.harness import catalog, organization
from tests.harness.inventory import NOW, cause, make_shelf

LATER = NOW + timedelta(minutes=15)


def available(shelf, *, channel="mall", seller=None, now=NOW):
    found = inventory.availability(
        sku_ids=[shelf.sku_id],
        location_ids=[shelf.location_id],
        channel=channel,
        seller_owner_id=shelf.owner_id if seller is None else seller,
        now=now,
    )
    return found[shelf.location_id, shelf.sku_id]


def share(owner_id, *, is_shared=True, actor=SYSTEM, **scope):
    inventory.set_sharing(owner_id=owner_id, is_shared=is_shared, actor=actor, now=NOW, **scope)


def franchise_shelf(on_hand):
    store = organization.make_franchise_store()
    category = catalog.make_category(parent_id=catalog.make_category().id)
    sku = catalog.make_sku(category_id=category.id)
    shelf = make_shelf(on_hand=on_hand, location_id=store.unit.id, owner_id=store.owner_id, sku_id=sku.id)
    return shelf, category


def test_available_is_on_hand_less_reserved_less_safety_online():
    shelf = make_shelf(on_hand=10, safety=3)
    inventory.reserve(cause_kind="order", cause_id=cause(), lines=[shelf.want(2)], expires_at=LATER, now=NOW)
    assert available(shelf, channel="mall") == 5
    assert available(shelf, channel="pos") == 8
    assert available(shelf, channel="mall", now=LATER) == 7
    assert inventory.keeps_safety(channel="mall") is True
    assert inventory.keeps_safety(channel="pos") is False


def test_what_is_damaged_or_on_its_way_is_not_available():
    from quanyu.modules.inventory.contracts import Goods

    shelf = make_shelf(on_hand=10)
    there = make_shelf(sku_id=shelf.sku_id)
    given_here = {"owner_id": shelf.owner_id, "actor": SYSTEM, "now": NOW}
    inventory.damage(
        location_id=shelf.location_id,
        lines=[Goods(shelf.sku_id, 4)],
        cause_kind="test",
        cause_id=cause(),
        reason="wet",
        **given_here,
    )
    inventory.transfer_out(
        transfer_id=cause(),
        from_location_id=shelf.location_id,
        to_location_id=there.location_id,
        lines=[Goods(shelf.sku_id, 1)],
        **given_here,
    )
    assert (available(shelf), available(there)) == (5, 0)


def test_more_safety_than_stock_leaves_nothing_and_not_less():
    shelf = make_shelf(on_hand=1, safety=3)
    assert (available(shelf), available(shelf, channel="pos")) == (0, 1)


def test_a_page_of_skus_and_stores_is_one_query():
    first, second = make_shelf(on_hand=1), make_shelf(on_hand=2)
    queries = []

    def count(execute, sql, parameters, many, context):
        queries.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        found = inventory.availability(
            sku_ids=[first.sku_id, second.sku_id],
            location_ids=[first.location_id, second.location_id],
            channel="mall",
            seller_owner_id=first.owner_id,
            now=NOW,
        )
    assert found == {
        (first.location_id, first.sku_id): 1,
        (first.location_id, second.sku_id): 0,
        (second.location_id, first.sku_id): 0,
        (second.location_id, second.sku_id): 2,
    }
    assert len(queries) == 1


def test_inv_03_what_is_shown_can_be_reserved_and_not_one_more():
    shelf = make_shelf(on_hand=4)
    other_owner = organization.make_dealer().id
    make_shelf(on_hand=7, location_id=shelf.location_id, sku_id=shelf.sku_id, owner_id=other_owner)
    share(other_owner, seller_owner_id=shelf.owner_id)
    shown = available(shelf)
    owners = inventory.allowed_owners(seller_owner_id=shelf.owner_id, sku_ids=[shelf.sku_id], channel="mall")
    # Owners of other tests may share with everybody; they have nothing here.
    own, *others = owners[shelf.sku_id]
    assert (shown, own, other_owner in others) == (7, shelf.owner_id, True)

    def wanted(quantity):
        want = Want(1, shelf.location_id, shelf.sku_id, owners[shelf.sku_id], quantity)
        return inventory.reserve(cause_kind="order", cause_id=cause(), lines=[want], expires_at=None, now=NOW)

    with pytest.raises(StockShort):
        wanted(shown + 1)
    assert wanted(shown).held[0].owner_id == other_owner
    assert available(shelf) == 4


def test_franchise_stock_is_not_sold_by_head_office_unless_shared():
    shelf, category = franchise_shelf(5)
    head_office = organization.enterprise().id
    assert (available(shelf), available(shelf, seller=head_office)) == (5, 0)
    share(shelf.owner_id, seller_owner_id=head_office)
    assert available(shelf, seller=head_office) == 5
    share(shelf.owner_id, seller_owner_id=head_office, is_shared=False)
    assert available(shelf, seller=head_office) == 0
    # INV-07: a pilot with one category, online only.
    share(shelf.owner_id, seller_owner_id=head_office, category_id=category.id, channel="mall")
    assert available(shelf, seller=head_office, channel="mall") == 5
    assert available(shelf, seller=head_office, channel="market") == 0


def test_the_most_specific_rule_decides():
    shelf, category = franchise_shelf(5)
    head_office, parent = organization.enterprise().id, category.path[0]
    steps = [
        ({}, True, 5),
        ({"channel": "mall"}, False, 0),
        ({"category_id": parent}, True, 5),
        ({"category_id": category.id}, False, 0),
        ({"category_id": category.id, "channel": "mall"}, True, 5),
        ({"seller_owner_id": head_office}, False, 0),
        ({"seller_owner_id": head_office, "channel": "mall"}, True, 5),
        ({"seller_owner_id": head_office, "category_id": parent}, False, 0),
    ]
    for scope, is_shared, expected in steps:
        share(shelf.owner_id, is_shared=is_shared, **scope)
        assert available(shelf, seller=head_office) == expected, scope
    assert len(inventory.sharing_rules(owner_ids=[shelf.owner_id])) == len(steps)
    for scope, is_shared, _expected in reversed(steps):
        expected = 5 if is_shared else 0
        assert available(shelf, seller=head_office) == expected, scope
        assert inventory.remove_sharing(owner_id=shelf.owner_id, actor=SYSTEM, now=NOW, **scope) is True
    assert available(shelf, seller=head_office) == 0
    assert inventory.remove_sharing(owner_id=shelf.owner_id, actor=SYSTEM, now=NOW) is False


def test_an_owner_does_not_share_with_itself():
    shelf, _category = franchise_shelf(1)
    with pytest.raises(SharingInvalid) as refusal:
        share(shelf.owner_id, seller_owner_id=shelf.owner_id)
    assert refusal.value.field == "seller_owner_id"
    assert inventory.sharing_rules(owner_ids=[shelf.owner_id]) == []


def test_only_the_owner_shares_its_stock():
    shelf, _category = franchise_shelf(1)
    region = organization.make_region()
    manager = Actor(ActorKind.STAFF, "1", grants=(Grant(frozenset({"inventory.*"}), Scope.SUBTREE, region.id),))
    with pytest.raises(NotFound):
        share(shelf.owner_id, actor=manager)
    with pytest.raises(Forbidden):
        share(shelf.owner_id, actor=Actor(ActorKind.STAFF, "2"))
    dealer = Actor(ActorKind.STAFF, "3", grants=(Grant(frozenset({"inventory.*"}), Scope.SUBTREE, shelf.owner_id),))
    share(shelf.owner_id, actor=dealer)
    assert [rule.is_shared for rule in inventory.sharing_rules(owner_ids=[shelf.owner_id])] == [True]


def test_inv_09_stores_with_all_of_it_come_before_nearer_ones_with_some():
    longitude, latitude = 121.4737, 31.2304
    skus = [catalog.make_sku().id for _ in range(2)]
    shelves = []
    for step, stock in enumerate([(1, 0), (5, 5), (0, 0), (9, 2)]):
        store = organization.make_store(longitude=longitude + 0.01 * (step + 1), latitude=latitude)
        for sku_id, on_hand in zip(skus, stock, strict=True):
            make_shelf(on_hand=on_hand, location_id=store.unit.id, sku_id=sku_id)
        shelves.append(store.unit.id)
    found = inventory.nearest_with_stock(
        wanted={skus[0]: 1, skus[1]: 2},
        longitude=longitude,
        latitude=latitude,
        channel="mall",
        seller_owner_id=organization.enterprise().id,
        within_m=20_000,
        now=NOW,
    )
    assert [(nearby.store.unit.id, nearby.complete) for nearby in found] == [
        (shelves[1], True),
        (shelves[3], True),
        (shelves[0], False),
    ]
    assert found[0].available == {skus[0]: 5, skus[1]: 5}
    distances = [nearby.store.distance_m for nearby in found[:2]]
    assert distances == sorted(distances)


_sharing = st.lists(
    st.tuples(
        st.sampled_from(["any", "seller", "other"]),
        st.sampled_from(["all", "root", "leaf", "elsewhere"]),
        st.sampled_from([None, "mall", "pos"]),
        st.booleans(),
    ),
    max_size=8,
    unique_by=lambda rule: rule[:3],
)


@settings(max_examples=40, deadline=None)
@given(_sharing, st.sampled_from(["mall", "pos", "kiosk"]))
def test_sql_decides_as_the_rules_do(drawn, channel):
    places = _places()
    owner = organization.make_dealer().id
    known = []
    for seller, category, where, is_shared in drawn:
        rule = SharingRule(owner, places[seller], places[category], where, is_shared)
        known.append(rule)
        share(
            owner,
            seller_owner_id=rule.seller_owner_id,
            category_id=rule.category_id,
            channel=rule.channel,
            is_shared=is_shared,
        )
    expected = rules.may_sell(
        owner_id=owner, seller_id=places["seller"], category_path=places["path"], channel=channel, rules=known
    )
    found = inventory.allowed_owners(seller_owner_id=places["seller"], sku_ids=[places["sku"]], channel=channel)
    assert (owner in found[places["sku"]]) is expected
    reading = Reading()
    inventory.want_sharing(reading=reading)
    reading.read()
    assert found[places["sku"]] == inventory.owners_read(
        reading=reading, seller_owner_id=places["seller"], category_path=places["path"], channel=channel
    )
    assert found[places["sku"]][0] == places["seller"]


def _places(memo={}):  # noqa: B006 - one place for all examples, made when first asked for
    if not memo:
        root = catalog.make_category()
        leaf = catalog.make_category(parent_id=root.id)
        memo.update(
            any=None,
            all=None,
            seller=organization.make_dealer().id,
            other=organization.make_dealer().id,
            root=root.id,
            leaf=leaf.id,
            elsewhere=catalog.make_category().id,
            path=leaf.path,
            sku=catalog.make_sku(category_id=leaf.id).id,
        )
    return memo


def test_a_batch_of_questions_has_the_answers_of_each():
    near, far = make_shelf(on_hand=4), make_shelf(on_hand=9)
    questions = [
        Asked((near.sku_id, far.sku_id), (near.location_id,), near.owner_id, "mall"),
        Asked((far.sku_id,), (near.location_id, far.location_id), far.owner_id, "pos"),
        Asked((near.sku_id,), (far.location_id,), near.owner_id, "mall"),
    ]
    with CaptureQueriesContext(connection) as captured:
        found = inventory.availabilities(asked=questions, now=NOW)
    assert len(captured) == 1
    assert found == [{(near.location_id, near.sku_id): 4}, {(far.location_id, far.sku_id): 9}, {}]
    for question, answer in zip(questions, found, strict=True):
        alone = inventory.availability(
            sku_ids=question.sku_ids,
            location_ids=question.location_ids,
            channel=question.channel,
            seller_owner_id=question.seller_owner_id,
            now=NOW,
        )
        assert {pair: units for pair, units in alone.items() if units} == answer
