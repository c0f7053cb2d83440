"""A small API that the tests of the HTTP base talk to: every kind of answer once."""

from __future__ import annotations

from uuid import uuid4

from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import Query, Router
from ninja.responses import Status
from ninja.security import HttpBearer

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import N_, Problem
from quanyu.platform import db, health, http, rate

executions: list[str] = []


class Bearer(HttpBearer):
    """The token is the staff id; anything but a number is refused."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        if not token.isdigit():
            return None
        grants = (Grant(frozenset({"orders.read"}), Scope.STORE, unit_id=12),)
        return Actor(ActorKind.STAFF, token, grants=grants)


class ShelfEmpty(Problem):
    code = "example.shelf_empty"
    status = 409
    title = N_("Wait %(retry_after_s)s seconds and try again.")
    remedy = N_("Please sign in.")


class LineIn(http.Schema):
    sku_id: http.BigId
    quantity: http.Quantity


class OrderIn(http.Schema):
    lines: list[LineIn]
    note: http.ShortText = ""
    gift: bool = False


class OrderOut(http.Schema):
    number: str
    lines: int


class ItemOut(http.Schema):
    id: int
    name: str


router = Router()


@router.post("/orders", response={201: OrderOut})
@http.idempotent
def place_order(request: HttpRequest, body: OrderIn) -> Status:
    executions.append(body.note)
    if body.note == "refuse":
        raise ShelfEmpty(field="lines.0.sku_id", retry_after_s=7)
    return Status(201, {"number": str(uuid4()), "lines": len(body.lines)})


@router.post("/orders-together", response={201: OrderOut})
@http.idempotent(one_transaction=True)
def place_order_together(request: HttpRequest, body: OrderIn) -> Status:
    number = db.in_transaction(lambda: str(db.value("SELECT pg_current_xact_id()::text")))
    return Status(201, {"number": number, "lines": len(body.lines)})


@router.get("/items", response=http.Page[ItemOut])
def list_items(request: HttpRequest, page: Query[http.PageQuery]) -> dict[str, object]:
    scope = "example.items"
    seen = http.after(page, scope=scope)
    start = seen[0] if seen else 0
    rows = [{"id": number, "name": f"item {number}"} for number in range(start + 1, 8)][: page.limit + 1]
    return http.page(rows, page, scope=scope, key=lambda row: [row["id"]])


@router.get("/items/{int:item_id}", response=ItemOut)
@http.etag
def show_item(request: HttpRequest, item_id: int) -> dict[str, object]:
    return {"id": item_id, "name": "kept"}


@router.get("/stores/{int:unit_id}/orders", response=list[OrderOut])
def orders_of_store(request: HttpRequest, unit_id: int) -> list[dict[str, object]]:
    http.require(request, "orders.read", unit_path=(1, unit_id))
    return []


@router.get("/secrets", response=list[OrderOut])
def secrets(request: HttpRequest) -> list[dict[str, object]]:
    http.require(request, "secrets.read")
    return []


@router.get("/fails/{kind}", response=OrderOut)
def fail(request: HttpRequest, kind: str) -> dict[str, object]:
    if kind == "suspicious":
        raise SuspiciousOperation("who are you")
    if kind == "range":
        db.value("SELECT %s::bigint", [2**70])
    if kind == "limited":
        raise rate.RateLimited(retry_after_s=30)
    if kind == "lock":
        with transaction.atomic():
            db.execute("SET LOCAL statement_timeout = 1")
            db.value("SELECT pg_sleep(1)")
    raise ValueError("the phone 13812345678 must not be seen by anybody")


public = Router()


@public.get("/hello", auth=None, response=dict[str, str])
def hello(request: HttpRequest) -> dict[str, str]:
    return {"hello": "world"}


def page_not_for_machines(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>no</h1>", status=404)


api = http.make_api(title="Example", namespace="example", auth=Bearer())
api.add_router("", router)
api.add_router("", public)

handler404 = "quanyu.platform.http.problems.not_found"
urlpatterns = [
    path("api/example/", api.urls),
    path("readyz", health.ready_view),
    path("healthz", health.live_view),
    path("metrics", health.metrics_view),
    path("page", page_not_for_machines),
]
