"""What a stock page costs: the same number of queries whatever stands on it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.inventory.models import Stock
from tests.harness import catalog, console
from tests.harness.identity import make_person
from tests.harness.inventory import NOW, Shelf, cause, make_shelf


def sku_page(shelf: Shelf, **more: object) -> str:
    return address("stock_sku", sku=shelf.sku_id, **more)


def why_page(shelf: Shelf, figure: str, **more: object) -> str:
    return address(
        "stock_why", location=shelf.location_id, sku=shelf.sku_id, owner=shelf.owner_id, figure=figure, **more
    )


def address(page: str, **asked: object) -> str:
    return f"{reverse(f'admin:{page}')}?{'&'.join(f'{name}={value}' for name, value in asked.items())}"


def page(browser: Client, where: str) -> str:
    answer = browser.get(where)
    assert answer.status_code == 200, (where, answer.status_code)
    return answer.content.decode()


def buying_of(shelf: Shelf, quantity: int) -> str:
    """Sell units of a shelf as an order would; return the order's number."""
    order = cause()
    inventory.reserve(cause_kind="order", cause_id=order, lines=[shelf.want(quantity)], expires_at=None, now=NOW)
    inventory.issue(cause_kind="order", cause_id=order, actor=SYSTEM, now=NOW)
    return order


@pytest.mark.parametrize("where", ["sku", "location", "why", "map", "transfers", "now", "list"])
def test_a_page_costs_the_same_whatever_stands_on_it(where: str):
    shelf = make_shelf(on_hand=5)
    buying_of(shelf, 1)
    reader = console.signed_in(make_person("head_office"))

    def asked() -> str:
        ids = ",".join(str(key) for key in Stock.objects.filter(sku=shelf.sku_id).values_list("pk", flat=True))
        return {
            "sku": sku_page(shelf),
            "location": address("stock_location", location=shelf.location_id),
            "why": why_page(shelf, "on_hand"),
            "map": address("stock_map"),
            "transfers": address("stock_transfers"),
            "now": address("stock_now", sku=shelf.sku_id, ids=ids),
            "list": reverse("admin:stock_location"),
        }[where]

    def cost() -> int:
        page(reader, asked())
        with CaptureQueriesContext(connection) as counted:
            page(reader, asked())
        return len(counted)

    before = cost()
    for _ in range(4):
        other = make_shelf(on_hand=9, sku_id=shelf.sku_id)
        make_shelf(on_hand=3, location_id=shelf.location_id, owner_id=shelf.owner_id, sku_id=catalog.make_sku().id)
        buying_of(shelf, 1)
        inventory.transfer_out(
            transfer_id=cause(),
            from_location_id=other.location_id,
            to_location_id=shelf.location_id,
            owner_id=other.owner_id,
            lines=[Goods(shelf.sku_id, 1)],
            actor=SYSTEM,
            now=NOW,
        )
    assert cost() == before
    # Who asks, his rights and language cost the half of it.
    assert before <= 14, before
