"""S9 and the phone code: six digits, five minutes, five guesses, used once, never in a log."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from quanyu.kernel.actor import ActorKind
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import CodeNotSent, CodeRefused, MemberClosed
from quanyu.platform import db, logs, rate
from tests.harness import members as build
from tests.harness.parallel import parallel

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def kept() -> build.KeptCodes:
    sender = build.KeptCodes()
    members.use_code_sender(sender)
    return sender


def send(number: str, *, at: datetime = NOW) -> None:
    members.send_login_code(phone=number, now=at)


def sign_in(number: str, code: str, *, at: datetime = NOW):
    return members.sign_in(phone=number, code=code, channel="mall", now=at)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def sessions() -> int:
    return db.value("SELECT count(*) FROM members_session")


def test_mem_05_the_right_code_makes_a_member_and_a_session(kept):
    number = build.phone()
    send(number)
    session = sign_in(number, kept.codes[number])
    actor = members.actor_for_token(token=session.token, now=NOW)
    assert actor is not None
    assert (actor.kind, actor.id) == (ActorKind.MEMBER, str(session.member.id))
    assert actor.reaches("mall.order", own=True)
    assert not actor.reaches("mall.order", unit_path=(1,))
    assert not actor.reaches("members.view")
    assert session.expires_at == NOW + timedelta(days=30)


def test_a_code_is_used_once(kept):
    number = build.phone()
    send(number)
    sign_in(number, kept.codes[number])
    before = sessions()
    with pytest.raises(CodeRefused):
        sign_in(number, kept.codes[number])
    assert sessions() == before


@pytest.mark.race
def test_a_code_used_by_fifteen_at_once_opens_one_session(kept):
    number = build.phone()
    send(number)
    before = sessions()
    answers = parallel(15, lambda _: sign_in(number, kept.codes[number]).token)
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert sum(isinstance(answer, CodeRefused) for answer in answers) == 14
    assert sessions() == before + 1


def test_a_code_holds_for_five_minutes(kept):
    number = build.phone()
    send(number)
    with pytest.raises(CodeRefused):
        sign_in(number, kept.codes[number], at=NOW + timedelta(seconds=300))
    assert sign_in(number, kept.codes[number], at=NOW + timedelta(seconds=299)).member.phone_masked


def test_s9_five_wrong_guesses_spend_the_code(kept):
    number = build.phone()
    send(number)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            sign_in(number, other_than(kept.codes[number]))
    with pytest.raises(CodeRefused):
        sign_in(number, kept.codes[number])
    assert db.value("SELECT max(guesses) FROM members_login_code WHERE used_at IS NULL") == 5


@pytest.mark.race
def test_s9_fifteen_guesses_at_once_cost_five_and_no_more(kept):
    number = build.phone()
    send(number)
    answers = parallel(15, lambda _: sign_in(number, other_than(kept.codes[number])))
    assert all(isinstance(answer, CodeRefused) for answer in answers)
    assert db.value("SELECT guesses FROM members_login_code ORDER BY id DESC LIMIT 1") == 5


def test_s9_sixteen_tries_an_hour_lock_the_phone_whatever_is_guessed(kept):
    number = build.phone()
    for minute in range(3):
        send(number, at=NOW + timedelta(minutes=minute))
        for _ in range(5):
            with pytest.raises(CodeRefused):
                sign_in(number, other_than(kept.codes[number]), at=NOW + timedelta(minutes=minute))
    send(number, at=NOW + timedelta(minutes=3))
    with pytest.raises(rate.RateLimited):
        sign_in(number, kept.codes[number], at=NOW + timedelta(minutes=3))


def test_a_new_code_ends_the_one_before(kept):
    number = build.phone()
    send(number)
    first = kept.codes[number]
    send(number, at=NOW + timedelta(minutes=1))
    if first != kept.codes[number]:
        with pytest.raises(CodeRefused):
            sign_in(number, first, at=NOW + timedelta(minutes=1))
    assert sign_in(number, kept.codes[number], at=NOW + timedelta(minutes=1)).member.is_active


def test_all_refusals_are_one_text(kept):
    number, unknown = build.phone(), build.phone()
    send(number)
    refusals = []
    for phone, code, at in (
        (number, other_than(kept.codes[number]), NOW),
        (number, kept.codes[number], NOW + timedelta(minutes=6)),
        (unknown, "123456", NOW),
        (number, "\ud800", NOW),
    ):
        with pytest.raises(CodeRefused) as refused:
            sign_in(phone, code, at=at)
        refusals.append((refused.value.code, refused.value.status, refused.value.field, refused.value.params))
    assert refusals == [("members.code_refused", 401, "code", {})] * 4


@pytest.mark.parametrize(("count", "apart"), [(1, timedelta(seconds=1)), (5, timedelta(minutes=2))])
def test_codes_are_sent_once_a_minute_and_five_times_an_hour(kept, count, apart):
    number = build.phone()
    for turn in range(count):
        send(number, at=NOW + turn * apart)
    kept.codes.clear()
    with pytest.raises(rate.RateLimited):
        send(number, at=NOW + count * apart)
    assert kept.codes == {}


def test_codes_to_many_phones_from_one_address_are_limited(kept):
    ip = f"203.0.113.{build.phone()}"
    for _ in range(60):
        members.send_login_code(phone=build.phone(), ip=ip, now=NOW)
    with pytest.raises(rate.RateLimited):
        members.send_login_code(phone=build.phone(), ip=ip, now=NOW)


def test_without_a_sender_the_refusal_says_so(monkeypatch):
    monkeypatch.setattr("quanyu.modules.members.ops.code_sending._sender", None)
    with pytest.raises(CodeNotSent):
        send(build.phone())


def test_the_code_reaches_no_log_but_the_demo_senders(kept):
    out = io.StringIO()
    logs.configure("DEBUG", stream=out)
    number = build.phone()
    send(number)
    sign_in(number, kept.codes[number])
    assert kept.codes[number] not in out.getvalue()
    members.use_code_sender(members.LoggedCodes())
    send(number, at=NOW + timedelta(minutes=1))
    line = out.getvalue().splitlines()[-1]
    assert "members.login_code" in line
    assert number not in line


def test_signing_out_and_closing_end_the_session(kept):
    first, second = build.sign_in(now=NOW), build.sign_in(now=NOW)
    members.sign_out(token=first.token, now=NOW)
    assert members.actor_for_token(token=first.token, now=NOW) is None
    actor = members.actor_for_token(token=second.token, now=NOW)
    members.close_member(member_id=second.member.id, actor=actor, now=NOW)
    assert members.actor_for_token(token=second.token, now=NOW) is None


def test_a_closed_member_does_not_come_in_again(kept):
    number = build.phone()
    session = build.sign_in(phone_number=number, now=NOW)
    actor = members.actor_for_token(token=session.token, now=NOW)
    members.close_member(member_id=session.member.id, actor=actor, now=NOW)
    members.use_code_sender(kept)
    send(number, at=NOW + timedelta(minutes=1))
    before = sessions()
    with pytest.raises(MemberClosed):
        sign_in(number, kept.codes[number], at=NOW + timedelta(minutes=1))
    assert sessions() == before


def test_a_token_is_kept_as_a_hash_and_ends_after_thirty_days():
    session = build.sign_in(now=NOW)
    rows = db.rows("SELECT s::text AS text FROM members_session s")
    assert not [row for row in rows if session.token in row["text"]]
    assert members.actor_for_token(token=session.token, now=session.expires_at) is None
    assert members.actor_for_token(token=session.token + "x", now=NOW) is None


def test_pruning_removes_what_ended_long_ago(kept):
    number = build.phone()
    long_ago = NOW - timedelta(days=400)
    send(number, at=long_ago)
    sign_in(number, kept.codes[number], at=long_ago)
    assert members.prune(now=NOW) >= 2
    assert db.value("SELECT count(*) FROM members_login_code WHERE created_at = %s", [long_ago]) == 0
    assert db.value("SELECT count(*) FROM members_session WHERE created_at = %s", [long_ago]) == 0
