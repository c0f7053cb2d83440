"""Sign-in by the mini-program against the simulated WeChat, with everything that goes wrong there (MALL-01, MEM-05)."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from quanyu.entrypoints import wechat as wiring
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import MemberClosed, PhoneInvalid
from quanyu.modules.members.contracts.wechat import WechatCodeRefused, WechatTicketRefused, WechatUnavailable
from quanyu.modules.members.providers.wechat import Reply, WechatConfig, WechatMiniProgram
from quanyu.modules.members.simulators.book import APP_ID, APP_SECRET, FaultKind
from quanyu.platform import db, logs
from quanyu.platform.config import ConfigError
from tests.harness import members as build
from tests.harness.parallel import parallel
from tests.harness.wechat import Wechat, wechat

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def there() -> Iterator[Wechat]:
    with wechat() as found:
        yield found


def start(code: str, *, at: datetime = NOW):
    return members.start_wechat(code=code, channel="mall", now=at)


def finish(ticket: str, code: str, *, at: datetime = NOW):
    return members.finish_wechat(ticket=ticket, code=code, channel="mall", now=at)


def actor_of(session):
    return members.actor_for_token(token=session.token, now=NOW)


def ticket_of(there: Wechat, holder: str | None = None) -> str:
    ticket = start(there.code(holder)).ticket
    assert ticket is not None
    return ticket


def sessions() -> int:
    return db.value("SELECT count(*) FROM members_session")


def test_mem_05_who_is_new_brings_the_phone_and_is_known_from_then_on(there):
    number, holder = build.phone(), f"holder-{build.phone()}"
    found = start(there.code(holder))
    assert found.session is None
    session = finish(found.ticket, there.code(number))
    assert session.member.phone_masked == f"{number[:3]}****{number[-4:]}"
    keys = db.rows(
        "SELECT kind, namespace FROM members_identity WHERE member_id = %s ORDER BY kind", [session.member.id]
    )
    assert [(key["kind"], key["namespace"]) for key in keys] == [("openid", APP_ID), ("phone", ""), ("unionid", "")]
    again = start(there.code(holder))
    assert (again.ticket, again.session.member.id) == (None, session.member.id)


def test_mem_05_a_member_of_the_till_is_found_by_the_phone(there):
    number = build.phone()
    known = build.make_member(phone_number=number)
    assert finish(ticket_of(there), there.code(number)).member.id == known.id


def test_a_code_is_good_once(there):
    code = there.code()
    start(code)
    with pytest.raises(WechatCodeRefused):
        start(code)


@pytest.mark.parametrize("kind", [FaultKind.EXPIRED_CODE, FaultKind.USED_CODE])
def test_a_code_that_wechat_refuses_makes_nothing(there, kind):
    there.fails(kind, "code2session")
    before = db.value("SELECT count(*) FROM members_wechat_ticket")
    with pytest.raises(WechatCodeRefused):
        start(there.code())
    assert db.value("SELECT count(*) FROM members_wechat_ticket") == before


def test_a_busy_wechat_is_asked_once_more(there):
    there.fails(FaultKind.BUSY, "code2session")
    assert start(there.code()).ticket


@pytest.mark.parametrize(
    ("kind", "times"),
    [(FaultKind.BUSY, 2), (FaultKind.WRONG_JSON, 1), (FaultKind.SERVER_ERROR, 1), (FaultKind.RATE_LIMIT, 1)],
)
def test_what_wechat_cannot_answer_is_said_and_the_phone_code_remains(there, kind, times):
    there.fails(kind, "code2session", times)
    with pytest.raises(WechatUnavailable) as refused:
        start(there.code())
    assert (refused.value.status, refused.value.code) == (503, "members.wechat_unavailable")


def test_a_slow_wechat_is_not_waited_for(there, monkeypatch):
    monkeypatch.setattr(wiring, "READ_SECONDS_MAX", 0.2)
    there.fails(FaultKind.SLOW, "code2session", seconds=1.0)
    with pytest.raises(WechatUnavailable):
        start(there.code())


def test_without_a_mini_program_it_is_unavailable():
    members.use_wechat(None)
    with pytest.raises(WechatUnavailable):
        start("whatever")


def test_a_token_that_is_over_is_replaced_and_the_question_asked_again(there):
    ticket = ticket_of(there)
    there.fails(FaultKind.TOKEN_EXPIRED, "phone")
    finish(ticket, there.code(build.phone()))
    assert there.book.tokens_given == 2


class WechatOfTokens:
    """Plays WeChat's tokens: the first one is over, and all who bring it are refused together."""

    def __init__(self, callers: int, *, replaced: bool = False):
        self.good, self.asked, self.forced = "second" if replaced else "first", 0, 0
        self.refused = threading.Barrier(callers)

    def __call__(self, method, url, *, query, content):
        if url.endswith("/cgi-bin/stable_token"):
            self.asked += 1
            if content["force_refresh"]:
                self.forced += 1
                self.good = f"after-{self.forced}"
            return answer({"access_token": "first" if self.asked == 1 else self.good, "expires_in": 7200})
        if query["access_token"] == "first":
            self.refused.wait(timeout=10)
            return answer({"errcode": 40001})
        return answer({"phone_info": {"watermark": {"appid": "wx1"}, "countryCode": "86", "purePhoneNumber": "1"}})


def answer(document) -> Reply:
    return Reply(200, json.dumps(document).encode())


def always_replace(app: WechatMiniProgram, refused: str) -> None:
    """As it was: whoever is refused makes WeChat end the token, also one that is new."""
    with app._lock:
        app._fetch_token(force=True)


@pytest.mark.race
@pytest.mark.parametrize(("guarded", "forced"), [(False, 5), (True, 1)])
def test_a_token_that_is_over_is_replaced_once_for_all_who_were_refused(monkeypatch, guarded, forced):
    if not guarded:
        monkeypatch.setattr(WechatMiniProgram, "_replace_token", always_replace)
    there = WechatOfTokens(5)
    app = WechatMiniProgram(WechatConfig("wx1", "secret"), send=there)
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda _: app.phone(code="x"), range(5)))
    assert (found, there.forced) == (["1"] * 5, forced)


def test_a_token_that_another_process_replaced_is_not_ended_again():
    there = WechatOfTokens(1, replaced=True)
    assert WechatMiniProgram(WechatConfig("wx1", "secret"), send=there).phone(code="x") == "1"
    assert (there.asked, there.forced) == (2, 0)


def test_the_token_is_kept_between_questions(there):
    for _ in range(3):
        finish(ticket_of(there), there.code(build.phone()))
    assert there.book.tokens_given == 1


def test_a_phone_of_another_app_is_not_believed(there):
    ticket = ticket_of(there)
    there.fails(FaultKind.OTHER_APP, "phone")
    with pytest.raises(WechatUnavailable):
        finish(ticket, there.code(build.phone()))


def test_a_phone_from_abroad_is_refused(there):
    with pytest.raises(PhoneInvalid):
        finish(ticket_of(there), there.code("+852-61234567"))


def test_a_ticket_outlives_a_busy_wechat_but_is_used_by_a_sign_in(there):
    ticket, number = ticket_of(there), build.phone()
    there.fails(FaultKind.BUSY, "phone", 2)
    with pytest.raises(WechatUnavailable):
        finish(ticket, there.code(number))
    finish(ticket, there.code(number))
    before = sessions()
    with pytest.raises(WechatTicketRefused):
        finish(ticket, there.code(number))
    assert sessions() == before


def test_a_ticket_is_good_for_ten_minutes(there):
    ticket = ticket_of(there)
    with pytest.raises(WechatTicketRefused):
        finish(ticket, there.code(build.phone()), at=NOW + timedelta(minutes=10))


@pytest.mark.race
def test_a_ticket_used_by_five_at_once_opens_one_session(there):
    ticket, before = ticket_of(there), sessions()

    found = parallel(5, lambda _: finish(ticket, there.code(build.phone())))
    assert sorted(type(one).__name__ for one in found) == ["MemberSession", *["WechatTicketRefused"] * 4]
    assert sessions() == before + 1


def test_of_ticket_and_account_only_hash_and_cipher_are_kept(there):
    holder = f"holder-{build.phone()}"
    ticket = ticket_of(there, holder)
    row = db.row(
        "SELECT ticket_hash, account_encrypted FROM members_wechat_ticket ORDER BY created_at DESC, id DESC LIMIT 1"
    )
    assert ticket.encode() not in bytes(row["ticket_hash"])
    assert b"oSIM" not in bytes(row["account_encrypted"])
    finish(ticket, there.code(build.phone()))
    left = db.value("SELECT count(*) FROM members_wechat_ticket WHERE used_at IS NOT NULL AND account_encrypted <> ''")
    assert left == 0


def test_nothing_of_it_is_in_the_log(there):
    log = io.StringIO()
    logs.configure("DEBUG", stream=log)
    try:
        code, number = there.code(), build.phone()
        ticket = start(code).ticket
        there.fails(FaultKind.SERVER_ERROR, "phone")
        with pytest.raises(WechatUnavailable):
            finish(ticket, there.code(number))
        finish(ticket, there.code(number))
    finally:
        logs.configure()
    written = log.getvalue()
    assert [one for one in (code, ticket, number, APP_SECRET, there.book.token, "oSIM") if one in written] == []


def test_a_closed_membership_stays_closed(there):
    holder = f"holder-{build.phone()}"
    session = finish(ticket_of(there, holder), there.code(build.phone()))
    members.close_member(member_id=session.member.id, actor=actor_of(session), now=NOW)
    with pytest.raises(MemberClosed):
        start(there.code(holder))


def test_an_erased_member_is_nobody_to_the_mini_program(there):
    holder = f"holder-{build.phone()}"
    session = finish(ticket_of(there, holder), there.code(build.phone()))
    members.erase_member(member_id=session.member.id, actor=actor_of(session), now=NOW)
    assert members.wechat_payer(token=session.token, now=NOW) == ""
    assert start(there.code(holder)).ticket is not None


def test_the_session_of_the_mini_program_pays_by_its_openid(there):
    session = finish(ticket_of(there, "demo-openid-9001"), there.code(build.phone()))
    assert members.wechat_payer(token=session.token, now=NOW) == "demo-openid-9001"
    assert members.wechat_payer(token=build.sign_in().token, now=NOW) == ""


def test_the_picture_of_a_code_is_a_picture(there):
    assert members.wechat_code_picture(scene="a" * 32, page="/pages/home/index").startswith(b"\x89PNG")
    there.fails(FaultKind.WRONG_JSON, "picture")
    with pytest.raises(WechatUnavailable):
        members.wechat_code_picture(scene="a", page="pages/home/index")


def test_outside_of_a_demo_a_simulator_is_refused(monkeypatch):
    monkeypatch.setenv(wiring.SIMULATOR_URL, "http://127.0.0.1:1")
    earnest = settings.CONFIG.model_copy(update={"demo": False, "debug": False})
    with override_settings(CONFIG=earnest), pytest.raises(ConfigError, match="this is no demo"):
        wiring.mini_program()


def test_half_a_configuration_is_refused(monkeypatch):
    monkeypatch.delenv(wiring.SIMULATOR_URL, raising=False)
    monkeypatch.setenv(wiring.APP_ID, "wx1234567890abcdef")
    monkeypatch.delenv(wiring.APP_SECRET, raising=False)
    with pytest.raises(ConfigError, match="go together"):
        wiring.mini_program()
    monkeypatch.setenv(wiring.APP_SECRET, "0123456789abcdef")
    assert wiring.mini_program().app_id == "wx1234567890abcdef"
