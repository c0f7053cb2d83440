"""The bridge's HTTP side, on 127.0.0.1 only: a token, a list of origins, one job per id.

Browsers ask first (CORS, and Chromium's private network access). Another page of the same computer knows no token and
is of another origin; a name that was pointed at 127.0.0.1 (DNS rebinding) shows in ``Host``.
"""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from quanyu.entrypoints.print_bridge.printers import Printer, PrinterGone
from quanyu.entrypoints.print_bridge.spool import Spool

HOST = "127.0.0.1"
JOB_BYTES_MAX = 256 * 1024
AGAIN_S = 2.0
TOKEN_HEADER = "X-Bridge-Token"  # noqa: S105 (a header's name)


@dataclass
class Bridge:
    """What the requests and the printing thread share."""

    spool: Spool
    printer: Printer
    token: str
    origins: Collection[str]
    problem: str = ""
    wake: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)

    def print_all(self) -> None:
        """Print what waits until told to stop; a printer that is away is asked again."""
        while not self.stopping.is_set():
            self.wake.clear()
            self.spool.tidy()
            for job in self.spool.waiting():
                if not self._print(job):
                    break
            self.wake.wait(AGAIN_S)

    def _print(self, job: UUID) -> bool:
        data = self.spool.begin(job)
        try:
            self.printer.write(data)
        except PrinterGone as gone:
            self.problem = str(gone)
            if gone.begun:
                self.spool.doubt(job)
            else:
                self.spool.give_back(job)
            return False
        self.problem = ""
        self.spool.finish(job)
        return True


def server(bridge: Bridge, *, port: int) -> ThreadingHTTPServer:
    """Return the server, listening; ``port`` 0 takes a free one."""

    class Handler(_Handler):
        pass

    Handler.bridge = bridge
    return ThreadingHTTPServer((HOST, port), Handler)


class _Handler(BaseHTTPRequestHandler):
    bridge: Bridge
    protocol_version = "HTTP/1.1"

    def do_OPTIONS(self) -> None:
        """Answer the browser's question whether this page may ask."""
        if self._is_known_page():
            self._answer(HTTPStatus.NO_CONTENT)
        else:
            self._refuse(HTTPStatus.FORBIDDEN, "bridge.origin")

    def do_GET(self) -> None:
        """``/status``: how the printer is; ``/jobs/<id>``: where a job stands."""
        if not self._may_enter():
            return
        if self.path == "/status":
            waiting = len(self.bridge.spool.waiting())
            self._answer(HTTPStatus.OK, {"waiting": waiting, "problem": self.bridge.problem})
            return
        job = self._job()
        state = self.bridge.spool.state(job) if job else None
        if state is None:
            self._refuse(HTTPStatus.NOT_FOUND, "bridge.job_unknown")
        else:
            self._answer(HTTPStatus.OK, {"state": state.value, "problem": self.bridge.problem})

    def do_POST(self) -> None:
        """``/jobs/<id>`` with the bytes to print: kept, then printed. The same id again is the same job."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= JOB_BYTES_MAX:
            self.close_connection = True
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "bridge.size")
            return
        data = self.rfile.read(length)
        if not self._may_enter():
            return
        job = self._job()
        if job is None:
            self._refuse(HTTPStatus.NOT_FOUND, "bridge.job_unknown")
            return
        is_new = self.bridge.spool.take(job, data)
        self.bridge.wake.set()
        state = self.bridge.spool.state(job)
        self._answer(HTTPStatus.ACCEPTED if is_new else HTTPStatus.OK, {"state": state and state.value})

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the screen is the shop's."""

    def _job(self) -> UUID | None:
        head, _, text = self.path.rpartition("/")
        try:
            return UUID(text) if head == "/jobs" else None
        except ValueError:
            return None

    def _is_known_page(self) -> bool:
        name, _, _port = self.headers.get("Host", "").partition(":")
        return name in {HOST, "localhost"} and self.headers.get("Origin") in self.bridge.origins

    def _may_enter(self) -> bool:
        if not self._is_known_page():
            self._refuse(HTTPStatus.FORBIDDEN, "bridge.origin")
            return False
        if not hmac.compare_digest(self.headers.get(TOKEN_HEADER, ""), self.bridge.token):
            self._refuse(HTTPStatus.UNAUTHORIZED, "bridge.token")
            return False
        return True

    def _refuse(self, status: HTTPStatus, code: str) -> None:
        self._answer(status, {"code": code})

    def _answer(self, status: HTTPStatus, content: dict[str, Any] | None = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        if self.headers.get("Origin") in self.bridge.origins:
            self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
            self.send_header("Access-Control-Allow-Headers", f"{TOKEN_HEADER}, Content-Type")
            self.send_header("Access-Control-Allow-Methods", "GET, POST")
            self.send_header("Access-Control-Allow-Private-Network", "true")
            self.send_header("Vary", "Origin")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
