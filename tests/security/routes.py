"""Every operation of every API, read from the documents the product publishes of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.test import Client

APIS = {
    "mall": "/api/mall/v1", "pos": "/api/pos/v1", "kiosk": "/api/kiosk/v1", "staff": "/api/staff/v1",
    "partner": "/api/partner/v1",
}  # fmt: skip
# What a stranger may do, by API: look at shops and goods, and knock.
PUBLIC = {
    "mall": {
        "POST /session/codes", "POST /session", "POST /session/wechat", "POST /session/wechat/phone",
        "GET /stores/entry", "GET /stores/nearby", "GET /stores",
        "GET /stores/{store_id}", "GET /stores/{store_id}/stock/live",
        "GET /areas", "GET /categories", "GET /stores/{store_id}/products",
        "GET /stores/{store_id}/products/{product_id}", "GET /stores/{store_id}/scan",
        "GET /stores/{store_id}/coupon-offers", "GET /stores/{store_id}/points-offers",
        "GET /stores/{store_id}/flash-sales", "GET /availability", "GET /stores/cities",
        "GET /stores/{store_id}/home", "GET /stores/{store_id}/suggestions", "GET /stores/{store_id}/facets",
        "GET /stores/{store_id}/products/{product_id}/content", "GET /codes/{token}",
        "GET /stores/{store_id}/products/{product_id}/also-bought",
        "POST /stores/{store_id}/products/{product_id}/share", "GET /stores/{store_id}/pickup-slots",
        "GET /stores/{store_id}/guides", "GET /stores/{store_id}/guides/{guide_id}", "POST /handovers/look",
    },
    "pos": {"POST /till"},
    "kiosk": {"POST /kiosk"},
    "staff": {"POST /sessions", "POST /devices/enrol"},
    # Every request of a partner is signed.
    "partner": set(),
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """One operation: its API, method, the template of its path, and what it asks for."""

    api: str
    method: str
    template: str
    document: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def is_public(self) -> bool:
        return self.name in PUBLIC[self.api]

    def path(self, **values: object) -> str:
        """Return an address with these values in it; others get one that nothing has."""
        nobody = {"id": 999_999_999, "uuid": UUID(int=7), "text": "NOBODY-1"}

        def filled(place: re.Match[str]) -> str:
            name = place[1]
            schema = next(p["schema"] for p in self.document["parameters"] if p["name"] == name)
            kind = "uuid" if schema.get("format") == "uuid" else "id" if schema.get("type") == "integer" else "text"
            return str(values.get(name, nobody[kind]))

        return APIS[self.api] + re.sub(r"{(\w+)}", filled, self.template)


def every_route() -> Iterator[Route]:
    """Read them from the OpenAPI documents."""
    client = Client()
    for api, mount in APIS.items():
        document = client.get(f"{mount}/openapi.json").json()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                yield Route(api, method.upper(), path.removeprefix(mount), operation)
