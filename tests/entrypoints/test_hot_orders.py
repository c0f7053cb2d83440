"""The hot routes of orders and sales give byte for byte what the Django operations beside them give."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.checkout.ops import coordinator
from quanyu.modules.members import api as members
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignKind, Scope, Step
from quanyu.platform import db
from tests.harness import hot
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import coupon_for, give_points
from tests.harness.clients import MALL, POS, MallClient, TillClient, cash
from tests.harness.hot import RawReply
from tests.harness.promotions import random_code

ORDERS, SALES = f"{MALL}/orders", f"{POS}/sales"


@pytest.fixture(scope="module")
def chain() -> Chain:
    """A chain with a member's price, a reduction and a gift."""
    made = make_chain(stock=1_000, member_milk_fen=600)
    now = system_clock.now()
    always = Period(now - timedelta(days=1), now + timedelta(days=1))
    scope = Scope(unit_ids=frozenset({made.region.id}))
    common = {"name": "活动", "period": always, "scope": scope, "actor": SYSTEM, "now": now}
    promotions.create_campaign(code=random_code(), steps=[Step(threshold_fen=20_000, off_fen=1_500)], **common)
    promotions.create_campaign(
        code=random_code(),
        kind=CampaignKind.GIFT,
        steps=[Step(threshold_fen=60_000, gift_sku_id=made.bread.id, gift_quantity=1)],
        **common,
    )
    return made


@pytest.fixture(scope="module")
def shopper() -> MallClient:
    return MallClient().sign_in()


@pytest.fixture(scope="module")
def till(chain: Chain) -> TillClient:
    made = TillClient(chain.store).sign_in(chain.cashier)
    made.open_shift()
    return made


def member_of(shopper: MallClient) -> Any:
    return members.member(id=UUID(shopper.member_id))


def as_shopper(shopper: MallClient, **more: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {shopper.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid4()),
        "X-Request-ID": uuid4().hex,
        **more,
    }


def as_till(till: TillClient, **more: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {till.token}",
        "X-Staff-Token": till.staff_token,
        "Content-Type": "application/json",
        "X-Request-ID": uuid4().hex,
        **more,
    }


def through_django(method: str, path: str, content: bytes, headers: Mapping[str, str]) -> RawReply:
    found = Client(raise_request_exception=False).generic(
        method, path, content, content_type="application/json", headers=headers
    )
    return RawReply(found.status_code, found.content, {name.lower(): value for name, value in found.headers.items()})


def order(chain: Chain, lines: Mapping[int, int], **more: Any) -> bytes:
    wanted = {
        "id": str(uuid7()),
        "store_id": chain.store.unit.id,
        "delivery": "pickup",
        "lines": [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in lines.items()],
        **more,
    }
    return json.dumps(wanted).encode()


def sale(till: TillClient, lines: Mapping[int, int], **more: Any) -> bytes:
    return json.dumps(till.sale(lines, **more)).encode()


def placed_hot(path: str, content: bytes, headers: Mapping[str, str]) -> RawReply:
    """Place through the hot route, which must not pass it on."""
    with hot.passed_on() as seen:
        reply = hot.ask("POST", path, content, headers)
    assert seen == []
    assert reply.status == 201, reply.content
    return reply


def address_of(shopper: MallClient, chain: Chain) -> str:
    body = {
        "name": "李四",
        "phone": "13900001111",
        "area_code": "440305",
        "text": "人民路 1 号",
        "longitude": chain.store.longitude,
        "latitude": chain.store.latitude,
    }
    return str(shopper.post("/addresses", body).expect(201)["id"])


def a_slot(chain: Chain) -> dict[str, Any]:
    """Return the wish of the first pickup time, as a phone of the store's time zone writes it."""
    slot = MallClient().get(f"/stores/{chain.store.unit.id}/pickup-slots").expect(200)["days"][0]["slots"][0]
    here = ZoneInfo("Asia/Shanghai")
    return {
        f"pickup_{end}": datetime.fromisoformat(slot[name]).astimezone(here).isoformat()
        for end, name in (("from", "starts_at"), ("until", "ends_at"))
    }


ORDER_KINDS: dict[str, Callable[[Chain, MallClient], bytes]] = {
    "one line": lambda c, _: order(c, {c.bread.id: 1}),
    "member price": lambda c, _: order(c, {c.milk.id: 3}),
    "weighed": lambda c, _: order(c, {c.apples.id: 1_234}),
    "reduction": lambda c, _: order(c, {c.tea.id: 3, c.milk.id: 1}),
    "reduction and gift": lambda c, _: order(c, {c.tea.id: 8}),
    "coupon": lambda c, s: order(c, {c.tea.id: 1}, coupon_ids=[str(coupon_for(member_of(s)).id)]),
    "points": lambda c, s: order(c, {c.tea.id: 1}, points=500),
    "expected amount and note": lambda c, _: order(
        c, {c.bread.id: 2}, expected_payable_fen=2 * BREAD_FEN, note="少冰\n谢谢"
    ),
    "to consume in the store": lambda c, _: order(c, {c.bread.id: 1}, delivery="in_store"),
    "instant": lambda c, s: order(c, {c.tea.id: 1}, delivery="instant", address_id=address_of(s, c)),
    "express": lambda c, s: order(c, {c.milk.id: 1}, delivery="express", address_id=address_of(s, c)),
    "a present": lambda c, _: order(
        c, {c.bread.id: 1}, wishes={"gift": {"wrap": True, "card": "生日快乐", "sender": "小王", "hide_prices": True}}
    ),
    "fetched at a time": lambda c, _: order(c, {c.bread.id: 1}, wishes=a_slot(c)),
    "nothing wished": lambda c, _: order(c, {c.bread.id: 1}, wishes={"gift": {"wrap": False}}),
    "the same product twice": lambda c, _: json.dumps(
        json.loads(order(c, {c.milk.id: 1})) | {"lines": [{"sku_id": c.milk.id, "quantity": 1}] * 2}
    ).encode(),
}


@pytest.mark.parametrize("kind", ORDER_KINDS)
def test_a_new_order_is_told_as_it_is_read_back(chain, shopper, kind):
    give_points(member_of(shopper), 1_000)
    content, headers = ORDER_KINDS[kind](chain, shopper), as_shopper(shopper)
    reply = placed_hot(ORDERS, content, headers)
    order_id = json.loads(content)["id"]
    read = through_django("GET", f"{ORDERS}/{order_id}", b"", headers)
    assert reply.content == read.content
    # The kept answer is the same one, and Django gives it under the same key.
    replayed = hot.ask("POST", ORDERS, content, headers)
    assert (replayed.status, replayed.content) == (201, reply.content)
    assert replayed.headers["idempotency-replayed"] == "true"


SALE_KINDS: dict[str, Callable[[Chain, TillClient, MallClient], bytes]] = {
    "cash": lambda c, t, _: sale(t, {c.milk.id: 2}, tenders=cash(2 * MILK_FEN, 2_000)),
    "cash and card": lambda c, t, _: sale(
        t,
        {c.bread.id: 1},
        tenders=[*cash(1_000), {"tender": "card", "amount_fen": BREAD_FEN - 1_000, "reference": "A1"}],
    ),
    "member": lambda c, t, s: sale(t, {c.milk.id: 1}, member_id=s.member_id, tenders=cash(600)),
    "coupon": lambda c, t, s: sale(
        t,
        {c.tea.id: 1},
        member_id=s.member_id,
        coupon_ids=[str(coupon_for(member_of(s)).id)],
        tenders=cash(TEA_FEN - 1_000),
    ),
    "waits for a payment code": lambda c, t, _: sale(t, {c.bread.id: 3}),
    "weighed": lambda c, t, _: sale(t, {c.apples.id: 1_000}, tenders=cash(1_990)),
    "reduction": lambda c, t, _: sale(t, {c.tea.id: 3}, tenders=cash(3 * TEA_FEN - 1_500)),
    "as the till in the browser says it": lambda c, t, _: sale(
        t, {c.milk.id: 1}, tenders=cash(MILK_FEN), approval_id=None, way=None, points=0, coupon_ids=[], note=""
    ),
    "gift": lambda c, t, _: sale(t, {c.tea.id: 8}, tenders=cash(8 * TEA_FEN - 1_500)),
    "credited": lambda c, t, _: json.dumps(
        (made := t.sale({}, tenders=cash(BREAD_FEN), note="袋"))
        | {"lines": [{"sku_id": c.bread.id, "quantity": 1, "credited_staff_id": int(c.associate.id)}]}
        | {"id": made["id"]}
    ).encode(),
}


@pytest.mark.parametrize("kind", SALE_KINDS)
def test_a_new_sale_is_told_as_it_is_read_back(chain, till, shopper, kind):
    content, headers = SALE_KINDS[kind](chain, till, shopper), as_till(till)
    reply = placed_hot(SALES, content, headers)
    sale_id = json.loads(content)["id"]
    read = through_django("GET", f"{SALES}/{sale_id}", b"", headers)
    assert reply.content == read.content
    outcome = "" if kind == "waits for a payment code" else "done"
    noted = db.row("SELECT kind, outcome, ended_at IS NULL AS is_open FROM pos_journal_entry WHERE id = %s", [sale_id])
    assert noted == {"kind": "sale", "outcome": outcome, "is_open": outcome == ""}
    last_seq = db.value("SELECT last_seq FROM pos_terminal WHERE device_id = %s", [till.till["device_id"]])
    assert last_seq == json.loads(content)["seq"]
    # The same sale again is the same answer: read this time, by Django.
    assert hot.ask("POST", SALES, content, headers).content == reply.content


Wrong = dict[str, tuple[int, Callable[[Chain, MallClient], tuple[bytes, dict[str, str]]]]]
WRONG_ORDERS: Wrong = {
    "short": (409, lambda c, s: (order(c, {c.milk.id: 1, c.tea.id: 10**6}), {})),
    "price changed": (409, lambda c, s: (order(c, {c.bread.id: 1}, expected_payable_fen=1), {})),
    "too many points": (409, lambda c, s: (order(c, {c.bread.id: 1}, points=10**8), {})),
    "unknown store": (404, lambda c, s: (order(c, {c.milk.id: 1}, store_id=2**40), {})),
    "unknown product": (409, lambda c, s: (order(c, {2**40: 1}), {})),
    "a foreign coupon": (409, lambda c, s: (order(c, {c.tea.id: 1}, coupon_ids=[str(uuid7())]), {})),
    "no address": (422, lambda c, s: (order(c, {c.milk.id: 1}, delivery="express"), {})),
    "unauthenticated": (401, lambda c, s: (order(c, {c.milk.id: 1}), {"Authorization": "Bearer nobody"})),
    "no token": (401, lambda c, s: (order(c, {c.milk.id: 1}), {"Authorization": "Basic x"})),
    "no key": (400, lambda c, s: (order(c, {c.milk.id: 1}), {"Idempotency-Key": "with spaces"})),
    "no json": (400, lambda c, s: (b'{"id": ', {})),
    "nul": (400, lambda c, s: (order(c, {c.milk.id: 1}, note="\0"), {})),
    "unknown field": (422, lambda c, s: (order(c, {c.milk.id: 1}, gift=True), {})),
    "text for a number": (422, lambda c, s: (order(c, {c.milk.id: 1}, points="3"), {})),
    "no lines": (422, lambda c, s: (order(c, {}), {})),
    "quantity of none": (422, lambda c, s: (order(c, {c.milk.id: 0}), {})),
    "an escape character": (422, lambda c, s: (order(c, {c.milk.id: 1}, note="\x1b"), {})),
    "a card that ends a line": (
        422,
        lambda c, s: (order(c, {c.milk.id: 1}, wishes={"gift": {"card": "生日快乐\n"}}), {}),
    ),
    "a sender who ends a line": (422, lambda c, s: (order(c, {c.milk.id: 1}, wishes={"gift": {"sender": "\n"}}), {})),
    "a long note": (422, lambda c, s: (order(c, {c.milk.id: 1}, note="字" * 201), {})),
}


@pytest.mark.parametrize("language", ["zh-CN,zh;q=0.9", "en-GB", "fr, en;q=0.5"])
@pytest.mark.parametrize("kind", WRONG_ORDERS)
def test_a_refused_order_is_refused_alike(chain, shopper, kind, language):
    status, make = WRONG_ORDERS[kind]
    content, more = make(chain, shopper)
    headers = as_shopper(shopper, **{"Accept-Language": language, **more})
    assert_alike(ORDERS, content, headers, status)
    # Refused: the key is free again.
    assert db.value("SELECT count(*) FROM platform_idempotency WHERE key = %s", [headers["Idempotency-Key"]]) == 0


WRONG_SALES: dict[str, tuple[int, Callable[[Chain, TillClient, MallClient], tuple[bytes, dict[str, str]]]]] = {
    "short": (409, lambda c, t, s: (sale(t, {c.milk.id: 10**6}), {})),
    "price changed": (409, lambda c, t, s: (sale(t, {c.milk.id: 1}, expected_payable_fen=1), {})),
    "tenders too small": (422, lambda c, t, s: (sale(t, {c.milk.id: 1}, tenders=cash(1)), {})),
    "a reference that ends a line": (
        422,
        lambda c, t, s: (
            sale(t, {c.bread.id: 1}, tenders=[{"tender": "card", "amount_fen": BREAD_FEN, "reference": "A1\n"}]),
            {},
        ),
    ),
    "unknown member": (404, lambda c, t, s: (sale(t, {c.milk.id: 1}, member_id=str(uuid7())), {})),
    "coupons of nobody": (422, lambda c, t, s: (sale(t, {c.milk.id: 1}, coupon_ids=[str(uuid7())]), {})),
    "a foreign coupon": (
        409,
        lambda c, t, s: (sale(t, {c.milk.id: 1}, member_id=s.member_id, coupon_ids=[str(uuid7())]), {}),
    ),
    "no staff": (401, lambda c, t, s: (sale(t, {c.milk.id: 1}), {"X-Staff-Token": "nobody"})),
    "no till": (401, lambda c, t, s: (sale(t, {c.milk.id: 1}), {"Authorization": f"Bearer {t.staff_token}"})),
    "a card number": (
        422,
        lambda c, t, s: (
            sale(
                t,
                {c.bread.id: 1},
                tenders=[{"tender": "card", "amount_fen": BREAD_FEN, "reference": "4111 1111 1111 1111"}],
            ),
            {},
        ),
    ),
    "unknown field": (422, lambda c, t, s: (sale(t, {c.milk.id: 1}, colour="red"), {})),
    "a discount above the limit": (
        403,
        lambda c, t, s: (
            json.dumps(t.sale({}) | {"lines": [{"sku_id": c.milk.id, "quantity": 1, "discount_fen": 649}]}).encode(),
            {},
        ),
    ),
}


@pytest.mark.parametrize("kind", WRONG_SALES)
def test_a_refused_sale_is_refused_alike(chain, till, shopper, kind):
    status, make = WRONG_SALES[kind]
    content, more = make(chain, till, shopper)
    assert_alike(SALES, content, as_till(till, **more), status)


def assert_alike(path: str, content: bytes, headers: Mapping[str, str], status: int) -> None:
    """The same refusal from the hot route and from Django: status, body and headers."""
    hot_reply = hot.ask("POST", path, content, headers)
    reply = through_django("POST", path, content, headers)
    assert (hot_reply.status, hot_reply.content) == (reply.status, reply.content)
    assert hot_reply.status == status, reply.content
    assert dict(hot_reply.headers) == dict(reply.headers)


def test_the_headers_of_a_new_order_are_djangos(chain, shopper):
    hot_reply = placed_hot(ORDERS, order(chain, {chain.bread.id: 1}), headers := as_shopper(shopper))
    again = {**headers, "Idempotency-Key": str(uuid4())}
    reply = through_django("POST", ORDERS, order(chain, {chain.bread.id: 1}), again)
    assert reply.status == 201
    assert {**hot_reply.headers, "content-length": ""} == {**reply.headers, "content-length": ""}


@pytest.mark.parametrize(
    ("path", "more"), [(f"{ORDERS}?x=1", {}), (ORDERS, {"Host": "somewhere.else"}), (f"{ORDERS}?x=%00", {})]
)
def test_odd_requests_are_passed_on(chain, shopper, path, more):
    with hot.passed_on() as seen:
        reply = hot.ask("POST", path, order(chain, {chain.milk.id: 1}), as_shopper(shopper, **more))
    assert seen == [f"POST {ORDERS}"]
    assert reply.status in (400, 422)


def test_a_session_that_ended_is_refused_with_the_next_request(chain):
    guest = MallClient().sign_in()
    placed_hot(ORDERS, order(chain, {chain.milk.id: 1}), as_shopper(guest))
    guest.call("DELETE", "/session").expect(204)
    assert hot.ask("POST", ORDERS, order(chain, {chain.milk.id: 1}), as_shopper(guest)).status == 401


def test_a_signed_out_cashier_and_a_revoked_till_are_refused_with_the_next_request(chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.open_shift()
    placed_hot(SALES, sale(till, {chain.milk.id: 1}, tenders=cash(MILK_FEN)), as_till(till))
    till.call("DELETE", "/staff-sessions/current").expect(204)
    assert hot.ask("POST", SALES, sale(till, {chain.milk.id: 1}), as_till(till)).status == 401


def test_a_client_that_hangs_up_has_its_order_all_the_same(chain, shopper):
    """Cancelled at any moment after the order was handed over: it is placed, and the next one is served."""
    content, headers = order(chain, {chain.milk.id: 1}), as_shopper(shopper)

    async def hang_up() -> None:
        asked = asyncio.ensure_future(hot.answered("POST", ORDERS, content, headers))
        while not coordinator.orders._queue and not coordinator.orders._working and not asked.done():  # noqa: ASYNC110
            await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(hang_up(), hot.loop()).result(hot.WAIT_S_MAX)
    assert coordinator.orders.drain(seconds_max=hot.WAIT_S_MAX)
    again = hot.ask("POST", ORDERS, content, headers)
    assert (again.status, again.headers.get("idempotency-replayed")) == (201, "true")


def test_many_at_once_are_each_told_their_own_order(chain, till):
    people = [MallClient().sign_in() for _ in range(6)]
    wanted = [(order(chain, {chain.milk.id: n + 1}), as_shopper(people[n % 6]), n + 1) for n in range(24)]

    async def crowd() -> list[RawReply]:
        asked = (hot.answered("POST", ORDERS, content, headers) for content, headers, _ in wanted)
        return list(await asyncio.gather(*asked))

    replies = asyncio.run_coroutine_threadsafe(crowd(), hot.loop()).result(hot.WAIT_S_MAX)
    for (content, _, quantity), reply in zip(wanted, replies, strict=True):
        told = json.loads(reply.content)
        assert (reply.status, told["id"]) == (201, json.loads(content)["id"])
        assert told["lines"][0]["quantity"] == quantity
        assert told["payable_fen"] == 600 * quantity - (0 if 600 * quantity < 20_000 else 1_500)
    assert len({json.loads(reply.content)["number"] for reply in replies}) == 24
