"""Alipay: amounts, raw-substring answers, signed texts, links."""

import json
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.alipay import signing
from quanyu.modules.payments.providers.alipay.amounts import to_fen, to_yuan
from quanyu.modules.payments.providers.gateway import Outcome, PrepayRequest, Scene

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**14))
def test_fen_survive_the_way_to_yuan_and_back(fen):
    assert to_fen(to_yuan(fen)) == fen


@pytest.mark.parametrize(("yuan", "fen"), [("0.01", 1), ("12.3", 1230), ("12", 1200), ("0.00", 0), ("88.88", 8888)])
def test_yuan_become_fen_exactly(yuan, fen):
    assert to_fen(yuan) == fen


@pytest.mark.parametrize("yuan", ["", "1.234", "-1.00", "+1", "1e3", "01.00", "1.", ".5", "1,000.00", "١.00", None, 12])
def test_anything_else_is_no_amount(yuan):
    assert to_fen(yuan) is None


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=6), JSON_VALUES, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_the_signed_text_is_the_raw_substring_however_it_was_written(content, sign_first, indent):
    raw = json.dumps(content, ensure_ascii=False, indent=indent).replace("/", "\\/")
    members = [f'"alipay_x_response" : {raw}', '"sign":"S"']
    body = "{ " + " , ".join(reversed(members) if sign_first else members) + " }\n"
    taken = signing.take_apart(body.encode())
    assert taken.signed_text == raw.encode()
    assert (taken.name, taken.content, taken.signature) == ("alipay_x_response", content, "S")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"sign":"S"}',
        b'{"a_response":1,"sign":"S"}',
        b'{"a_response":{},"b_response":{},"sign":"S"}',
        b'{"a_response":{"code":"40004"},"a_response":{"code":"10000"},"sign":"S"}',
        b'{"a_response":{}',
        b'{"a_response":{} "sign":"S"}',
        b"\xff\xfe",
    ],
)
def test_an_answer_of_another_form_is_refused(body):
    with pytest.raises(signing.MalformedAnswer):
        signing.take_apart(body)


def test_requests_sign_sign_type_and_notifications_do_not():
    params = {"b": "2", "a": "1", "empty": "", "sign": "S", "sign_type": "RSA2"}
    assert signing.request_text(params) == b"a=1&b=2&sign_type=RSA2"
    assert signing.notification_text(params) == b"a=1&b=2"


def test_the_h5_link_carries_a_signature_of_all_its_parameters(alipay, keys, now):
    result = alipay.prepay(
        PrepayRequest(
            out_trade_no="XS0001",
            amount_fen=1234,
            subject="牛奶 & 面包",
            scene=Scene.H5,
            notify_url="https://shop.example/pay/alipay",
            expires_at=now + timedelta(minutes=15),
            return_url="https://shop.example/back?o=1",
        )
    )
    assert result.outcome is Outcome.WAITING
    params = dict(parse_qsl(urlsplit(result.redirect_url).query))
    public = rsa_keys.load_private_key(keys.alipay_app_private_key).public_key()
    assert rsa_keys.verifies(public, signing.request_text(params), params["sign"])
    assert params["method"] == "alipay.trade.wap.pay"
    assert params["timestamp"] == "2026-11-22 16:30:00"
    assert json.loads(params["biz_content"])["time_expire"] == "2026-11-22 16:45:00"
    assert json.loads(params["biz_content"])["total_amount"] == "12.34"
    assert params["return_url"] == "https://shop.example/back?o=1"
