"""The invoice of a member's own order: asked for once, issued or refused by the house."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.request_schemas import InvoiceOut
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import InvoiceKind, InvoiceWish
from quanyu.platform import http
from quanyu.platform.http import OneLine, Schema

router = Router(tags=["invoices"])


class InvoiceIn(Schema):
    """What shall stand on the invoice. A company gives its unified social credit code of 18 characters."""

    kind: Literal["person", "company"]
    title: Annotated[OneLine, Field(min_length=1, max_length=100)]
    tax_number: Annotated[OneLine, Field(max_length=18)] = ""
    email: Annotated[OneLine, Field(max_length=120)] = ""


@router.post("/orders/{uuid:order_id}/invoice", response={201: InvoiceOut})
@http.idempotent
def ask_invoice(request: HttpRequest, order_id: UUID, body: InvoiceIn) -> Status[InvoiceOut]:
    """Ask for an invoice about what was paid and has not gone back. One that was refused may be asked for again."""
    wish = InvoiceWish(InvoiceKind(body.kind), body.title, body.tax_number, body.email)
    asked = orders.ask_invoice(
        order_id=order_id, member_id=auth.member_id_of(request), wish=wish, now=system_clock.now()
    )
    return Status(201, InvoiceOut.model_validate(asked))
