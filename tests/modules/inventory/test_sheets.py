"""Sheets of stock: a SKU over all locations, a location over all SKUs, what is on its way, what lies where."""

from __future__ import annotations

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import Invalid
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Alarm, Arrival, Goods, SheetFilter
from quanyu.platform import db
from tests.harness import catalog, organization
from tests.harness.inventory import NOW, Shelf, cause, make_shelf


def send(shelf: Shelf, to: int, *quantities: int, sku_ids: tuple[int, ...] = ()) -> str:
    """Send goods of the shelf's owner to another location; return the transfer's number."""
    number = cause()
    skus = sku_ids or (shelf.sku_id,) * len(quantities)
    inventory.transfer_out(
        transfer_id=number,
        from_location_id=shelf.location_id,
        to_location_id=to,
        owner_id=shelf.owner_id,
        lines=[Goods(sku_id, quantity) for sku_id, quantity in zip(skus, quantities, strict=True)],
        actor=SYSTEM,
        now=NOW,
    )
    return number


def test_a_sku_is_shown_at_every_location_with_what_comes_and_goes():
    here = make_shelf(on_hand=40, safety=6)
    there = make_shelf(on_hand=3, sku_id=here.sku_id)
    send(here, there.location_id, 10)
    inventory.reserve(cause_kind="order", cause_id=cause(), lines=[here.want(7)], expires_at=None, now=NOW)
    inventory.damage(
        location_id=there.location_id,
        owner_id=there.owner_id,
        lines=[Goods(there.sku_id, 1)],
        cause_kind="console",
        cause_id=cause(),
        reason="wet",
        actor=SYSTEM,
        now=NOW,
    )
    sheet = inventory.sheet(of=SheetFilter(units=None, sku_id=here.sku_id))
    found = {row.location_id: row for row in sheet.rows}
    cost = catalog_cost(here.sku_id)
    figures = ("on_hand", "reserved", "available", "incoming", "outgoing", "damaged", "safety", "value_fen", "alarm")
    assert [getattr(found[here.location_id], name) for name in figures] == [30, 7, 23, 0, 10, 0, 6, 30 * cost, None]
    assert [getattr(found[there.location_id], name) for name in figures] == [2, 0, 2, 10, 0, 1, 0, 2 * cost, Alarm.LOW]
    (sums,) = sheet.sums
    assert [getattr(sums, name) for name in figures[:-1]] == [32, 7, 25, 10, 10, 1, 6, 32 * cost]
    assert (sums.rows, sums.low, sums.out) == (2, 1, 0)


def catalog_cost(sku_id: int) -> int:
    return db.value("SELECT cost_fen FROM catalog_sku WHERE id = %s", [sku_id])


def test_what_arrived_is_not_outgoing_any_more_and_a_shortage_neither():
    here = make_shelf(on_hand=40)
    there = make_shelf(on_hand=1, sku_id=here.sku_id)
    number = send(here, there.location_id, 10, 5)
    inventory.transfer_in(
        transfer_id=number, to_location_id=there.location_id, arrivals=[Arrival("1", 9)], actor=SYSTEM, now=NOW
    )
    (sums,) = inventory.sheet(of=SheetFilter(units=None, sku_id=here.sku_id)).sums
    assert (sums.on_hand, sums.incoming, sums.outgoing) == (35, 5, 5)

    (told,) = inventory.transfers(units=None, transfer_id=number, with_lines=True)
    assert (told.from_location_id, told.to_location_id) == (here.location_id, there.location_id)
    assert (told.line_count, told.open_count, told.missing_count) == (2, 1, 1)
    assert [(line.line, line.sent, line.arrived, line.missing, line.underway) for line in told.lines] == [
        ("1", 10, 9, 1, 0),
        ("2", 5, 0, 0, 5),
    ]
    inventory.transfer_in(transfer_id=number, to_location_id=there.location_id, actor=SYSTEM, now=NOW)
    (told,) = inventory.transfers(units=None, transfer_id=number)
    assert (told.is_open, told.closed_at, told.lines) == (False, NOW, ())
    assert inventory.transfers(units=None, transfer_id=number, only_open=True) == []


def test_transfers_are_told_to_both_ends_and_to_the_owner_only():
    here, there, third = make_shelf(on_hand=9), organization.make_store(), organization.make_store()
    number = send(here, there.unit.id, 2)

    def told_to(*units: int) -> list[str]:
        return [one.id for one in inventory.transfers(units=frozenset(units), transfer_id=number)]

    assert told_to(here.location_id) == told_to(there.unit.id) == told_to(here.owner_id) == [number]
    assert told_to(third.unit.id) == []
    later = send(here, there.unit.id, 1)
    newest = inventory.transfers(units=frozenset([there.unit.id]))
    assert [one.id for one in newest] == [later, number]
    assert [one.id for one in inventory.transfers(units=frozenset([there.unit.id]), before=newest[0].key)] == [number]


def test_a_location_is_paged_by_code_or_by_what_is_least_and_its_sums_are_of_all_pages():
    place, category = organization.make_store(), catalog.make_category()
    goods = [catalog.make_sku(category_id=category.id) for _ in range(7)]
    for number, sku in enumerate(goods):
        make_shelf(on_hand=70 - 10 * number, location_id=place.unit.id, owner_id=place.owner_id, sku_id=sku.id)

    def paged(**choice) -> list[int]:
        of = SheetFilter(units=None, location_id=place.unit.id, **choice)
        found, after = [], ""
        while True:
            page = inventory.sheet(of=of, after=after, limit=3)
            assert sum(sums.on_hand for sums in page.sums) == 280
            found += [row.sku_id for row in page.rows]
            if not page.next:
                return found
            after = page.next

    assert paged() == [sku.id for sku in sorted(goods, key=lambda sku: sku.code)]
    assert paged(least_first=True) == [sku.id for sku in reversed(goods)]
    with pytest.raises(Invalid):
        inventory.sheet(of=SheetFilter(units=None, location_id=place.unit.id), after="nonsense")


def test_a_location_is_searched_and_narrowed():
    place = organization.make_store()
    tea = catalog.make_sku(name="西湖龙井茶")
    apples = catalog.make_sku(name="红富士苹果", is_weighed=True)
    gone = catalog.make_sku(name="旧年历")
    for sku, quantity in ((tea, 30), (apples, 12_500), (gone, 4)):
        make_shelf(on_hand=quantity, location_id=place.unit.id, owner_id=place.owner_id, sku_id=sku.id)
    inventory.adjust(
        location_id=place.unit.id,
        owner_id=place.owner_id,
        lines=[Goods(gone.id, -4)],
        cause_kind="console",
        cause_id=cause(),
        reason="thrown away",
        actor=SYSTEM,
        now=NOW,
    )

    def found(**choice) -> set[int]:
        sheet = inventory.sheet(of=SheetFilter(units=None, location_id=place.unit.id, **choice))
        return {row.sku_id for row in sheet.rows}

    assert found() == {tea.id, apples.id, gone.id}
    assert found(text="longjing") == found(text="龙井") == found(text=tea.code) == {tea.id}
    assert found(only="stock") == {tea.id, apples.id}
    assert found(only="alarm") == {gone.id}
    assert found(category_id=apples.category_id) == {apples.id}
    assert found(text="%") == set()
    # Pieces and grams are never added up.
    sums = inventory.sheet(of=SheetFilter(units=None, location_id=place.unit.id)).sums
    assert [(one.scale, one.on_hand) for one in sums] == [(1, 30), (1000, 12_500)]
    assert sums[1].value_fen == round(12_500 * catalog_cost(apples.id) / 1000)


def test_a_row_is_within_reach_of_its_location_and_of_its_owner():
    supplier = organization.make_supplier()
    own = make_shelf(on_hand=5)
    theirs = make_shelf(on_hand=8, location_id=own.location_id, owner_id=supplier.id, sku_id=own.sku_id)
    elsewhere = make_shelf(on_hand=2, sku_id=own.sku_id)

    def seen(*units: int) -> list[tuple[int, int]]:
        sheet = inventory.sheet(of=SheetFilter(units=frozenset(units), sku_id=own.sku_id))
        return sorted((row.location_id, row.on_hand) for row in sheet.rows)

    assert seen(own.location_id) == [(own.location_id, 5), (own.location_id, 8)]
    assert seen(supplier.id) == [(own.location_id, 8)]
    assert seen(elsewhere.location_id) == [(elsewhere.location_id, 2)]
    assert seen() == []
    places = inventory.places(units=frozenset([supplier.id]))
    assert {place_id: place.on_hand for place_id, place in places.items()} == {theirs.location_id: 8}


def test_places_say_what_lies_there_and_how_much_of_it_runs_out():
    shelf = make_shelf(on_hand=30)
    low = make_shelf(on_hand=3, location_id=shelf.location_id, owner_id=shelf.owner_id)
    out = make_shelf(safety=4, location_id=shelf.location_id, owner_id=shelf.owner_id)
    place = inventory.places(units=frozenset([shelf.location_id]))[shelf.location_id]
    value = 30 * catalog_cost(shelf.sku_id) + 3 * catalog_cost(low.sku_id)
    assert (place.rows, place.low, place.out, place.value_fen) == (3, 1, 1, value)
    of_one = inventory.places(units=None, sku_id=out.sku_id)
    assert {at: (one.rows, one.available) for at, one in of_one.items()} == {shelf.location_id: (1, 0)}


def test_ledgers_are_read_over_indexes_however_long_they_are():
    shelf = make_shelf(on_hand=1)
    skus = [shelf.sku_id, *(row["id"] for row in db.rows("SELECT id FROM catalog_sku ORDER BY id LIMIT 6"))]
    places = [shelf.location_id, *(organization.make_store().unit.id for _ in range(6))]
    where = f"location_id = {shelf.location_id} AND sku_id = {shelf.sku_id} AND owner_id = {shelf.owner_id}"
    plans = {
        "inventory_movement_history": f"SELECT sum(on_hand_delta) FROM inventory_movement WHERE {where} GROUP BY kind",
        "inventory_movement_damaged": f"SELECT * FROM inventory_movement WHERE {where} AND damaged_delta <> 0",
        "inventory_movement_transit": f"SELECT * FROM inventory_movement WHERE {where} AND in_transit_delta <> 0",
        "inventory_reservation_open": f"SELECT * FROM inventory_reservation WHERE {where} AND state = 'open'",
        "inventory_stock_transit": "SELECT sku_id FROM inventory_stock WHERE in_transit > 0 AND sku_id = 7",
    }
    with db.transaction.atomic():
        db.execute(
            "INSERT INTO inventory_movement (location_id, sku_id, owner_id, kind, on_hand_delta, damaged_delta, "
            "in_transit_delta, on_hand_after, cause_kind, cause_id, at) "
            "SELECT (%s::bigint[])[1 + n %% 7], (%s::bigint[])[1 + n / 7 %% 7], %s, "
            "'adjustment', 1, (n %% 50 = 0)::int, (n %% 40 = 0)::int, n, 'plan', n::text, now() "
            "FROM generate_series(1, 20000) AS n",
            [places, skus, shelf.owner_id],
        )
        db.execute(
            "INSERT INTO inventory_reservation (id, cause_kind, cause_id, location_id, sku_id, owner_id, quantity, "
            "state, created_at, closed_at) SELECT gen_random_uuid(), 'plan', n::text, "
            "(%s::bigint[])[1 + n %% 7], (%s::bigint[])[1 + n / 7 %% 7], %s, 1, "
            "CASE WHEN n %% 9 = 0 THEN 'open' ELSE 'issued' END, now(), CASE WHEN n %% 9 <> 0 THEN now() END "
            "FROM generate_series(1, 9000) AS n",
            [places, skus, shelf.owner_id],
        )
        db.execute("ANALYZE inventory_movement, inventory_reservation")
        # The table of stock is small here, and read whole whatever its indexes.
        db.execute("SET LOCAL enable_seqscan = off")
        shown = {index: _plan(query) for index, query in plans.items()}
        db.transaction.set_rollback(True)
    for index, plan in shown.items():
        assert index in plan, plan


def _plan(query: str) -> str:
    return "\n".join(row["QUERY PLAN"] for row in db.rows(f"EXPLAIN {query}"))
