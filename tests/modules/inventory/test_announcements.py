"""Whatever changes what can be sold is announced, by one event per deed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods, StockShort
from quanyu.platform import db
from tests.harness import catalog
from tests.harness.inventory import NOW, cause, make_shelf

LATER = NOW + timedelta(minutes=15)


@pytest.fixture
def shelf():
    return make_shelf(on_hand=10)


def announced(work):
    """Return what a deed announced: (aggregate, kind, rows)."""
    last = db.value("SELECT coalesce(max(id), 0) FROM platform_outbox")
    work()
    rows = db.rows(
        "SELECT aggregate, payload::text AS payload FROM platform_outbox "
        "WHERE topic = 'inventory.stock_changed.1' AND id > %s ORDER BY id",
        [last],
    )
    found = []
    for row in rows:
        payload = db.json_value("SELECT %s", [row["payload"]])
        found.append((row["aggregate"], payload["kind"], payload["changes"]))
    return found


def change(shelf, on_hand, delta=0):
    return {
        "location_id": shelf.location_id,
        "sku_id": shelf.sku_id,
        "owner_id": shelf.owner_id,
        "on_hand": on_hand,
        "on_hand_delta": delta,
    }


def reserve(lines, *, cause_id, expires_at=LATER, now=NOW):
    inventory.reserve(cause_kind="order", cause_id=cause_id, lines=lines, expires_at=expires_at, now=now)


def test_reserving_releasing_and_issuing_announce_once_with_all_rows(shelf):
    other = make_shelf(on_hand=5)
    number = cause()
    lines = [shelf.want(1, line=1), shelf.want(2, line=2), other.want(1, line=3)]
    ((aggregate, kind, changes),) = announced(lambda: reserve(lines, cause_id=number))
    assert (aggregate, kind) == (f"order:{number}", "reserve")
    assert sorted(changes, key=lambda row: row["sku_id"]) == [change(shelf, 10), change(other, 5)]
    again = cause()
    reserve([shelf.want(1)], cause_id=again)
    ((_, kind, changes),) = announced(lambda: inventory.release(cause_kind="order", cause_id=again, now=NOW))
    assert (kind, changes) == ("release", [change(shelf, 10)])
    assert announced(lambda: inventory.release(cause_kind="order", cause_id=again, now=NOW)) == []
    issue = {"cause_kind": "order", "cause_id": number, "actor": SYSTEM, "now": NOW}
    ((_, kind, changes),) = announced(lambda: inventory.issue(lines=["1", "2"], **issue))
    assert (kind, changes) == ("sale", [change(shelf, 7, -3)])


def test_what_is_refused_announces_nothing(shelf):
    def refused():
        with pytest.raises(StockShort):
            reserve([shelf.want(11)], cause_id=cause())

    assert announced(refused) == []


def test_pinning_announces_only_what_had_lapsed(shelf):
    kept, late, gone = cause(), cause(), cause()
    for number in (kept, late):
        reserve([shelf.want(1)], cause_id=number)
    pin = {"cause_kind": "order"}
    assert announced(lambda: inventory.pin(cause_id=kept, now=NOW, **pin)) == []
    ((_, kind, changes),) = announced(lambda: inventory.pin(cause_id=late, now=LATER, **pin))
    assert (kind, changes) == ("reserve", [change(shelf, 10)])
    reserve([shelf.want(1)], cause_id=gone)
    inventory.release(cause_kind="order", cause_id=gone, now=NOW)
    ((_, kind, changes),) = announced(lambda: inventory.pin(cause_id=gone, now=NOW, **pin))
    assert (kind, changes) == ("reserve", [change(shelf, 10)])


def test_safety_stock_and_sharing_are_announced(shelf):
    safety = {"location_id": shelf.location_id, "owner_id": shelf.owner_id, "actor": SYSTEM, "now": NOW}
    told = announced(lambda: inventory.set_safety(sku_id=shelf.sku_id, quantity=3, **safety))
    place = f"stock:{shelf.location_id}/{shelf.sku_id}/{shelf.owner_id}"
    assert told == [(place, "safety", [change(shelf, 10)])]
    new = catalog.make_sku().id
    ((_, _, (row,)),) = announced(lambda: inventory.set_safety(sku_id=new, quantity=3, **safety))
    assert (row["sku_id"], row["on_hand"]) == (new, 0)
    rule = {"owner_id": shelf.owner_id, "actor": SYSTEM, "now": NOW, "seller_owner_id": shelf.location_id}
    owner = f"owner:{shelf.owner_id}"
    assert announced(lambda: inventory.set_sharing(is_shared=True, **rule)) == [(owner, "sharing", [])]
    assert announced(lambda: inventory.remove_sharing(**rule)) == [(owner, "sharing", [])]
    assert announced(lambda: inventory.remove_sharing(**rule)) == []


def test_what_moves_is_announced_with_its_rows(shelf):
    place = {"location_id": shelf.location_id, "owner_id": shelf.owner_id, "actor": SYSTEM, "now": NOW}
    goods, deed = [Goods(shelf.sku_id, 2)], {"cause_kind": "test", "cause_id": cause()}
    told = announced(lambda: inventory.damage(lines=goods, reason="dropped", **deed, **place))
    assert [(kind, changes) for _, kind, changes in told] == [("damage", [change(shelf, 8, -2)])]
    told = announced(lambda: inventory.receive(lines=goods, **deed, **place))
    assert [(kind, changes) for _, kind, changes in told] == [("receipt", [change(shelf, 10, 2)])]
    assert announced(lambda: inventory.receive(lines=goods, **deed, **place)) == []
