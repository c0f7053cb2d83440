"""The page where a person pays, the control interface, the process and its files."""

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from quanyu.modules.payments.providers.gateway import Outcome, PaymentKind, RefundOutcome, Scene
from quanyu.modules.payments.providers.opening import open_gateway
from quanyu.modules.payments.simulators import keys as simulator_keys
from quanyu.modules.payments.simulators.engine import Engine
from quanyu.modules.payments.simulators.server import serving

PREPAID = PaymentKind.PREPAID
SCENES = {Scene.JSAPI: "cashier_url", Scene.NATIVE: "code_url", Scene.H5: "redirect_url"}


def get(url, **headers):
    return requests.get(url, headers=headers, timeout=5)


def button(page, name):
    """Address of the form with this button."""
    found = re.search(rf'action="([^"]+/{name}\?[^"]*)"', page.text)
    assert found, page.text
    return found[1].replace("&amp;", "&")


@pytest.mark.parametrize(("scene", "address"), SCENES.items())
def test_a_person_pays_on_the_page_in_every_scene(stage, provider, gateway, scene, address):
    request = stage.order(provider, scene=scene, return_url="https://shop.example/orders/1?a=b")
    page = get(getattr(gateway.prepay(request), address))
    assert page.status_code == 200
    assert "12.34" in page.text
    assert stage.engine.merchant_name in page.text
    assert "牛奶 &amp; 面包 &lt;b&gt;" in page.text
    assert request.out_trade_no in page.text
    done = requests.post(stage.address + button(page, "pay"), timeout=5)
    assert "支付成功" in done.text
    assert 'action="' not in done.text
    assert stage.until(lambda: stage.shop.believed)[0].amount_fen == 1234
    assert gateway.query(request.out_trade_no, kind=PREPAID).outcome is Outcome.PAID
    if scene is not Scene.NATIVE:  # who scanned a code is in front of the till already
        assert "https://shop.example/orders/1?a=b" in done.text


def test_a_person_cancels_and_may_still_pay(stage, provider, gateway):
    request = stage.order(provider)
    page = get(gateway.prepay(request).cashier_url)
    cancelled = requests.post(stage.address + button(page, "cancel"), timeout=5)
    assert "已取消支付" in cancelled.text
    assert gateway.query(request.out_trade_no, kind=PREPAID).outcome is Outcome.WAITING
    assert stage.shop.believed == []
    done = requests.post(stage.address + button(cancelled, "pay"), timeout=5)
    assert "支付成功" in done.text


def test_the_page_speaks_english_and_chinese(stage, provider, gateway):
    url = gateway.prepay(stage.order(provider)).cashier_url
    english = get(url, **{"Accept-Language": "en-GB,en;q=0.9"})
    assert '<html lang="en">' in english.text
    assert ">Pay</button>" in english.text
    assert ">Cancel</button>" in english.text
    chinese = get(url, **{"Accept-Language": "zh-CN"})
    assert ">支付</button>" in chinese.text
    assert ">取消</button>" in chinese.text
    assert '<html lang="zh">' in get(f"{url}?lang=zh", **{"Accept-Language": "en"}).text


def test_the_page_needs_nothing_from_outside_and_runs_no_script(stage, provider, gateway):
    page = get(gateway.prepay(stage.order(provider)).cashier_url)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script|src=|@import|url\(", page.text)


def test_the_way_back_is_a_web_address_or_nothing(stage):
    gateway = stage.gateways["wechatpay"]
    url = gateway.prepay(stage.order("wechatpay")).cashier_url
    evil = get(f"{url}?redirect_url=javascript:alert(1)&done=cancelled")
    assert 'href="javascript' not in evil.text


def test_an_unknown_page_says_so(stage, provider):
    page = get(f"{stage.address}/cashier/{provider}/wxunknown")
    assert page.status_code == 404
    assert "订单不存在" in page.text


def test_pressing_pay_twice_pays_once(stage, provider, gateway):
    request = stage.order(provider)
    page = get(gateway.prepay(request).cashier_url)
    for _ in range(2):
        assert "支付成功" in requests.post(stage.address + button(page, "pay"), timeout=5).text
    stage.until(lambda: stage.shop.believed)
    assert len(stage.control("GET", "deliveries")) == 1


def test_an_altered_alipay_link_opens_no_trade(stage):
    link = stage.gateways["alipay"].prepay(stage.order("alipay", scene=Scene.H5)).redirect_url
    assert get(link.replace("12.34", "00.01")).status_code == 400
    assert stage.control("GET", "trades") == []


def test_with_autopay_the_demo_pays_by_itself_until_told_otherwise(stage, provider, gateway):
    stage.control("POST", "autopay", {"seconds": 0.05})
    request = stage.order(provider)
    gateway.prepay(request)
    assert stage.until(lambda: stage.shop.believed)[0].out_trade_no == request.out_trade_no
    stage.control("POST", "autopay", {"seconds": None})
    other = stage.order(provider)
    gateway.prepay(other)
    assert gateway.query(other.out_trade_no, kind=PREPAID).outcome is Outcome.WAITING


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "faults", {"kind": "nonsense"}, 400),
        ("POST", "faults", {"kind": "slow", "colour": "red"}, 400),
        ("POST", "faults", {"kind": "forged_callback", "forgery": "nonsense"}, 400),
        ("POST", "trades/alipay/NOBODY/pay", {}, 409),
        ("GET", "nonsense", None, 404),
        ("DELETE", "faults/x", None, 400),
    ],
)
def test_an_instruction_that_makes_no_sense_is_refused(stage, method, path, content, status):
    answer = requests.request(method, f"{stage.address}/control/{path}", json=content, timeout=5)
    assert answer.status_code == status
    assert stage.control("GET", "faults") == []


def test_faults_are_listed_removed_and_forgotten_by_reset(stage):
    first = stage.fault("slow", seconds=1)
    stage.fault("lost_reply")
    stage.control("DELETE", f"faults/{first['id']}")
    assert [fault["kind"] for fault in stage.control("GET", "faults")] == ["lost_reply"]
    stage.paid_order("wechatpay")
    stage.control("POST", "reset")
    assert stage.control("GET", "faults") == []
    assert stage.control("GET", "trades") == []
    assert "wrong_key" in stage.control("GET", "forgeries")["alipay"]


def test_keys_are_made_once_kept_private_and_survive_a_rotation(tmp_path):
    keys = simulator_keys.load_or_create(tmp_path / "sim")
    assert simulator_keys.load_or_create(tmp_path / "sim") == keys
    file = tmp_path / "sim" / simulator_keys.FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    simulator_keys.save(tmp_path / "sim", keys.rotated())
    rotated = simulator_keys.load_or_create(tmp_path / "sim")
    assert (len(rotated.platform), rotated.platform[0]) == (2, keys.platform[0])
    assert [path.name for path in file.parent.iterdir()] == [simulator_keys.FILE_NAME]


def test_trades_and_refunds_under_way_survive_a_restart(stage, keys, tmp_path):
    book_file = tmp_path / "trades.json"
    order = stage.order("wechatpay", notify_url="http://127.0.0.1:1/nobody")
    first = Engine(keys, book_file=book_file, refund_seconds=60)
    with serving(first) as address:
        gateway = open_gateway(simulator_keys.wechatpay_config(keys, address))
        gateway.prepay(order)
        first.pay(first.book.find("wechatpay", order.out_trade_no))
        assert gateway.refund(stage.refund_of(order, 234)).outcome is RefundOutcome.PROCESSING
    with serving(Engine(keys, book_file=book_file, refund_seconds=0)) as address:
        gateway = open_gateway(simulator_keys.wechatpay_config(keys, address))
        stage.until(lambda: gateway.query_refund(order.out_trade_no, "TK1").outcome is RefundOutcome.SUCCEEDED)
        found = gateway.query(order.out_trade_no, kind=PREPAID)
        assert (found.outcome, found.amount_fen) == (Outcome.REFUNDED, 1234)


def test_the_command_serves_until_it_is_told_to_stop(tmp_path):
    source = Path(simulator_keys.__file__).parents[4]
    command = [sys.executable, "-m", "quanyu.modules.payments.simulators", "--port", "0", "--state-dir", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)[0]
        try:
            assert get(f"{address}/healthz").json() == {"status": "ok"}
            gateway = open_gateway(simulator_keys.wechatpay_config(simulator_keys.load_or_create(tmp_path), address))
            assert gateway.query("XS99999999", kind=PREPAID).outcome is Outcome.ABSENT
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
