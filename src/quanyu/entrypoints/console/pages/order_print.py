"""An order on paper: the receipt at 58 or 80 mm, or the A4 slip for picking and delivery; the browser prints."""

from __future__ import annotations

from typing import Any, cast

import segno
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders import api as orders
from quanyu.modules.orders.admin.economics import lines_of
from quanyu.modules.orders.models import Order
from quanyu.modules.payments.models import Payment
from quanyu.platform.console.formats import in_language, minus, moment, name_of, quantity, span, yuan
from quanyu.platform.console.registry import SitePage
from quanyu.platform.console.scoped_admin import ScopedAdmin

PERMISSION = "orders.view"
FORMS: dict[str, Any] = {"58": _("Receipt 58 mm"), "80": _("Receipt 80 mm"), "a4": _("Picking and delivery slip A4")}


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the paper of an order within reach (``order``) in one of the forms (``form``)."""
    listed = cast("ScopedAdmin[Order]", admin.site.get_model_admin(Order))
    order = listed.row(request, request.GET.get("order", ""))
    form = request.GET.get("form", "80")
    if form not in FORMS:
        raise Http404
    wishes = orders.order(id=order.pk).wishes
    gift = wishes and wishes.gift
    # The slip goes into the parcel of a present: who gets it need not know what it cost. The receipt is the buyer's.
    hides_prices = bool(gift and gift.hide_prices and form == "a4")
    lines = [
        {
            "number": line.number,
            "code": line.sku.code,
            "name": in_language(line.name, line.sku.name_en),
            "quantity": quantity(line.quantity, line.quantity_scale, line.sku.product.unit_name),
            "price": yuan(line.unit_price_fen),
            "list": yuan(line.list_fen),
            "less": minus(line.discount_fen + line.coupon_fen + line.points_fen)
            if line.list_fen != line.net_fen
            else "",
            "net": yuan(line.net_fen),
            "place": name_of(line.location),
        }
        for line in lines_of(order)
    ]
    paid = Payment.objects.filter(order_id=order.pk, state="paid").order_by("created_at")
    sums = [
        (_("Goods"), yuan(order.goods_fen), True),
        (_("Discounts"), minus(order.discount_fen), order.discount_fen),
        (_("Coupons"), minus(order.coupon_fen), order.coupon_fen),
        (_("Points"), minus(order.points_fen), order.points_fen),
        (_("Freight"), yuan(order.freight_fen), order.freight_fen),
    ]
    shown = {
        **context,
        "forms": [(key, title, key == form) for key, title in FORMS.items()],
        "form_name": form,
        "order": order,
        "store": name_of(order.selling_store),
        "placed": moment(order.placed_at),
        "lines": lines,
        "sums": [(label, text) for label, text, is_there in sums if is_there],
        "hides_prices": hides_prices,
        "gift": gift,
        "pickup_time": span(wishes.pickup_from, wishes.pickup_until) if wishes and wishes.pickup_from else "",
        "payable": yuan(order.payable_fen),
        "tenders": [(one.get_tender_display(), yuan(one.amount_fen)) for one in paid],
        "refunded": minus(order.refunded_fen) if order.refunded_fen else "",
        "back": listed.address(order),
        # segno's own SVG of our own number.
        "code": mark_safe(segno.make(order.number, micro=False).svg_inline(scale=3, border=1)),  # noqa: S308
    }
    return TemplateResponse(request, "console/order_print.html", shown)


PAGE = SitePage("order_print", "order-print", _("Print an order"), PERMISSION, view)
