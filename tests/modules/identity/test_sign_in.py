"""Signing in with password, code or PIN (S12): what works once, what locks, and what tells nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from quanyu.kernel.actor import SYSTEM, ActorKind, Scope
from quanyu.modules.identity import api, contracts
from quanyu.modules.identity.ops import check_pin, check_totp, tries
from quanyu.platform import db
from tests.harness import identity as people
from tests.harness import organization as chain
from tests.harness.identity import PASSWORD, PIN
from tests.harness.parallel import all_have_looked, parallel

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)


def count_tokens(staff_id: int) -> int:
    return int(db.value("SELECT count(*) FROM identity_access_token WHERE staff_id = %s", [staff_id]))


def wrong_pin(device, person, now):
    with pytest.raises((contracts.SignInRefused, contracts.SignInLocked)) as refusal:
        api.sign_in_at_device(device=device, username=person.username, pin="9517", now=now)
    return type(refusal.value)


def test_s12_a_password_opens_a_session_that_ends_by_signing_out():
    person = people.make_person()
    session = api.sign_in(username=person.username, password=PASSWORD, now=NOW)
    assert (session.staff.id, session.expires_at, session.verified) == (person.id, NOW + timedelta(hours=12), False)
    actor = api.actor_for_token(token=session.token, now=NOW)
    assert actor is not None
    assert (actor.kind, actor.id, actor.unit_id) == (ActorKind.STAFF, str(person.id), person.member.unit_id)
    api.sign_out(token=session.token, now=NOW)
    assert api.actor_for_token(token=session.token, now=NOW) is None
    api.sign_out(token=session.token, now=NOW)


def test_s12_a_session_ends_by_itself_after_twelve_hours():
    session = api.sign_in(username=people.make_person().username, password=PASSWORD, now=NOW)
    assert api.actor_for_token(token=session.token, now=session.expires_at - timedelta(microseconds=1)) is not None
    assert api.actor_for_token(token=session.token, now=session.expires_at) is None


def test_capital_letters_and_full_width_make_no_difference_in_a_sign_in_name():
    name = chain.random_code("zhang").lower()
    person = people.make_person(username=name)
    assert api.sign_in(username=f"  {name.upper()} ", password=PASSWORD, now=NOW).staff.id == person.id
    with pytest.raises(contracts.UsernameTaken):
        people.make_person(username=name.upper())
    assert db.value("SELECT count(*) FROM identity_staff WHERE lower(username) = %s", [name]) == 1


def test_s12_wrong_password_unknown_name_and_somebody_who_left_get_one_answer():
    person, gone = people.make_person(), people.make_person()
    api.deactivate_staff(staff_id=gone.id, actor=SYSTEM, now=NOW)
    answers = []
    for username, password in [(person.username, "x"), ("nobody-at-all", PASSWORD), (gone.username, PASSWORD)]:
        with pytest.raises(contracts.SignInRefused) as refusal:
            api.sign_in(username=username, password=password, now=NOW)
        answers.append((refusal.value.code, refusal.value.field, refusal.value.params))
    assert answers == [("identity.sign_in_refused", None, {})] * 3
    assert (count_tokens(person.id), count_tokens(gone.id)) == (0, 0)


@pytest.mark.parametrize("exists", [True, False])
def test_s12_twenty_wrong_passwords_lock_a_name_whether_somebody_has_it_or_not(exists):
    person = people.make_person()
    name = person.username if exists else chain.random_code("nobody").lower()
    refusals = []
    for _ in range(21):
        with pytest.raises((contracts.SignInRefused, contracts.SignInLocked)) as refusal:
            api.sign_in(username=name.upper(), password="wrong", now=NOW)
        refusals.append(type(refusal.value))
    assert refusals == [contracts.SignInRefused] * 19 + [contracts.SignInLocked] * 2
    if exists:
        with pytest.raises(contracts.SignInLocked):
            api.sign_in(username=name, password=PASSWORD, now=NOW + timedelta(minutes=14))
        later = NOW + timedelta(minutes=15)
        assert api.sign_in(username=name, password=PASSWORD, now=later).staff.id == person.id


def test_sec_01_a_sensitive_role_signs_in_with_a_code_as_well():
    person = people.make_person("head_office", now=NOW)
    with pytest.raises(contracts.CodeRequired):
        api.sign_in(username=person.username, password=PASSWORD, now=NOW)
    with pytest.raises(contracts.CodeWrong):
        api.sign_in(username=person.username, password=PASSWORD, totp="12345６", now=NOW)
    assert count_tokens(person.id) == 0
    session = api.sign_in(username=person.username, password=PASSWORD, totp=person.code(NOW), now=NOW)
    actor = api.actor_for_token(token=session.token, now=NOW)
    assert session.verified
    assert actor is not None
    assert actor.reaches("anything.at_all", unit_path=(1,))


def test_s12_a_code_works_once_and_an_older_one_not_after_it():
    person = people.make_person("head_office", now=NOW)
    for at in (NOW, NOW - STEP):
        if at == NOW:
            api.prove_code(staff_id=person.id, code=person.code(NOW), now=NOW)
        with pytest.raises(contracts.CodeWrong):
            api.prove_code(staff_id=person.id, code=person.code(at), now=NOW)
    api.prove_code(staff_id=person.id, code=person.code(NOW + STEP), now=NOW)  # a phone that is fast


def test_a_code_of_two_steps_ago_is_too_old():
    person = people.make_person("head_office", now=NOW)
    with pytest.raises(contracts.CodeWrong):
        api.prove_code(staff_id=person.id, code=person.code(NOW - 2 * STEP), now=NOW)
    api.prove_code(staff_id=person.id, code=person.code(NOW - STEP), now=NOW)


def test_s12_guessing_codes_locks():
    person = people.make_person("head_office", now=NOW)
    for _ in range(6):
        with pytest.raises(contracts.CodeWrong):
            api.prove_code(staff_id=person.id, code="000000", now=NOW)
    with pytest.raises(contracts.SignInLocked):
        api.prove_code(staff_id=person.id, code=person.code(NOW), now=NOW)


@pytest.mark.race
def test_s12_one_code_sent_sixteen_times_at_once_works_once(monkeypatch):
    monkeypatch.setattr(check_totp, "TRIES", 100)

    def replay() -> int:
        person = people.make_person("head_office", now=NOW)
        code = person.code(NOW)
        results = parallel(16, lambda _: api.prove_code(staff_id=person.id, code=code, now=NOW))
        assert all(result is None or isinstance(result, contracts.CodeWrong) for result in results)
        return results.count(None)

    together = all_have_looked(16)

    def look_then_write(staff_id: int, step: int) -> bool:
        last = db.value("SELECT totp_last_step FROM identity_staff WHERE id = %s", [staff_id])
        # The person is made by one thread alone: it waits for nobody.
        if threading.current_thread() is not threading.main_thread():
            together()
        db.execute("UPDATE identity_staff SET totp_last_step = %s WHERE id = %s", [step, staff_id])
        return last < step

    with monkeypatch.context() as unguarded:
        unguarded.setattr(check_totp, "use_step", look_then_write)
        assert replay() == 16
    assert replay() == 1


def test_roles_that_need_a_code_do_not_count_before_it_is_set_up():
    person = people.make_person(None, now=NOW)
    api.assign_role(staff_id=person.id, role_code="head_office", scope=Scope.ALL, actor=SYSTEM, now=NOW)
    session = api.sign_in(username=person.username, password=PASSWORD, now=NOW)
    actor = api.actor_for_token(token=session.token, now=NOW)
    assert actor is not None
    assert actor.grants == ()
    assert api.actor_for_staff(staff_id=person.id).grants == ()
    # A password once more is no code: the role still does not count.
    api.step_up(token=session.token, actor=actor, password=PASSWORD, now=NOW)
    again = api.actor_for_token(token=session.token, now=NOW)
    assert again is not None
    assert again.grants == ()

    other = api.sign_in(username=person.username, password=PASSWORD, now=NOW)
    setup = api.start_totp(actor=actor)
    assert setup.uri.startswith("otpauth://totp/Quanyu:")
    code = people.totp_code(setup.secret, NOW)
    api.confirm_totp(actor=actor, code=code, token=session.token, now=NOW)
    now_full = api.actor_for_token(token=session.token, now=NOW)
    assert now_full is not None
    assert [grant.permissions for grant in now_full.grants] == [frozenset({"*"})]
    # The sign-in that was made without a code is gone.
    assert api.actor_for_token(token=other.token, now=NOW) is None
    with pytest.raises(contracts.TotpAlreadyOn):
        api.start_totp(actor=actor)


def test_the_secret_is_stored_encrypted_for_this_person_only():
    person = people.make_person("head_office", now=NOW)
    stored = bytes(db.value("SELECT totp_encrypted FROM identity_staff WHERE id = %s", [person.id]))
    assert person.secret is not None
    assert person.secret.encode() not in stored
    other = people.make_person("head_office", now=NOW)
    db.execute("UPDATE identity_staff SET totp_encrypted = %s WHERE id = %s", [stored, other.id])
    from quanyu.platform import pii

    with pytest.raises(pii.CannotDecrypt):
        api.prove_code(staff_id=other.id, code=person.code(NOW), now=NOW)


def test_a_step_up_is_fresh_for_five_minutes():
    person = people.make_person("head_office", now=NOW)
    session = api.sign_in(username=person.username, password=PASSWORD, totp=person.code(NOW), now=NOW)
    actor = api.actor_for_token(token=session.token, now=NOW)
    assert actor is not None
    api.require_recent_proof(token=session.token, now=NOW + timedelta(minutes=5))
    later = NOW + timedelta(minutes=6)
    with pytest.raises(contracts.StepUpRequired):
        api.require_recent_proof(token=session.token, now=later)
    with pytest.raises(contracts.CodeRequired):
        api.step_up(token=session.token, actor=actor, password=PASSWORD, now=later)
    api.step_up(token=session.token, actor=actor, code=person.code(later), now=later)
    api.require_recent_proof(token=session.token, now=later)
    with pytest.raises(contracts.StepUpRequired):
        api.require_recent_proof(token="qs_nothing", now=later)


def test_pos_a_pin_signs_in_at_a_till_of_the_store_where_one_works():
    store = chain.make_store()
    device, _ = people.make_device(store=store)
    person = people.make_person("cashier", unit_id=store.unit.id)
    session = api.sign_in_at_device(device=device, username=person.username.upper(), pin=PIN, now=NOW)
    actor = api.actor_for_token(token=session.token, now=NOW)
    assert actor is not None
    assert (actor.unit_id, actor.device_id) == (store.unit.id, device.id)
    assert actor.reaches("pos.sell", unit_path=store.unit.path)
    assert api.device_of(actor=actor).id == device.id

    elsewhere = people.make_person("cashier", unit_id=chain.make_store().unit.id)
    with pytest.raises(contracts.SignInRefused):
        api.sign_in_at_device(device=device, username=elsewhere.username, pin=PIN, now=NOW)
    assert count_tokens(elsewhere.id) == 0


def test_a_head_office_person_at_a_till_has_no_head_office_powers_by_pin():
    device, _ = people.make_device()
    person = people.make_person("head_office", now=NOW)
    session = api.sign_in_at_device(device=device, username=person.username, pin=PIN, now=NOW)
    actor = api.actor_for_token(token=session.token, now=NOW)
    assert actor is not None
    assert actor.grants == ()


def test_s12_five_wrong_pins_lock_for_fifteen_minutes_and_a_right_one_does_not_help():
    store = chain.make_store()
    device, _ = people.make_device(store=store)
    person = people.make_person("cashier", unit_id=store.unit.id)
    refusals = [wrong_pin(device, person, NOW) for _ in range(6)]
    assert refusals == [contracts.SignInRefused] * 4 + [contracts.SignInLocked] * 2
    with pytest.raises(contracts.SignInLocked) as refusal:
        api.sign_in_at_device(device=device, username=person.username, pin=PIN, now=NOW + timedelta(minutes=14))
    assert refusal.value.params == {"retry_after_s": 61}
    assert count_tokens(person.id) == 0
    # The lock is over: five new tries, the first of which may be right.
    after = NOW + timedelta(minutes=15)
    assert wrong_pin(device, person, after) is contracts.SignInRefused
    assert api.sign_in_at_device(device=device, username=person.username, pin=PIN, now=after).staff.id == person.id
    assert db.row("SELECT failed_pins, locked_until FROM identity_staff WHERE id = %s", [person.id]) == {
        "failed_pins": 0,
        "locked_until": None,
    }


def test_a_new_pin_lifts_the_lock():
    store = chain.make_store()
    device, _ = people.make_device(store=store)
    person = people.make_person("cashier", unit_id=store.unit.id)
    for _ in range(5):
        wrong_pin(device, person, NOW)
    api.set_pin(staff_id=person.id, pin="7391", actor=SYSTEM, now=NOW)
    assert api.sign_in_at_device(device=device, username=person.username, pin="7391", now=NOW).staff.id == person.id


@pytest.mark.race
def test_s12_many_wrong_pins_at_once_get_no_more_than_five_looks(monkeypatch):
    looks: list[int] = []
    real_check = check_pin.hashers.check_password

    def counted(pin, encoded):
        looks.append(1)
        return real_check(pin, encoded)

    monkeypatch.setattr(check_pin.hashers, "check_password", counted)

    def attack() -> int:
        store = chain.make_store()
        device, _ = people.make_device(store=store)
        person = people.make_person("cashier", unit_id=store.unit.id)
        looks.clear()
        results = parallel(
            16, lambda _: api.sign_in_at_device(device=device, username=person.username, pin="9517", now=NOW)
        )
        assert all(isinstance(result, contracts.SignInRefused | contracts.SignInLocked) for result in results)
        return len(looks)

    together = all_have_looked(16)

    def look_then_count(secret, username, *, now):
        found = db.row(
            "SELECT id, pin_hash AS encoded, failed_pins AS failed FROM identity_staff WHERE username = %s", [username]
        )
        assert found is not None
        if found["failed"] >= secret.wrong_max:
            return None
        together()
        found["failed"] += 1
        db.execute("UPDATE identity_staff SET failed_pins = %s WHERE id = %s", [found["failed"], found["id"]])
        return found

    with monkeypatch.context() as unguarded:
        unguarded.setattr(tries, "claim", look_then_count)
        assert attack() == 16
    assert attack() == 5
