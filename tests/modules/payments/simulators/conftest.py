"""A simulator and a shop that listens for notifications, both over real HTTP."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import requests

from quanyu.modules.payments.providers.gateway import CodePaymentRequest, PrepayRequest, RefundRequest, Scene
from quanyu.modules.payments.providers.notifications import NotificationRefused
from quanyu.modules.payments.providers.opening import open_gateway
from quanyu.modules.payments.providers.transport import Transport
from quanyu.modules.payments.simulators import keys as simulator_keys
from quanyu.modules.payments.simulators.engine import Engine
from quanyu.modules.payments.simulators.server import serving

AUTH_CODES = {"wechatpay": "13000000000000", "alipay": "28000000000000"}


class Shop:
    """Receives notifications, verifies them and remembers what it believed and what it refused."""

    def __init__(self, gateways):
        self.gateways = gateways
        self.believed = []
        self.refused = []
        self.down = False
        self.url = ""

    def receive(self, provider, headers, body):
        gateway = self.gateways[provider]
        if self.down:
            return SimpleNamespace(status=503, content_type="text/plain", body=b"down")
        try:
            self.believed.append(gateway.parse_notification(headers, body, datetime.now(UTC)))
        except NotificationRefused as refusal:
            self.refused.append(refusal.code)
            return gateway.refuse(refusal.code)
        return gateway.acknowledge()


@contextmanager
def listening(shop):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = shop.receive(self.path.strip("/"), list(self.headers.items()), body)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class Stage:
    """Simulator, shop, gateways, and short ways to act."""

    def __init__(self, engine, address, shop, gateways):
        self.engine, self.address, self.shop, self.gateways = engine, address, shop, gateways
        self._count = 0

    def number(self):
        self._count += 1
        return f"XS26112200010{self._count:05d}"

    def order(self, provider, **changes):
        terms = {
            "out_trade_no": self.number(),
            "amount_fen": 1234,
            "subject": "牛奶 & 面包 <b>",
            "scene": Scene.JSAPI,
            "notify_url": f"{self.shop.url}/{provider}",
            "expires_at": datetime.now(UTC) + timedelta(minutes=15),
            "payer_id": "oPayer1",
        }
        return PrepayRequest(**{**terms, **changes})

    def code(self, provider, ending="0000", **changes):
        terms = {
            "out_trade_no": self.number(),
            "amount_fen": 1234,
            "subject": "牛奶",
            "auth_code": AUTH_CODES[provider] + ending,
            "store_id": "S01",
            "terminal_id": "T01",
        }
        return CodePaymentRequest(**{**terms, **changes})

    def paid_order(self, provider, **changes):
        request = self.order(provider, **changes)
        self.gateways[provider].prepay(request)
        self.control("POST", f"trades/{provider}/{request.out_trade_no}/pay")
        return request

    def refund_of(self, request, amount_fen, number="TK1", **changes):
        return RefundRequest(
            out_trade_no=request.out_trade_no,
            out_refund_no=number,
            amount_fen=amount_fen,
            total_fen=request.amount_fen,
            **changes,
        )

    def control(self, method, path, content=None):
        answer = requests.request(method, f"{self.address}/control/{path}", json=content, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, kind, **terms):
        return self.control("POST", "faults", {"kind": kind, **terms})

    @staticmethod
    def until(condition, seconds=10.0):
        """Wait for what happens in the background; the condition's value is returned."""
        end = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.01)
        return value


@pytest.fixture(scope="session")
def keys():
    return simulator_keys.generate()


@pytest.fixture
def stage(keys):
    engine = Engine(keys, speed=200, refund_seconds=0.05)
    with serving(engine) as address:
        transport = Transport(connect_timeout_s=2, read_timeout_s=1)
        gateways = {
            "wechatpay": open_gateway(simulator_keys.wechatpay_config(keys, address), transport=transport),
            "alipay": open_gateway(simulator_keys.alipay_config(keys, address), transport=transport),
        }
        shop = Shop(gateways)
        with listening(shop):
            yield Stage(engine, address, shop, gateways)


@pytest.fixture(params=["wechatpay", "alipay"])
def provider(request):
    return request.param


@pytest.fixture
def gateway(stage, provider):
    return stage.gateways[provider]
