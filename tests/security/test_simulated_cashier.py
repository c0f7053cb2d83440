"""The simulated cashier leads back to the merchant only, and shows texts as texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from quanyu.modules.payments.simulators import cashier
from quanyu.modules.payments.simulators.book import State, Trade
from quanyu.modules.payments.simulators.wire import Request


@pytest.fixture
def trade() -> Trade:
    return Trade(
        provider="wechatpay",
        scene="h5",
        app_id="wx0",
        out_trade_no="O-1",
        amount_fen=100,
        subject="<script>alert(1)</script>",
        notify_url="https://shop.example/api/payments/v1/notify/wechat",
        return_url="https://shop.example/mall/",
        prepay_id="wx1",
        trade_no="4200",
        created_at=datetime.now(UTC).isoformat(),
        expires_at=(datetime.now(UTC) + timedelta(minutes=5)).isoformat(),
        state=State.SUCCESS,
    )


def asked(url: str) -> Request:
    return Request(
        method="GET", target="/cashier/wechatpay/wx1?" + urlencode({"redirect_url": url}), headers={}, body=b""
    )


def page_for(url: str, trade: Trade) -> str:
    return cashier.page(asked(url), trade, merchant="x", expired=False).body.decode()


OWN = [
    "https://shop.example/orders/7?x=1",
    "http://127.0.0.1:8000/mall/",
    "http://localhost:5173/#/pay",
    "http://[::1]/",
]
FOREIGN = ["https://evil.example/", "https://shop.example.evil.example/", "http://127.0.0.1.evil.example/"]
NO_ADDRESS = [
    "//evil.example", "javascript:alert(1)", "data:text/html,x", "https://shop.example@evil.example/",
    "https:evil.example", "https://evil.example\\@shop.example/", "http:\\\\evil.example", "https://evil.example%2f@shop.example/",
    "https://shop.example\r\nLocation: https://evil.example", "https://[::1", "https://", " https://evil.example",
]  # fmt: skip


@pytest.mark.parametrize("url", OWN)
def test_the_payer_is_led_back_to_the_shop(trade, url):
    assert cashier.return_url(asked(url), trade) == url
    assert 'http-equiv="refresh"' in page_for(url, trade)


@pytest.mark.parametrize("url", FOREIGN)
def test_elsewhere_he_goes_by_a_link_that_names_the_place(trade, url):
    page = page_for(url, trade)
    assert 'http-equiv="refresh"' not in page
    assert f">{url.split('/')[2]}</a>" in page


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_plain_address_leads_nowhere(trade, url):
    without = replace(trade, return_url="")
    assert cashier.return_url(asked(url), without) == ""
    page = page_for(url, without)
    assert 'http-equiv="refresh"' not in page
    assert 'class="back"' not in page


def test_names_are_texts(trade):
    page = cashier.page(asked('https://shop.example/"><script>1</script>'), trade, merchant="<b>x</b>", expired=False)
    assert b"<script>" not in page.body
    assert b"<b>x</b>" not in page.body
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
