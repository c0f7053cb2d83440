"""The rotating member code: exact windows, each code for one till once, revoked with the session, guesses limited."""

from __future__ import annotations

import base64
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog import api as catalog
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import CardDevice, Member, MemberCodeRefused, SessionUnknown
from quanyu.modules.members.rules import member_codes as rules
from quanyu.platform import db, rate
from tests.harness.members import sign_in
from tests.harness.parallel import parallel

PAPER = Path(__file__).parents[3] / "docs" / "algorithms" / "member-code.md"
HOUR = timedelta(minutes=61)


def at(second: int = 0) -> datetime:
    """Return a moment so many seconds into the present minute: sessions live by the real clock."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(seconds=second)


def till() -> str:
    return str(uuid7())


def code_of(device: CardDevice, moment: datetime) -> str:
    """Compute a code as a phone does."""
    secret = base64.b64decode(device.secret)
    return rules.code(secret=secret, handle=device.handle, window=rules.window_of(moment))


def refused(text: str, moment: datetime, terminal: str | None = None) -> bool:
    try:
        members.by_member_code(text=text, terminal_id=terminal or till(), now=moment)
    except MemberCodeRefused:
        return True
    return False


def test_a_code_is_24_digits_that_a_till_takes_for_a_member_code():
    session = sign_in()
    shown = members.member_code(token=session.token, now=at(7))
    assert re.fullmatch(r"88[0-9]{22}", shown.text)
    assert shown.renew_at == at(60)
    assert shown.svg.startswith("<svg")
    reading = catalog.read_code(code=shown.text, settings_path=["brand"])[0]
    assert (reading.kind, reading.text) == ("member_code", shown.text)


def test_server_and_phone_compute_the_same_code():
    session = sign_in()
    device = members.register_card_device(token=session.token, label="iPhone", now=at())
    assert members.member_code(token=session.token, now=at(5)).text == code_of(device, at(5))


def test_the_paper_works_its_example_out_rightly():
    rows = re.findall(r"^\| `(\d{4}-[^`]+)` \| (\d+) \| `(\d{13})` \| `(\d{24})` \|$", PAPER.read_text(), re.MULTILINE)
    assert len(rows) == 3
    secret = bytes(range(32))
    for moment, window, proof, code in rows:
        told = datetime.fromisoformat(moment)
        assert rules.window_of(told) == int(window)
        assert rules.proof(secret=secret, handle="01234567", window=int(window)) == proof
        assert rules.code(secret=secret, handle="01234567", window=int(window)) == code


@pytest.mark.parametrize(
    ("offset_s", "is_accepted"),
    [(-61, False), (-60, True), (0, True), (59, True), (60, True), (119, True), (120, False), (3600, False)],
)
def test_the_window_before_and_after_count_and_no_other(offset_s, is_accepted):
    session = sign_in()
    device = members.register_card_device(token=session.token, now=at())
    text = code_of(device, at())
    moment = at() + timedelta(seconds=offset_s)
    if not is_accepted:
        assert refused(text, moment)
        return
    assert members.by_member_code(text=text, terminal_id=till(), now=moment).id == session.member.id


def test_the_first_till_has_the_code_and_may_read_it_again():
    session = sign_in()
    text, first = members.member_code(token=session.token, now=at()).text, till()
    for _ in range(2):
        assert members.by_member_code(text=text, terminal_id=first, now=at(1)).id == session.member.id
    assert refused(text, at(2))
    following = members.member_code(token=session.token, now=at(60)).text
    assert following != text
    assert members.by_member_code(text=following, terminal_id=till(), now=at(61)).id == session.member.id


def test_sixty_four_tills_read_one_code_and_one_has_it():
    session = sign_in()
    text = members.member_code(token=session.token, now=at()).text
    found = parallel(64, lambda _: members.by_member_code(text=text, terminal_id=till(), now=at(1)))
    assert len([one for one in found if isinstance(one, Member)]) == 1
    assert len([one for one in found if isinstance(one, MemberCodeRefused)]) <= 63
    assert {type(one) for one in found} <= {Member, MemberCodeRefused, rate.RateLimited}
    assert db.value(
        "SELECT count(*) FROM members_code_use AS u JOIN members_card_device AS d ON d.id = u.device_id "
        "WHERE d.member_id = %s",
        [session.member.id],
    ) == 1  # fmt: skip


def test_without_the_unique_key_a_code_would_be_two_tills():
    """The race: both tills look, and both find that nobody has the code yet."""
    session = sign_in()
    members.member_code(token=session.token, now=at())
    device = db.value("SELECT id FROM members_card_device WHERE member_id = %s", [session.member.id])
    free = parallel(8, lambda _: db.value("SELECT count(*) FROM members_code_use WHERE device_id = %s", [device]))
    assert free == [0] * 8
    insert = 'INSERT INTO members_code_use (device_id, "window", terminal_id, at) VALUES (%s, 1, %s, now())'
    db.execute(insert, [device, till()])
    with pytest.raises(IntegrityError, match="members_code_use_once"), transaction.atomic():
        db.execute(insert, [device, till()])


def test_a_code_dies_with_its_session():
    session = sign_in()
    device = members.register_card_device(token=session.token, now=at())
    members.sign_out(token=session.token, now=at())
    assert refused(code_of(device, at()), at(1))
    with pytest.raises(SessionUnknown):
        members.member_code(token=session.token, now=at(1))
    with pytest.raises(SessionUnknown):
        members.register_card_device(token="m_nothing", now=at(1))


def test_a_new_secret_of_the_phone_ends_the_old_one():
    session = sign_in()
    older = members.register_card_device(token=session.token, now=at())
    newer = members.register_card_device(token=session.token, now=at())
    assert refused(code_of(older, at()), at())
    assert members.by_member_code(text=code_of(newer, at()), terminal_id=till(), now=at()).id == session.member.id


def test_a_member_shows_codes_on_five_phones_at_most():
    number = "139" + "".join(secrets.choice("0123456789") for _ in range(8))
    opened = [sign_in(phone_number=number, now=at() + index * HOUR) for index in range(6)]
    moment = at() + 6 * HOUR
    devices = [
        members.register_card_device(token=session.token, now=moment + timedelta(seconds=index))
        for index, session in enumerate(opened)
    ]
    later = moment + timedelta(seconds=10)
    assert [refused(code_of(device, later), later) for device in devices] == [True] + [False] * 5


def test_wrong_codes_cost_a_till_its_right_to_guess():
    session = sign_in()
    device = members.register_card_device(token=session.token, now=at())
    right = code_of(device, at())
    wrong = [rules.code(secret=bytes([n]) * 32, handle=device.handle, window=rules.window_of(at())) for n in range(30)]
    assert guesses_until_limited(wrong) == 20  # of one phone, from any till
    with pytest.raises(rate.RateLimited):
        members.by_member_code(text=right, terminal_id=till(), now=at())
    nobodys = [rules.code(secret=bytes(32), handle=f"{n:08d}", window=rules.window_of(at())) for n in range(100)]
    assert guesses_until_limited(nobodys) == 60  # of one till, for any phone


def guesses_until_limited(texts: list[str]) -> int:
    terminal = till()
    for number, text in enumerate(texts):
        try:
            assert refused(text, at(), terminal)
        except rate.RateLimited:
            return number
    return len(texts)


@pytest.mark.parametrize("text", ["", "88", "8" * 24, "abc", "88" + "0" * 21 + "5", "٨" * 24])
def test_what_is_no_code_is_refused_with_the_same_text(text):
    with pytest.raises(MemberCodeRefused) as refusal:
        members.by_member_code(text=text, terminal_id=till(), now=at())
    assert (refusal.value.code, refusal.value.field, refusal.value.params) == (
        "members.member_code_refused",
        "code",
        {},
    )


def test_the_secret_stands_encrypted_and_uses_are_forgotten_after_a_day():
    session = sign_in()
    device = members.register_card_device(token=session.token, now=at())
    stored = bytes(db.value("SELECT secret_encrypted FROM members_card_device WHERE handle = %s", [device.handle]))
    assert base64.b64decode(device.secret) not in stored
    members.by_member_code(text=code_of(device, at()), terminal_id=till(), now=at())
    count = (
        "SELECT count(*) FROM members_code_use WHERE device_id IN ("
        "SELECT id FROM members_card_device WHERE handle = %s)"
    )
    members.prune(now=at())
    assert db.value(count, [device.handle]) == 1
    members.prune(now=at() + timedelta(days=1, minutes=1))
    assert db.value(count, [device.handle]) == 0
