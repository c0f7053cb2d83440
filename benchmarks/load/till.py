"""What a cashier does at a till: scan three things, take cash."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from benchmarks.load import http1
from benchmarks.load.crowd import Ask, Deed, Maker, expect
from quanyu.kernel.ids import uuid7

POS = "/api/pos/v1"
LINES = 3
# Above those of the reference, which sells at the same tills.
_FIRST_NUMBER = 10**10


@dataclass
class Till:
    """A till with somebody behind it and an open shift; ``numbers`` are those of its receipts."""

    store_id: int
    device_id: UUID
    shift_id: UUID
    staff_id: int
    token: str
    staff_token: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(_FIRST_NUMBER))
    heads: dict[str, bytes] = field(default_factory=dict)

    def post(self, path: str, body: bytes) -> bytes:
        """Return a request."""
        return self._request("POST", path, body)

    def get(self, path: str) -> bytes:
        """Return a request."""
        return self._request("GET", path, b"")

    def _request(self, method: str, path: str, body: bytes) -> bytes:
        head = self.heads.get(path)
        if head is None:
            headers = {"Host": "127.0.0.1", "Authorization": f"Bearer {self.token}", "X-Staff-Token": self.staff_token}
            head = http1.template(method, POS + path, headers | {"Content-Type": "application/json"})
            self.heads[path] = head
        return http1.request(head, body)


Basket = Sequence[tuple[int, int]]
Draw = Callable[[], tuple[Basket, int]]


def draw_from(goods: Sequence[tuple[int, int]], *, off: Callable[[int], int], first: int | None = None) -> Draw:
    """Return a drawer of baskets ``([(sku, quantity)], payable fen)`` of different goods ``(sku, fen)``.

    ``off`` says what a basket of so many fen gets off. ``first``: the place of a thing that everybody buys.
    """
    part, chance = len(goods) // LINES, random.Random()

    def draw() -> tuple[Basket, int]:
        # One of each third, in the order of the SKUs, as the reference does.
        places = [part * third + int(chance.random() * part) for third in range(LINES)]
        if first is not None:
            places[0] = first
        chosen = [goods[place] for place in places]
        total = sum(fen for _, fen in chosen)
        return [(sku, 1) for sku, _ in chosen], total - off(total)

    return draw


def sale(till: Till, draw: Draw) -> Deed:
    """Sell three things for cash in one request."""
    basket, payable_fen = draw()
    lines = ",".join(f'{{"sku_id":{sku},"quantity":{quantity}}}' for sku, quantity in basket)
    body = (
        f'{{"id":"{uuid7()}","seq":{next(till.numbers)},"lines":[{lines}],'
        f'"tenders":[{{"tender":"cash","amount_fen":{payable_fen},"tendered_fen":{payable_fen}}}]}}'
    )
    expect("sale", (yield Ask("sale", till.post("/sales", body.encode()))), 201)


def quoted_sale(till: Till, draw: Draw) -> Deed:
    """Ask what the things cost, then sell them for cash, as the till's screen does."""
    basket, _ = draw()
    lines = [{"sku_id": sku, "quantity": quantity} for sku, quantity in basket]
    quote = expect("quote", (yield Ask("quote", till.post("/quotes", json.dumps({"lines": lines}).encode()))), 200)
    payable_fen = json.loads(quote.body)["payable_fen"]
    tenders = [{"tender": "cash", "amount_fen": payable_fen, "tendered_fen": payable_fen}]
    body = {"id": str(uuid7()), "seq": next(till.numbers), "lines": lines, "tenders": tenders}
    expect("sale", (yield Ask("sale", till.post("/sales", json.dumps(body).encode()))), 201)


def makers(
    tills: Sequence[Till], draw: Draw, *, clients: int, deed: Callable[[Till, Draw], Deed] = sale
) -> list[Maker]:
    """Return what each of the clients does: its share of the tills in turn, no till at two clients."""

    def maker(own: Iterator[Till]) -> Maker:
        return lambda: deed(next(own), draw)

    return [maker(itertools.cycle(tills[index::clients])) for index in range(clients)]
