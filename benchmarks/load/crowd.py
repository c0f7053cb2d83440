"""A crowd of clients in a closed loop: each has one connection, asks, waits for the answer, asks again.

What a client does is a deed: a generator that yields requests and is sent the answers. One thread and one selector
carry all of them.
"""

from __future__ import annotations

import heapq
import itertools
import json
import selectors
import socket
import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.load.http1 import Answers, Reply

# Who has not been answered by then never will be.
ANSWER_S_MAX = 60.0


class Ask(NamedTuple):
    """A request, the step of the deed it belongs to, and how long the client thinks before it sends."""

    step: str
    data: bytes
    after_s: float = 0.0


class Failed(Exception):
    """The deed ends here: this was refused, or went wrong."""

    def __init__(self, step: str, reply: Reply) -> None:
        super().__init__(step, reply.status, reply.body[:300])
        self.reason = f"{step}: {reply.status} {_code(reply.body)}".rstrip()


Deed = Generator[Ask, Reply, None]
Maker = Callable[[], Deed]


@dataclass
class Tally:
    """What a crowd did. Latencies in seconds: of whole deeds that succeeded, and of every step."""

    deeds: array[float] = field(default_factory=lambda: array("d"))
    steps: dict[str, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu_s: float = 0.0

    @property
    def done(self) -> int:
        """How many deeds succeeded."""
        return len(self.deeds)

    @property
    def per_second(self) -> float:
        """Deeds that succeeded, per second."""
        return self.done / self.seconds if self.seconds else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all does not exceed (nearest rank); nan of none."""
    if not values:
        return float("nan")
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]


class _Client:
    """One connection and what it does at the moment."""

    def __init__(self, address: tuple[str, int], make: Maker) -> None:
        self._address, self._make = address, make
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(self._address, timeout=ANSWER_S_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = Answers()

    def begin(self) -> Ask:
        """Take up a new deed; return what it asks first."""
        self._began = time.perf_counter()
        self._deed = self._make()
        return next(self._deed)

    def send(self, ask: Ask) -> None:
        self._step, self._asked = ask.step, time.perf_counter()
        self.socket.sendall(ask.data)

    def receive(self, tally: Tally) -> Reply | None:
        """Take what came; return the answer when it is whole. Raises ``ConnectionError`` when the other side left."""
        received = self.socket.recv(1 << 16)
        if not received:
            raise ConnectionError("closed by the server")
        reply = self._answers.feed(received)
        if reply is not None:
            tally.steps[self._step].append(time.perf_counter() - self._asked)
        return reply

    def go_on(self, reply: Reply, tally: Tally) -> Ask | None:
        """Return what the deed asks next, or nothing when it is over."""
        try:
            return self._deed.send(reply)
        except StopIteration:
            tally.deeds.append(time.perf_counter() - self._began)
        except Failed as failure:
            tally.errors[failure.reason] += 1
        return None

    def give_up(self) -> str:
        """End the deed of a lost connection; return the step it was lost in."""
        self._deed.close()
        self.socket.close()
        return self._step


class _Floor:
    """Where all clients are: who waits for an answer, and who thinks before the next request."""

    def __init__(self, selector: selectors.BaseSelector, tally: Tally, *, until: float) -> None:
        self._selector, self._tally, self._until = selector, tally, until
        self._thinking: list[tuple[float, int, _Client, Ask]] = []
        self._numbers = itertools.count()
        self._busy = 0

    def serve(self, clients: Sequence[_Client]) -> None:
        """Let all of them do one deed after the other until time is up and the last deed is over."""
        for client in clients:
            self._selector.register(client.socket, selectors.EVENT_READ, client)
            self._begin(client)
        while self._busy:
            patience_s = max(0.0, self._thinking[0][0] - time.perf_counter()) if self._thinking else ANSWER_S_MAX
            ready = self._selector.select(patience_s)
            if not ready and not self._thinking:
                raise TimeoutError(f"{self._busy} clients wait for an answer since {ANSWER_S_MAX:.0f} s")
            while self._thinking and self._thinking[0][0] <= time.perf_counter():
                _, _, client, ask = heapq.heappop(self._thinking)
                client.send(ask)
            for key, _ in ready:
                self._answered(key.data)

    def _begin(self, client: _Client) -> None:
        if time.perf_counter() < self._until:
            self._busy += 1
            self._ask(client, client.begin())

    def _ask(self, client: _Client, ask: Ask) -> None:
        if ask.after_s:
            heapq.heappush(self._thinking, (time.perf_counter() + ask.after_s, next(self._numbers), client, ask))
        else:
            client.send(ask)

    def _answered(self, client: _Client) -> None:
        try:
            reply = client.receive(self._tally)
        except OSError as failure:
            self._selector.unregister(client.socket)
            self._tally.errors[f"{client.give_up()}: {type(failure).__name__}"] += 1
            client.connect()
            self._selector.register(client.socket, selectors.EVENT_READ, client)
        else:
            if reply is None:
                return
            ask = client.go_on(reply, self._tally)
            if ask is not None:
                self._ask(client, ask)
                return
        self._busy -= 1
        self._begin(client)


def run(address: tuple[str, int], makers: Sequence[Maker], *, seconds: float) -> Tally:
    """Let one client per maker do deeds for so long; deeds that have begun are finished, and counted.

    Raises ``TimeoutError`` when answers do not come at all.
    """
    tally = Tally()
    clients = [_Client(address, make) for make in makers]
    cpu, start = time.process_time(), time.perf_counter()
    try:
        with selectors.DefaultSelector() as selector:
            _Floor(selector, tally, until=start + seconds).serve(clients)
    finally:
        for client in clients:
            client.socket.close()
    tally.seconds = time.perf_counter() - start
    tally.cpu_s = time.process_time() - cpu
    return tally


def expect(ask_step: str, reply: Reply, status: int) -> Reply:
    """Return the reply when it is the expected one. Raises ``Failed``."""
    if reply.status != status:
        raise Failed(ask_step, reply)
    return reply


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return ""
