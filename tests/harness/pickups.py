"""Orders that are fetched at a store: placed on a phone, paid, lying ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization.contracts import Location
from tests.harness.clients import MallClient


def ordered(store: Location, lines: Mapping[int, int], *, shopper: MallClient | None = None, **more: Any) -> Order:
    """Order ``{sku_id: quantity}`` to be fetched, on a phone; not paid yet."""
    phone = shopper or MallClient().sign_in()
    return orders.order(id=UUID(phone.order(store, lines, **more).expect(201)["id"]))


def waiting(store: Location, lines: Mapping[int, int], **more: Any) -> Order:
    """Order ``{sku_id: quantity}`` to be fetched, and pay: it waits under its ``pickup_code``."""
    order = ordered(store, lines, **more)
    if order.payable_fen:
        tender = TenderGiven(tender="card", amount_fen=order.payable_fen)
        checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())
    return orders.order(id=order.id)


def slot(store: Location, *, at: int = -1) -> dict[str, str]:
    """Return a pickup time of the store as a wish; the last one unless another is asked for."""
    found = MallClient().get(f"/stores/{store.unit.id}/pickup-slots").expect(200)
    chosen = [slot for day in found["days"] for slot in day["slots"]][at]
    return {"pickup_from": chosen["starts_at"], "pickup_until": chosen["ends_at"]}


def wrong_code(order: Order) -> str:
    """Return a code that is not the order's."""
    return f"{(int(order.pickup_code) + 1) % 10**8:08d}"
