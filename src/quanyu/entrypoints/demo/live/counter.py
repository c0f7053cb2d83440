"""A till of the running demo with the cashier behind it: sells, hands over, takes back."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from quanyu.entrypoints.demo import people, shoppers
from quanyu.entrypoints.demo.live.phone import Bought
from quanyu.entrypoints.demo.live.wire import Refused, Wire
from quanyu.kernel.ids import uuid7

POS, STAFF = "/api/pos/v1", "/api/staff/v1"
_FLOAT_FEN = 50_000
_NOTE_FEN = 1000
_CARD_SHARE = 0.75
_LINES_MAX = 4
_DEAR_FEN = 5000
# After so many sales a till asks again what there is.
_SALES_BETWEEN_LOOKS = 40
_REASONS = ("changed_mind", "买错规格", "不新鲜")


class Sold(NamedTuple):
    """A sale: its receipt, how much of its first line was sold, its amount, and what it took (base units by SKU)."""

    receipt: str
    first_quantity: int
    payable_fen: int
    taken: dict[int, int]


class Counter:
    """One till that is enrolled, with a cashier signed in and a shift open."""

    def __init__(self, wire: Wire, *, store_id: int, name: str, cashier: people.Person, office: str) -> None:
        """Take the till of this name over, or set a new one up; ``office``: the token of who may do that."""
        self._wire = wire
        self._store_id = store_id
        self._staff = ""
        self._token = ""
        enrolled = self._call("POST", "/till", {"code": self._enrolment_code(name, office)})
        self._token = enrolled["token"]
        self._seq = enrolled["till"]["last_seq"]
        self._staff = self._call("POST", "/staff-sessions", {"username": cashier.username, "pin": cashier.pin})["token"]
        if self._call("GET", "/shifts/current")["shift"] is None:
            self._call("POST", "/shifts", {"id": str(uuid7()), "float_fen": _FLOAT_FEN})
        self._goods: list[dict[str, Any]] = []
        self._sums: list[float] = []
        self._sales = 0

    def sell(self, chance: random.Random) -> Sold:
        """Sell something that the shelves hold: ask what it costs, take cash or a card."""
        if self._sales % _SALES_BETWEEN_LOOKS == 0:
            self._look()
        self._sales += 1
        drawn = chance.choices(self._goods, cum_weights=self._sums, k=chance.randint(1, _LINES_MAX))
        wanted = {one["sku_id"]: (one, _quantity(one, chance)) for one in drawn}
        taken = {sku_id: quantity for sku_id, (one, quantity) in wanted.items() if quantity <= one["available"]}
        if not taken:
            raise Refused("the shelf is empty")
        lines = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in taken.items()]
        payable = self._call("POST", "/quotes", {"lines": lines})["payable_fen"]
        self._seq += 1
        sale = {"id": str(uuid7()), "seq": self._seq, "lines": lines, "tenders": _tenders(payable, chance)}
        order = self._call("POST", "/sales", sale)["order"]
        for sku_id, quantity in taken.items():
            wanted[sku_id][0]["available"] -= quantity
        return Sold(order["number"], lines[0]["quantity"], payable, taken)

    def hand_over(self, bought: Bought) -> None:
        """Hand over what somebody ordered, for the code he shows."""
        found = self._call("POST", "/pickups", {"code": bought.pickup_code})
        self._call("POST", f"/orders/{found['id']}/hand-over", {"code": bought.pickup_code})

    def take_back(self, sold: Sold, chance: random.Random) -> None:
        """Take the first line of a sale back."""
        line = {"line_number": 1, "quantity": sold.first_quantity}
        wanted = {"id": str(uuid7()), "lines": [line], "reason": chance.choice(_REASONS)}
        self._call("POST", f"/receipts/{sold.receipt}/returns", wanted)

    def _look(self) -> None:
        """Read all that this store sells, and how much it is wanted."""
        found: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            page = self._call("GET", f"/catalogue?limit=500{f'&cursor={after}' if after else ''}")
            found += page["items"]
            after = page["next_cursor"]
        self._goods = found
        self._sums = shoppers.wanted([one["sku_code"] for one in found])

    def _enrolment_code(self, name: str, office: str) -> str:
        as_office = {"Authorization": f"Bearer {office}"}
        for device in self._wire.call("GET", f"{STAFF}/devices", **as_office):
            if (device["unit_id"], device["name"], device["revoked_at"]) == (self._store_id, name, None):
                return str(self._wire.call("POST", f"{STAFF}/devices/{device['id']}/code", {}, **as_office)["code"])
        wanted = {"kind": "pos", "unit_id": self._store_id, "name": name}
        return str(self._wire.call("POST", f"{STAFF}/devices", wanted, **as_office)["code"])

    def _call(self, method: str, path: str, content: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}" if self._token else "", "X_Staff_Token": self._staff}
        return self._wire.call(method, POS + path, content, **headers)


def office_token(wire: Wire) -> str:
    """Sign somebody of head office in, who may set tills up."""
    person = next(person for person in people.STAFF if person.role == "head_office")
    asked = {"username": person.username, "password": people.PASSWORD}
    return str(wire.call("POST", f"{STAFF}/sessions", asked)["token"])


def _quantity(item: dict[str, Any], chance: random.Random) -> int:
    if item["quantity_scale"] > 1:
        return chance.randrange(300, 1800, 10)
    return 1 if item["price_fen"] > _DEAR_FEN else chance.choice((1, 1, 1, 2, 3))


def _tenders(payable_fen: int, chance: random.Random) -> list[dict[str, Any]]:
    if payable_fen == 0:
        return []
    if chance.random() < _CARD_SHARE:
        return [{"tender": "card", "amount_fen": payable_fen}]
    given = -(-payable_fen // _NOTE_FEN) * _NOTE_FEN
    return [{"tender": "cash", "amount_fen": payable_fen, "tendered_fen": given}]
