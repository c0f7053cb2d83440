"""Shop windows: pages that stores inherit, filters that say what the doors say, content, codes, companions."""

from __future__ import annotations

import json
import random

import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import CodeUnknown, EditedMeanwhile, SkuInfo
from quanyu.modules.catalog.contracts.content import ProductContent, Section, SectionKind, SizeGuide
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.insights import api as insights
from quanyu.modules.insights.contracts import HabitRules
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts.window import Block, BlockRefused, LinkTo, PageEdited
from tests.harness import catalog as goods
from tests.harness import checkout as buying
from tests.harness import console, organization
from tests.harness import identity as people
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import MallClient
from tests.modules.mall.test_shop_pages import make_world, same

NOTICE = Block(kind="notice", text="八点开门", text_en="Open from eight")


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def arrange(unit_id: int, *blocks: Block, version: int = 0) -> None:
    now = system_clock.now()
    api.save_page(unit_id=unit_id, version=version, blocks=blocks, actor=SYSTEM, now=now)
    api.publish_page(unit_id=unit_id, version=version + 1, actor=SYSTEM, now=now)


def shown(store_id: int) -> list[tuple[str, str]]:
    found = api.home(store_id=store_id, tier=None, member_id=None, now=system_clock.now())
    return [(one.block.kind, one.block.text) for one in found]


def bought(chain: Chain, *skus: SkuInfo) -> None:
    placed = buying.place(buying.command(chain.store, *((sku, sku.quantity_scale) for sku in skus)))
    tender = TenderGiven(tender="card", amount_fen=placed.payable_fen)
    checkout.add_tenders(order_id=placed.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())


def test_mall_02_a_stores_own_page_replaces_the_one_it_inherits_until_it_is_taken_back(chain):
    region_id = chain.store.unit.path[-2]
    arrange(region_id, NOTICE)
    assert shown(chain.store.unit.id) == shown(chain.other_store.unit.id) == [("notice", "八点开门")]
    arrange(chain.store.unit.id, Block(kind="notice", text="本店"))
    assert shown(chain.store.unit.id) == [("notice", "本店")]
    assert shown(chain.other_store.unit.id) == [("notice", "八点开门")]
    api.take_page_back(unit_id=chain.store.unit.id, version=2, actor=SYSTEM, now=system_clock.now())
    assert shown(chain.store.unit.id) == [("notice", "八点开门")]


def test_mall_02_a_draft_is_not_seen_and_of_two_editors_the_second_is_refused():
    store = organization.make_store()
    before, now = shown(store.unit.id), system_clock.now()
    api.save_page(unit_id=store.unit.id, version=0, blocks=(NOTICE,), actor=SYSTEM, now=now)
    assert shown(store.unit.id) == before
    with pytest.raises(PageEdited):
        api.save_page(unit_id=store.unit.id, version=0, blocks=(), actor=SYSTEM, now=now)
    with pytest.raises(BlockRefused):
        api.save_page(
            unit_id=store.unit.id, version=1, blocks=(Block(kind="goods", rule="picked"),), actor=SYSTEM, now=now
        )
    page = api.unit_page(unit_id=store.unit.id)
    assert (page.version, [one.text for one in page.blocks], page.published_at) == (1, ["八点开门"], None)


def test_sec_01_pages_are_arranged_by_who_may_and_nobody_else():
    store = organization.make_store()
    nobody = Actor(ActorKind.STAFF, "1")
    with pytest.raises(Forbidden):
        api.save_page(unit_id=store.unit.id, version=0, blocks=(NOTICE,), actor=nobody, now=system_clock.now())
    assert api.unit_page(unit_id=store.unit.id).version == 0


def test_mall_06_filters_say_what_the_doors_say_one_by_one():
    world = make_world(random.Random(7))
    prices = world.offered(tier=None)
    wanted = {id_ for id_, fen in prices.items() if 200 <= fen <= 400}
    path = f"/stores/{world.store.unit.id}/products?limit=50&price_from_fen=200&price_to_fen=400"
    for sort in ("newest", "price_up", "price_down"):
        found = json.loads(same(f"{path}&sort={sort}").content)
        assert {one["sku_id"] for one in found["items"]} == wanted
        assert found["next_cursor"] is None
    in_stock = json.loads(same(f"/stores/{world.store.unit.id}/products?limit=50&in_stock=true").content)["items"]
    everything = json.loads(same(f"/stores/{world.store.unit.id}/products?limit=50").content)["items"]
    assert in_stock == [one for one in everything if one["available"] > 0 or one["express_available"] > 0]
    on_offer = json.loads(same(f"/stores/{world.store.unit.id}/products?limit=50&on_offer=true").content)["items"]
    assert on_offer == [one for one in everything if (one["price"]["timed_fen"] or 10**9) < one["price"]["base_fen"]]


def test_mall_06_a_filtered_list_goes_on_where_its_page_ended():
    world = make_world(random.Random(8))
    path = f"/stores/{world.store.unit.id}/products?in_stock=true&sort=price_up"
    whole = [one["sku_id"] for one in json.loads(same(f"{path}&limit=50").content)["items"]]
    walked: list[int] = []
    cursor = ""
    for _ in range(30):
        page = json.loads(same(f"{path}&limit=3{cursor}").content)
        walked += [one["sku_id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert walked == whole


def test_mall_07_content_is_written_whole_and_by_one_editor_at_a_time(chain):
    product_id, now = chain.milk.product_id, system_clock.now()
    content = ProductContent(
        size_guide=SizeGuide("规格", ("盒", "毫升"), (("小", "250"),)),
        sections=(
            Section(SectionKind.CARE, "存放", body_html="<p>冷藏</p><script>x</script>", sku_ids=(chain.tea.id,)),
        ),
    )
    catalog.write_content(product_id=product_id, content=content, actor=SYSTEM, now=now)
    with pytest.raises(EditedMeanwhile):
        catalog.write_content(product_id=product_id, content=content, actor=SYSTEM, now=now)
    found = MallClient().get(f"/stores/{chain.store.unit.id}/products/{product_id}/content").body
    assert found["size_guide"]["rows"] == [["小", "250"]]
    assert [(one["kind"], one["body_html"]) for one in found["sections"]] == [("care", "<p>冷藏</p>")]
    assert [one["sku_id"] for one in found["sections"][0]["goods"]] == [chain.tea.id]


def test_mall_08_a_shared_code_is_always_the_same_and_leads_to_the_goods(chain):
    given = {"store_id": chain.store.unit.id, "product_id": chain.milk.product_id}
    token = api.share(**given, now=system_clock.now())
    assert api.share(**given, now=system_clock.now()) == token
    found = MallClient().get(f"/codes/{token}").body
    assert (found["kind"], found["product_id"], found["store_id"], found["scanned_in"]) == (
        "product",
        chain.milk.product_id,
        chain.store.unit.id,
        None,
    )
    with pytest.raises(CodeUnknown):
        catalog.shared_place(token="A" * 16)


def test_mall_08_a_label_says_in_which_store_it_was_scanned(chain):
    now, store = system_clock.now(), chain.store.unit
    token = catalog.codes_of(sku_ids=[chain.milk.id], unit_id=store.id, actor=SYSTEM, now=now)[chain.milk.id]
    found = MallClient().get(f"/codes/{token}").body
    assert found["scanned_in"] == {"store_id": store.id, "store_name": store.name}
    assert found["sku_id"] == chain.milk.id


def test_mall_05_what_is_bought_together_needs_enough_orders_and_more_than_chance(chain):
    rules = HabitRules(least_orders=3, least_lift=101)

    def together() -> None:
        bought(chain, chain.milk, chain.tea)

    def companions() -> list[tuple[int, int]]:
        insights.learn_habits(rules=rules, now=system_clock.now())
        return [(one.product_id, one.orders) for one in insights.also_bought(product_id=chain.milk.product_id)]

    bought(chain, chain.apples)
    together()
    together()
    assert companions() == []
    together()
    assert companions() == [(chain.tea.product_id, 3)]
    found = api.also_bought(
        store_id=chain.store.unit.id, product_id=chain.milk.product_id, tier=None, now=system_clock.now()
    )
    assert [one.sku.id for one in found] == [chain.tea.id]


def test_mall_04_suggestions_know_initials(chain):
    # A name of its own: goods of one name are suggested once, and every test's chain has milk.
    juice = goods.make_sku(name="鳄梨榴莲汁")
    items, _hot = api.suggestions(store_id=chain.store.unit.id, text="elllz", now=system_clock.now())
    assert juice.product_id in [one.product_id for one in items]


def test_a_link_without_a_target_is_refused():
    store = organization.make_store()
    block = Block(kind="coupons", more=LinkTo("product"))
    with pytest.raises(BlockRefused):
        api.save_page(unit_id=store.unit.id, version=0, blocks=(block,), actor=SYSTEM, now=system_clock.now())
    assert api.unit_page(unit_id=store.unit.id).version == 0


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        ({"starts_at": "2026-03-02T08:00:00"}, "a time needs its time zone"),
        ({"ends_at": "2026-03-02T08:00:00"}, "a time needs its time zone"),
        ({"starts_at": "2026-03-02T08:00:00", "ends_at": "2026-03-03T08:00:00Z"}, "a time needs its time zone"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "a time lies too far away"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "a time lies too far away"),
    ],
)
def test_a_block_with_a_time_of_no_zone_or_no_calendar_is_refused_by_its_field(times, fault):
    store = organization.make_store()
    browser = console.signed_in(people.make_person("head_office"))
    state = json.dumps({"version": 0, "blocks": [{"kind": "notice", "text": "x", **times}]})
    address = f"/console/mall/pages/?unit={store.unit.id}"
    for deed in ("save", "publish"):
        refused = browser.post(address, {"deed": deed, "state": state})
        assert (refused.status_code, refused.json()["field"]) == (422, "blocks.0")
        assert refused.json()["problem"] == f"Block 1: {fault}."
        assert api.unit_page(unit_id=store.unit.id).version == 0
    preview = browser.post(address, {"deed": "preview", "state": state})
    assert (preview.status_code, preview.json()["faults"]) == (200, {"0": fault})
