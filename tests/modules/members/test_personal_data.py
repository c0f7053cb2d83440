"""S5: a canary person is in no table, log or answer in clear; who uncovers one leaves a trace."""

from __future__ import annotations

import io
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.members import api as members
from quanyu.modules.members.rules import places
from quanyu.platform import db, logs, pii
from tests.harness import members as build
from tests.harness import organization

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NAME, STREET, RECIPIENT = "欧阳金丝雀", "金丝雀大道四千九百二十一号", "上官报警鸟"


def clerk(*permissions: str) -> Actor:
    return Actor(ActorKind.STAFF, uuid4().hex, name="客服", grants=(Grant(frozenset(permissions), Scope.ALL),))


def clear_of(text: str) -> list[str]:
    """The spellings in which a text could stand in a table: as itself, and as bytes."""
    return [text, text.encode().hex()]


def tables_that_show(*texts: str) -> list[tuple[str, str]]:
    names = db.rows(
        "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()"
    )
    spellings = [spelling for text in texts for spelling in clear_of(text)]
    return [
        (table["name"], spelling)
        for table in names
        for spelling in spellings
        if db.value(f'SELECT count(*) FROM "{table["name"]}" t WHERE strpos(t::text, %s) > 0', [spelling])
    ]


def test_s5_the_canary_is_in_no_table_log_or_answer():
    organization.enterprise()
    out = io.StringIO()
    logs.configure("DEBUG", stream=out)
    number, mobile = build.phone(), build.phone()
    session = build.sign_in(phone_number=number)
    actor = build.actor_of(session)
    member_id = session.member.id
    answers: list[object] = [session, actor]
    answers.append(members.update_member(member_id=member_id, name=NAME, actor=actor, now=NOW))
    given = {"name": RECIPIENT, "phone": mobile, "area_code": organization.NANSHAN, "text": STREET}
    answers.append(members.add_address(member_id=member_id, **given, actor=actor, now=NOW))
    answers.append(members.addresses(member_id=member_id))
    answers.append(members.find(text=number, actor=clerk("members.view"), now=NOW))
    answers.append(members.find(text=number[-4:], actor=clerk("members.view"), now=NOW))
    answers.append(members.card(member_id=member_id))
    answers.append(members.member(id=member_id))
    members.address_for_order(member_id=member_id, address_id=members.addresses(member_id=member_id)[0].id)
    canaries = (number, mobile, NAME, STREET, RECIPIENT)
    assert tables_that_show(*canaries) == []
    assert [canary for canary in canaries if canary in out.getvalue()] == []
    assert [canary for canary in canaries if canary in repr(answers)] == []


def test_the_search_through_the_tables_would_see_a_leak():
    """The negative control of the test above."""
    db.execute("CREATE TABLE scratch_leak (plain text, bytes bytea)")
    try:
        db.execute("INSERT INTO scratch_leak VALUES (%s, %s)", [NAME, STREET.encode()])
        assert tables_that_show(NAME, STREET) == [("scratch_leak", NAME), ("scratch_leak", STREET.encode().hex())]
    finally:
        db.execute("DROP TABLE scratch_leak")


def test_uncovering_shows_the_value_and_leaves_a_row_with_the_purpose():
    number = build.phone()
    member = build.make_member(phone_number=number, name=NAME)
    actor = clerk("pii.reveal")
    asked = {"member_id": member.id, "purpose": "快递退回，联系收件人", "actor": actor, "now": NOW}
    assert members.reveal_phone(**asked) == number
    assert members.reveal_name(**asked) == NAME
    trail = db.rows("SELECT action, subject_id, reason FROM platform_audit WHERE actor_id = %s ORDER BY id", [actor.id])
    row = {"action": "pii.reveal", "subject_id": str(member.id), "reason": "快递退回，联系收件人"}
    assert trail == [row, row]


def test_uncovering_an_address_is_traced_like_the_rest():
    organization.enterprise()
    member = build.make_member()
    actor = clerk("pii.reveal", "members.edit")
    given = {"name": RECIPIENT, "phone": build.phone(), "area_code": organization.NANSHAN, "text": STREET}
    card = members.add_address(member_id=member.id, **given, actor=actor, now=NOW)
    shown = members.reveal_address(member_id=member.id, address_id=card.id, purpose="核对地址", actor=actor, now=NOW)
    assert (shown.name, shown.text) == (RECIPIENT, STREET)
    assert (
        db.value("SELECT count(*) FROM platform_audit WHERE action = 'pii.reveal' AND actor_id = %s", [actor.id]) == 1
    )


@pytest.mark.parametrize(
    ("permissions", "purpose", "refusal"),
    [(("members.view",), "核对身份", Forbidden), (("pii.reveal",), "", Invalid)],
)
def test_without_permission_or_purpose_nothing_is_shown(permissions, purpose, refusal):
    member = build.make_member(name=NAME)
    actor = clerk(*permissions)
    with pytest.raises(refusal):
        members.reveal_phone(member_id=member.id, purpose=purpose, actor=actor, now=NOW)
    assert db.value("SELECT count(*) FROM platform_audit WHERE actor_id = %s", [actor.id]) == 0


def test_an_encrypted_name_copied_to_another_member_does_not_open():
    mine, theirs = build.make_member(name=NAME), build.make_member(name="李四")
    blob = bytes(db.value("SELECT name_encrypted FROM members_member WHERE id = %s", [mine.id]))
    assert pii.decrypt(blob, places.of_name(mine.id)) == NAME
    with pytest.raises(pii.CannotDecrypt):
        pii.decrypt(blob, places.of_name(theirs.id))


def test_a_new_key_takes_over_and_everything_still_opens(monkeypatch):
    organization.enterprise()
    number = build.phone()
    member = build.make_member(phone_number=number, name=NAME)
    actor = clerk("members.edit", "pii.reveal")
    given = {"name": RECIPIENT, "phone": number, "area_code": organization.NANSHAN, "text": STREET}
    card = members.add_address(member_id=member.id, **given, actor=actor, now=NOW)
    removed = members.add_address(member_id=member.id, **given, actor=actor, now=NOW)
    members.remove_address(member_id=member.id, address_id=removed.id, actor=actor, now=NOW)
    older = dict(pii._ring())
    newer = {"k2": AESGCM(b"2" * 32)}
    monkeypatch.setattr(pii, "_ring", lambda: newer | older)
    while members.rewrap(limit=500):
        pass
    # The old key can go now.
    monkeypatch.setattr(pii, "_ring", lambda: newer)
    asked = {"member_id": member.id, "purpose": "核对身份", "actor": actor, "now": NOW}
    assert (members.reveal_phone(**asked), members.reveal_name(**asked)) == (number, NAME)
    assert members.address_for_order(member_id=member.id, address_id=card.id).text == STREET
    monkeypatch.setattr(pii, "_ring", lambda: older | newer)
    while members.rewrap(limit=500):
        pass


def test_the_same_phone_encrypts_differently_and_is_found_by_one_index():
    number = build.phone()
    member = build.make_member(phone_number=number)
    stored = db.row("SELECT value_index, value_encrypted FROM members_identity WHERE member_id = %s", [member.id])
    assert stored is not None
    assert bytes(stored["value_index"]) == pii.blind_index(number, "member.phone")
    assert pii.encrypt(number, "x") != pii.encrypt(number, "x")
    assert set(asdict(member)) == {
        "id", "number", "card_number", "level", "tier", "name_masked", "phone_masked", "birthday", "channel",
        "store_id", "language", "is_active", "created_at", "lunar_birthday",
    }  # fmt: skip
