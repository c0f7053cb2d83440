"""Devices and other software: enrolment codes, revocable tokens, S9 and S12."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.problem import Forbidden, NotFound, Unauthenticated
from quanyu.modules.identity import api, contracts
from quanyu.modules.identity.api import enrolment as device_doors
from quanyu.modules.identity.contracts import DeviceKind
from quanyu.modules.identity.ops import devices as device_ops
from quanyu.modules.identity.rules import codes
from quanyu.platform import db, rate
from tests.harness import identity as people
from tests.harness import organization as chain
from tests.harness.parallel import all_have_looked, parallel

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def tries_are_counted_anew():
    """The count of all tries together is one per installation: tests start it again."""
    db.execute("DELETE FROM platform_rate WHERE bucket LIKE 'identity.enrol%%'")


def prepared(**given):
    store = chain.make_store()
    settings = {"kind": DeviceKind.POS, "unit_id": store.unit.id, "name": "1 号收银台", "actor": SYSTEM, "now": NOW}
    return store, api.enrol_code(**(settings | given))


def test_a_code_is_typed_once_as_people_type_and_gives_the_device_its_token():
    store, code = prepared()
    typed = f" {code.code[:4].lower()}-{code.code[4:].replace('0', 'o').replace('1', 'l')} "
    enrolled = api.enrol(code=typed, now=NOW)
    assert (enrolled.device_id, enrolled.kind, enrolled.unit_id) == (code.device_id, DeviceKind.POS, store.unit.id)
    actor = api.actor_for_token(token=enrolled.token, now=NOW + timedelta(days=400))
    assert actor is not None
    assert (actor.kind, actor.id, actor.device_id, actor.unit_id) == (
        "device",
        code.device_id,
        code.device_id,
        store.unit.id,
    )
    assert actor.reaches("pos.device", unit_path=store.unit.path)
    assert not actor.reaches("pos.sell")
    with pytest.raises(contracts.CodeUnknown):
        api.enrol(code=code.code, now=NOW)


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCDEFGU", "A" * 40, "ABCD EFG!", "ＡＢＣＤＥＦＧＨ"])
def test_what_cannot_be_a_code_gets_the_same_answer(typed):
    with pytest.raises(contracts.CodeUnknown) as refusal:
        api.enrol(code=typed, now=NOW)
    assert (refusal.value.code, refusal.value.params) == ("identity.enrolment_code_unknown", {})


def test_a_code_is_good_for_fifteen_minutes():
    _, code = prepared()
    assert code.expires_at == NOW + timedelta(minutes=15)
    with pytest.raises(contracts.CodeUnknown):
        api.enrol(code=code.code, now=code.expires_at)
    assert api.enrol(code=code.code, now=code.expires_at - timedelta(seconds=1)).device_id == code.device_id


def test_codes_have_forty_bits_of_letters_that_are_not_misread():
    assert codes.enrolment_code(lambda alphabet: alphabet[-1]) == "ZZZZZZZZ"
    _, code = prepared()
    assert len(code.code) == 8
    assert set(code.code) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    stored = db.value("SELECT enrolment_hash FROM identity_device WHERE id = %s", [code.device_id])
    assert len(bytes(stored)) == 32
    assert code.code.encode() not in bytes(stored)


def test_s9_guessing_codes_is_throttled_by_address(monkeypatch):
    monkeypatch.setattr(device_doors, "_TRIES_PER_ADDRESS", 20)
    for _ in range(20):
        with pytest.raises(contracts.CodeUnknown):
            api.enrol(code="00000000", address="203.0.113.9", now=NOW)
    _, code = prepared()
    with pytest.raises(rate.RateLimited):
        api.enrol(code=code.code, address="203.0.113.9", now=NOW)
    assert api.enrol(code=code.code, address="203.0.113.10", now=NOW).device_id == code.device_id


@pytest.mark.race
def test_one_code_typed_at_sixteen_machines_at_once_enrols_one(monkeypatch):
    def typed_everywhere() -> list:
        _, code = prepared()
        results = parallel(16, lambda _: api.enrol(code=code.code, now=NOW))
        won = [result for result in results if isinstance(result, contracts.EnrolledDevice)]
        assert all(isinstance(result, contracts.EnrolledDevice | contracts.CodeUnknown) for result in results)
        return [device for device in won if device.device_id == code.device_id]

    together = all_have_looked(16)

    def look_then_write(*, code, now, kind=None):
        device = db.row(
            "SELECT id::text, kind, unit_id FROM identity_device WHERE enrolment_hash = %s", [device_ops._hashed(code)]
        )
        if device is None:
            raise contracts.CodeUnknown
        together()
        db.execute("UPDATE identity_device SET enrolment_hash = NULL WHERE id = %s", [device["id"]])
        return contracts.EnrolledDevice(device["id"], "t", DeviceKind(device["kind"]), device["unit_id"])

    with monkeypatch.context() as unguarded:
        unguarded.setattr(device_ops, "enrol", look_then_write)
        assert len(typed_everywhere()) == 16
    assert len(typed_everywhere()) == 1


def test_a_revoked_device_and_whoever_works_on_it_are_out_at_once():
    store = chain.make_store()
    device, token = people.make_device(store=store)
    person = people.make_person("cashier", unit_id=store.unit.id)
    session = api.sign_in_at_device(device=device, username=person.username, pin=people.PIN, now=NOW)
    api.revoke_device(device_id=device.id, actor=SYSTEM, now=NOW)
    assert api.actor_for_token(token=token, now=NOW) is None
    assert api.actor_for_token(token=session.token, now=NOW) is None
    with pytest.raises(contracts.SignInRefused):
        api.sign_in_at_device(device=device, username=person.username, pin=people.PIN, now=NOW)
    with pytest.raises(contracts.DeviceUnknown):
        api.renew_enrol_code(device_id=device.id, actor=SYSTEM, now=NOW)
    api.revoke_device(device_id=device.id, actor=SYSTEM, now=NOW)
    topics = db.rows("SELECT topic FROM platform_outbox WHERE aggregate = %s ORDER BY id", [f"device:{device.id}"])
    assert [row["topic"] for row in topics] == ["identity.device_enrolled.1", "identity.device_revoked.1"]


def test_enrolling_again_replaces_the_token_and_ends_what_ran_on_the_old_one():
    store = chain.make_store()
    device, old = people.make_device(store=store)
    person = people.make_person("cashier", unit_id=store.unit.id)
    session = api.sign_in_at_device(device=device, username=person.username, pin=people.PIN, now=NOW)
    code = api.renew_enrol_code(device_id=device.id, actor=SYSTEM, now=NOW)
    assert api.actor_for_token(token=old, now=NOW) is not None
    new = api.enrol(code=code.code, now=NOW)
    assert new.device_id == device.id
    assert api.actor_for_token(token=old, now=NOW) is None
    assert api.actor_for_token(token=session.token, now=NOW) is None
    assert api.actor_for_token(token=new.token, now=NOW) is not None


def test_sec_05_devices_of_another_store_do_not_exist():
    store, foreign = chain.make_store(), chain.make_store()
    mine, _ = people.make_device(store=store)
    other, _ = people.make_device(store=foreign)
    manager = people.make_actor("store_manager", unit_id=store.unit.id)
    cashier = people.make_actor("cashier", unit_id=store.unit.id)
    assert [device.id for device in api.list_devices(actor=manager)] == [mine.id]
    assert api.list_devices(actor=cashier) == []
    with pytest.raises(contracts.DeviceUnknown):
        api.revoke_device(device_id=other.id, actor=manager, now=NOW)
    with pytest.raises(contracts.DeviceUnknown):
        api.revoke_device(device_id="not-an-id", actor=manager, now=NOW)
    with pytest.raises(Forbidden):
        api.revoke_device(device_id=mine.id, actor=cashier, now=NOW)
    with pytest.raises(NotFound):
        api.enrol_code(kind=DeviceKind.POS, unit_id=foreign.unit.id, name="x", actor=manager, now=NOW)
    assert {device.revoked_at for device in api.devices(ids=[mine.id, other.id, "x"]).values()} == {None}


def test_a_member_or_a_person_without_a_device_is_at_no_device():
    with pytest.raises(Unauthenticated):
        api.device_of(actor=people.make_actor("cashier"))


def test_other_software_gets_what_it_was_given_below_its_unit_until_it_is_locked_out():
    region = chain.make_region()
    store = chain.make_store(parent_id=region.id)
    boss = people.make_actor("head_office")
    name = chain.random_code("erp")
    issued = api.create_client(
        name=name, unit_id=region.id, permissions=["orders.view", "inventory.*"], actor=boss, now=NOW
    )
    actor = api.actor_for_token(token=issued.token, now=NOW)
    assert actor is not None
    assert (actor.kind, actor.id, actor.name) == ("client", issued.client_id, name)
    assert actor.reaches("inventory.adjust", unit_path=store.unit.path)
    assert not actor.reaches("orders.refund")
    api.require(actor=actor, permission="orders.view", unit_id=store.unit.id)
    with pytest.raises(NotFound):
        api.require(actor=actor, permission="orders.view", unit_id=chain.make_store().unit.id)
    with pytest.raises(contracts.NameTaken):
        api.create_client(name=name, unit_id=region.id, permissions=["orders.view"], actor=boss, now=NOW)
    manager = people.make_actor("region_manager", unit_id=region.id, scope=Scope.SUBTREE)
    with pytest.raises(Forbidden):
        api.create_client(name=name + "2", unit_id=region.id, permissions=["*"], actor=manager, now=NOW)
    with pytest.raises(NotFound):
        api.revoke_client(client_id=issued.client_id, actor=manager, now=NOW)
    assert issued.client_id in {client.id for client in api.clients(actor=boss)}
    api.revoke_client(client_id=issued.client_id, actor=boss, now=NOW)
    assert api.actor_for_token(token=issued.token, now=NOW) is None
