"""What a shopper does on a phone: look, fill the cart, ask what it costs, order, pay, wait until it is paid."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.load import http1
from benchmarks.load.crowd import Ask, Deed, Failed, Maker, expect
from benchmarks.load.till import Draw
from quanyu.kernel.ids import uuid7

MALL = "/api/mall/v1"
# A phone asks every so often whether its payment has arrived, and gives up at last.
_ASK_EVERY_S, _ASKS_MAX = 0.1, 100


@dataclass
class Shopper:
    """A member who signed in before: codes go to phones that no server has."""

    store_id: int
    token: str

    def get(self, path: str) -> bytes:
        """Return a request."""
        return http1.request(http1.template("GET", MALL + path, self._headers()))

    def post(self, path: str, body: object, **more: str) -> bytes:
        """Return a request."""
        headers = self._headers() | {name.replace("_", "-"): value for name, value in more.items()}
        return http1.request(http1.template("POST", MALL + path, headers), json.dumps(body).encode())

    def _headers(self) -> dict[str, str]:
        return {"Host": "127.0.0.1", "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}


def purchase(shopper: Shopper, draw: Draw) -> Deed:
    """Buy three things for pickup, by simulated WeChat Pay; the payer's phone pays by itself."""
    basket, _ = draw()
    store = shopper.store_id
    expect("page", (yield Ask("page", shopper.get(f"/stores/{store}/products?limit=20"))), 200)
    for sku, quantity in basket:
        line = {"store_id": store, "sku_id": sku, "quantity": quantity}
        expect("cart", (yield Ask("cart", shopper.post("/cart/lines", line))), 201)
    wanted = {
        "store_id": store,
        "delivery": "pickup",
        "lines": [{"sku_id": sku, "quantity": quantity} for sku, quantity in basket],
    }
    quote = expect("quote", (yield Ask("quote", shopper.post("/quotes", wanted))), 200)
    order_id = str(uuid7())
    order = wanted | {"id": order_id, "expected_payable_fen": json.loads(quote.body)["payable_fen"]}
    expect("order", (yield Ask("order", shopper.post("/orders", order, Idempotency_Key=order_id))), 201)
    way = {"tender": "wechat", "way": "native"}
    expect("pay", (yield Ask("pay", shopper.post(f"/orders/{order_id}/payments", way))), 201)
    for _ in range(_ASKS_MAX):
        seen = expect("paid?", (yield Ask("paid?", shopper.get(f"/orders/{order_id}/payments"), _ASK_EVERY_S)), 200)
        if json.loads(seen.body)["order_state"] == "paid":
            return
    raise Failed("paid?", seen)


def makers(shoppers: Sequence[Shopper], draw_of: Callable[[int], Draw], *, clients: int) -> list[Maker]:
    """Return what each of the clients does: one shopper each, in the shopper's store."""

    def maker(shopper: Shopper) -> Maker:
        draw = draw_of(shopper.store_id)
        return lambda: purchase(shopper, draw)

    return [maker(shopper) for shopper in shoppers[:clients]]
