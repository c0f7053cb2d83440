"""The start page at /: what the product is, where each face is, and in a demo who may sign in and how it goes."""

from __future__ import annotations

import os
import threading
import time
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from quanyu.entrypoints.console.unfold import languages
from quanyu.entrypoints.demo import people, rhythm
from quanyu.entrypoints.wiring import SIMULATOR_PUBLIC_URL, SIMULATOR_URL
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.platform import db
from quanyu.platform.console.formats import in_language

# How long the chain's numbers are good for: whoever reloads asks the database nothing.
KEPT_SECONDS = 5.0


class Figures(NamedTuple):
    """The chain in numbers. ``last_store``: names of the store of the last order, in Chinese and English."""

    orders_today: int
    last_at: datetime | None
    last_fen: int
    last_store: tuple[str, str]
    members: int
    pieces: int
    stores: int


class _Kept:
    """The numbers of the last look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._figures: Figures | None = None
        self._until = 0.0

    def figures(self) -> Figures:
        with self._lock:
            if self._figures is None or time.monotonic() >= self._until:
                self._figures = read()
                self._until = time.monotonic() + KEPT_SECONDS
            return self._figures

    def forget(self) -> None:
        self._until = 0.0


kept = _Kept()


@require_safe
def start_page(request: HttpRequest) -> HttpResponse:
    """Show the start page; accounts and numbers of the chain appear only where the demo runs."""
    is_demo = settings.CONFIG.demo
    content: dict[str, Any] = {
        "faces": _faces(is_demo=is_demo),
        "languages": [one for one in languages(request) if one["code"] != get_language()],
        "accounts": _accounts() if is_demo else [],
        "figures": kept.figures() if is_demo else None,
        "password": people.PASSWORD if is_demo else "",
        "sign_in": reverse("admin:login"),
    }
    if is_demo:
        figures: Figures = content["figures"]
        content["last_store"] = in_language(*figures.last_store)
        content["counts"] = {
            name: f"{getattr(figures, name):,}" for name in ("orders_today", "members", "pieces", "stores")
        }
    return render(request, "console/start.html", content)


def read() -> Figures:
    """Read the numbers with one statement. Stock is told in pieces and, of weighed goods, kilograms."""
    now = system_clock.now()
    midnight = rhythm.at(now.astimezone(rhythm.SHANGHAI).date(), 0)
    row = db.row(
        "WITH last AS (SELECT o.placed_at, o.payable_fen, u.name, u.name_en FROM orders_order AS o "
        "JOIN organization_unit AS u ON u.id = o.selling_store_id ORDER BY o.placed_at DESC, o.id DESC LIMIT 1) "
        "SELECT (SELECT count(*) FROM orders_order WHERE placed_at >= %s AND state <> 'cancelled') AS orders_today, "
        "(SELECT placed_at FROM last) AS last_at, coalesce((SELECT payable_fen FROM last), 0) AS last_fen, "
        "coalesce((SELECT name FROM last), '') AS name, coalesce((SELECT name_en FROM last), '') AS name_en, "
        "(SELECT count(*) FROM members_member WHERE is_active) AS members, "
        "(SELECT count(*) FROM organization_unit WHERE kind = 'store' AND is_active) AS stores, "
        "coalesce((SELECT sum(stock.on_hand / CASE WHEN product.is_weighed THEN 1000 ELSE 1 END) "
        "FROM inventory_stock AS stock JOIN catalog_sku AS sku ON sku.id = stock.sku_id "
        "JOIN catalog_product AS product ON product.id = sku.product_id), 0)::bigint AS pieces",
        [midnight],
    )
    assert row is not None, "a row of subqueries is always there"
    names = (row.pop("name"), row.pop("name_en"))
    return Figures(**row, last_store=names)


def _faces(*, is_demo: bool) -> list[dict[str, Any]]:
    faces: list[dict[str, Any]] = [
        {
            "icon": "phone",
            "title": _("Mall"),
            "text": _("The shop on the phone: the nearest store's goods, cart, checkout, orders, member card."),
            "address": reverse("mall"),
        },
        {
            "icon": "till",
            "title": _("Till"),
            "text": _("The counter in the browser: scan, weigh, members, cash and cards; it goes on selling offline."),
            "address": reverse("till"),
        },
        {
            "icon": "screen",
            "title": _("Kiosk"),
            "text": _("The screen in the store: the full range, outfits and tutorials; the cart goes to a phone."),
            "address": reverse("kiosk"),
        },
        {
            "icon": "desk",
            "title": _("Console"),
            "text": _("Head office, stores and warehouses: orders, goods, stock, prices, members, staff."),
            "address": reverse("admin:index"),
        },
        {
            "icon": "links",
            "title": _("Mall API"),
            "text": _("What the mini-program and the web shop speak: stores, products, cart, checkout, orders."),
            "address": "/api/mall/v1/openapi.json",
        },
        {
            "icon": "links",
            "title": _("Till API"),
            "text": _("What tills speak: shifts, scanning, selling, returns, receipts."),
            "address": "/api/pos/v1/openapi.json",
        },
        {
            "icon": "people",
            "title": _("Staff API"),
            "text": _("Signing in, people, roles and devices."),
            "address": "/api/staff/v1/openapi.json",
        },
    ]
    simulator = os.environ.get(SIMULATOR_PUBLIC_URL) or os.environ.get(SIMULATOR_URL)
    if is_demo and simulator:
        faces.append(
            {
                "icon": "coin",
                "title": _("Payers"),
                "text": _("Simulated WeChat Pay and Alipay: see what is asked, and pay it."),
                "address": f"{simulator.rstrip('/')}/control/trades",
            }
        )
    faces.append(
        {
            "icon": "pulse",
            "title": _("Health"),
            "text": _("Whether everything this installation needs is there."),
            "address": "/readyz",
        }
    )
    return faces


def _accounts() -> list[dict[str, str]]:
    roles = {role.code: role for role in identity.roles()}
    units = {unit.code: unit for unit in organization.units_of_kind()}
    return [
        {
            "username": person.username,
            "name": person.name,
            "role": in_language(roles[person.role].name, roles[person.role].name_en),
            "unit": in_language(units[person.unit].name, units[person.unit].name_en),
            "pin": person.pin,
        }
        for person in people.STAFF
        if person.role in roles and person.unit in units
    ]
