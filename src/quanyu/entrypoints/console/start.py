"""The start page at /: what the product is, where each face is, and in a demo who may sign in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from quanyu.entrypoints.console.unfold import languages
from quanyu.entrypoints.demo import people
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import StaffUnknown
from quanyu.modules.organization import api as organization
from quanyu.platform.console.formats import in_language


@require_safe
def start_page(request: HttpRequest) -> HttpResponse:
    """Show the start page; accounts appear only where the demo runs."""
    content = {
        "faces": _faces(),
        "languages": languages(request),
        "accounts": _accounts() if settings.CONFIG.demo else [],
        "password": people.PASSWORD,
    }
    return render(request, "console/start.html", content)


def _faces() -> list[dict[str, Any]]:
    return [
        {
            "title": _("Console"),
            "text": _("Head office, stores and warehouses: orders, goods, stock, prices, members, staff."),
            "address": reverse("admin:index"),
        },
        {
            "title": _("Mall API"),
            "text": _("What the mini-program and the web shop speak: stores, products, cart, checkout, orders."),
            "address": "/api/mall/v1/openapi.json",
        },
        {
            "title": _("Till API"),
            "text": _("What tills speak: shifts, scanning, selling, returns, receipts."),
            "address": "/api/pos/v1/openapi.json",
        },
        {
            "title": _("Staff API"),
            "text": _("Signing in, people, roles and devices."),
            "address": "/api/staff/v1/openapi.json",
        },
        {"title": _("Health"), "text": _("Whether everything this installation needs is there."), "address": "/readyz"},
    ]


def _accounts() -> list[dict[str, str]]:
    roles = {role.code: role for role in identity.roles()}
    found = []
    for person in people.STAFF:
        try:
            member = identity.staff_by_username(username=person.username)
        except StaffUnknown:
            continue
        unit = organization.units(ids=[member.unit_id])[member.unit_id]
        role = roles[person.role]
        found.append(
            {
                "username": person.username,
                "name": member.name,
                "role": in_language(role.name, role.name_en),
                "unit": in_language(unit.name, unit.name_en),
                "pin": person.pin,
            }
        )
    return found
