"""Shop pages: the hot route and Django's operation say the same, one statement each, and ETags tell readers apart."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pydantic import TypeAdapter

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import ListingChange
from quanyu.modules.inventory import api as inventory
from quanyu.modules.mall.http import hot_pages
from quanyu.modules.mall.http.products import ProductOut, StoreStockOut
from quanyu.modules.mall.http.schemas import OfferOut
from quanyu.modules.members import api as members
from quanyu.modules.organization.contracts import Location
from quanyu.modules.pricing import api as pricing
from quanyu.platform.db import lean
from quanyu.platform.http import Page
from tests.harness import catalog as goods
from tests.harness import hot, organization
from tests.harness import inventory as shelves
from tests.harness import pricing as books
from tests.harness.chain import make_chain
from tests.harness.clients import MALL, MallClient

SORTS = ("newest", "price_up", "price_down")


@dataclass(frozen=True)
class World:
    """A store with a small catalogue full of exceptions, and what should be seen there."""

    store: Location
    category_id: int
    below_id: int
    sku_ids: list[int]

    def offered(self, *, tier: str | None) -> dict[int, int]:
        """Return {SKU: what is paid} as the doors of the modules tell it, one by one."""
        listed = catalog.sellable(unit_id=self.store.unit.id, sku_ids=self.sku_ids)
        wanted = [sku_id for sku_id in self.sku_ids if listed[sku_id].listed]
        found = pricing.prices(unit_id=self.store.unit.id, sku_ids=wanted, tier=tier or "", at=system_clock.now())
        return {
            sku_id: min(
                fen
                for fen in (one.base_fen, one.timed_fen, None if tier is None else one.member_fen)
                if fen is not None
            )
            for sku_id, one in found.items()
        }


def make_world(chance: random.Random, *, skus: int = 40) -> World:
    """Make a store and a catalogue: prices on three levels with many equal ones, some missing, some SKUs not sold."""
    region = organization.make_region()
    store = organization.make_store(parent_id=region.id)
    top = goods.make_category()
    below = goods.make_category(parent_id=top.id)
    made = [
        goods.make_sku(
            name=chance.choice(("纯牛奶", "燕麦奶", "牛角包")), category_id=chance.choice((top.id, below.id))
        )
        for _ in range(skus)
    ]
    ids = [sku.id for sku in made]

    def some(share: float) -> dict[int, int]:
        return {id_: chance.randrange(1, 6) * 100 for id_ in ids if chance.random() < share}

    books.make_book(unit_id=region.id, prices={**some(0.8), ids[0]: 300})
    books.make_book(unit_id=store.unit.id, prices={**some(0.4), ids[1]: 300})
    for kind, unit_id, tier in (("member", region.id, ""), ("member", store.unit.id, "gold"), ("timed", region.id, "")):
        books.make_book(unit_id=unit_id, kind=kind, tier=tier, prices={**some(0.3), ids[2]: 200})
    hidden = [ListingChange(id_, is_listed=False) for id_ in ids if chance.random() < 0.15]
    if hidden:
        catalog.set_listings(unit_id=store.unit.id, listings=hidden, actor=SYSTEM, now=system_clock.now())
    gone = chance.choice(made)
    catalog.update_sku(sku_id=gone.id, actor=SYSTEM, now=system_clock.now(), is_active=False)
    for id_ in ids:
        if chance.random() < 0.7:
            shelf = shelves.make_shelf(
                on_hand=chance.randrange(1, 9),
                location_id=store.unit.id,
                owner_id=store.owner_id,
                sku_id=id_,
                safety=chance.randrange(3),
            )
            assert shelf.sku_id == id_
    return World(store, top.id, below.id, ids)


def member(*, tier: str = "") -> MallClient:
    """Return a phone whose member has a tier."""
    client = MallClient().sign_in()
    if tier:
        members.set_tier(member_id=UUID(client.member_id), tier=tier)
    return client


def both(path: str, *, token: str = "", **headers: str) -> tuple[hot.RawReply, hot.RawReply]:
    """Ask the hot route and Django's operation the same, and return both answers."""
    named = {"accept-language": "en", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if token:
        named["authorization"] = f"Bearer {token}"
    beside = hot.ask("GET", MALL + path, b"", named)
    found = Client(raise_request_exception=False).get(MALL + path, headers=named)
    return beside, hot.RawReply(
        found.status_code, found.content, {name.lower(): value for name, value in found.headers.items()}
    )


def same(path: str, *, token: str = "", **headers: str) -> hot.RawReply:
    """Ask both and return the answer, which is the same but for the request's id."""
    beside, behind = both(path, token=token, x_request_id="parity-0001", **headers)
    assert (beside.status, beside.content) == (behind.status, behind.content)
    assert dict(beside.headers) == dict(behind.headers)
    return beside


def walk(path: str, *, token: str = "", limit: int) -> list[dict]:
    """Return all items of a list, page by page."""
    items, cursor = [], None
    while True:
        page = json.loads(same(f"{path}&limit={limit}" + (f"&cursor={cursor}" if cursor else ""), token=token).content)
        TypeAdapter(Page[OfferOut]).validate_python(page)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


@pytest.mark.parametrize("seed", range(2))
def test_every_list_is_what_the_doors_tell_in_order_and_the_same_on_both_sides(seed):
    chance = random.Random(seed)
    world = make_world(chance)
    gold = member(tier="gold")
    for token, tier in (("", None), (gold.token, "gold")):
        paid = world.offered(tier=tier)
        orders = {
            "newest": sorted(paid, key=lambda id_: -id_),
            "price_up": sorted(paid, key=lambda id_: (paid[id_], id_)),
            "price_down": sorted(paid, key=lambda id_: (paid[id_], id_), reverse=True),
        }
        assert len(paid) > 8
        for sort in SORTS:
            path = f"/stores/{world.store.unit.id}/products?category_id={world.category_id}&sort={sort}"
            # One at a time walks the index past what is not sold here; a larger page sorts so few at once.
            limit = chance.choice((1, 6))
            items = walk(path, token=token, limit=limit)
            assert [one["sku_id"] for one in items] == orders[sort], (sort, tier)
            assert {one["sku_id"]: one["price"]["price_fen"] for one in items} == paid
        here = inventory.availability(
            sku_ids=list(paid),
            location_ids=[world.store.unit.id],
            channel="mall",
            seller_owner_id=world.store.owner_id,
            now=system_clock.now(),
        )
        assert {one["sku_id"]: one["available"] for one in items} == {
            sku_id: available for (_, sku_id), available in here.items()
        }


def test_a_shelf_holds_what_stands_below_it_and_a_search_is_the_same_on_both_sides():
    world = make_world(random.Random(9))
    paid = world.offered(tier=None)
    skus = catalog.skus(ids=paid)
    start = f"/stores/{world.store.unit.id}/products?"
    below = walk(f"{start}category_id={world.below_id}", limit=5)
    assert [one["sku_id"] for one in below] == [
        id_ for id_ in sorted(paid, reverse=True) if skus[id_].category_id == world.below_id
    ]
    for text, wanted in (("牛奶", "纯牛奶"), ("ymn", "燕麦奶"), ("牛角", "牛角包")):
        named = {id_ for id_ in paid if skus[id_].name == wanted}
        for sort in ("relevance", *SORTS):
            query = f"{start}category_id={world.category_id}&text={quote(text)}&sort={sort}"
            found = walk(query, limit=4)
            assert {one["sku_id"] for one in found} == named, (text, sort)
            assert len(found) == len(named)
            fen = [one["price"]["price_fen"] for one in found]
            assert sort != "price_up" or fen == sorted(fen)
            assert sort != "price_down" or fen == sorted(fen, reverse=True)
    assert walk(f"{start}text={quote('!?')}", limit=5) == []


def test_pages_walk_on_where_the_goods_of_a_whole_catalogue_do_not_count_here():
    """More prices than a walk's steps lie before the first that holds: it goes on, and ends at the end."""
    region = organization.make_region()
    store = organization.make_store(parent_id=region.id)
    category = goods.make_category()
    ids = [goods.make_sku(category_id=category.id).id for _ in range(40)]
    books.make_book(unit_id=region.id, prices=dict.fromkeys(ids, 100))
    # All are dearer here, so that every price of the region is met and none of them holds.
    books.make_book(unit_id=store.unit.id, prices={id_: 500 + place for place, id_ in enumerate(ids)})
    for sort, order in (("price_up", ids), ("price_down", ids[::-1]), ("newest", ids[::-1])):
        path = f"/stores/{store.unit.id}/products?category_id={category.id}&sort={sort}"
        assert [one["sku_id"] for one in walk(path, limit=1)] == order


def test_a_product_page_is_the_same_on_both_sides_and_of_the_promised_shape():
    chain = make_chain(member_milk_fen=600)
    at = f"?longitude={chain.other_store.longitude}&latitude={chain.other_store.latitude}"
    for token in ("", member().token):
        for query in ("", at):
            path = f"/stores/{chain.store.unit.id}/products/{chain.milk.product_id}{query}"
            page = json.loads(same(path, token=token).content)
            ProductOut.model_validate(page)
            assert page["offers"][0]["price"]["price_fen"] == (600 if token else 650)
    assert same(f"/stores/{chain.store.unit.id}/products/999999999").status == 404
    assert same("/stores/999999999/products/1").status == 404
    assert same("/stores/999999999/products").status == 404


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=x", "limit=", "category_id=0", "category_id=99999999999999999999", "sort=up",
        "cursor=abc", "unknown=1", "limit=1&limit=2", f"text={'x' * 61}", "text=%00", "text=%ff", "text=a%20b+c",
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_list_is_told_the_same(query):
    chain = make_chain(stock=0)
    reply = same(f"/stores/{chain.store.unit.id}/products?{query}")
    assert reply.status in (200, 400, 422)


@pytest.mark.parametrize(
    "query",
    ["", "sku_ids=1", "sku_ids=0&longitude=1&latitude=1", "sku_ids=1&longitude=181&latitude=1",
     "sku_ids=1&longitude=nan&latitude=1", "sku_ids=1&longitude=1e1&latitude=1", "sku_ids=x&longitude=1&latitude=1",
     "sku_ids=1&longitude=1&latitude=1&offers=no", "sku_ids=1&longitude=1&latitude=1&limit=51",
     "&".join(["sku_ids=1"] * 51) + "&longitude=1&latitude=1"],
)  # fmt: skip
def test_what_is_wrong_with_a_question_for_stock_is_told_the_same(query):
    assert same(f"/availability?{query}").status in (200, 422)


def test_each_page_is_one_statement_with_or_without_a_token(monkeypatch):
    chain = make_chain()
    token, asked = member().token, []
    real = lean.row

    async def counted(sql, parameters=()):
        asked.append(sql)
        return await real(sql, parameters)

    monkeypatch.setattr(lean, "row", counted)
    place = f"longitude={chain.store.longitude}&latitude={chain.store.latitude}"
    paths = [
        f"/stores/{chain.store.unit.id}/products?limit=2",
        f"/stores/{chain.store.unit.id}/products?text={quote('牛奶')}&sort=price_up",
        f"/stores/{chain.store.unit.id}/products/{chain.milk.product_id}",
        f"/availability?sku_ids={chain.milk.id}&{place}",
    ]
    for path in paths:
        for known in ("", token):
            asked.clear()
            headers = {"authorization": f"Bearer {known}"} if known else {}
            with CaptureQueriesContext(connection) as queries:
                behind = Client().get(MALL + path, headers=headers)
            assert hot.ask("GET", MALL + path, b"", headers).content == behind.content
            assert (len(asked), len(queries)) == (1, 1), path


def test_an_etag_is_of_the_content_and_a_member_price_is_no_shared_caches_business():
    chain = make_chain(member_milk_fen=600)
    path = f"/stores/{chain.store.unit.id}/products?category_id={chain.category.id}"
    anybody, mine = same(path), same(path, token=member().token)
    assert anybody.headers["etag"] != mine.headers["etag"]
    assert anybody.headers["etag"].startswith('"')
    for reply in (anybody, mine):
        assert reply.headers["cache-control"] == "private, no-cache"
        assert reply.headers["vary"] == "Authorization, Accept-Language"
    kept = same(path, if_none_match=anybody.headers["etag"])
    assert (kept.status, kept.content, kept.headers["etag"]) == (304, b"", anybody.headers["etag"])
    # What a member saw does not stand for what everybody sees.
    assert same(path, if_none_match=mine.headers["etag"]).status == 200
    shelves.receive(chain.stocked(chain.store, chain.milk), 1)
    assert same(path, if_none_match=anybody.headers["etag"]).status == 200


def test_a_token_that_ended_shows_everybodys_prices():
    chain = make_chain(member_milk_fen=600)
    phone = member()
    path = f"/stores/{chain.store.unit.id}/products?category_id={chain.category.id}"
    mine = same(path, token=phone.token)
    members.sign_out(token=phone.token, now=system_clock.now())
    ended = same(path, token=phone.token)
    assert ended.content == same(path).content != mine.content
    assert same(path, token="x" * 43).content == ended.content


class TestAvailabilityNear:
    """What the nearest stores have of a list of SKUs."""

    def near(self, chain, *skus, query: str = "") -> list[dict]:
        ids = "&".join(f"sku_ids={sku.id}" for sku in skus)
        place = f"longitude={chain.store.longitude}&latitude={chain.store.latitude}"
        found = json.loads(same(f"/availability?{ids}&{place}&within_m=9000{query}").content)
        TypeAdapter(list[StoreStockOut]).validate_python(found)
        return found

    def figures(self, chain, *skus, query: str = "") -> list[tuple[int, bool, list[int]]]:
        return [
            (one["store"]["id"], one["is_complete"], [item["available"] for item in one["items"]])
            for one in self.near(chain, *skus, query=query)
        ]

    def test_nearest_first_each_owner_by_its_own_stock(self):
        chain = make_chain(stock=3)
        near, far, theirs = chain.store.unit.id, chain.other_store.unit.id, chain.franchise.unit.id
        assert self.figures(chain, chain.tea, chain.milk) == [
            (near, True, [3, 3]), (theirs, True, [3, 3]), (far, True, [3, 3]),
        ]  # fmt: skip
        distances = [one["store"]["distance_m"] for one in self.near(chain, chain.milk)]
        assert distances == sorted(distances)
        assert distances[0] == 0
        assert self.figures(chain, chain.milk, query="&limit=1") == [(near, True, [3])]

    def test_safety_stock_is_kept_and_a_store_without_anything_is_left_out(self):
        chain = make_chain(stock=3)
        for location, safety in ((chain.store, 2), (chain.other_store, 3)):
            inventory.set_safety(
                location_id=location.unit.id, owner_id=location.owner_id, sku_id=chain.milk.id, quantity=safety,
                actor=SYSTEM, now=system_clock.now(),
            )  # fmt: skip
        assert self.figures(chain, chain.milk) == [
            (chain.store.unit.id, True, [1]), (chain.franchise.unit.id, True, [3]),
        ]  # fmt: skip
        assert self.figures(chain, chain.milk, chain.bread)[-1] == (chain.other_store.unit.id, False, [0, 3])

    def test_what_is_promised_is_gone_until_the_promise_lapses(self):
        chain = make_chain(stock=3)
        now = system_clock.now()
        for location, expires_at in ((chain.store, None), (chain.other_store, now)):
            inventory.reserve(
                cause_kind="order",
                cause_id=str(uuid7()),
                lines=[chain.stocked(location, chain.milk).want(2)],
                expires_at=expires_at,
                now=now,
            )
        found = {store: left for store, _, left in self.figures(chain, chain.milk)}
        assert found == {chain.store.unit.id: [1], chain.other_store.unit.id: [3], chain.franchise.unit.id: [3]}

    def test_shared_stock_counts_for_the_owner_it_is_shared_with(self):
        chain = make_chain(stock=0)
        shelf = shelves.Shelf(chain.store.unit.id, chain.dealer.id, chain.milk.id)
        shelves.receive(shelf, 4)
        assert self.figures(chain, chain.milk) == []
        inventory.set_sharing(
            owner_id=chain.dealer.id, seller_owner_id=chain.store.owner_id, category_id=None, channel="mall",
            is_shared=True, actor=SYSTEM, now=system_clock.now(),
        )  # fmt: skip
        assert self.figures(chain, chain.milk) == [(chain.store.unit.id, True, [4])]

    def test_a_closed_store_and_goods_it_does_not_sell_do_not_count(self):
        chain = make_chain(stock=3)
        now = system_clock.now()
        catalog.set_listing(unit_id=chain.store.unit.id, sku_id=chain.milk.id, is_listed=False, actor=SYSTEM, now=now)
        unpriced = goods.make_sku()
        shelves.receive(chain.stocked(chain.store, unpriced), 5)
        assert [one[0] for one in self.figures(chain, chain.milk)] == [
            chain.franchise.unit.id, chain.other_store.unit.id,
        ]  # fmt: skip
        assert self.figures(chain, unpriced) == []
        organization.api.close_unit(unit_id=chain.other_store.unit.id, actor=SYSTEM, now=now)
        assert [one[0] for one in self.figures(chain, chain.milk)] == [chain.franchise.unit.id]


def test_every_page_has_its_operation():
    """A hot route that no operation stands behind would be in no document."""
    assert {template for _, template in hot_pages.ROUTES} == {
        f"{MALL}/stores/{{store_id:int}}/products",
        f"{MALL}/stores/{{store_id:int}}/products/{{product_id:int}}",
        f"{MALL}/availability",
    }
