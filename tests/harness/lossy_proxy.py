"""A TCP proxy that loses replies: the other side has done what it was asked, and nobody hears of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

# Given what the client sent since the last reply: how many bytes of the reply arrive before the line is cut, or None.
Loses = Callable[[bytes], int | None]
_CHUNK = 65_536


class LossyProxy:
    """Forwards connections to ``host:port`` and cuts both sides of one in the middle of a reply when told to.

    ``lost`` counts the cuts. Runs on an event loop and a thread of its own for the time of a ``with`` block.
    """

    def __init__(self, host: str, port: int, *, loses: Loses) -> None:
        self._upstream, self._loses = (host, port), loses
        self.lost = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="lossy-proxy", daemon=True)
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopped.wait()
        server.close()
        for writer in list(self._writers):
            writer.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = {writer}
        with suppress(OSError, asyncio.CancelledError):
            up_reader, up_writer = await asyncio.open_connection(*self._upstream)
            writers.add(up_writer)
            self._writers |= writers
            asked = bytearray()
            pumps = {
                asyncio.create_task(_requests(reader, up_writer, asked)),
                asyncio.create_task(self._replies(up_reader, writer, asked)),
            }
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        for one in writers:
            one.close()
        self._writers -= writers

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytearray) -> None:
        while reply := await reader.read(_CHUNK):
            request = bytes(asked)
            asked.clear()
            kept = self._loses(request) if request else None
            if kept is not None:
                self.lost += 1
                writer.write(reply[:kept])
                await writer.drain()
                return
            writer.write(reply)
            await writer.drain()


async def _requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytearray) -> None:
    while request := await reader.read(_CHUNK):
        asked += request
        writer.write(request)
        await writer.drain()
