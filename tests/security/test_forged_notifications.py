"""Whoever is no provider moves nothing, whatever he sends and however often (I9)."""

from __future__ import annotations

import pytest
from django.test import Client

from quanyu.modules.payments.ops.take_notification import REJECTED_KEPT_AN_HOUR
from quanyu.platform import db

ADDRESS = "/api/payments/v1/notify/wechat"


def send(body: bytes, source: str, **headers: str):
    return Client().post(ADDRESS, body, content_type="application/json", headers=headers, REMOTE_ADDR=source)


def kept(source: str) -> int:
    return int(db.value("SELECT count(*) FROM payments_rejected_notification WHERE source = %s", [source]))


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b"\xff\xfe", b"{" * 5000, b'{"id":"1","resource":{}}'])
def test_what_no_provider_signed_pays_nothing(world, body):
    order = world.ann.order(world.chain.store, {world.chain.milk.id: 1}).expect(201)
    world.ann.pay(order["id"]).expect(201)
    refused = send(body, "203.0.113.77", **{"Wechatpay-Signature": "WECHATPAY/SIGNTEST/x"})
    assert refused.status_code in (400, 401)
    assert world.ann.get(f"/orders/{order['id']}").expect(200)["state"] == "placed"


def test_a_flood_of_forgeries_fills_no_disk():
    before = kept("203.0.113.78")
    for number in range(REJECTED_KEPT_AN_HOUR + 20):
        assert send(str(number).encode(), "203.0.113.78").status_code in (400, 401)
    # The hour may turn while the test runs.
    assert REJECTED_KEPT_AN_HOUR <= kept("203.0.113.78") - before <= REJECTED_KEPT_AN_HOUR + 20
    assert send(b"x", "203.0.113.79").status_code in (400, 401)
    assert kept("203.0.113.79") == 1


def test_a_notification_has_a_size_and_one_way_to_come():
    assert send(b"x" * (64 * 1024 + 1), "203.0.113.77").status_code == 413
    assert Client().get(ADDRESS).status_code == 405
    assert Client().post("/api/payments/v1/notify/nobody", b"{}", content_type="application/json").status_code == 404
