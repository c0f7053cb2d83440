"""Personal data: unreadable at rest, bound to its place, masked on screens, uncovered with a reason."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.platform import db, pii, settings_tree

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = "members_identity|phone|17"
OLD, NEW = ("k1", os.urandom(32)), ("k2", os.urandom(32))


def ring(*keys: tuple[str, bytes]):
    index = settings.CONFIG.blind_index_key_bytes
    return override_settings(CONFIG=SimpleNamespace(pii_key_ring=tuple(keys), blind_index_key_bytes=index))


@effort(deadline=None)
@given(st.text(max_size=200), st.text(max_size=60))
def test_what_goes_in_comes_out(text, place):
    text, place = (part.encode("utf-8", "ignore").decode() for part in (text, place))
    assert pii.decrypt(pii.encrypt(text, place), place) == text


def test_the_text_is_not_in_the_value_and_two_values_of_it_differ():
    first, second = (pii.encrypt("13812345678", PLACE) for _ in range(2))
    assert b"13812345678" not in first
    assert first != second


@pytest.mark.parametrize(
    "place",
    [
        "members_identity|phone|18",
        "members_identity|name|17",
        "members_address|phone|17",
        "members_identity|phone|1",
        "",
    ],
)
def test_a_value_moved_to_another_place_does_not_open(place):
    with pytest.raises(pii.CannotDecrypt):
        pii.decrypt(pii.encrypt("13812345678", PLACE), place)


def test_a_value_altered_in_any_bit_does_not_open():
    blob = pii.encrypt("13812345678", PLACE)
    for position in range(len(blob)):
        altered = blob[:position] + bytes((blob[position] ^ 1,)) + blob[position + 1 :]
        with pytest.raises(pii.CannotDecrypt):
            pii.decrypt(altered, PLACE)


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01\x02k1", b"plain text", bytes(range(64))])
def test_what_was_never_encrypted_here_does_not_open(blob):
    with pytest.raises(pii.CannotDecrypt):
        pii.decrypt(blob, PLACE)


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key():
    with ring(OLD):
        old = pii.encrypt("张三", PLACE)
    with ring(NEW, OLD):
        assert pii.decrypt(old, PLACE) == "张三"
        assert not pii.is_current(old)
        rewrapped = pii.rewrap(old, PLACE)
        assert pii.is_current(rewrapped)
        assert pii.rewrap(rewrapped, PLACE) == rewrapped
    with ring(NEW):
        assert pii.decrypt(rewrapped, PLACE) == "张三"
        with pytest.raises(pii.CannotDecrypt, match="'k1' is not in the ring"):
            pii.decrypt(old, PLACE)


def test_a_value_is_rewrapped_for_its_own_place_only():
    with ring(OLD):
        old = pii.encrypt("张三", PLACE)
    with ring(NEW, OLD), pytest.raises(pii.CannotDecrypt):
        pii.rewrap(old, "elsewhere")


def test_a_blind_index_is_stable_keyed_and_separate_per_purpose():
    index = pii.blind_index("13812345678", "member.phone")
    assert len(index) == 32
    assert index == pii.blind_index("13812345678", "member.phone")
    assert index != pii.blind_index("13812345678", "staff.phone")
    assert index != pii.blind_index("13812345679", "member.phone")
    with override_settings(CONFIG=SimpleNamespace(blind_index_key_bytes=os.urandom(32))):
        assert index != pii.blind_index("13812345678", "member.phone")


@pytest.mark.parametrize(
    ("mask", "text", "shown"),
    [
        (pii.mask_phone, "13812345678", "138****5678"),
        (pii.mask_phone, "+86 138 1234 5678", "138****5678"),
        (pii.mask_phone, "138-1234-5678", "138****5678"),
        (pii.mask_phone, "0755-86019032", "0755-****9032"),
        (pii.mask_phone, "075586019032", "0755-****9032"),
        (pii.mask_phone, "010-65129032", "010-****9032"),
        (pii.mask_phone, "+85291234567", "****4567"),
        (pii.mask_phone, "12345", "****"),
        (pii.mask_name, "张三", "张*"),
        (pii.mask_name, "张小三", "张*三"),
        (pii.mask_name, "欧阳小三", "欧*三"),
        (pii.mask_name, "张", "*"),
        (pii.mask_name, "", "*"),
        (pii.mask_id, "11010519491231002X", "1****************X"),
        (pii.mask_id, "1", "*"),
        (pii.mask_card, "6222 0212 3456 7890", "7890"),
        (pii.mask_email, "anna@b.com", "a***@b.com"),
        (pii.mask_email, "nonsense", "***"),
        (pii.mask_address, "广东省深圳市南山区科技园路1号2栋301", "广东省深圳市南山区******"),
        (pii.mask_address, "北京市朝阳区建国路88号", "北京市朝阳区******"),
        (
            pii.mask_address,
            "新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放路1号",
            "新疆维吾尔自治区伊犁哈萨克自治州伊宁市******",
        ),
        (pii.mask_address, "江苏省苏州市昆山市人民路1号", "江苏省苏州市昆山市******"),
        (pii.mask_address, "人民路1号", "******"),
        (pii.mask_plate, "粤B12312", "粤B***12"),
        (pii.mask_plate, "粤B·D12312", "粤B***12"),
        (pii.mask_openid, "oABCdefghijklmnopqrstuvwxyz1", "oABC…xyz1"),
        (pii.last4, "13812345678", "5678"),
        (pii.last4, "123", ""),
    ],
)
def test_personal_values_are_masked_as_agreed(mask, text, shown):
    assert mask(text) == shown


def test_holders_of_the_permission_see_more_of_an_identity_number():
    assert pii.mask_id("11010519491231002X", wide=True) == "110***********002X"


@pytest.fixture
def actor() -> Actor:
    return Actor(ActorKind.STAFF, uuid4().hex[:12], grants=(Grant(frozenset({"pii.reveal"}), Scope.ALL),))


def reveal(actor: Actor, subject: str, *, purpose: str = "courier asked for it", now: datetime = NOW) -> str:
    blob = pii.encrypt("13812345678", PLACE)
    return pii.reveal(actor, purpose, "member", subject, "phone", blob, PLACE, now=now)


def trail(subject: str) -> list[dict]:
    return db.rows(
        "SELECT actor_id, action, reason, detail::text AS detail FROM platform_audit WHERE subject_id = %s ORDER BY id",
        [subject],
    )


def test_an_uncovered_value_is_in_the_audit_trail_with_its_purpose_and_without_the_value(actor):
    subject = uuid4().hex
    assert reveal(actor, subject) == "13812345678"
    assert trail(subject) == [
        {"actor_id": actor.id, "action": "pii.reveal", "reason": "courier asked for it", "detail": '{"field": "phone"}'}
    ]


@pytest.mark.parametrize("purpose", ["", "   ", "abc"])
def test_nothing_is_uncovered_without_a_purpose(actor, purpose):
    subject = uuid4().hex
    with pytest.raises(Invalid):
        reveal(actor, subject, purpose=purpose)
    assert trail(subject) == []


def test_nothing_is_uncovered_without_the_permission():
    subject = uuid4().hex
    with pytest.raises(Forbidden):
        reveal(Actor(ActorKind.STAFF, "8"), subject)
    assert trail(subject) == []


def test_the_budget_of_the_day_ends_and_begins_again_at_midnight_in_china(actor):
    subject = uuid4().hex
    budget = settings_tree.get(pii.REVEALS_PER_DAY.key, ["brand"])
    assert budget == 20
    for _ in range(budget):
        reveal(actor, subject)
    with pytest.raises(pii.RevealBudgetSpent) as refusal:
        reveal(actor, subject)
    # Noon UTC is eight in the evening in Shanghai: four hours to go.
    assert refusal.value.params == {"retry_after_s": 4 * 3600}
    assert len(trail(subject)) == budget
    assert reveal(actor, subject, now=NOW + timedelta(hours=4)) == "13812345678"


def test_one_persons_budget_is_not_anothers(actor):
    other = Actor(ActorKind.STAFF, uuid4().hex[:12], grants=actor.grants)
    for _ in range(20):
        reveal(actor, uuid4().hex)
    assert reveal(other, uuid4().hex) == "13812345678"
