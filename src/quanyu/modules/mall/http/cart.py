"""The cart: every answer is the whole cart, priced and counted at that moment."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts import Cart
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.schemas import BigIdQuery, PriceOut
from quanyu.modules.organization import api as organization
from quanyu.platform.http import BigId, Quantity, QuerySchema, Schema

router = Router(tags=["cart"])


class CartQuery(QuerySchema):
    """The store from which the cart is seen: its lines can be ordered, the others are greyed."""

    store_id: BigIdQuery


class AddIn(Schema):
    """So much of a SKU, in base units (pieces or grams), into the cart of a store."""

    store_id: BigId
    sku_id: BigId
    quantity: Quantity


class ChangeIn(Schema):
    """The new quantity in base units, or the new selection; what is null stays."""

    quantity: Quantity | None = None
    is_selected: bool | None = None


class SelectionIn(Schema):
    """Select or deselect every line of a store."""

    store_id: BigId
    is_selected: bool


class RemovalIn(Schema):
    """Take these SKUs out of the cart of a store."""

    store_id: BigId
    sku_ids: list[BigId] = Field(min_length=1, max_length=200)


class CartLineOut(Schema):
    """A line as it stands now; ``fault`` says why it is greyed, ``price`` is null when it is not offered."""

    store_id: BigId
    store_name: str
    store_name_en: str
    sku_id: BigId
    product_id: BigId
    name: str
    name_en: str
    specification: dict[str, str]
    image: str
    unit_name: str
    quantity: int
    quantity_scale: int
    is_selected: bool
    price: PriceOut | None
    amount_fen: int | None
    available: int
    express_available: int
    fault: Literal["other_store", "not_for_sale", "sold_out", "short"] | None


class CartOut(Schema):
    """The cart seen from a store. The totals count its selected lines without a fault, before promotions."""

    store_id: BigId
    lines: list[CartLineOut]
    selected_count: int
    selected_fen: int


@router.get("/cart", response=CartOut)
def show_cart(request: HttpRequest, query: Query[CartQuery]) -> CartOut:
    """Return the cart seen from a store."""
    return _seen(request, query.store_id)


@router.post("/cart/lines", response={201: CartOut})
def add(request: HttpRequest, body: AddIn) -> Status[CartOut]:
    """Add to what lies in the cart."""
    cart = api.add_to_cart(
        member_id=auth.member_id_of(request),
        store_id=body.store_id,
        sku_id=body.sku_id,
        quantity=body.quantity,
        tier=auth.tier_of(request),
        now=system_clock.now(),
    )
    return Status(201, _cart_out(cart))


@router.patch("/cart/lines/{int:store_id}/{int:sku_id}", response=CartOut)
def change(request: HttpRequest, store_id: BigIdQuery, sku_id: BigIdQuery, body: ChangeIn) -> CartOut:
    """Set the quantity or the selection of a line."""
    api.change_cart_line(
        member_id=auth.member_id_of(request),
        store_id=store_id,
        sku_id=sku_id,
        quantity=body.quantity,
        is_selected=body.is_selected,
        now=system_clock.now(),
    )
    return _seen(request, store_id)


@router.post("/cart/selection", response=CartOut)
def select(request: HttpRequest, body: SelectionIn) -> CartOut:
    """Select or deselect every line of a store."""
    api.select_cart_lines(
        member_id=auth.member_id_of(request),
        store_id=body.store_id,
        is_selected=body.is_selected,
        now=system_clock.now(),
    )
    return _seen(request, body.store_id)


@router.post("/cart/removals", response=CartOut)
def remove(request: HttpRequest, body: RemovalIn) -> CartOut:
    """Take lines out; what is not in the cart is no error."""
    api.remove_from_cart(member_id=auth.member_id_of(request), store_id=body.store_id, sku_ids=body.sku_ids)
    return _seen(request, body.store_id)


def _seen(request: HttpRequest, store_id: int) -> CartOut:
    return _cart_out(
        api.cart(
            member_id=auth.member_id_of(request),
            store_id=store_id,
            tier=auth.tier_of(request),
            now=system_clock.now(),
        )
    )


def _cart_out(cart: Cart) -> CartOut:
    units = organization.units(ids={line.entry.store_id for line in cart.lines})
    return CartOut(
        store_id=cart.store_id,
        lines=[
            CartLineOut(
                store_id=line.entry.store_id,
                store_name=units[line.entry.store_id].name,
                store_name_en=units[line.entry.store_id].name_en,
                sku_id=line.sku.id,
                product_id=line.sku.product_id,
                name=line.sku.name,
                name_en=line.sku.name_en,
                specification=dict(line.sku.specification),
                image=line.sku.image_thumb,
                unit_name=line.sku.unit_name,
                quantity=line.entry.quantity,
                quantity_scale=line.sku.quantity_scale,
                is_selected=line.entry.is_selected,
                price=PriceOut.model_validate(line.offer.price) if line.offer else None,
                amount_fen=line.amount_fen,
                available=line.offer.available if line.offer else 0,
                express_available=line.offer.express_available if line.offer else 0,
                fault=line.fault.value if line.fault else None,
            )
            for line in cart.lines
        ],
        selected_count=cart.selected_count,
        selected_fen=cart.selected_fen,
    )
