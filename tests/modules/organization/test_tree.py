"""The tree of the enterprise (SEC-05: headquarters, region, store) and its paths."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.organization import api, contracts
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.organization.ops import create_unit as create_unit_op
from quanyu.platform import db
from tests.harness import organization as chain
from tests.harness.parallel import PATIENCE_S, parallel, until_waiting


def count_units() -> int:
    return int(db.value("SELECT count(*) FROM organization_unit"))


def outbox_of(unit_id: int) -> list[tuple[str, dict]]:
    found = db.rows(
        "SELECT topic, payload::text AS payload FROM platform_outbox "
        "WHERE topic LIKE 'organization.%%' AND aggregate = %s ORDER BY id",
        [str(unit_id)],
    )
    return [(row["topic"], json.loads(row["payload"])) for row in found]


def test_sec_05_a_unit_knows_the_path_from_headquarters_to_itself():
    region = chain.make_region()
    store = chain.make_store(parent_id=region.id)
    root = chain.enterprise()
    assert store.unit.path == (root.id, region.id, store.unit.id)
    assert api.paths(unit_ids=[store.unit.id, region.id, -1]) == {
        store.unit.id: (root.id, region.id, store.unit.id),
        region.id: (root.id, region.id),
    }
    assert outbox_of(store.unit.id) == [
        (
            "organization.unit_created.1",
            {
                "unit_id": store.unit.id,
                "kind": "store",
                "code": store.unit.code,
                "path": [root.id, region.id, store.unit.id],
            },
        )
    ]


def test_children_and_subtree_know_open_units_only():
    region = chain.make_region()
    inner = chain.make_region(parent_id=region.id)
    store = chain.make_store(parent_id=inner.id)
    warehouse = chain.make_warehouse(parent_id=region.id)
    closed = chain.make_store(parent_id=region.id)
    api.close_unit(unit_id=closed.unit.id, actor=SYSTEM, now=chain.NOW)
    assert api.children(unit_id=region.id, kind=UnitKind.REGION) == [inner.id]
    assert sorted(api.children(unit_id=region.id)) == sorted([inner.id, warehouse.unit.id])
    assert api.subtree_ids(unit_id=region.id) == sorted([region.id, inner.id, store.unit.id, warehouse.unit.id])
    assert api.subtree_ids(unit_id=region.id, kind=UnitKind.STORE) == [store.unit.id]
    assert [unit.id for unit in api.units_of_kind(kind=UnitKind.STORE, below=region.id)] == [store.unit.id]
    assert api.units(ids=[closed.unit.id, -5])[closed.unit.id].active is False


def test_a_database_holds_one_enterprise():
    chain.enterprise()
    before = count_units()
    with pytest.raises(contracts.EnterpriseExists):
        api.create_unit(
            kind=UnitKind.ENTERPRISE,
            code=chain.random_code("E"),
            name="另一家",
            parent_id=None,
            actor=SYSTEM,
            now=chain.NOW,
        )
    assert count_units() == before


def test_a_taken_code_is_refused_and_changes_nothing():
    taken = chain.make_region()
    before = count_units()
    with pytest.raises(contracts.CodeTaken) as refusal:
        chain.make_region(code=taken.code)
    assert (refusal.value.field, refusal.value.params) == ("code", {"code": taken.code})
    assert count_units() == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"code": "有空 格"}, "code"),
        ({"code": "x" * 21}, "code"),
        ({"name": "  "}, "name"),
        ({"name": "店" * 81}, "name"),
    ],
)
def test_a_unit_with_bad_names_is_refused(given, field):
    chain.enterprise()
    before = count_units()
    with pytest.raises(Invalid) as refusal:
        chain.make_region(**given)
    assert refusal.value.field == field
    assert count_units() == before


@pytest.mark.parametrize(
    ("child", "parent"),
    [(UnitKind.BRAND, UnitKind.REGION), (UnitKind.REGION, UnitKind.DEALER), (UnitKind.SUPPLIER, UnitKind.REGION)],
)
def test_a_unit_stands_only_below_kinds_that_may_hold_it(child, parent):
    above = chain.make_unit(parent)
    before = count_units()
    with pytest.raises(contracts.PlaceRefused):
        chain.make_unit(child, parent_id=above.id)
    assert count_units() == before


def test_a_store_needs_its_address():
    chain.enterprise()
    with pytest.raises(Invalid) as refusal:
        chain.make_unit(UnitKind.STORE)
    assert refusal.value.field == "kind"


def test_moving_a_region_moves_every_path_below_it():
    old, new = chain.make_region(), chain.make_region()
    inner = chain.make_region(parent_id=old.id)
    store = chain.make_store(parent_id=inner.id)
    root = chain.enterprise()
    moved = api.move_unit(unit_id=inner.id, parent_id=new.id, actor=SYSTEM, now=chain.NOW)
    assert moved.path == (root.id, new.id, inner.id)
    assert api.paths(unit_ids=[store.unit.id])[store.unit.id] == (root.id, new.id, inner.id, store.unit.id)
    assert outbox_of(inner.id)[-1] == (
        "organization.unit_moved.1",
        {"unit_id": inner.id, "path_before": [root.id, old.id, inner.id], "path": [root.id, new.id, inner.id]},
    )


def test_moving_a_unit_to_where_it_stands_says_nothing():
    region = chain.make_region()
    api.move_unit(unit_id=region.id, parent_id=chain.enterprise().id, actor=SYSTEM, now=chain.NOW)
    assert [topic for topic, _ in outbox_of(region.id)] == ["organization.unit_created.1"]


def test_a_cycle_is_refused_and_changes_nothing():
    outer = chain.make_region()
    inner = chain.make_region(parent_id=outer.id)
    before = api.paths(unit_ids=[outer.id, inner.id])
    for parent in (inner.id, outer.id):
        with pytest.raises(contracts.PlaceRefused):
            api.move_unit(unit_id=outer.id, parent_id=parent, actor=SYSTEM, now=chain.NOW)
    with pytest.raises(contracts.PlaceRefused):
        api.move_unit(unit_id=chain.enterprise().id, parent_id=outer.id, actor=SYSTEM, now=chain.NOW)
    assert api.paths(unit_ids=[outer.id, inner.id]) == before


def test_a_unit_with_open_units_below_stays_open():
    region = chain.make_region()
    store = chain.make_store(parent_id=region.id)
    with pytest.raises(contracts.UnitInUse) as refusal:
        api.close_unit(unit_id=region.id, actor=SYSTEM, now=chain.NOW)
    assert refusal.value.params == {"open_units": 1}
    assert api.units(ids=[region.id])[region.id].active is True
    api.close_unit(unit_id=store.unit.id, actor=SYSTEM, now=chain.NOW)
    assert api.close_unit(unit_id=region.id, actor=SYSTEM, now=chain.NOW).active is False
    # Once more is no error and no second event.
    api.close_unit(unit_id=region.id, actor=SYSTEM, now=chain.NOW)
    assert [topic for topic, _ in outbox_of(region.id)] == ["organization.unit_created.1", "organization.unit_closed.1"]
    with pytest.raises(contracts.UnitUnknown):
        chain.make_store(parent_id=region.id)


def test_a_unit_is_renamed_and_the_audit_keeps_both_names():
    region = chain.make_region(name="华南", name_en="South")
    renamed = api.rename_unit(unit_id=region.id, name="华南大区", name_en="South China", actor=SYSTEM, now=chain.NOW)
    assert (renamed.name, renamed.name_en, renamed.code) == ("华南大区", "South China", region.code)
    detail = db.value(
        "SELECT detail::text FROM platform_audit WHERE subject_kind = 'unit' AND subject_id = %s AND action = %s",
        [str(region.id), "organization.rename_unit"],
    )
    assert detail == '{"after": ["华南大区", "South China"], "before": ["华南", "South"]}'


def test_sec_05_the_permission_to_edit_ends_where_its_scope_ends():
    mine, foreign = chain.make_region(), chain.make_region()
    manager = Actor(
        kind=ActorKind.STAFF,
        id="1",
        grants=(Grant(frozenset({"organization.edit"}), Scope.SUBTREE, mine.id),),
    )
    nobody = Actor(kind=ActorKind.STAFF, id="2")
    before = count_units()
    with pytest.raises(contracts.UnitUnknown):
        chain.make_store(parent_id=foreign.id, actor=manager)
    with pytest.raises(contracts.UnitUnknown):
        api.move_unit(unit_id=mine.id, parent_id=foreign.id, actor=manager, now=chain.NOW)
    with pytest.raises(Forbidden):
        chain.make_store(parent_id=mine.id, actor=nobody)
    assert count_units() == before
    assert chain.make_store(parent_id=mine.id, actor=manager).unit.path[-2] == mine.id


@pytest.mark.race
def test_a_store_created_while_its_region_moves_gets_the_new_path(monkeypatch):
    def race() -> tuple[tuple[int, ...], tuple[int, ...]]:
        region, target = chain.make_region(), chain.make_region()
        read, moved = threading.Event(), threading.Event()
        insert_path = create_unit_op._parent_path

        def slow_path(kind, parent_id):
            path = insert_path(kind, parent_id)
            if parent_id == region.id:
                read.set()
                # The mover waits for us at the tree, or nothing holds it up and it has moved.
                until_waiting(or_done=moved)
            return path

        def deed(index: int) -> object:
            if index == 0:
                return chain.make_region(parent_id=region.id)
            read.wait(timeout=PATIENCE_S)
            api.move_unit(unit_id=region.id, parent_id=target.id, actor=SYSTEM, now=chain.NOW)
            moved.set()
            return None

        with monkeypatch.context() as patched:
            patched.setattr(create_unit_op, "_parent_path", slow_path)
            created, nothing = parallel(2, deed)
        assert nothing is None
        assert isinstance(created, contracts.Unit)
        wanted = (chain.enterprise().id, target.id, region.id, created.id)
        return api.paths(unit_ids=[created.id])[created.id], wanted

    # Negative control: without the lock on the tree's shape the child keeps the path its parent had.
    with monkeypatch.context() as unguarded:
        unguarded.setattr(create_unit_op, "lock_shape", lambda: None)
        actual, wanted = race()
    assert actual != wanted
    assert db.value("SELECT count(*) FROM organization_breach_path") == 1
    db.execute("UPDATE organization_unit SET path = %s::bigint[] WHERE id = %s", [list(wanted), wanted[-1]])

    actual, wanted = race()
    assert actual == wanted


@settings(max_examples=15, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_after_any_moves_every_path_is_its_parents_path_and_itself(moves):
    regions = [chain.make_region() for _ in range(6)]
    for unit, parent in moves:
        try:
            api.move_unit(unit_id=regions[unit].id, parent_id=regions[parent].id, actor=SYSTEM, now=chain.NOW)
        except contracts.PlaceRefused:
            # Exactly a move below itself is refused.
            assert regions[unit].id in api.paths(unit_ids=[regions[parent].id])[regions[parent].id]
    assert db.rows("SELECT * FROM organization_breach_path") == []
