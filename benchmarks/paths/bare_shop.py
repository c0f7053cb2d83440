"""The least a shop's page can cost: an ASGI application of a dozen lines over one plain statement.

It returns the JSON of twenty items that the product's page has, built in SQL from five tables, with one price book, one
store's own stock, no reader, no cursor, no ETag, no log. It reads through the product's own lean connections, which are
the fastest way from asyncio to PostgreSQL we have: the reference is not to be slowed down.

Served by granian like the product; SHOP_DATABASE_URL and SHOP_BOOK say from where.
"""

import os
from urllib.parse import unquote, urlsplit

from django.conf import settings

_URL = urlsplit(os.environ["SHOP_DATABASE_URL"])
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _URL.path.lstrip("/"),
            "USER": unquote(_URL.username or ""),
            "PASSWORD": unquote(_URL.password or ""),
            "HOST": _URL.hostname or "",
            "PORT": str(_URL.port or ""),
            "OPTIONS": {"options": "-c timezone=UTC"},
        }
    }
)

from quanyu.platform.db import lean  # noqa: E402 - needs the settings

_BOOK = int(os.environ["SHOP_BOOK"])
_PAGE = """
    SELECT '{"items":' || json_agg(row_to_json(item)) || ',"next_cursor":null}' FROM (
        SELECT sku.id AS sku_id, sku.code AS sku_code, sku.product_id, sku.name, sku.name_en, sku.specification,
               '' AS image, product.unit_name, sku.quantity_scale,
               json_build_object('price_fen', price.amount_fen, 'base_fen', price.amount_fen, 'member_fen', NULL,
                                 'timed_fen', NULL) AS price,
               stock.on_hand - stock.reserved - stock.safety AS available,
               stock.on_hand - stock.reserved - stock.safety AS express_available
        FROM catalog_sku AS sku
        JOIN catalog_product AS product ON product.id = sku.product_id
        JOIN pricing_price AS price ON price.book_id = %s AND price.sku_id = sku.id
        JOIN inventory_stock AS stock ON stock.location_id = %s::bigint AND stock.sku_id = sku.id
        WHERE sku.is_active
        ORDER BY sku.id DESC
        LIMIT 20
    ) AS item
"""
_HEADERS = [(b"content-type", b"application/json")]


async def app(scope, receive, send):
    """Answer ``/STORE`` with the page of a store."""
    if scope["type"] == "http":
        body = await lean.json(_PAGE, [_BOOK, int(scope["path"][1:])])
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, length]})
        await send({"type": "http.response.body", "body": body})
    elif scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
