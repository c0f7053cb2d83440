"""Permissions and data scopes (SEC-01, SEC-05): default deny, nobody gives what he has not, matrix of the roles."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, Invalid, NotFound
from quanyu.modules.identity import api, contracts
from quanyu.modules.identity.rules import authority
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitUnknown
from quanyu.platform import db
from tests.harness import identity as people
from tests.harness import organization as chain

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ROLES = {
    "head_office": Scope.ALL,
    "region_manager": Scope.SUBTREE,
    "store_manager": Scope.STORE,
    "cashier": Scope.STORE,
    "associate": Scope.STORE,
    "warehouse": Scope.STORE,
    "supplier": Scope.STORE,
    "dealer": Scope.SUBTREE,
    "auditor": Scope.ALL,
}
# permission -> the roles that hold it, written by hand: the table of roles is checked against this one.
MATRIX = {
    "organization.view": set(ROLES),
    "organization.edit": {"head_office"},
    "identity.view": {"head_office", "region_manager", "store_manager", "dealer", "auditor"},
    "identity.staff": {"head_office", "region_manager", "store_manager", "dealer"},
    "identity.roles": {"head_office", "region_manager", "store_manager", "dealer"},
    "identity.devices": {"head_office", "region_manager", "store_manager", "dealer"},
    "identity.clients": {"head_office"},
    "catalog.view": set(ROLES),
    "catalog.edit": {"head_office"},
    "catalog.list": {"head_office", "region_manager", "store_manager", "dealer"},
    "members.view": {"head_office", "region_manager", "store_manager", "cashier", "associate", "dealer", "auditor"},
    "members.edit": {"head_office", "region_manager", "store_manager", "cashier"},
    "pii.reveal": {"head_office", "region_manager", "store_manager"},
    "inventory.view": set(ROLES),
    "inventory.adjust": {"head_office", "region_manager", "store_manager", "dealer"},
    "inventory.receive": {"head_office", "region_manager", "store_manager", "warehouse", "dealer"},
    "inventory.share": {"head_office", "region_manager", "dealer"},
    "pricing.edit": {"head_office"},
    "promotions.edit": {"head_office"},
    "payments.refund": {"head_office", "region_manager", "store_manager", "dealer"},
    "orders.view": set(ROLES) - {"supplier"},
    "orders.ship": {"head_office", "region_manager", "store_manager", "warehouse", "dealer"},
    "orders.hand_over": {"head_office", "region_manager", "store_manager", "cashier", "associate", "dealer"},
    "pos.sell": {"head_office", "region_manager", "store_manager", "cashier", "dealer"},
    "pos.discount": {"head_office", "region_manager", "store_manager", "dealer"},
    "settings.edit": {"head_office"},
    "audit.view": {"head_office", "auditor"},
    "a_module.nobody_has_thought_of": {"head_office"},
}


@pytest.fixture(scope="module")
def tree():
    """Two regions with a dealer's store each: (region, dealer, store, other region's store)."""
    region, other = chain.make_region(), chain.make_region()
    dealer = chain.make_dealer(parent_id=region.id)
    store = chain.make_franchise_store(dealer=dealer)
    sister = chain.make_store(parent_id=region.id)
    foreign = chain.make_store(parent_id=other.id)
    return {
        "region": region.id,
        "dealer": dealer.id,
        "store": store.unit,
        "sister": sister.unit,
        "foreign": foreign.unit,
    }


@pytest.fixture(scope="module")
def actors(tree):
    """One actor for each built-in role, placed where such a person works."""
    places = {"region_manager": tree["region"], "dealer": tree["dealer"]}
    return {
        role: people.make_actor(role, unit_id=places.get(role, tree["store"].id), scope=scope)
        for role, scope in ROLES.items()
    }


def test_the_product_comes_with_these_roles():
    built_in = {role.code: role for role in api.roles() if role.is_built_in}
    assert set(built_in) == set(ROLES)
    assert {code for code, role in built_in.items() if role.needs_totp} == {"head_office", "region_manager", "auditor"}


@pytest.mark.parametrize("permission", sorted(MATRIX))
def test_s2_permission_matrix_role_by_relation(permission, tree, actors):
    """Each role x {own store, sister store of the region, foreign store}: what reaches, what 404s, what 403s."""
    reached_by_relation = {
        Scope.ALL: {"store", "sister", "foreign"},
        Scope.SUBTREE: {"store", "sister"},
        Scope.STORE: {"store"},
    }
    for role, place in itertools.product(ROLES, ("store", "sister", "foreign")):
        reach = reached_by_relation[ROLES[role]] - ({"sister"} if role == "dealer" else set())
        outcome = "ok"
        try:
            api.require(actor=actors[role], permission=permission, unit_id=tree[place].id)
        except NotFound:
            outcome = "404"
        except Forbidden:
            outcome = "403"
        wanted = "403" if role not in MATRIX[permission] else "ok" if place in reach else "404"
        assert (role, place, outcome) == (role, place, wanted)


def test_sec_05_lists_are_filtered_by_how_far_the_permission_reaches(tree, actors):
    def visible(role):
        return api.visible_unit_ids(actor=actors[role], permission="orders.view")

    assert visible("head_office") is None
    assert visible("auditor") is None
    assert visible("region_manager") == {tree["region"], tree["dealer"], tree["store"].id, tree["sister"].id}
    assert visible("dealer") == {tree["dealer"], tree["store"].id}
    assert visible("store_manager") == {tree["store"].id}
    assert visible("supplier") == frozenset()
    assert api.visible_unit_ids(actor=Actor(kind=ActorKind.MEMBER, id="1"), permission="orders.view") == frozenset()


def test_a_closed_store_stays_visible_to_its_region():
    region = chain.make_region()
    store = chain.make_store(parent_id=region.id)
    manager = people.make_actor("region_manager", unit_id=region.id)
    organization.close_unit(unit_id=store.unit.id, actor=SYSTEM, now=NOW)
    assert api.visible_unit_ids(actor=manager, permission="orders.view") == {region.id, store.unit.id}


def test_own_rows_are_reached_by_the_scope_own_and_by_nothing_else(tree):
    associate = people.make_actor("associate", unit_id=tree["store"].id, scope=Scope.OWN)
    api.require(actor=associate, permission="orders.view", unit_id=tree["foreign"].id, own=True)
    with pytest.raises(NotFound):
        api.require(actor=associate, permission="orders.view", unit_id=tree["store"].id)
    assert api.visible_unit_ids(actor=associate, permission="orders.view") == frozenset()
    with pytest.raises(NotFound):
        api.require(actor=associate, permission="orders.view", unit_id=None)


def test_an_actor_is_found_by_one_query(tree):
    person = people.make_person("cashier", unit_id=tree["store"].id)
    token = people.token_for(person)
    with CaptureQueriesContext(connection) as queries:
        actor = api.actor_for_token(token=token, now=NOW)
    assert len(queries) == 1
    assert actor is not None
    assert actor.reaches("pos.sell", unit_path=tree["store"].path)


@pytest.mark.parametrize("token", ["", "qs_", "x" * 201, "qs_\ud800", "' OR 1=1 --", "\x00"])
def test_s12_a_made_up_token_is_nobody(token):
    assert api.actor_for_token(token=token, now=NOW) is None


def count_assignments() -> int:
    return int(db.value("SELECT count(*) FROM identity_assignment"))


def test_a_role_is_given_once_told_once_and_taken_away(tree):
    person = people.make_person(None, unit_id=tree["store"].id)
    given = {"staff_id": person.id, "role_code": "cashier", "scope": Scope.STORE, "unit_id": tree["store"].id}
    first = api.assign_role(**given, actor=SYSTEM, now=NOW)
    again = api.assign_role(**given, actor=SYSTEM, now=NOW)
    assert first == again
    with pytest.raises(contracts.AlreadyAssigned):
        api.assign_role(**(given | {"scope": Scope.SUBTREE}), actor=SYSTEM, now=NOW)
    api.revoke_assignment(staff_id=person.id, assignment_id=first.id, actor=SYSTEM, now=NOW)
    with pytest.raises(contracts.AssignmentUnknown):
        api.revoke_assignment(staff_id=person.id, assignment_id=first.id, actor=SYSTEM, now=NOW)
    told = db.rows(
        "SELECT payload ->> 'given' AS given FROM platform_outbox WHERE topic = 'identity.roles_changed.1' "
        "AND aggregate = %s ORDER BY id",
        [f"staff:{person.id}"],
    )
    assert [row["given"] for row in told] == ["true", "false"]
    assert api.staff(ids=[person.id])[person.id].roles == ()


def test_nobody_gives_what_he_does_not_have_nor_that_far(tree, actors):
    person = people.make_person(None, unit_id=tree["store"].id)
    before = count_assignments()
    refused = [
        ("head_office", Scope.ALL, None),
        ("cashier", Scope.ALL, None),
        ("cashier", Scope.STORE, tree["sister"].id),
        ("cashier", Scope.SUBTREE, tree["store"].id),
        ("region_manager", Scope.STORE, tree["store"].id),
    ]
    for role_code, scope, unit_id in refused:
        with pytest.raises(contracts.BeyondAuthority):
            api.assign_role(
                staff_id=person.id,
                role_code=role_code,
                scope=scope,
                unit_id=unit_id,
                actor=actors["store_manager"],
                now=NOW,
            )
    with pytest.raises(Forbidden):
        api.assign_role(
            staff_id=person.id,
            role_code="cashier",
            scope=Scope.STORE,
            unit_id=tree["store"].id,
            actor=actors["cashier"],
            now=NOW,
        )
    assert count_assignments() == before
    api.assign_role(
        staff_id=person.id,
        role_code="cashier",
        scope=Scope.STORE,
        unit_id=tree["store"].id,
        actor=actors["store_manager"],
        now=NOW,
    )
    assert count_assignments() == before + 1


def test_nobody_changes_the_sign_in_of_somebody_who_may_do_more(tree, actors):
    # A head-office person whose desk stands in the store.
    boss = people.make_person("head_office", home_id=tree["store"].id)
    manager = actors["store_manager"]
    before = db.row("SELECT password, pin_hash, is_active, totp_encrypted FROM identity_staff WHERE id = %s", [boss.id])
    deeds = [
        lambda: api.set_password(staff_id=boss.id, password="taken over by me", actor=manager, now=NOW),
        lambda: api.set_pin(staff_id=boss.id, pin="7391", actor=manager, now=NOW),
        lambda: api.reset_totp(staff_id=boss.id, actor=manager, now=NOW),
        lambda: api.deactivate_staff(staff_id=boss.id, actor=manager, now=NOW),
    ]
    for deed in deeds:
        with pytest.raises(contracts.BeyondAuthority):
            deed()
    assert before == db.row(
        "SELECT password, pin_hash, is_active, totp_encrypted FROM identity_staff WHERE id = %s", [boss.id]
    )


def test_sec_05_people_of_another_store_do_not_exist(tree, actors):
    foreign = people.make_person("cashier", unit_id=tree["foreign"].id)
    near = people.make_person("cashier", unit_id=tree["store"].id)
    manager = actors["store_manager"]
    with pytest.raises(contracts.StaffUnknown):
        api.staff_member(staff_id=foreign.id, actor=manager)
    with pytest.raises(contracts.StaffUnknown):
        api.update_staff(staff_id=foreign.id, name="他", actor=manager, now=NOW)
    with pytest.raises(contracts.StaffUnknown):
        api.staff_member(staff_id=2**62, actor=manager)
    listed = {member.id for member in api.list_staff(actor=manager, limit=100)}
    assert near.id in listed
    assert foreign.id not in listed
    assert api.staff_member(staff_id=near.id, actor=manager).id == near.id
    # Without any permission one sees oneself.
    assert [member.id for member in api.list_staff(actor=near.actor)] == [near.id]
    with pytest.raises(Forbidden):
        api.staff_member(staff_id=foreign.id, actor=near.actor)


def test_people_are_found_by_part_of_a_name_or_a_whole_phone(tree):
    person = people.make_person("cashier", unit_id=tree["store"].id)
    phone = f"139{person.id % 10**8:08d}"
    changed = api.update_staff(staff_id=person.id, name="欧阳小红", phone=f"+86 {phone}", actor=SYSTEM, now=NOW)
    assert changed.phone_masked == f"139****{phone[-4:]}"
    manager = people.make_actor("store_manager", unit_id=tree["store"].id)
    for text in ("阳小", person.username[:8].upper(), phone):
        assert person.id in {member.id for member in api.list_staff(actor=manager, text=text)}
    assert api.list_staff(actor=manager, text=phone[:7]) == []
    row = db.row("SELECT s::text AS dump FROM identity_staff s WHERE id = %s", [person.id])
    assert row is not None
    assert phone not in row["dump"]


def test_somebody_moves_to_another_store_and_the_old_one_is_told(tree):
    person = people.make_person("cashier", unit_id=tree["store"].id)
    near = people.make_actor("store_manager", unit_id=tree["store"].id)
    with pytest.raises(NotFound):
        api.update_staff(staff_id=person.id, unit_id=tree["sister"].id, actor=near, now=NOW)
    api.update_staff(staff_id=person.id, unit_id=tree["sister"].id, actor=SYSTEM, now=NOW)
    payload = db.value(
        "SELECT payload ->> 'unit_id' FROM platform_outbox WHERE topic = 'identity.staff_moved.1' AND aggregate = %s",
        [f"staff:{person.id}"],
    )
    assert payload == str(tree["sister"].id)


def test_nothing_hangs_on_a_unit_that_does_not_exist_or_is_closed(actors):
    closed = chain.make_store()
    organization.close_unit(unit_id=closed.unit.id, actor=SYSTEM, now=NOW)
    boss = actors["head_office"]
    before = (db.value("SELECT count(*) FROM identity_staff"), db.value("SELECT count(*) FROM identity_device"))
    for unit_id in (closed.unit.id, 2**62):
        with pytest.raises(UnitUnknown):
            api.create_staff(username=chain.random_code("u"), name="人", unit_id=unit_id, actor=boss, now=NOW)
        with pytest.raises(UnitUnknown):
            api.enrol_code(kind=contracts.DeviceKind.POS, unit_id=unit_id, name="x", actor=boss, now=NOW)
        with pytest.raises(UnitUnknown):
            api.create_client(name="x", unit_id=unit_id, permissions=["orders.view"], actor=boss, now=NOW)
    after = (db.value("SELECT count(*) FROM identity_staff"), db.value("SELECT count(*) FROM identity_device"))
    assert after == before


def test_a_chain_defines_roles_of_its_own_and_cannot_bend_the_products(actors):
    code = f"r{chain.random_code('x').replace('-', '').lower()}"
    boss = actors["head_office"]
    role = api.define_role(
        code=code, name="值班", permissions=["orders.view", "pos.*", "orders.view"], actor=boss, now=NOW
    )
    assert role.permissions == ("orders.view", "pos.*")
    with pytest.raises(contracts.NameTaken):
        api.define_role(code=code, name="值班", permissions=["orders.view"], actor=boss, now=NOW)
    changed = api.change_role(code=code, permissions=["orders.view"], needs_totp=True, actor=boss, now=NOW)
    assert (changed.permissions, changed.needs_totp) == (("orders.view",), True)
    with pytest.raises(Invalid):
        api.change_role(code="cashier", permissions=["*"], actor=boss, now=NOW)
    for bad in ["orders", "orders.view.more", "Orders.view", "orders.v?ew", "", "*.*.*"]:
        with pytest.raises(Invalid):
            api.define_role(code=code + "x", name="值班", permissions=[bad], actor=boss, now=NOW)
    with pytest.raises(NotFound):
        api.define_role(code=code + "x", name="值班", permissions=["pos.*"], actor=actors["region_manager"], now=NOW)
    assert code + "x" not in {one.code for one in api.roles()}


PATTERNS = st.sampled_from(["*", "orders.*", "*.view", "orders.view", "orders.refund", "pos.*", "pos.sell"])
PERMISSIONS = ["orders.view", "orders.refund", "orders.hand_over", "pos.sell", "pos.view", "catalog.view", "x.y"]
# Units 1 > 2 > 3 and 1 > 4.
PATHS = {1: (1,), 2: (1, 2), 3: (1, 2, 3), 4: (1, 4)}
GRANTS = st.builds(
    lambda patterns, scope, unit: Grant(frozenset(patterns), scope, None if scope is Scope.ALL else unit),
    st.lists(PATTERNS, min_size=1, max_size=3),
    st.sampled_from(list(Scope)),
    st.sampled_from(sorted(PATHS)),
)


@given(own=st.lists(GRANTS, max_size=3), wanted=GRANTS)
def test_a_grant_that_may_be_passed_on_never_reaches_farther_than_ones_own(own, wanted):
    path = PATHS.get(wanted.unit_id, ()) if wanted.unit_id is not None else ()
    if not authority.covers(own, wanted, unit_path=path):
        return
    giver = Actor(kind=ActorKind.STAFF, id="1", grants=tuple(own))
    taker = Actor(kind=ActorKind.STAFF, id="2", grants=(wanted,))
    for permission, unit_path in itertools.product(PERMISSIONS, PATHS.values()):
        if taker.reaches(permission, unit_path=unit_path):
            assert giver.reaches(permission, unit_path=unit_path)
