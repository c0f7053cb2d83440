"""Passwords, PINs and people: changing them, letting somebody go, the console, what is kept (S12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.problem import Forbidden, Invalid, Unauthenticated
from quanyu.modules.identity import api, contracts
from quanyu.modules.identity.models import Staff
from quanyu.platform import db, pii
from tests.harness import identity as people
from tests.harness import organization as chain
from tests.harness.identity import PASSWORD, PIN
from tests.harness.parallel import parallel

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("pin", ["123", "1111", "1234", "9876", "12a4", "１２３５", "123456789", "8901"])
def test_a_pin_that_anybody_would_try_first_is_refused(pin):
    person = people.make_person("cashier")
    before = db.value("SELECT pin_hash FROM identity_staff WHERE id = %s", [person.id])
    with pytest.raises(Invalid) as refusal:
        api.set_pin(staff_id=person.id, pin=pin, actor=SYSTEM, now=NOW)
    assert refusal.value.field == "pin"
    assert db.value("SELECT pin_hash FROM identity_staff WHERE id = %s", [person.id]) == before


@pytest.mark.parametrize("password", ["short", "password123", "1234567890"])
def test_a_weak_password_is_refused_and_the_old_one_stays(password):
    person = people.make_person("cashier")
    with pytest.raises(Invalid) as refusal:
        api.set_password(staff_id=person.id, password=password, actor=SYSTEM, now=NOW)
    assert refusal.value.field == "password"
    assert api.sign_in(username=person.username, password=PASSWORD, now=NOW).staff.id == person.id


def test_a_new_password_ends_the_other_sign_ins_and_ones_own_needs_the_present_one():
    person = people.make_person("cashier")
    mine = api.sign_in(username=person.username, password=PASSWORD, now=NOW).token
    other = api.sign_in(username=person.username, password=PASSWORD, now=NOW).token
    fresh = "a different sentence"
    with pytest.raises(contracts.SignInRefused):
        api.set_password(
            staff_id=person.id, password=fresh, current_password="no", keep_token=mine, actor=person.actor, now=NOW
        )
    assert api.actor_for_token(token=other, now=NOW) is not None
    api.set_password(
        staff_id=person.id, password=fresh, current_password=PASSWORD, keep_token=mine, actor=person.actor, now=NOW
    )
    assert api.actor_for_token(token=mine, now=NOW) is not None
    assert api.actor_for_token(token=other, now=NOW) is None
    with pytest.raises(contracts.SignInRefused):
        api.sign_in(username=person.username, password=PASSWORD, now=NOW)


def test_letting_somebody_go_ends_every_sign_in_at_once():
    store = chain.make_store()
    device, _ = people.make_device(store=store)
    person = people.make_person("cashier", unit_id=store.unit.id)
    tokens = [
        api.sign_in(username=person.username, password=PASSWORD, now=NOW).token,
        api.sign_in_at_device(device=device, username=person.username, pin=PIN, now=NOW).token,
    ]
    api.deactivate_staff(staff_id=person.id, actor=SYSTEM, now=NOW)
    assert [api.actor_for_token(token=token, now=NOW) for token in tokens] == [None, None]
    with pytest.raises(contracts.SignInRefused):
        api.sign_in_at_device(device=device, username=person.username, pin=PIN, now=NOW)
    with pytest.raises(Unauthenticated):
        api.actor_for_staff(staff_id=person.id)
    # Twice is once: one event, and the trail holds one row.
    api.deactivate_staff(staff_id=person.id, actor=SYSTEM, now=NOW)
    assert db.rows(
        "SELECT payload::text AS payload FROM platform_outbox WHERE topic = 'identity.staff_deactivated.1' "
        "AND aggregate = %s",
        [f"staff:{person.id}"],
    ) == [{"payload": f'{{"unit_id": {store.unit.id}, "staff_id": {person.id}}}'}]
    api.reactivate_staff(staff_id=person.id, actor=SYSTEM, now=NOW)
    assert api.sign_in(username=person.username, password=PASSWORD, now=NOW).staff.is_active


@pytest.mark.race
def test_no_session_outlives_a_dismissal_at_the_same_moment():
    for _ in range(5):
        person = people.make_person("cashier")

        def deed(index: int) -> object:
            if index == 0:
                return api.deactivate_staff(staff_id=person.id, actor=SYSTEM, now=NOW)  # noqa: B023 - ends in the loop
            return api.sign_in(username=person.username, password=PASSWORD, now=NOW)  # noqa: B023 - the same

        results = parallel(4, deed)
        assert results[0] is None
        for session in results[1:]:
            if isinstance(session, contracts.StaffSession):
                assert api.actor_for_token(token=session.token, now=NOW) is None
    assert db.rows("SELECT * FROM identity_breach_live_session") == []


def test_the_console_signs_in_by_djangos_backend_whatever_the_case_and_refuses_who_left():
    person = people.make_person("store_manager")
    request = RequestFactory().post("/console/login/")
    user = authenticate(request, username=person.username.upper(), password=PASSWORD)
    assert isinstance(user, Staff)
    assert user.pk == person.id
    assert authenticate(RequestFactory().post("/"), username=person.username, password="no") is None
    before = user.get_session_auth_hash()
    api.deactivate_staff(staff_id=person.id, actor=SYSTEM, now=NOW)
    assert authenticate(RequestFactory().post("/"), username=person.username, password=PASSWORD) is None
    # Turning two-step sign-in on ends console sessions that were made without it.
    user.totp_confirmed_at = NOW
    assert user.get_session_auth_hash() != before


def test_tokens_and_pins_are_kept_as_hashes_only():
    store = chain.make_store()
    device, device_token = people.make_device(store=store)
    person = people.make_person("cashier", unit_id=store.unit.id)
    token = api.sign_in_at_device(device=device, username=person.username, pin=PIN, now=NOW).token
    dump = str(
        db.rows("SELECT s::text FROM identity_staff s WHERE id = %s", [person.id])
        + db.rows("SELECT t::text FROM identity_access_token t WHERE staff_id = %s", [person.id])
        + db.rows("SELECT d::text FROM identity_device d WHERE id = %s", [device.id])
    )
    assert token not in dump
    assert device_token not in dump
    assert PASSWORD not in dump
    assert "scrypt$" in dump
    assert token not in repr(api.sign_in_at_device(device=device, username=person.username, pin=PIN, now=NOW))


def test_one_changes_ones_own_phone_and_language_but_not_the_name_on_the_receipts():
    person = people.make_person("cashier")
    changed = api.update_staff(staff_id=person.id, phone="13800138000", language="en", actor=person.actor, now=NOW)
    assert (changed.phone_masked, changed.language) == ("138****8000", "en")
    for given in ({"name": "老板"}, {"unit_id": chain.make_store().unit.id}, {"language": "en", "name": "老板"}):
        with pytest.raises(Forbidden):
            api.update_staff(staff_id=person.id, **given, actor=person.actor, now=NOW)
    assert api.staff(ids=[person.id])[person.id].name == person.member.name


def test_sign_ins_that_ended_a_month_ago_are_forgotten():
    person = people.make_person("cashier")
    old = api.sign_in(username=person.username, password=PASSWORD, now=NOW - timedelta(days=31)).token
    ended_since = api.sign_in(username=person.username, password=PASSWORD, now=NOW - timedelta(days=30)).token
    live = api.sign_in(username=person.username, password=PASSWORD, now=NOW).token
    assert api.prune(now=NOW) >= 1
    left = db.value("SELECT count(*) FROM identity_access_token WHERE staff_id = %s", [person.id])
    assert left == 2
    assert [api.actor_for_token(token=token, now=NOW) is not None for token in (old, ended_since, live)] == [
        False,
        False,
        True,
    ]


def test_a_new_key_in_the_ring_takes_over_phones_and_secrets(monkeypatch):
    boss = people.make_person("head_office", now=NOW)
    api.update_staff(staff_id=boss.id, phone="13800138001", actor=SYSTEM, now=NOW)
    before = db.row("SELECT phone_encrypted, totp_encrypted FROM identity_staff WHERE id = %s", [boss.id])
    monkeypatch.setattr(pii, "is_current", lambda blob: False)
    monkeypatch.setattr(pii, "rewrap", lambda blob, place: pii.encrypt(pii.decrypt(blob, place), place))
    assert api.rewrap() >= 1
    after = db.row("SELECT phone_encrypted, totp_encrypted FROM identity_staff WHERE id = %s", [boss.id])
    assert before is not None
    assert after is not None
    assert all(bytes(before[name]) != bytes(after[name]) for name in before)
    assert api.staff(ids=[boss.id])[boss.id].phone_masked == "138****8001"
    api.prove_code(staff_id=boss.id, code=boss.code(NOW), now=NOW)


def test_nobody_lets_himself_go_nor_gives_himself_roles_nor_resets_his_own_second_step():
    boss = people.make_person("head_office", now=NOW)
    role = boss.member.roles[0]
    before = db.row("SELECT is_active, totp_encrypted FROM identity_staff WHERE id = %s", [boss.id])
    deeds = [
        lambda: api.deactivate_staff(staff_id=boss.id, actor=boss.actor, now=NOW),
        lambda: api.reset_totp(staff_id=boss.id, actor=boss.actor, now=NOW),
        lambda: api.revoke_assignment(staff_id=boss.id, assignment_id=role.id, actor=boss.actor, now=NOW),
        lambda: api.assign_role(staff_id=boss.id, role_code="auditor", scope=Scope.ALL, actor=boss.actor, now=NOW),
    ]
    for deed in deeds:
        with pytest.raises(contracts.BeyondAuthority):
            deed()
    assert db.row("SELECT is_active, totp_encrypted FROM identity_staff WHERE id = %s", [boss.id]) == before
    assert api.staff(ids=[boss.id])[boss.id].roles == (role,)
    # The name is another matter: with the permission, one's own like others'.
    assert api.update_staff(staff_id=boss.id, name="老王", actor=boss.actor, now=NOW).name == "老王"
