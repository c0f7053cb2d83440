"""The simulated tracking service: Kuaidi100's query, its signature checked, with faults to order."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from quanyu.modules.fulfilment.providers.kuaidi100 import PATH, PHONE_WANTED, Kuaidi100Config, sign
from quanyu.modules.fulfilment.simulators.journeys import journey

CUSTOMER, KEY = "QUANYUDEMO", "quanyu-demo-key"
_CHINA = ZoneInfo("Asia/Shanghai")
_SENDERS = {
    "shunfeng": "【顺丰速运】",
    "zhongtong": "【中通快递】",
    "yuantong": "【圆通速递】",
    "yunda": "【韵达快递】",
}
_MAX_BODY = 64 * 1024
# What can go wrong: no answer, an error page, no JSON, too many questions, another parcel's way, each event twice.
FAULTS = ("hang_up", "server_error", "garbage", "rate_limit", "another_parcel", "twice", "slow", "unknown")


def config(base_url: str) -> Kuaidi100Config:
    """Return the account that the simulator knows."""
    return Kuaidi100Config(customer=CUSTOMER, key=KEY, base_url=base_url)


class Service:
    """What the service knows: when it saw a number first (kept in a file), and which faults are planned."""

    def __init__(self, *, book_file: Path | None = None) -> None:
        self._file = book_file
        self._lock = threading.Lock()
        self._seen: dict[str, str] = {}
        self._faults: list[str] = []
        self.asked = 0
        self.slow_seconds = 5.0
        self.ahead_seconds = 0.0
        if book_file is not None and book_file.exists():
            self._seen = json.loads(book_file.read_text("utf-8"))

    def plan(self, fault: str, times: int = 1) -> None:
        """Let the next questions meet this fault."""
        with self._lock:
            self._faults += [fault] * times

    def fault(self) -> str:
        """Take the next planned fault."""
        with self._lock:
            self.asked += 1
            return self._faults.pop(0) if self._faults else ""

    def answer(self, form: dict[str, str], fault: str) -> dict[str, Any]:
        """Answer a query in the service's words."""
        param = form.get("param", "")
        if form.get("customer") != CUSTOMER or form.get("sign") != sign(param, config("")):
            return _refused("503", "验证签名失败")
        if fault == "rate_limit":
            return _refused("601", "POLL:KEY已过期或单量不足")
        asked = json.loads(param)
        number, carrier = str(asked["num"]), str(asked["com"])
        if carrier in PHONE_WANTED and not re.fullmatch("[0-9]{4}", str(asked.get("phone", ""))):
            return _refused("408", "快递公司参数异常：验证码错误")
        if fault == "unknown":
            return _refused("500", "查询无结果，请隔段时间再查")
        now = datetime.fromtimestamp(time.time() + self.ahead_seconds, UTC)
        way = journey(number, first_seen=self._first_seen(number, now), sender=_SENDERS.get(carrier, "【快递】"))
        past = [said for said in way if said.at <= now][::-1]
        if not past:
            return _refused("500", "查询无结果，请隔段时间再查")
        told = past * 2 if fault == "twice" else past
        return {
            "message": "ok",
            "nu": "0000" if fault == "another_parcel" else number,
            "ischeck": "1" if past[0].state == "3" else "0",
            "com": carrier,
            "status": "200",
            "state": past[0].state,
            "data": [{"time": _time(one.at), "ftime": _time(one.at), "context": one.text} for one in told],
        }

    def _first_seen(self, number: str, now: datetime) -> datetime:
        with self._lock:
            if number not in self._seen:
                self._seen[number] = now.isoformat()
                if self._file is not None:
                    self._file.write_text(json.dumps(self._seen), "utf-8")
            return datetime.fromisoformat(self._seen[number])


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"result": False, "returnCode": code, "message": message}


def _time(at: datetime) -> str:
    return f"{at.astimezone(_CHINA):%Y-%m-%d %H:%M:%S}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if length > _MAX_BODY or self.path != PATH:
            self.send_error(404)
            return
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        service = self.server.service
        fault = service.fault()
        if fault == "hang_up":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(service.slow_seconds)
        if fault == "server_error":
            self._send(502, b"<html>Bad Gateway</html>")
        elif fault == "garbage":
            self._send(200, b"<html>\xff\xfe maintenance</html>")
        else:
            self._send(200, json.dumps(service.answer(form, fault), ensure_ascii=False).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: numbers of parcels are nobody's business."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        super().__init__(address, _Handler)
        self.service = service


@contextmanager
def serving(service: Service, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in the background; yields the base URL. Port 0 takes any free one."""
    server = _Server((host, port), service)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
