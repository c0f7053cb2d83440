"""Where one's stock lies, for the home page of who has goods but no shop: warehouses and suppliers."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses
from quanyu.modules.organization import api as organization
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import in_language, number

PLACES_SHOWN = 12


def places(units: Units) -> Table:
    """Return the places with the most SKUs within reach, at most ``PLACES_SHOWN``, and what runs out there.

    Two queries. What is low is not yet sold out.
    """
    stocks = sorted(api.places(units=units).values(), key=lambda stock: (-stock.rows, stock.location_id))
    first = [stock for stock in stocks if stock.rows][:PLACES_SHOWN]
    units_of = organization.units(ids={stock.location_id for stock in first})
    rows = []
    for stock in first:
        place = units_of[stock.location_id]
        name = in_language(place.name, place.name_en)
        rows.append(
            (
                format_html('<a class="qy-link" href="{}">{}</a>', addresses.of_location(stock.location_id), name),
                number(stock.rows),
                number(stock.low),
                number(stock.out),
            )
        )
    columns = [
        Column(_("Location")),
        Column(_("Kinds of goods"), is_number=True),
        Column(_("Low"), is_number=True),
        Column(_("Sold out"), is_number=True),
    ]
    return Table(_("Stock by location"), columns, rows)
