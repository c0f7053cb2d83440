"""The crowd asks, waits, thinks, and counts what it was told, before a server that is nothing but a thread."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import pytest

from benchmarks.load import crowd, http1
from benchmarks.load.crowd import Ask, Deed, expect


class Shop(socketserver.StreamRequestHandler):
    """Answers by path: /ok 200, /no 409 with a code, /gone hangs up."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            if b"/gone" in line:
                return
            status, body = (b"200 OK", b"{}") if b"/ok" in line else (b"409 No", b'{"code": "sold_out"}')
            self.wfile.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))


@pytest.fixture
def shop() -> Iterator[tuple[str, int]]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address
        server.shutdown()


def asking(*steps: str, think_s: float = 0.0) -> Deed:
    for step in steps:
        request = http1.request(http1.template("GET", f"/{step}", {"Host": "x"}))
        expect(step, (yield Ask(step, request, think_s)), 200)


def test_deeds_and_their_steps_are_counted(shop):
    tally = crowd.run(shop, [lambda: asking("ok", "ok")] * 3, seconds=0.1)
    # Whoever has begun ends: two steps to every deed.
    assert len(tally.steps["ok"]) == 2 * tally.done
    assert (tally.done > 0, dict(tally.errors)) == (True, {})


def test_refusals_are_counted_by_code_and_end_the_deed(shop):
    tally = crowd.run(shop, [lambda: asking("no", "ok")], seconds=0.05)
    assert (tally.done, set(tally.errors), len(tally.steps["ok"])) == (0, {"no: 409 sold_out"}, 0)


def test_a_lost_connection_is_an_error_and_the_client_comes_back(shop):
    turns = iter(["gone"])
    tally = crowd.run(shop, [lambda: asking(next(turns, "ok"))], seconds=0.1)
    assert (dict(tally.errors), tally.done > 0) == ({"gone: ConnectionError": 1}, True)


def test_a_client_that_thinks_does_not_hold_up_the_others(shop):
    tally = crowd.run(shop, [lambda: asking("ok", think_s=0.2), lambda: asking("ok")], seconds=0.1)
    assert (tally.done > 1, tally.seconds >= 0.2) == (True, True)
