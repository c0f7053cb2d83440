"""What a member asks for after the sale: goods back, money back, an exchange. Somebody else's do not exist."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field, model_validator

from quanyu.kernel.clock import system_clock
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import AskCommand, AskedLine, RequestKind
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.request_schemas import RequestOut
from quanyu.modules.mall.http.schemas import Latitude, Longitude
from quanyu.platform import http
from quanyu.platform.http import Page, PageQuery, Schema, ShortText
from quanyu.platform.http.schemas import QUANTITY_MAX

router = Router(tags=["requests"])
_LINES_MAX = 200
_NOBODY = UUID(int=0)


class RequestLineIn(Schema):
    """So much of a line of the order, by the line's number; in base units like the order's."""

    number: Annotated[int, Field(ge=1, le=32_767)]
    quantity: Annotated[int, Field(ge=1, le=QUANTITY_MAX)]


class RequestPreviewIn(Schema):
    """What would be asked for."""

    lines: Annotated[list[RequestLineIn], Field(min_length=1, max_length=_LINES_MAX)]
    kind: Literal["return", "refund_only", "exchange"]


class RequestIn(RequestPreviewIn):
    """What is asked for. ``id`` is made by the phone and kept before sending: the same id is the same request for ever.

    With the place of the member (GCJ-02, both or none) the goods go to the nearest store, else to the one that sold.
    """

    id: UUID
    reason: Literal["changed_mind", "size", "wrong_item", "missing", "damaged", "quality", "not_as_described", "other"]
    text: ShortText = ""
    longitude: Longitude | None = None
    latitude: Latitude | None = None

    @model_validator(mode="after")
    def _whole_place(self) -> RequestIn:
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("longitude and latitude: both or none")
        return self


class WithheldOut(Schema):
    """A discount that the kept goods do not reach any more: the refund is lowered by it."""

    kind: str
    label: str
    threshold_fen: int
    kept_fen: int
    amount_fen: int


class PreviewLineOut(Schema):
    """What a line would bring back."""

    number: int
    quantity: int
    amount_fen: int


class RequestPreviewOut(Schema):
    """What the request would bring, to the fen and the point. An exchange for the same again moves no money.

    amount = the lines + freight - withheld.
    """

    amount_fen: int
    freight_fen: int
    points_restored: int
    coupons_returned: int
    withheld: list[WithheldOut]
    lines: list[PreviewLineOut]


@router.post("/orders/{uuid:order_id}/requests/preview", response=RequestPreviewOut)
def preview_request(request: HttpRequest, order_id: UUID, body: RequestPreviewIn) -> RequestPreviewOut:
    """Return what a request would bring, without asking it; refused like the request itself."""
    command = _command(body, order_id=order_id, id=_NOBODY, reason="other")
    found = aftersales.preview_request(command=command, member_id=auth.member_id_of(request), now=system_clock.now())
    moves_money = command.kind is not RequestKind.EXCHANGE
    return RequestPreviewOut(
        amount_fen=found.amount_fen if moves_money else 0,
        freight_fen=found.freight_fen if moves_money else 0,
        points_restored=found.points_restored if moves_money else 0,
        coupons_returned=found.coupons_returned if moves_money else 0,
        withheld=[WithheldOut.model_validate(one) for one in found.withheld] if moves_money else [],
        lines=[
            PreviewLineOut(number=number, quantity=quantity, amount_fen=fen if moves_money else 0)
            for number, quantity, fen in found.lines
        ],
    )


@router.post("/orders/{uuid:order_id}/requests", response={201: RequestOut})
@http.idempotent
def ask(request: HttpRequest, order_id: UUID, body: RequestIn) -> Status[RequestOut]:
    """Ask for a return, a refund or an exchange of what was handed over. Money moves once a store has agreed."""
    command = _command(
        body,
        order_id=order_id,
        id=body.id,
        reason=body.reason,
        text=body.text,
        place=(body.longitude, body.latitude),
    )
    actor = http.actor_of(request)
    asked = aftersales.ask(command=command, member_id=auth.id_of(actor), actor=actor, now=system_clock.now())
    return Status(201, RequestOut.model_validate(asked))


@router.get("/me/requests", response=Page[RequestOut])
def list_requests(request: HttpRequest, query: Query[PageQuery]) -> dict[str, object]:
    """Return what the member asked for, newest first."""
    member_id = auth.member_id_of(request)
    scope = f"mall.requests:{member_id}"
    after = http.after(query, scope=scope)
    before = None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1]))
    found = aftersales.requests_of_member(member_id=member_id, before=before, limit=query.limit + 1)
    page = http.page(found, query, scope=scope, key=lambda one: (one.created_at.isoformat(), str(one.id)))
    return {**page, "items": [RequestOut.model_validate(one) for one in page["items"]]}


@router.get("/me/requests/{uuid:request_id}", response=RequestOut)
def show_request(request: HttpRequest, request_id: UUID) -> RequestOut:
    """Return one request with its history and the code to show in the store."""
    found = aftersales.request_of_member(request_id=request_id, member_id=auth.member_id_of(request))
    return RequestOut.model_validate(found)


@router.delete("/me/requests/{uuid:request_id}", response=RequestOut)
def withdraw(request: HttpRequest, request_id: UUID) -> RequestOut:
    """Take a request back, as long as the goods are not in the store."""
    actor = http.actor_of(request)
    found = aftersales.withdraw(request_id=request_id, member_id=auth.id_of(actor), actor=actor, now=system_clock.now())
    return RequestOut.model_validate(found)


def _command(
    body: RequestPreviewIn,
    *,
    order_id: UUID,
    id: UUID,
    reason: str,
    text: str = "",
    place: tuple[float | None, float | None] = (None, None),
) -> AskCommand:
    return AskCommand(
        id=id,
        order_id=order_id,
        kind=RequestKind(body.kind),
        lines=tuple(AskedLine(line.number, line.quantity) for line in body.lines),
        reason=reason,
        text=text,
        longitude=place[0],
        latitude=place[1],
    )
