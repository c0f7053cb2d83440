"""Opening stock from files: booked once for each location, item, owner and batch; nobody books for another store."""

from __future__ import annotations

import pytest

from quanyu.modules.inventory import api
from quanyu.modules.inventory.contracts import MovementKind
from tests.harness import files
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person

HEAD = ["门店编码", "商品编码", "数量", "货主编码", "批次"]


@pytest.fixture
def chain() -> Chain:
    return make_chain(stock=0)


def on_hand(chain: Chain, *places) -> list[tuple[int, int, int]]:
    """Return (location, SKU, quantity) of everything but the apples that every chain has."""
    levels = api.stock_levels(location_ids=[place.unit.id for place in places])
    return [(level.location_id, level.sku_id, level.on_hand) for level in levels if level.sku_id != chain.apples.id]


def test_opening_stock_is_booked_exactly_and_once(tmp_path, chain):
    store = chain.store
    rows = [HEAD[:3], [store.unit.code, chain.milk.code, 24], [store.unit.code, chain.bread.code, "0"]]
    job = files.applied("opening_stock", files.xlsx(tmp_path / "a.xlsx", rows))
    assert (job.counts, job.outcome) == ({"new": 1, "unchanged": 1}, {"written": 1, "unchanged": 1})
    assert on_hand(chain, store) == [(store.unit.id, chain.milk.id, 24)]
    (entry,) = api.movements(location_id=store.unit.id, sku_id=chain.milk.id, owner_id=store.owner_id, limit=5)
    assert (entry.kind, entry.on_hand_delta, entry.cause_kind) == (MovementKind.OPENING, 24, "opening_import")

    again = files.checked("opening_stock", files.text_file(tmp_path / "a.csv", rows))
    assert again.counts == {"unchanged": 2}
    other = files.checked(
        "opening_stock", files.xlsx(tmp_path / "b.xlsx", [HEAD[:3], [store.unit.code, chain.milk.code, 30]])
    )
    assert files.errors_of(other) == [(2, "quantity", "inventory.opening_booked")]
    batch = [HEAD, [store.unit.code, chain.milk.code, 6, None, "补录"]]
    assert files.applied("opening_stock", files.xlsx(tmp_path / "c.xlsx", batch)).outcome == {"written": 1}
    assert on_hand(chain, store) == [(store.unit.id, chain.milk.id, 30)]


def test_weighed_goods_are_kilograms_and_pieces_are_whole(tmp_path, chain):
    store = chain.warehouse
    before = api.stock_levels(location_ids=[store.unit.id], sku_ids=[chain.apples.id])[0].on_hand
    rows = [HEAD[:3], [store.unit.code, chain.apples.code, "12.525"], [store.unit.code, chain.milk.code, "1.5"]]
    job = files.applied("opening_stock", files.xlsx(tmp_path / "a.xlsx", rows))
    assert files.errors_of(job) == [(3, "quantity", "not_whole")]
    assert api.stock_levels(location_ids=[store.unit.id], sku_ids=[chain.apples.id])[0].on_hand == before + 12_525


def test_a_store_manager_books_for_her_store_and_no_other(tmp_path, chain):
    manager = make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False)
    rows = [
        HEAD[:3],
        [chain.store.unit.code, chain.tea.code, 3],
        [chain.other_store.unit.code, chain.tea.code, 3],
        ["没有的", chain.tea.code, 3],
        [chain.store.unit.code, "没有的", 3],
        [chain.store.unit.code, chain.tea.code, 4],
    ]
    job = files.applied("opening_stock", files.xlsx(tmp_path / "a.xlsx", rows), actor=manager.actor)
    assert files.errors_of(job) == [
        (3, "location", "unknown"),
        (4, "location", "unknown"),
        (5, "sku", "unknown"),
        (6, "sku", "repeated"),
    ]
    assert on_hand(chain, chain.store, chain.other_store) == [(chain.store.unit.id, chain.tea.id, 3)]
