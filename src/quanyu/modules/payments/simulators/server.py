"""The one HTTP server of the simulators."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.simulators import alipay, cashier
from quanyu.modules.payments.simulators.book import Refused, Trade
from quanyu.modules.payments.simulators.control import PREFIX, Control
from quanyu.modules.payments.simulators.engine import Engine
from quanyu.modules.payments.simulators.wire import Request, Response, json_response

_MAX_BODY = 1024 * 1024
_PROVIDERS = ("wechatpay", "alipay")


class Application:
    """Sends each request to the protocol, the cashier or the control interface."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._control = Control(engine)

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == alipay.PATH and request.method == "GET":
            return self._engine.open_alipay_page(request)
        protocol = self._engine.protocol_for(request)
        if protocol:
            return self._engine.answer(protocol, request)
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        if request.path == "/healthz":
            return json_response({"status": "ok"})
        match request.path.strip("/").split("/"):
            case ["cashier", "wechatpay", "invoke"] if request.method == "POST":
                return self._invoke(request.json())
            case ["cashier", provider, prepay_id, *deed] if provider in _PROVIDERS and len(deed) < 2:
                return self._cashier(request, provider, prepay_id, "".join(deed))
            case _:
                return json_response({"error": "not found"}, 404)

    def _cashier(self, request: Request, provider: str, prepay_id: str, deed: str) -> Response:
        engine = self._engine
        try:
            trade = engine.book.find_by_prepay_id(provider, prepay_id)
        except Refused:
            return cashier.absent(request, provider)
        if request.method == "GET" and not deed:
            if trade.asleep:
                engine.book.wake(trade)
            expired = engine.now() > datetime.fromisoformat(trade.expires_at)
            return cashier.page(request, trade, merchant=engine.merchant_name, expired=expired)
        if request.method == "POST" and deed == "cancel":
            return cashier.back_to_page(request, trade, "cancelled")
        if request.method == "POST" and deed == "pay":
            self._pay(trade)
            return cashier.back_to_page(request, trade, "")
        return json_response({"error": "not found"}, 404)

    def _pay(self, trade: Trade) -> None:
        try:
            self._engine.pay(trade)
        except Refused:
            return  # the page says why: paid already, closed or expired

    def _invoke(self, arguments: dict[str, Any]) -> Response:
        """What wx.requestPayment does first: check the merchant's signature for the payer."""
        text = "".join(f"{arguments.get(name, '')}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
        key = rsa_keys.load_private_key(self._engine.keys.merchant_private_key).public_key()
        prepay_id = str(arguments.get("package", "")).removeprefix("prepay_id=")
        try:
            trade = self._engine.book.find_by_prepay_id("wechatpay", prepay_id)
        except Refused:
            return json_response({"errMsg": "requestPayment:fail no such prepay_id"}, 400)
        genuine = rsa_keys.verifies(key, text.encode(), str(arguments.get("paySign", "")))
        if not genuine or arguments.get("signType") != "RSA" or trade.app_id != arguments.get("appId"):
            return json_response({"errMsg": "requestPayment:fail 支付验证签名失败"}, 400)
        return json_response({"cashier_url": f"{self._engine.base_url}/cashier/wechatpay/{prepay_id}"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MAX_BODY:
            self.send_error(413)
            return
        request = Request(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )
        response = self.server.application.answer(request)
        if response.dropped:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815  # names that http.server looks up

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: addresses carry order numbers, and the control interface tells more."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a fault may hold a request for long after the last test
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        super().__init__(address, _Handler)
        self.application = application

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is part of the game; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(engine: Engine, *, host: str = "127.0.0.1", port: int = 0, public_url: str = "") -> Iterator[str]:
    """Serve in the background; yields the base URL. Port 0 takes any free one."""
    server = _Server((host, port), Application(engine))
    bound = server.server_address[1]
    address = f"http://{'127.0.0.1' if host in ('', '0.0.0.0') else host}:{bound}"  # noqa: S104  # compared, not bound
    engine.base_url = public_url or address
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        engine.close()
        thread.join(timeout=5)
