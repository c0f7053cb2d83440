"""A screen of a store as its API sees it, and outfits to show on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog.api import guides
from quanyu.modules.catalog.contracts.guides import Guide, GuideKind, GuideStep
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import DeviceKind
from quanyu.modules.organization.contracts import Location
from tests.harness import organization
from tests.harness.clients import Reply, Sender, sender_to

KIOSK = "/api/kiosk/v1"


def kiosk_code(store: Location) -> str:
    """Return the code with which a screen of the store is enrolled."""
    name, now = organization.random_code("K"), system_clock.now()
    return identity.enrol_code(kind=DeviceKind.KIOSK, unit_id=store.unit.id, name=name, actor=SYSTEM, now=now).code


class KioskClient:
    """A screen of a store. It enrols itself."""

    def __init__(self, store: Location, where: str | Sender | None = None) -> None:
        self._sender = sender_to(where)
        self.token = ""
        enrolled = self.post("/kiosk", {"code": kiosk_code(store)}).expect(201)
        self.token = enrolled["token"]
        self.kiosk = enrolled["kiosk"]

    def call(self, method: str, path: str, body: Any = None) -> Reply:
        """Send a request."""
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self._sender.send(method, KIOSK + path, body, known)

    def get(self, path: str) -> Reply:
        """Send a GET."""
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Reply:
        """Send a POST."""
        return self.call("POST", path, {} if body is None else body)

    def hand_over(self, lines: Mapping[int, int]) -> Reply:
        """Put ``{sku_id: quantity}`` down for a phone."""
        return self.post(
            "/handovers", {"lines": [{"sku_id": sku_id, "quantity": count} for sku_id, count in lines.items()]}
        )


def token_in(made: Mapping[str, Any]) -> str:
    """Return the token in the address of a hand-over."""
    return str(made["url"]).partition("token=")[2]


def make_guide(
    unit_id: int,
    product_ids: Sequence[int],
    *,
    title: str = "周末早餐",
    kind: GuideKind = GuideKind.OUTFIT,
    published_from: datetime | None = None,
    is_draft: bool = False,
    **more: Any,
) -> int:
    """Write an outfit or tutorial for the stores below a unit, shown from now on unless said otherwise."""
    now = system_clock.now()
    wanted = Guide(
        kind=kind,
        unit_id=unit_id,
        title=title,
        title_en="Weekend breakfast",
        text="简单又好看。",
        text_en="Simple and good.",
        steps=(GuideStep("先热牛奶。", "Warm the milk."),),
        product_ids=tuple(product_ids),
        published_from=None if is_draft else published_from or now,
        **more,
    )
    return guides.write_guide(guide=wanted, actor=SYSTEM, now=now)
