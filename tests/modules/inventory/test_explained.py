"""Why is this 7? Every figure of any history is explained by a ledger that adds up, read from one snapshot."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import Invalid
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Arrival, Explained, Figure, Goods, SheetFilter, StockLevel, StockShort
from quanyu.platform import db
from tests.harness import catalog, organization
from tests.harness.inventory import NOW, Shelf, cause, make_shelf, receive

MOVED = (Figure.ON_HAND, Figure.IN_TRANSIT, Figure.DAMAGED)


def explain(shelf: Shelf, figure: Figure, **asked) -> Explained:
    found = inventory.explain(
        location_id=shelf.location_id,
        sku_id=shelf.sku_id,
        owner_id=shelf.owner_id,
        figure=figure,
        **{"now": NOW, **asked},
    )
    assert found is not None
    return found


def figure_of(level: StockLevel, figure: Figure) -> int:
    return level.on_hand - level.reserved if figure is Figure.AVAILABLE else getattr(level, figure)


def whole_ledger(shelf: Shelf, figure: Figure) -> list:
    """Return all entries, read page by page."""
    entries, before = [], ""
    while True:
        page = explain(shelf, figure, before=before, limit=3)
        entries += page.entries
        if not page.next:
            return entries
        before = page.next


def test_a_figure_is_the_opening_stock_and_all_that_happened_since():
    shelf = make_shelf(on_hand=40)
    receive(shelf, 24, kind="receipt")
    sold = cause()
    inventory.reserve(cause_kind="order", cause_id=sold, lines=[shelf.want(55)], expires_at=None, now=NOW)
    inventory.issue(cause_kind="order", cause_id=sold, actor=SYSTEM, now=NOW)
    place = {"location_id": shelf.location_id, "owner_id": shelf.owner_id, "actor": SYSTEM, "now": NOW}
    inventory.damage(
        lines=[Goods(shelf.sku_id, 2)], cause_kind="console", cause_id=cause(), reason="fell down", **place
    )

    found = explain(shelf, Figure.ON_HAND)
    assert {part.kind: part.quantity for part in found.parts} == {
        "opening": 40,
        "receipt": 24,
        "sale": -55,
        "damage": -2,
    }
    assert (found.opening, found.closing, found.level.on_hand) == (0, 7, 7)
    assert [(entry.kind, entry.quantity, entry.balance) for entry in found.entries] == [
        ("damage", -2, 7),
        ("sale", -55, 9),
        ("receipt", 24, 64),
        ("opening", 40, 40),
    ]
    assert (found.entries[0].reason, found.entries[1].cause_id) == ("fell down", sold)
    damaged = explain(shelf, Figure.DAMAGED)
    assert [(entry.kind, entry.quantity, entry.balance) for entry in damaged.entries] == [("damage", 2, 2)]


def test_what_is_reserved_is_the_open_promises_each_with_its_end():
    shelf = make_shelf(on_hand=40)
    later = NOW + timedelta(minutes=15)
    for quantity, expires_at in ((2, None), (3, later), (4, NOW - timedelta(minutes=1))):
        inventory.reserve(
            cause_kind="order", cause_id=cause(), lines=[shelf.want(quantity)], expires_at=expires_at, now=NOW
        )
    gone = cause()
    inventory.reserve(cause_kind="order", cause_id=gone, lines=[shelf.want(5)], expires_at=later, now=NOW)
    inventory.release(cause_kind="order", cause_id=gone, now=NOW)

    found = explain(shelf, Figure.RESERVED)
    assert {part.kind: part.quantity for part in found.parts} == {"pinned": 2, "held": 3, "lapsed": 4}
    assert found.closing == found.level.reserved == 9
    assert Counter((entry.quantity, entry.until) for entry in found.entries) == Counter(
        [(2, None), (3, later), (4, NOW - timedelta(minutes=1))]
    )
    assert found.entries[0].balance == 9


def test_days_narrow_the_ledger_and_what_was_before_is_the_opening():
    shelf = make_shelf(on_hand=10)
    place = {"location_id": shelf.location_id, "owner_id": shelf.owner_id, "actor": SYSTEM}
    for day, quantity in ((1, 5), (2, -3), (3, 8)):
        inventory.adjust(
            lines=[Goods(shelf.sku_id, quantity)],
            cause_kind="console",
            cause_id=cause(),
            reason="counted",
            now=NOW + timedelta(days=day),
            **place,
        )
    found = explain(shelf, Figure.ON_HAND, since=NOW + timedelta(days=1), until=NOW + timedelta(days=3))
    assert (found.opening, found.closing) == (10, 12)
    assert [(part.kind, part.count, part.quantity) for part in found.parts] == [("adjustment", 2, 2)]
    assert [entry.balance for entry in found.entries] == [12, 15]
    assert found.level.on_hand == 20


def test_an_unknown_row_has_no_explanation_and_a_foreign_cursor_is_refused():
    shelf = make_shelf(on_hand=1)
    asked = {"location_id": shelf.location_id, "sku_id": shelf.sku_id, "now": NOW}
    assert inventory.explain(owner_id=organization.make_supplier().id, figure=Figure.ON_HAND, **asked) is None
    for figure, cursor in ((Figure.ON_HAND, "x"), (Figure.ON_HAND, "9" * 30), (Figure.RESERVED, "7")):
        with pytest.raises(Invalid):
            inventory.explain(owner_id=shelf.owner_id, figure=figure, before=cursor, **asked)


# A history: what is done, where (one of two places), how many.
DEEDS = (
    "receive",
    "sell",
    "hold",
    "release",
    "adjust",
    "damage",
    "repair",
    "scrap",
    "send",
    "arrive",
    "return",
    "gain",
)
HISTORY = st.lists(st.tuples(st.sampled_from(DEEDS), st.booleans(), st.integers(1, 9)), min_size=4, max_size=20)


class Story:
    """Two shelves of one SKU, and what happens to them."""

    def __init__(self, places: tuple[int, int], owner_id: int) -> None:
        sku_id = catalog.make_sku().id
        self.shelves = tuple(
            make_shelf(on_hand=20, location_id=place, owner_id=owner_id, sku_id=sku_id) for place in places
        )
        self.held: list[str] = []
        self.sent: list[tuple[str, int, int]] = []

    def happen(self, deed: str, at: Shelf, other: Shelf, quantity: int) -> None:
        """Do one thing, by the doors; what stock cannot bear is refused and changes nothing."""
        goods = [Goods(at.sku_id, quantity)]
        place = {"location_id": at.location_id, "owner_id": at.owner_id, "actor": SYSTEM, "now": NOW}
        why = {"cause_kind": "console", "cause_id": cause(), "reason": "told"}
        corrections = {"damage": "damage", "repair": "repair", "scrap": "scrap", "gain": "count_gain"}
        if deed == "receive":
            receive(at, quantity, kind="receipt")
        elif deed == "return":
            receive(at, quantity, kind="customer_return")
        elif deed == "adjust":
            inventory.adjust(lines=[Goods(at.sku_id, -quantity)], **why, **place)
        elif deed in corrections:
            inventory.adjust(lines=goods, kind=corrections[deed], **why, **place)
        elif deed in ("sell", "hold"):
            order = cause()
            inventory.reserve(cause_kind="order", cause_id=order, lines=[at.want(quantity)], expires_at=None, now=NOW)
            if deed == "sell":
                inventory.issue(cause_kind="order", cause_id=order, actor=SYSTEM, now=NOW)
            else:
                self.held.append(order)
        elif deed == "release" and self.held:
            inventory.release(cause_kind="order", cause_id=self.held.pop(), now=NOW)
        elif deed == "send":
            number = cause()
            inventory.transfer_out(
                transfer_id=number,
                from_location_id=at.location_id,
                to_location_id=other.location_id,
                owner_id=at.owner_id,
                lines=goods,
                actor=SYSTEM,
                now=NOW,
            )
            self.sent.append((number, other.location_id, quantity))
        elif deed == "arrive" and self.sent:
            number, to, sent = self.sent.pop(0)
            inventory.transfer_in(
                transfer_id=number,
                to_location_id=to,
                arrivals=[Arrival("1", min(sent, quantity))],
                actor=SYSTEM,
                now=NOW,
            )


@pytest.fixture(scope="module")
def two_places() -> tuple[int, int, int]:
    first, second = organization.make_store(), organization.make_store()
    return first.unit.id, second.unit.id, first.owner_id


@settings(max_examples=30, deadline=None, derandomize=True)
@given(history=HISTORY)
def test_every_figure_of_any_history_is_explained_to_the_piece(two_places, history):
    story = Story(two_places[:2], two_places[2])
    for deed, is_second, quantity in history:
        at, other = reversed(story.shelves) if is_second else story.shelves
        try:
            story.happen(deed, at, other, quantity)
        except StockShort:
            continue
    for shelf in story.shelves:
        level = shelf.level()
        for figure in (*MOVED, Figure.RESERVED):
            entries = whole_ledger(shelf, figure)
            found = explain(shelf, figure)
            assert found.opening + sum(part.quantity for part in found.parts) == figure_of(level, figure)
            assert found.closing == figure_of(level, figure)
            assert sum(part.count for part in found.parts) == len(entries)
            # Each balance is the one before and the change; the newest is the figure itself.
            running = figure_of(level, figure)
            for entry in entries:
                assert entry.balance == running
                running -= entry.quantity
            assert running == 0
    rows = inventory.sheet(of=SheetFilter(units=None, sku_id=story.shelves[0].sku_id))
    (sums,) = rows.sums
    for name in ("on_hand", "reserved", "damaged", "incoming", "outgoing", "available"):
        assert getattr(sums, name) == sum(getattr(row, name) for row in rows.rows)
    # What left one place and has not arrived is on its way to another.
    assert sums.outgoing == sums.incoming


def test_ledger_and_figure_are_of_one_moment_while_others_sell():
    shelf = make_shelf(on_hand=100_000)
    stop, sold = threading.Event(), threading.Event()

    def sell() -> None:
        try:
            while not stop.is_set():
                order = cause()
                inventory.reserve(cause_kind="order", cause_id=order, lines=[shelf.want(1)], expires_at=None, now=NOW)
                inventory.issue(cause_kind="order", cause_id=order, actor=SYSTEM, now=NOW)
                sold.set()
        finally:
            db.connection.close()

    seen = [explain(shelf, Figure.ON_HAND)]
    seller = threading.Thread(target=sell)
    seller.start()
    try:
        assert sold.wait(60)
        seen += [explain(shelf, Figure.ON_HAND) for _ in range(60)]
    finally:
        stop.set()
        seller.join()
    assert len({found.level.on_hand for found in seen}) > 1, "nobody sold while we looked"
    for found in seen:
        assert found.closing == found.level.on_hand == found.entries[0].balance
