"""What all streams share: places, signs of life, and an end for whoever hung up, does not read or lost the right."""

from __future__ import annotations

import asyncio

import pytest

from quanyu.platform.http import streams


class Given:
    """A source that gives what it was told to."""

    def __init__(self, *parts):
        self.parts = list(parts)
        self.closed = 0

    async def next(self):
        if not self.parts:
            await asyncio.Event().wait()
        return self.parts.pop(0)

    def idle(self):
        return b":\n\n"

    def close(self):
        self.closed += 1


class Client:
    """The other end of one connection. ``reads`` false: it takes nothing after the headers."""

    def __init__(self, *, address="192.0.2.1", reads=True):
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/test/live",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"accept-language", b"en")],
            "client": (address, 1),
        }
        self.status, self.headers, self.body, self.ended = 0, {}, b"", False
        self.reads = reads
        self._arrived, self._hung_up = asyncio.Condition(), asyncio.Event()
        self._asked = False

    def hang_up(self):
        self._hung_up.set()

    async def receive(self):
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        if not self.reads:
            await asyncio.Event().wait()
        async with self._arrived:
            self.body += message["body"]
            self.ended = not message.get("more_body", False)
            self._arrived.notify_all()

    async def got(self, wanted):
        """Wait until a text has arrived."""
        async with asyncio.timeout(5), self._arrived:
            await self._arrived.wait_for(lambda: wanted in self.body)


def route(source, *, may_stay=None, per_process=10, per_address=10):
    async def opened(request):
        return streams.Opened(source, may_stay)

    room = streams.Room(per_process=per_process, per_address=per_address)
    return streams.LiveRoute("api/test/live", opened, room=room)


def asked(live, client):
    return asyncio.create_task(live(client.scope, client.receive, client.send))


def test_events_go_out_as_they_come_and_a_reader_who_hangs_up_lets_go():
    async def run():
        source, client = Given(b"data: 1\n\n", b"data: 2\n\n"), Client()
        stream = asked(route(source), client)
        await client.got(b"data: 2\n\n")
        assert client.body == b"retry: 2000\n\ndata: 1\n\ndata: 2\n\n"
        assert (client.status, client.headers[b"content-type"]) == (200, b"text/event-stream; charset=utf-8")
        assert (client.headers[b"cache-control"], client.headers[b"x-accel-buffering"]) == (b"no-store", b"no")
        assert source.closed == 0
        client.hang_up()
        assert await stream is None
        assert source.closed == 1

    asyncio.run(run())


def test_a_source_that_ends_ends_the_answer():
    async def run():
        source, client = Given(b"data: 1\n\n", None), Client()
        await asked(route(source), client)
        assert (client.body, client.ended, source.closed) == (b"retry: 2000\n\ndata: 1\n\n", True, 1)

    asyncio.run(run())


def test_a_quiet_stream_shows_that_it_lives(monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.01)

    async def run():
        client = Client()
        stream = asked(route(Given()), client)
        await client.got(b":\n\n:\n\n")
        client.hang_up()
        assert await stream is None

    asyncio.run(run())


def test_the_more_readers_the_less_often_each_is_told(monkeypatch):
    monkeypatch.setattr(streams, "FRAMES_PER_S_MAX", 20)

    async def run():
        began = asyncio.get_running_loop().time()
        live = route(Given(*[b"data: 1\n\n"] * 4, None, None))
        both = [Client(), Client()]
        await asyncio.gather(*(asked(live, client) for client in both))
        taken = asyncio.get_running_loop().time() - began
        # Four events over two streams at twenty a second.
        assert [client.body.count(b"data") for client in both] == [2, 2]
        assert 0.19 < taken < 2

    asyncio.run(run())


def test_who_does_not_read_is_dropped(monkeypatch):
    monkeypatch.setattr(streams, "SEND_S_MAX", 0.05)

    async def run():
        source, client = Given(b"data: 1\n\n"), Client(reads=False)
        async with asyncio.timeout(2):
            await asked(route(source), client)
        assert source.closed == 1

    asyncio.run(run())


def test_a_right_that_ends_ends_the_stream(monkeypatch):
    monkeypatch.setattr(streams, "RECHECK_S", 0.02)
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.005)
    answers = [True, True, False]

    async def may_stay():
        return answers.pop(0)

    async def run():
        client = Client()
        await asked(route(Given(), may_stay=may_stay), client)
        assert client.body.endswith(b'event: closed\ndata: {"reason":"signed_out"}\n\n')
        assert client.ended
        assert answers == []

    asyncio.run(run())


def test_a_stream_ends_after_its_time_so_that_another_server_gets_its_share(monkeypatch):
    monkeypatch.setattr(streams, "LIFETIME_S", 0.05)
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.01)

    async def run():
        client = Client()
        await asked(route(Given()), client)
        assert client.ended

    asyncio.run(run())


@pytest.mark.parametrize(
    ("limits", "addresses", "status", "code"),
    [
        ({"per_address": 2}, ["192.0.2.1"] * 3, 429, b"streams.too_many"),
        ({"per_address": 2}, ["2001:db8::1", "2001:db8::2", "2001:db8::3"], 429, b"streams.too_many"),
        ({"per_process": 2}, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], 503, b"streams.full"),
    ],
)
def test_one_stream_too_many_is_refused_and_a_place_that_is_left_is_free(limits, addresses, status, code):
    async def run():
        live = route(Given(), **limits)
        inside = [Client(address=address) for address in addresses[:2]]
        streaming = [asked(live, client) for client in inside]
        for client in inside:
            await client.got(b"retry")
        refused = Client(address=addresses[2])
        await asked(live, refused)
        assert (refused.status, refused.headers[b"retry-after"]) == (status, b"30")
        assert code in refused.body
        inside[0].hang_up()
        await streaming[0]
        late = Client(address=addresses[2])
        streaming.append(asked(live, late))
        await late.got(b"retry")
        for client in (inside[1], late):
            client.hang_up()
        await asyncio.gather(*streaming)

    asyncio.run(run())


def test_what_the_handler_refuses_takes_no_place():
    async def refused(request):
        raise streams.StreamsFull(retry_after_s=60)

    async def run():
        room = streams.Room(per_process=1, per_address=1)
        live = streams.LiveRoute("api/test/live", refused, room=room)
        for _ in range(3):
            client = Client()
            await asked(live, client)
            assert (client.status, client.headers[b"retry-after"]) == (503, b"60")
            assert b"streams.full" in client.body

    asyncio.run(run())
