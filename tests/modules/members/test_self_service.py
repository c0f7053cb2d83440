"""Members look after their own data: correct it, take a copy, erase it for good without a trace."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import EraseRefused, Key, KeyKind, MemberCodeRefused, MemberUnknown
from quanyu.platform import db, pii, rate
from tests.harness import organization
from tests.harness.members import KeptCodes, actor_of, phone, sign_in

TODAY = datetime.now(UTC)
STREET = "梧桐巷"


class Holder:
    """A module that keeps something of members."""

    name = "test_holder"

    def __init__(self):
        self.open = {}
        self.erased = []

    def export(self, *, member_ids, now):
        return {"orders": [{"number": "S1", "paid_fen": 100}]}

    def open_business(self, *, member_ids, now):
        return sum(self.open.get(member_id, 0) for member_id in member_ids)

    def erase(self, *, member_ids, now):
        self.erased += member_ids


HOLDER = Holder()


@pytest.fixture(autouse=True, scope="module")
def a_module_keeps_something():
    members.hold_data(holder=HOLDER)
    yield
    HOLDER.open.clear()


def somebody():
    """Return a signed-in member with a name, an address, a phone code and a second key."""
    number, name = phone(), "欧阳" + secrets.token_hex(4)
    session = sign_in(phone_number=number)
    actor, member_id = actor_of(session), session.member.id
    members.update_member(
        member_id=member_id, name=name, birthday=date(1990, 10, 3), lunar_birthday=True, actor=actor, now=TODAY
    )
    members.find_or_create(
        keys=[Key(KeyKind.PHONE, number, verified=True), Key(KeyKind.OPENID, f"o-{number}", "wx-app", verified=True)],
        channel="mall", now=TODAY,
    )  # fmt: skip
    organization.enterprise()
    where = {"area_code": organization.NANSHAN, "text": f"{STREET}{number[-4:]}号"}
    members.add_address(member_id=member_id, name=name, phone=number, **where, actor=actor, now=TODAY)
    members.give_consent(
        member_id=member_id, purpose="marketing", policy_version="1", channel="mall", actor=actor, now=TODAY
    )
    return session, actor, number, name


def row_of(member_id):
    return db.row("SELECT * FROM members_member WHERE id = %s", [member_id])


def test_a_member_corrects_the_file_and_the_history_says_which_parts():
    session, actor, _number, name = somebody()
    member = session.member.id
    members.update_member(member_id=member, language="en", actor=actor, now=TODAY)
    changes = db.rows("SELECT field, actor FROM members_profile_change WHERE member_id = %s ORDER BY id", [member])
    assert [change["field"] for change in changes] == ["birthday", "lunar_birthday", "name", "language"]
    assert {change["actor"] for change in changes} == {f"member:{member}"}
    assert members.member(id=member).lunar_birthday is True
    assert name not in str(changes)


def test_a_copy_holds_everything_of_every_module_in_clear():
    session, actor, number, name = somebody()
    made = members.export_own_data(member_id=session.member.id, actor=actor, now=TODAY)
    found = msgspec.json.decode(made.json)
    assert found["member"]["name"] == name
    assert (found["member"]["birthday"], found["member"]["lunar_birthday"]) == ("1990-10-03", True)
    assert sorted(key["value"] for key in found["identities"]) == [number, f"o-{number}"]
    assert [(one["name"], one["phone"], one["text"]) for one in found["addresses"]] == [
        (name, number, f"{STREET}{number[-4:]}号")
    ]
    assert [(one["purpose"], one["is_given"]) for one in found["consents"]] == [("marketing", True)]
    assert len(found["sessions"]) == 1
    assert found["test_holder"] == {"orders": [{"number": "S1", "paid_fen": 100}]}
    page = made.html.decode()
    assert page.startswith("<!doctype html>")
    assert name in page
    assert number in page
    assert db.value("SELECT count(*) FROM members_export_request WHERE member_id = %s", [session.member.id]) == 1


def test_a_page_shows_what_a_member_wrote_as_text():
    session, actor, _number, _name = somebody()
    members.update_member(member_id=session.member.id, name="<script>x</script>", actor=actor, now=TODAY)
    page = members.export_own_data(member_id=session.member.id, actor=actor, now=TODAY).html.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_nobody_else_gets_a_copy_and_three_a_day_are_enough():
    session, actor, _number, _name = somebody()
    _other, stranger, _, _ = somebody()
    for somebody_else in (stranger, SYSTEM):
        with pytest.raises(MemberUnknown):
            members.export_own_data(member_id=session.member.id, actor=somebody_else, now=TODAY)
    for _ in range(3):
        members.export_own_data(member_id=session.member.id, actor=actor, now=TODAY)
    with pytest.raises(rate.RateLimited):
        members.export_own_data(member_id=session.member.id, actor=actor, now=TODAY)
    assert db.value("SELECT count(*) FROM members_export_request WHERE member_id = %s", [session.member.id]) == 3


def test_open_orders_keep_the_data():
    session, actor, _number, name = somebody()
    member = session.member.id
    HOLDER.open[member] = 2
    with pytest.raises(EraseRefused) as refusal:
        members.erase_member(member_id=member, actor=actor, now=TODAY)
    assert refusal.value.params == {"reasons": "test_holder: 2"}
    assert row_of(member)["erased_at"] is None
    assert members.reveal_name(member_id=member, purpose="testing it", actor=SYSTEM, now=TODAY) == name
    assert member not in HOLDER.erased


def test_only_the_member_or_staff_with_a_reason_erases():
    session, _actor, _number, _name = somebody()
    _other, stranger, _, _ = somebody()
    member = session.member.id
    with pytest.raises(MemberUnknown):
        members.erase_member(member_id=member, actor=stranger, now=TODAY)
    with pytest.raises(Forbidden):
        members.erase_member(
            member_id=member, reason="asked for it", actor=Actor(kind=ActorKind.STAFF, id="1"), now=TODAY
        )
    with pytest.raises(Invalid):
        members.erase_member(member_id=member, reason=" ", actor=SYSTEM, now=TODAY)
    assert row_of(member)["erased_at"] is None
    members.erase_member(member_id=member, reason="asked for at the desk", actor=SYSTEM, now=TODAY)
    assert row_of(member)["erased_at"] == TODAY


def test_after_erasing_nothing_leads_to_the_person_and_the_books_stand():
    session, actor, number, name = somebody()
    member = session.member.id
    code = members.member_code(token=session.token, now=TODAY).text
    consents = db.value("SELECT count(*) FROM members_consent WHERE member_id = %s", [member])
    members.erase_member(member_id=member, actor=actor, now=TODAY)
    row = row_of(member)
    assert (row["is_active"], row["erased_at"], row["birthday"], row["name_masked"]) == (False, TODAY, None, "")
    assert row["card_number"].startswith("X")
    assert members.actor_for_token(token=session.token, now=TODAY) is None
    assert members.find(text=number, actor=SYSTEM, now=TODAY) == []
    assert members.find(text=session.member.card_number, actor=SYSTEM, now=TODAY) == []
    assert members.addresses(member_id=member) == []
    with pytest.raises(MemberCodeRefused):
        members.by_member_code(text=code, terminal_id="till", now=TODAY)
    assert db.value("SELECT count(*) FROM members_consent WHERE member_id = %s", [member]) == consents
    assert HOLDER.erased[-1] == member
    with pytest.raises(MemberUnknown):
        members.erase_member(member_id=member, reason="once more", actor=SYSTEM, now=TODAY)
    assert db.value(
        "SELECT count(*) FROM platform_outbox WHERE topic = 'members.erased.1' AND aggregate = %s", [f"member:{member}"]
    ) == 1  # fmt: skip
    assert name not in str(row)


def test_a_new_sign_up_with_the_same_phone_is_a_new_member():
    session, actor, number, _name = somebody()
    members.erase_member(member_id=session.member.id, actor=actor, now=TODAY)
    again = sign_in(phone_number=number, now=datetime.now(UTC) + timedelta(minutes=2))
    assert again.member.id != session.member.id
    assert again.member.name_masked == ""
    assert members.addresses(member_id=again.member.id) == []


def test_files_that_were_merged_in_are_erased_along():
    first, _actor, one_phone, one_name = somebody()
    second, _actor, other_phone, other_name = somebody()
    merged = members.merge(
        one_id=first.member.id, other_id=second.member.id, reason="the same person", actor=SYSTEM, now=TODAY
    )
    members.erase_member(member_id=merged.winner_id, reason="asked for it", actor=SYSTEM, now=TODAY)
    assert row_of(merged.loser_id)["erased_at"] == TODAY
    assert traces(one_phone, one_name, other_phone, other_name) == []


def test_no_trace_of_name_or_phone_remains_in_any_table():
    session, actor, number, name = somebody()
    kept = KeptCodes()
    members.use_code_sender(kept)
    # Far from the codes of signing in: one a minute.
    members.send_login_code(phone=number, now=TODAY + timedelta(days=1))
    members.register_card_device(token=session.token, label=f"{name}'s phone", now=TODAY)
    masked = session.member.phone_masked
    assert traces(number, name, masked) != []
    members.erase_member(member_id=session.member.id, actor=actor, now=TODAY + timedelta(days=1))
    assert traces(number, name) == []


def traces(*texts: str) -> list[tuple[str, str]]:
    """Look in every row of every table for texts, their bytes, and the keyed hashes by which they could be found."""
    indexes = [pii.blind_index(text, f"member.{kind}") for text in texts for kind in ("phone", "name", "openid")]
    needles = [*texts, *(text.encode().hex() for text in texts), *(index.hex() for index in indexes)]
    tables = db.rows(
        "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()"
    )
    return [
        (table["name"], needle)
        for table in tables
        for needle in needles
        if db.value(f'SELECT 1 FROM "{table["name"]}" t WHERE strpos(t::text, %s) > 0 LIMIT 1', [needle])
    ]
