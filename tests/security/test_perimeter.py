"""Before Django sees a request: whose it is, how much it may bring, and how long it may take."""

from __future__ import annotations

import asyncio
import json
from ipaddress import ip_network

import pytest

from quanyu.platform.http import bodies, proxies
from quanyu.platform.http.bodies import Bodies, BodyTooLarge, BodyTooSlow, Gone
from quanyu.platform.http.problems import Unavailable

OURS = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def scope_of(peer: str = "203.0.113.9", method: str = "POST", path: str = "/api/mall/v1/orders", **headers: str):
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "client": (peer, 40_000),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


def client_after(peer: str, trusted=OURS, **headers: str) -> str:
    scope = scope_of(peer, **headers)
    proxies.settle(scope, trusted)
    return scope["client"][0]


def test_a_stranger_cannot_choose_the_address_he_is_limited_by():
    assert client_after("203.0.113.9", x_forwarded_for="1.2.3.4") == "203.0.113.9"
    assert client_after("203.0.113.9", trusted=(), x_forwarded_for="1.2.3.4") == "203.0.113.9"
    assert client_after("127.0.0.1", trusted=(), x_forwarded_for="1.2.3.4") == "127.0.0.1"


def test_a_trusted_proxy_names_the_client_and_what_the_client_wrote_himself_does_not_count():
    assert client_after("127.0.0.1", x_forwarded_for="198.51.100.7") == "198.51.100.7"
    assert client_after("127.0.0.1", x_forwarded_for="1.2.3.4, 198.51.100.7") == "198.51.100.7"
    assert client_after("10.0.0.2", x_forwarded_for="1.2.3.4, 198.51.100.7, 10.0.0.1") == "198.51.100.7"
    assert client_after("::ffff:10.0.0.2", x_forwarded_for="198.51.100.7") == "198.51.100.7"
    assert client_after("fd00::1", x_forwarded_for="2001:db8::5") == "2001:db8::5"


@pytest.mark.parametrize("rubbish", ["", " , ,", "localhost", "1.2.3.4:80", "<script>", "999.1.1.1", "\x7f" * 5000])
def test_rubbish_in_the_header_leaves_the_proxys_own_address(rubbish):
    assert client_after("127.0.0.1", x_forwarded_for=rubbish) == "127.0.0.1"


def test_only_a_trusted_proxy_says_that_the_connection_is_secure():
    stranger, proxied = scope_of(x_forwarded_proto="https"), scope_of("127.0.0.1", x_forwarded_proto="https")
    nonsense = scope_of("127.0.0.1", x_forwarded_proto="javascript")
    for scope in (stranger, proxied, nonsense):
        proxies.settle(scope, OURS)
    assert [scope["scheme"] for scope in (stranger, proxied, nonsense)] == ["http", "https", "http"]


def sending(*parts: bytes, wait_s: float = 0, hang_up: bool = False):
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if hang_up:
        messages.append({"type": "http.disconnect"})
    elif messages:
        messages[-1]["more_body"] = False
    left = iter(messages)

    async def receive():
        await asyncio.sleep(wait_s)
        return next(left)

    return receive


def read(scope, receive, **limits):
    reader = Bodies(**limits)

    async def whole() -> bytes:
        async with reader.whole(scope, receive) as received:
            message = await received()
            assert not message["more_body"]
            return message["body"]

    try:
        return asyncio.run(whole())
    finally:
        assert reader.held == 0


def test_a_body_arrives_whole_and_a_chunked_one_gets_its_length():
    scope = scope_of(transfer_encoding="chunked")
    assert read(scope, sending(b"ab", b"", b"cde")) == b"abcde"
    assert scope["headers"] == [(b"content-length", b"5")]


def test_a_body_above_the_limit_is_refused_announced_or_not():
    with pytest.raises(BodyTooLarge):
        read(scope_of(content_length=str(bodies.BYTES_MAX + 1)), sending())
    with pytest.raises(BodyTooLarge):
        read(scope_of(transfer_encoding="chunked"), sending(b"x" * bodies.BYTES_MAX, b"x"))
    with pytest.raises(BodyTooLarge):
        read(scope_of(content_length="3"), sending(b"x" * bodies.BYTES_MAX, b"x"))


def test_pictures_may_be_larger_in_the_console_only():
    content = b"x" * (bodies.BYTES_MAX + 1)
    assert len(read(scope_of(path="/console/catalog/"), sending(content))) == len(content)
    with pytest.raises(BodyTooLarge):
        read(scope_of(path="/api/console/"), sending(content))


def test_a_body_that_trickles_is_given_up():
    with pytest.raises(BodyTooSlow):
        read(scope_of(content_length="3"), sending(b"a", b"b", b"c", wait_s=0.05), seconds_max=0.08)


def test_all_bodies_together_are_bounded():
    with pytest.raises(Unavailable):
        read(scope_of(), sending(b"x" * 60, b"x" * 60), held_max=100)


def test_who_hangs_up_is_forgotten():
    with pytest.raises(Gone):
        read(scope_of(), sending(b"x", hang_up=True))


def test_a_look_without_a_body_waits_for_none():
    assert read(scope_of(method="GET"), sending()) == b""


def answer(scope, receive):
    from quanyu.entrypoints import asgi

    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(asgi.app(scope, receive, send))
    return sent


@pytest.mark.parametrize(("language", "title"), [("en", "The request is too large."), ("zh-CN", "请求内容过大。")])
def test_the_refusal_is_a_problem_in_the_readers_language(language, title):
    sent = answer(scope_of(content_length="99999999", accept_language=language, x_request_id="abcdefgh"), sending())
    assert sent[0]["status"] == 413
    assert dict(sent[0]["headers"])[b"content-type"] == b"application/problem+json"
    body = json.loads(sent[1]["body"])
    assert (body["code"], body["title"], body["request_id"]) == ("request.too_large", title, "abcdefgh")


def test_a_query_of_raw_bytes_is_answered_like_any_other():
    scope = scope_of(method="GET", path="/api/mall/v1/nothing") | {"query_string": b"text=\xff\xe4&\x01=2"}
    sent = answer(scope, sending())
    assert sent[0]["status"] == 404
