"""An old system as the partner API sees it: signs its requests, keeps numbers of its own, sells and takes back."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.organization.contracts import Location
from quanyu.modules.partners import api
from tests.harness.clients import Reply, Sender, sender_to
from tests.harness.organization import random_code

PARTNER = "/api/partner/v1"


class OldSystem:
    """The old system of a chain, let in for everything below a unit; its tills are registered by :meth:`till`."""

    def __init__(self, unit_id: int, where: str | Sender | None = None, *, may_count: bool = False) -> None:
        name = random_code("OLD")
        made = api.add_partner(name=name, unit_id=unit_id, may_count=may_count, actor=SYSTEM, now=system_clock.now())
        self.id, self.token, self.secret = made.id, made.token, made.secret
        self._sender = sender_to(where)
        self._numbers = itertools.count(1)

    def till(self, store: Location, code: str = "") -> str:
        """Register a till; return its code."""
        code = code or random_code("T")
        api.add_till(partner_id=self.id, code=code, store_id=store.unit.id, actor=SYSTEM, now=system_clock.now())
        return code

    def sale(self, till: str, lines: Sequence[tuple[str, int, int]], **more: Any) -> dict[str, Any]:
        """Return a sale of (code, quantity, net) in cash."""
        seq = next(self._numbers)
        payable_fen = sum(net for _code, _quantity, net in lines)
        return {
            "till": till,
            "external_id": f"{till}-{seq:06d}",
            "seq": seq,
            "sold_at": datetime.now(UTC).isoformat(),
            "lines": [
                {"code": code, "quantity": quantity, "unit_price_fen": net // quantity, "net_fen": net}
                for code, quantity, net in lines
            ],
            "tenders": [{"tender": "cash", "amount_fen": payable_fen}],
            "payable_fen": payable_fen,
            **more,
        }

    def back(self, sale: dict[str, Any], lines: dict[int, int], refund_fen: int, **more: Any) -> dict[str, Any]:
        """Return a return of ``{line: quantity}`` of a sale."""
        seq = next(self._numbers)
        return {
            "till": sale["till"],
            "external_id": f"R-{sale['till']}-{seq:06d}",
            "seq": seq,
            "returned_at": datetime.now(UTC).isoformat(),
            "sale": sale["external_id"],
            "lines": [{"line": line, "quantity": quantity} for line, quantity in lines.items()],
            "refund_fen": refund_fen,
            **more,
        }

    def count(self, till: str, at: datetime, counted: dict[str, int]) -> dict[str, Any]:
        """Return a count of ``{code: quantity}`` at a moment."""
        return {
            "till": till,
            "external_id": f"C-{next(self._numbers)}",
            "counted_at": at.isoformat(),
            "lines": [{"code": code, "quantity": quantity} for code, quantity in counted.items()],
        }

    def sell(self, *sales: dict[str, Any]) -> list[dict[str, Any]]:
        """Hand sales in; return their outcomes."""
        return list(self.post("/sales", {"sales": list(sales)}).expect(200)["outcomes"])

    def take_back(self, *returns: dict[str, Any]) -> list[dict[str, Any]]:
        """Hand returns in; return their outcomes."""
        return list(self.post("/returns", {"returns": list(returns)}).expect(200)["outcomes"])

    def post(self, path: str, body: Any, **changed: str) -> Reply:
        """Send a signed POST; ``changed`` headers replace the right ones."""
        return self.send("POST", path, body, **changed)

    def get(self, path: str, **changed: str) -> Reply:
        """Send a signed GET."""
        return self.send("GET", path, None, **changed)

    def send(self, method: str, path: str, body: Any, **changed: str) -> Reply:
        """Sign and send."""
        headers = self.signed(method, path, body) | {name.replace("_", "-"): text for name, text in changed.items()}
        return self._sender.send(method, PARTNER + path, body, headers)

    def signed(self, method: str, path: str, body: Any, *, at: float | None = None) -> dict[str, str]:
        """Return the headers of a request, signed as the documents say."""
        content = b"" if body is None else json.dumps(body, default=str).encode()
        timestamp = str(int(datetime.now(UTC).timestamp() if at is None else at))
        nonce = secrets.token_hex(16)
        hashed = hashlib.sha256(content).hexdigest()
        lines = f"{method}\n{PARTNER}{path}\n{timestamp}\n{nonce}\n{hashed}\n"
        return {
            "Authorization": f"Bearer {self.token}",
            "X-Quanyu-Timestamp": timestamp,
            "X-Quanyu-Nonce": nonce,
            "X-Quanyu-Signature": hmac.new(self.secret.encode(), lines.encode(), hashlib.sha256).hexdigest(),
        }


def entry_id(system: OldSystem, sale: dict[str, Any]) -> UUID:
    """Return the id under which a sale is kept here, and is an order."""
    from quanyu.modules.partners.rules import said

    return said.id_of(partner_id=system.id, till=sale["till"], kind="sale", external_id=sale["external_id"])
