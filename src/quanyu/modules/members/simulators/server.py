"""The HTTP server of the simulated WeChat, with its control interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from quanyu.modules.members.simulators import protocol
from quanyu.modules.members.simulators.book import Book, Fault, FaultKind
from quanyu.modules.members.simulators.protocol import Answer, told

_MAX_BODY = 64 * 1024


def respond(book: Book, method: str, target: str, body: bytes) -> Answer:
    """Answer one request of the shop, of the control interface, or of a probe."""
    parts = urlsplit(target)
    query, content = dict(parse_qsl(parts.query)), _object(body)
    operation = protocol.OPERATIONS.get((method, parts.path))
    if operation is not None:
        return protocol.answer(book, operation, query=query, content=content)
    match method, parts.path:
        case "GET", "/healthz":
            return told({"status": "ok"})
        case "POST", "/control/codes":
            return told({"code": book.give_code(str(content.get("holder", "somebody")))}, 201)
        case "POST", "/control/faults":
            return _plan(book, content)
        case "POST", "/control/reset":
            book.reset()
            return told({"reset": True})
        case _:
            return told({"error": "not found"}, 404)


def _plan(book: Book, content: dict[str, Any]) -> Answer:
    try:
        book.plan(Fault(**{**content, "kind": FaultKind(content.get("kind", ""))}))
    except (TypeError, ValueError) as wrong:
        return told({"error": str(wrong)}, 400)
    return told({"planned": True}, 201)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MAX_BODY:
            self.send_error(413)
            return
        found = respond(self.server.book, self.command, self.path, self.rfile.read(int(length)))
        self.send_response(found.status)
        self.send_header("Content-Type", found.kind)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    do_GET = do_POST = _answer  # noqa: N815 - names that http.server looks up

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: addresses carry secrets."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], book: Book) -> None:
        super().__init__(address, _Handler)
        self.book = book


@contextmanager
def serving(book: Book, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in the background; yields the base URL. Port 0 takes any free one."""
    server = _Server((host, port), book)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
