"""What journeys with members' rights share: offers that are open now, and the worker's part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Template
from quanyu.modules.members import api as members
from quanyu.modules.organization.contracts import Location
from quanyu.platform import outbox, settings_tree
from tests.harness import checkout
from tests.harness import coupons as offers
from tests.harness.clients import MallClient


def open_offer(store: Location, **terms: Any) -> Template:
    """Make an offer that is open now, at one store unless the terms say otherwise."""
    now = system_clock.now()
    period = Period(now - timedelta(hours=1), now + timedelta(days=7))
    given = {"claim_period": period, "unit_ids": frozenset({store.unit.id}), **terms}
    return offers.make_template(now=now, **given)


@contextmanager
def new_member_pack(store: Location, **terms: Any) -> Iterator[Template]:
    """Let new members get a coupon of the store for the time of the block."""
    let_the_worker_work()  # whoever came before gets nothing of it
    offer = open_offer(store, is_new_member_pack=True, is_listed=False, **terms)
    try:
        yield offer
    finally:
        coupons.stop(template_id=offer.id, reason="end of the test", actor=SYSTEM, now=system_clock.now())


def usable_at_once(store: Location) -> None:
    """Let what is earned at a store be usable at once."""
    node = f"unit:{store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "points.maturing", "at_once", system_clock.now())


def claim(shopper: MallClient, offer: Template) -> dict[str, Any]:
    """Claim a coupon on the phone."""
    body = {"id": str(uuid7()), "template_code": offer.code}
    claimed: dict[str, Any] = shopper.post("/me/coupons", body).expect(201)
    return claimed


def give_points(shopper: MallClient, points: int) -> None:
    """Give a shopper points that can be used at once."""
    checkout.give_points(members.member(id=UUID(shopper.member_id)), points)


def let_the_worker_work() -> None:
    """Deliver every event, as the worker would in its next second."""
    while outbox.drain():
        pass


def available(shopper: MallClient) -> int:
    """Return the points a shopper can use, as the phone shows them."""
    return int(shopper.get("/me/points").expect(200)["balance"]["available"])


def state_of(shopper: MallClient, coupon: dict[str, Any]) -> str:
    """Return the state of a coupon as the phone shows it."""
    return str(shopper.get(f"/me/coupons/{coupon['id']}").expect(200)["state"])
