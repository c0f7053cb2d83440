"""A shopper's phone in the running demo: signs in, looks, fills the cart, orders and pays."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from quanyu.entrypoints.demo.live.wire import Refused, Wire
from quanyu.kernel.ids import uuid7

MALL = "/api/mall/v1"
_TENDERS = ("wechat", "wechat", "alipay")
_PROVIDERS = {"wechat": "wechatpay", "alipay": "alipay"}
_LINES_MAX = 3
_LOOKED_AT = 50


class Bought(NamedTuple):
    """A paid pickup order: where it waits, under which code, and what it took (base units by SKU)."""

    order_id: str
    store_id: int
    pickup_code: str
    payable_fen: int
    taken: dict[int, int]


class Phone:
    """One shopper. ``trade_number``: gives the provider's number of an order's payment, as the wallet would know it."""

    def __init__(self, wire: Wire, payers: Wire, token: str, trade_number: Callable[[UUID], str]) -> None:
        self._wire, self._payers, self._token, self._trade_number = wire, payers, token, trade_number

    @classmethod
    def signed_in(
        cls, wire: Wire, payers: Wire, *, phone: str, code: str, trade_number: Callable[[UUID], str]
    ) -> Phone:
        """Sign in with the code that came to the phone."""
        token = wire.call("POST", f"{MALL}/session", {"phone": phone, "code": code})["token"]
        return cls(wire, payers, token, trade_number)

    def buy(self, store_id: int, chance: random.Random) -> Bought:
        """Look around in a store, put some goods into the cart, order them for pickup and pay."""
        shown = self._shown(store_id, chance.choice(_WORDS)) or self._shown(store_id, "")
        chosen = chance.sample(shown, k=min(len(shown), chance.randint(1, _LINES_MAX)))
        wishes = {one["sku_id"]: (_quantity(one["quantity_scale"], chance), one["available"]) for one in chosen}
        taken = {sku_id: quantity for sku_id, (quantity, available) in wishes.items() if quantity <= available}
        if not taken:
            raise Refused("the shelf is empty")
        for sku_id, quantity in taken.items():
            wanted = {"store_id": store_id, "sku_id": sku_id, "quantity": quantity}
            self._call("POST", "/cart/lines", wanted)
        lines = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in taken.items()]
        order = self._call(
            "POST",
            "/orders",
            {"id": str(uuid7()), "store_id": store_id, "delivery": "pickup", "lines": lines},
        )
        self._pay(order["id"], chance.choice(_TENDERS))
        paid = self._call("GET", f"/orders/{order['id']}")
        return Bought(order["id"], store_id, paid["pickup_code"] or "", paid["payable_fen"], taken)

    def _shown(self, store_id: int, text: str) -> list[dict[str, Any]]:
        """Return what a search in a store finds."""
        page = self._call("GET", f"/stores/{store_id}/products?limit={_LOOKED_AT}&text={text}")
        return list(page["items"])

    def _pay(self, order_id: str, tender: str) -> None:
        self._call("POST", f"/orders/{order_id}/payments", {"tender": tender, "way": "native"})
        number = self._trade_number(UUID(order_id))
        self._payers.call("POST", f"/control/trades/{_PROVIDERS[tender]}/{number}/pay", {})
        self._call("POST", f"/orders/{order_id}/payments/check", {})

    def _call(self, method: str, path: str, content: Any = None) -> Any:
        return self._wire.call(method, MALL + path, content, Authorization=f"Bearer {self._token}")


# What people type when they look for something; an empty text shows what the store has.
_WORDS = ("", "牛奶", "水果", "苹果", "水", "茶", "坚果", "面包", "纸", "酸奶", "巧克力", "牙膏", "鸡蛋", "咖啡")


def _quantity(scale: int, chance: random.Random) -> int:
    return chance.choice((1, 1, 1, 2, 2, 3)) if scale == 1 else chance.randrange(400, 2000, 50)
