"""A crowd of clients in a closed loop: each has one connection, asks, waits for the answer, asks again.

What a client does is a deed: a generator that yields requests and is sent the answers. One thread and one selector
carry all of them.
"""

from __future__ import annotations

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
    """A request, and the step of the deed it belongs to."""

    step: str
    data: bytes


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

    def begin(self) -> None:
        self.began = time.perf_counter()
        self._deed = self._make()
        self._send(next(self._deed))

    def go_on(self, tally: Tally) -> bool:
        """Take what came; return whether the deed is over. Raises ``ConnectionError`` when the other side left."""
        received = self.socket.recv(1 << 16)
        if not received:
            raise ConnectionError("closed by the server")
        reply = self._answers.feed(received)
        if reply is None:
            return False
        now = time.perf_counter()
        tally.steps[self._step].append(now - self._asked)
        try:
            ask = self._deed.send(reply)
        except StopIteration:
            tally.deeds.append(now - self.began)
            return True
        except Failed as failure:
            tally.errors[failure.reason] += 1
            return True
        self._send(ask)
        return False

    def gave_up(self) -> str:
        """End the deed of a lost connection; return the step it was lost in."""
        self._deed.close()
        self.socket.close()
        return self._step

    def _send(self, ask: Ask) -> None:
        self._step, self._asked = ask.step, time.perf_counter()
        self.socket.sendall(ask.data)


def run(address: tuple[str, int], makers: Sequence[Maker], *, seconds: float) -> Tally:
    """Let one client per maker do deeds for so long; deeds that have begun are finished, and counted.

    Raises ``TimeoutError`` when answers do not come at all.
    """
    tally = Tally()
    with selectors.DefaultSelector() as selector:
        clients = [_Client(address, make) for make in makers]
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        cpu, start = time.process_time(), time.perf_counter()
        try:
            for client in clients:
                client.begin()
            _serve(selector, tally, busy=len(clients), until=start + seconds)
        finally:
            for client in clients:
                client.socket.close()
        tally.seconds = time.perf_counter() - start
        tally.cpu_s = time.process_time() - cpu
    return tally


def _serve(selector: selectors.BaseSelector, tally: Tally, *, busy: int, until: float) -> None:
    while busy:
        ready = selector.select(ANSWER_S_MAX)
        if not ready:
            raise TimeoutError(f"{busy} clients wait for an answer since {ANSWER_S_MAX:.0f} s")
        for key, _ in ready:
            client: _Client = key.data
            try:
                if not client.go_on(tally):
                    continue
            except OSError as failure:
                selector.unregister(key.fileobj)
                tally.errors[f"{client.gave_up()}: {type(failure).__name__}"] += 1
                if time.perf_counter() < until:
                    client.connect()
                    selector.register(client.socket, selectors.EVENT_READ, client)
            if time.perf_counter() < until:
                client.begin()
            else:
                busy -= 1


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
