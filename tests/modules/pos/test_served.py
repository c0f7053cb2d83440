"""Who served: one or several associates for a line, in shares; online and offline, on receipts and in the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, StaffShare
from quanyu.platform import db
from tests.harness.chain import BREAD_FEN, TEA_FEN, Chain
from tests.harness.clients import TillClient, cash
from tests.harness.identity import make_person
from tests.modules.pos.test_till_sales import OfflineTill, digest


@pytest.fixture
def offline(chain: Chain, till: TillClient) -> OfflineTill:
    return OfflineTill(till, chain)


def shares(chain: Chain, *parts: int) -> list[dict[str, int]]:
    people = (chain.associate, chain.cashier, chain.manager)
    return [{"staff_id": person.id, "share_bp": part} for person, part in zip(people, parts, strict=False)]


def lines(chain: Chain, tea: Any, bread: Any) -> list[dict[str, Any]]:
    return [
        {"sku_id": chain.tea.id, "quantity": 1, "credits": tea},
        {"sku_id": chain.bread.id, "quantity": 1, "credits": bread},
    ]


def sold(chain: Chain, till: TillClient, *, tea: Any, bread: Any = None) -> Any:
    body = till.sale({}, tenders=cash(TEA_FEN + BREAD_FEN))
    return till.post("/sales", body | {"lines": lines(chain, tea, bread)})


def served(order: Order) -> list[tuple[int | None, tuple[StaffShare, ...]]]:
    return [(line.credited_staff_id, line.shares) for line in order.lines]


def rows() -> int:
    return int(db.value("SELECT count(*) FROM orders_line_share"))


def test_pos_a_line_is_shared_among_several_and_another_is_one_persons(chain: Chain, till: TillClient):
    before = rows()
    answer = sold(chain, till, tea=shares(chain, 3_334, 3_333, 3_333), bread=shares(chain, 10_000)).expect(201)
    order = orders.order(id=UUID(answer["order"]["id"]))
    assert served(order) == [
        (
            chain.associate.id,
            (
                StaffShare(chain.associate.id, 3_334),
                StaffShare(chain.cashier.id, 3_333),
                StaffShare(chain.manager.id, 3_333),
            ),
        ),
        (chain.associate.id, ()),
    ]
    # What one person has alone needs no rows.
    assert rows() - before == 3
    paper = till.get(f"/receipts/{order.number}").expect(200)["lines"]
    assert [share["share_bp"] for share in paper[0]["shares"]] == [3_334, 3_333, 3_333]
    assert (paper[0]["associate"], paper[1]["shares"]) == (paper[0]["shares"][0]["name"], [])
    # Nobody is named: who sells has served.
    plain = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN)).expect(201)["order"]
    assert served(orders.order(id=UUID(plain["id"]))) == [(chain.cashier.id, ())]


@pytest.mark.parametrize("parts", [(5_000, 4_999), (5_000, 5_001), (9_999,)], ids=str)
def test_pos_shares_that_are_no_whole_sell_nothing(chain: Chain, till: TillClient, parts: tuple[int, ...]):
    before = (rows(), db.value("SELECT count(*) FROM orders_order"))
    refused = sold(chain, till, tea=shares(chain, *parts))
    assert (refused.status, refused.code) == (422, "pos.shares_invalid")
    assert refused.body["field"] == "lines.0.credits"
    assert (rows(), db.value("SELECT count(*) FROM orders_order")) == before


def test_pos_somebody_named_twice_or_not_at_all_sells_nothing(chain: Chain, till: TillClient):
    count = db.value("SELECT count(*) FROM orders_order")
    twice = [{"staff_id": chain.cashier.id, "share_bp": 5_000}] * 2
    unknown = [{"staff_id": chain.cashier.id, "share_bp": 5_000}, {"staff_id": 999_999_999, "share_bp": 5_000}]
    found = [sold(chain, till, tea=given).code for given in (twice, unknown, [], shares(chain, 0, 10_000))]
    assert found == ["pos.shares_invalid", "pos.associate_unknown", "request.invalid", "request.invalid"]
    assert db.value("SELECT count(*) FROM orders_order") == count


def test_pos_a_till_without_the_network_says_who_served_and_it_is_booked_so(
    chain: Chain, till: TillClient, offline: OfflineTill
):
    body = offline.made([(chain.tea.id, 1, TEA_FEN, TEA_FEN), (chain.bread.id, 1, BREAD_FEN, BREAD_FEN)])["sale"]
    body["lines"][0]["credits"] = shares(chain, 5_000, 5_000)
    body["lines"][1]["credits"] = shares(chain, 10_000)
    offline.previous = digest(body)
    taken = till.post("/journal", {"sale": body, "digest": offline.previous}).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", 0)
    order = orders.by_number(number=taken["number"])
    halves = (StaffShare(chain.associate.id, 5_000), StaffShare(chain.cashier.id, 5_000))
    assert served(order) == [(chain.associate.id, halves), (chain.associate.id, ())]
    # With the prices that were paid, where they are others, it is the same people's.
    dear = offline.made([(chain.tea.id, 1, TEA_FEN + 100, TEA_FEN + 100)])["sale"]
    dear["lines"][0]["credits"] = shares(chain, 5_000, 5_000)
    offline.previous = digest(dear)
    taken = till.post("/journal", {"sale": dear, "digest": offline.previous}).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", 100)
    assert served(orders.by_number(number=taken["number"])) == [(chain.associate.id, halves)]


def test_pos_a_till_knows_the_people_of_its_store_and_nothing_else_of_them(chain: Chain, till: TillClient):
    gone = make_person("cashier", unit_id=chain.other_store.unit.id)
    known: Mapping[int, str] = {one.pop("id"): one for one in till.get("/rules").expect(200)["colleagues"]}
    assert {chain.cashier.id, chain.associate.id, chain.manager.id} <= known.keys()
    assert gone.id not in known
    assert {tuple(one) for one in known.values()} == {("name",)}


def test_pos_the_same_sale_served_by_others_is_another_command(chain: Chain, till: TillClient):
    body = till.sale({}, tenders=cash(TEA_FEN + BREAD_FEN)) | {"lines": lines(chain, shares(chain, 4_000, 6_000), None)}
    first = till.post("/sales", body).expect(201)["order"]
    assert till.post("/sales", body).expect(201)["order"]["id"] == first["id"]
    other = till.post("/sales", body | {"lines": lines(chain, shares(chain, 6_000, 4_000), None)})
    assert (other.status, other.code) == (422, "checkout.key_reused")
