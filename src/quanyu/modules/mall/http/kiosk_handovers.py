"""Enrol a screen, say how it behaves, and hand its cart over to the shopper's phone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall.api import kiosk as api
from quanyu.modules.mall.contracts.kiosk import HANDOVER_LINES_MAX, HandoverWish, Kiosk
from quanyu.modules.mall.http.schemas import StoreOut, store_out
from quanyu.platform import http
from quanyu.platform.http import BigId, Quantity, Schema

router = Router(tags=["kiosk"])
# The token stands behind the #: a browser does not send it, so that no log has it.
_PAGE = "/mall/#/find/handover/index?token="


class EnrolIn(Schema):
    """The code that a manager made for this screen; good once, for fifteen minutes."""

    code: Annotated[str, Field(min_length=4, max_length=40)]


class KioskOut(Schema):
    """A screen, its store and how it behaves: begun anew after ``idle_seconds`` without a touch."""

    device_id: UUID
    name: str
    store: StoreOut
    time_zone: str
    idle_seconds: int
    handover_minutes: int


class EnrolledOut(Schema):
    """The screen's token, shown this once."""

    token: str
    kiosk: KioskOut


class WishIn(Schema):
    """So much of a SKU, in base units (pieces or grams)."""

    sku_id: BigId
    quantity: Quantity


class KioskCartIn(Schema):
    """What was chosen."""

    lines: Annotated[list[WishIn], Field(min_length=1, max_length=HANDOVER_LINES_MAX)]


class MadeOut(Schema):
    """A hand-over: the address for the phone, and its QR code's rows of 0 and 1. Both are told this once."""

    id: UUID
    url: str
    modules: list[str]
    expires_at: datetime


class StateOut(Schema):
    """Whether a phone has taken it."""

    state: Literal["open", "taken", "lapsed"]


@router.post("/kiosk", response={201: EnrolledOut}, auth=None)
def enrol(request: HttpRequest, body: EnrolIn) -> Status[EnrolledOut]:
    """Exchange an enrolment code for this screen's token."""
    kiosk, token = api.enrol_kiosk(code=body.code, address=request.META.get("REMOTE_ADDR", ""), now=system_clock.now())
    return Status(201, EnrolledOut(token=token, kiosk=_kiosk_out(kiosk)))


@router.get("/kiosk", response=KioskOut)
def show_kiosk(request: HttpRequest) -> KioskOut:
    """Return which screen this is and how it behaves."""
    return _kiosk_out(api.kiosk_of(actor=http.actor_of(request), now=system_clock.now()))


@router.post("/handovers", response={201: MadeOut})
def hand_over(request: HttpRequest, body: KioskCartIn) -> Status[MadeOut]:
    """Put the cart of this screen down for a phone; each request makes one of its own, that lapses by itself."""
    made = api.hand_over(
        wishes=[HandoverWish(line.sku_id, line.quantity) for line in body.lines],
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    url = f"{_origin(request)}{_PAGE}{made.token}"
    return Status(201, MadeOut(id=made.id, url=url, modules=catalog.qr_rows(text=url), expires_at=made.expires_at))


@router.get("/handovers/{uuid:handover_id}", response=StateOut)
def handover_state(request: HttpRequest, handover_id: UUID) -> StateOut:
    """Return whether a phone has taken a hand-over of this screen; by whom is nobody's business here."""
    state = api.handover_state(handover_id=handover_id, actor=http.actor_of(request), now=system_clock.now())
    return StateOut(state=state.value)


def _origin(request: HttpRequest) -> str:
    """Return where a phone reaches us: the public address, else the one by which the screen did."""
    return (settings.CONFIG.public_url or request.build_absolute_uri("/")).rstrip("/")


def _kiosk_out(kiosk: Kiosk) -> KioskOut:
    return KioskOut(
        device_id=kiosk.device_id,
        name=kiosk.name,
        store=store_out(kiosk.store),
        time_zone=kiosk.store.time_zone,
        idle_seconds=kiosk.idle_seconds,
        handover_minutes=kiosk.handover_minutes,
    )
