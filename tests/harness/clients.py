"""A phone and a till as the APIs see them: in process through Django's test client, or over HTTP."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import requests
from django.test import Client

from quanyu.kernel.ids import uuid7
from quanyu.modules.organization.contracts import Location
from tests.harness import members
from tests.harness.chain import enrolment_code
from tests.harness.identity import PIN, Person

MALL, POS = "/api/mall/v1", "/api/pos/v1"
_TIMEOUT_S = 30


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers, and the JSON it brought (``None`` without a body)."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Return the stable code of a problem, empty for an answer that is none."""
        return self.body.get("code", "") if self.status >= 400 else ""

    def expect(self, status: int) -> Any:
        """Return the body when the status is the expected one; else fail with what came."""
        assert self.status == status, (self.status, self.body)
        return self.body


class Sender(Protocol):
    """Carries a request to the product."""

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """Send and return what came back."""
        ...


class InProcess:
    """Django's test client: the same process, the same thread, no server."""

    def __init__(self) -> None:
        self._client = Client(raise_request_exception=False)

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """Send a request through Django's handlers."""
        content = b"" if body is None else json.dumps(body, default=str).encode()
        answer = self._client.generic(
            method, path, content, content_type="application/json", headers={"Accept-Language": "en", **headers}
        )
        return Reply(answer.status_code, json.loads(answer.content) if answer.content else None, answer.headers)


class OverHttp:
    """A connection to a live server."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """Send a request over the network."""
        answer = self._session.request(
            method,
            self._base_url + path,
            data=None if body is None else json.dumps(body, default=str),
            headers={"Content-Type": "application/json", "Accept-Language": "en", **headers},
            timeout=_TIMEOUT_S,
        )
        return Reply(answer.status_code, answer.json() if answer.content else None, answer.headers)


def sender_to(where: str | Sender | None) -> Sender:
    """Return a sender to a live server's address, or into this process without one; a given sender as it is."""
    if where is None:
        return InProcess()
    return OverHttp(where) if isinstance(where, str) else where


class MallClient:
    """A shopper's phone. Without ``sign_in`` it only looks."""

    def __init__(self, where: str | Sender | None = None) -> None:
        self._sender = sender_to(where)
        self.token = ""
        self.member_id = ""

    def sign_in(self, phone: str | None = None) -> MallClient:
        """Sign in through the members' door (the code goes to a phone no server has)."""
        session = members.sign_in(phone_number=phone)
        self.token, self.member_id = session.token, str(session.member.id)
        return self

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request; headers as ``If_None_Match="..."``."""
        known = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            known["Authorization"] = f"Bearer {self.token}"
        return self._sender.send(method, MALL + path, body, known)

    def get(self, path: str, **headers: str) -> Reply:
        """Send a GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a POST."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def order(
        self,
        store: Location,
        lines: Mapping[int, int],
        *,
        delivery: str = "pickup",
        key: str | None = None,
        points_offers: Mapping[int, int] | None = None,
        **more: Any,
    ) -> Reply:
        """Place an order of ``{sku_id: quantity}``; ``id`` may be given, and ``{sku_id: points-mall offer}``."""
        known = points_offers or {}
        body = {
            "id": str(uuid7()),
            "store_id": store.unit.id,
            "delivery": delivery,
            "lines": [
                {"sku_id": sku_id, "quantity": quantity, "points_offer_id": known.get(sku_id)}
                for sku_id, quantity in lines.items()
            ],
            **more,
        }
        return self.post("/orders", body, Idempotency_Key=key or str(uuid4()))

    def pay(self, order_id: str, *, tender: str = "wechat", way: str = "native") -> Reply:
        """Open a payment."""
        return self.post(f"/orders/{order_id}/payments", {"tender": tender, "way": way})


class TillClient:
    """A till of a store. It enrols itself; ``sign_in`` puts somebody behind it."""

    def __init__(self, store: Location, where: str | Sender | None = None) -> None:
        self._sender = sender_to(where)
        self._numbers = itertools.count(1)
        self.staff_token = ""
        self.token = ""
        enrolled = self.post("/till", {"code": enrolment_code(store)}).expect(201)
        self.token = enrolled["token"]
        self.till = enrolled["till"]

    def sign_in(self, person: Person) -> TillClient:
        """Sign somebody in by PIN."""
        body = self.post("/staff-sessions", {"username": person.username, "pin": PIN}).expect(201)
        self.staff_token = body["token"]
        return self

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request."""
        known = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            known["Authorization"] = f"Bearer {self.token}"
        if self.staff_token:
            known["X-Staff-Token"] = self.staff_token
        return self._sender.send(method, POS + path, body, known)

    def get(self, path: str, **headers: str) -> Reply:
        """Send a GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a POST."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def open_shift(self, float_fen: int = 20_000) -> str:
        """Open a shift and return its id."""
        return str(self.post("/shifts", {"id": str(uuid7()), "float_fen": float_fen}).expect(201)["id"])

    def sale(self, lines: Mapping[int, int], **more: Any) -> dict[str, Any]:
        """Return the body of a sale of ``{sku_id: quantity}`` under the till's next number."""
        return {
            "id": str(uuid7()),
            "seq": next(self._numbers),
            "lines": [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in lines.items()],
            **more,
        }

    def sell(self, lines: Mapping[int, int], **more: Any) -> Reply:
        """Sell; without ``tenders`` the sale waits for a payment code."""
        return self.post("/sales", self.sale(lines, **more))


def cash(amount_fen: int, tendered_fen: int | None = None) -> list[dict[str, Any]]:
    """Return the tenders of a sale paid in cash."""
    return [{"tender": "cash", "amount_fen": amount_fen, "tendered_fen": tendered_fen or amount_fen}]
