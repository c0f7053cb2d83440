"""Where the stock pages are: a SKU, a location, why a figure is what it is, transfers, the map."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from quanyu.modules.inventory.contracts import Figure


def of_sku(sku_id: int, **more: object) -> str:
    """Return the address of a SKU over all locations."""
    return _address("stock_sku", sku=sku_id, **more)


def of_location(location_id: int, **more: object) -> str:
    """Return the address of a location over all SKUs."""
    return _address("stock_location", location=location_id, **more)


def of_location_list() -> str:
    """Return the address of the list of all locations."""
    return _address("stock_location")


def why(row: object, figure: Figure, **more: object) -> str:
    """Return the address that explains a figure of a row (anything with location, SKU and owner)."""
    keys = {name: getattr(row, f"{name}_id") for name in ("location", "sku", "owner")}
    return _address("stock_why", **keys, figure=figure.value, **more)


def transfers(**asked: object) -> str:
    """Return the address of the transfers, of a SKU, to a place, or of one alone (``transfer``)."""
    return _address("stock_transfers", **asked)


def on_map(**asked: object) -> str:
    """Return the address of the map of stores."""
    return _address("stock_map", **asked)


def deed(name: str, stock_id: int, **filled: object) -> str:
    """Return the address of a deed on a stock row with its form filled in."""
    asked = f"?{urlencode(filled)}" if filled else ""
    return f"{reverse('admin:inventory_stock_act_on', args=[stock_id, name])}{asked}"


def linked(address: str, text: object) -> SafeString:
    """Return a link."""
    return format_html('<a class="qy-link" href="{}">{}</a>', address, text)


def _address(page: str, **asked: object) -> str:
    given = {name: value for name, value in asked.items() if value not in (None, "")}
    return f"{reverse(f'admin:{page}')}{'?' if given else ''}{urlencode(given)}"
