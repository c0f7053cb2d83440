"""Flash sales are announced and stopped by those who may, and no two of them bind one product at one place and time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.flash import api as flash
from quanyu.modules.flash.contracts import SaleEnded, SaleInvalid, SaleOverlaps, SaleState, SaleUnknown
from quanyu.modules.flash.ops import announce_sale
from quanyu.modules.flash.queries import settings
from quanyu.platform import db, locks, settings_tree
from tests.harness import catalog, organization
from tests.harness.flash import HOUR, NOW, make_sale, make_store_id
from tests.harness.parallel import parallel


def sales_of(sku_id: int) -> int:
    """Return how many sales a SKU has."""
    return int(db.value("SELECT count(*) FROM flash_sale WHERE sku_id = %s", [sku_id]))


def test_a_sale_is_announced_running_and_over_by_the_clock() -> None:
    """The start belongs to the sale, the end does not."""
    sale = make_sale(starts_at=NOW, ends_at=NOW + HOUR)
    moments = (NOW - timedelta(seconds=1), NOW, NOW + HOUR - timedelta(seconds=1), NOW + HOUR)
    assert [sale.state(at) for at in moments] == [
        SaleState.ANNOUNCED,
        SaleState.RUNNING,
        SaleState.RUNNING,
        SaleState.OVER,
    ]
    assert sale.closed_from == NOW - HOUR  # announced then: from then on it waits for its start


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"ends_at": NOW - HOUR}, "ends_at"),
        ({"starts_at": NOW - 3 * HOUR, "ends_at": NOW - 2 * HOUR}, "ends_at"),
        ({"per_member_limit": 0}, "per_member_limit"),
        ({"units_total": 0}, "units_total"),
        ({"channels": ()}, "channels"),
        ({"sku_id": 0}, "sku_id"),
    ],
)
def test_figures_that_make_no_sense_are_refused(given: dict[str, Any], field: str) -> None:
    """The refusal names the field."""
    sku_id = given.get("sku_id", catalog.make_sku().id)
    with pytest.raises(SaleInvalid) as refusal:
        make_sale(**{"sku_id": sku_id} | given)
    assert refusal.value.field == field
    assert sales_of(sku_id) == 0


def test_goods_by_weight_have_no_flash_sale() -> None:
    """A limit in pieces needs pieces."""
    with pytest.raises(SaleInvalid) as refusal:
        make_sale(sku_id=catalog.make_sku(is_weighed=True).id)
    assert refusal.value.field == "sku_id"


def test_the_database_keeps_sense_too() -> None:
    """Each figure has its CHECK."""
    sale = make_sale(units_total=5)
    for change in (
        "starts_at = ends_at",
        "closed_from = starts_at + interval '1 second'",
        "per_member_limit = 0",
        "units_total = 0",
        "channels = '{}'",
        "taken = 6",
        "taken = -1",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            db.execute(f"UPDATE flash_sale SET {change} WHERE id = %s", [sale.id])
    assert flash.sale(sale_id=sale.id) == sale


def test_two_sales_of_a_product_do_not_meet() -> None:
    """Not at one time, one place or below it, and one channel; each alone may be shared."""
    region = organization.make_region()
    store_id, other_id = make_store_id(parent_id=region.id), make_store_id()
    first = make_sale(unit_ids=[region.id])
    for places in ([region.id], [store_id], [other_id, store_id], []):
        with pytest.raises(SaleOverlaps) as refusal:
            make_sale(sku_id=first.sku_id, unit_ids=places)
        assert refusal.value.params["sale_id"] == first.id
    assert sales_of(first.sku_id) == 1
    make_sale(sku_id=first.sku_id, unit_ids=[other_id])
    make_sale(sku_id=first.sku_id, unit_ids=[store_id], channels=("pos",))
    # The next one starts when this one ends; until then its product is not closed.
    later = {"starts_at": NOW + 2 * HOUR, "ends_at": NOW + 3 * HOUR}
    with pytest.raises(SaleOverlaps):
        make_sale(sku_id=first.sku_id, unit_ids=[store_id], **later)
    make_sale(sku_id=first.sku_id, unit_ids=[store_id], closed_from=NOW + HOUR, **later)
    assert sales_of(first.sku_id) == 4


def test_a_stopped_sale_makes_room() -> None:
    """What was stopped binds nobody."""
    first = make_sale()
    flash.stop(sale_id=first.id, reason="错了", actor=_staff(None), now=NOW)
    assert make_sale(sku_id=first.sku_id).id > first.id


def test_sales_end_once() -> None:
    """A sale that is over or stopped cannot be stopped; an unknown one is unknown."""
    sale, over = make_sale(), make_sale(ends_at=NOW)
    stopped = flash.stop(sale_id=sale.id, reason="价格错了", actor=_staff(None), now=NOW)
    assert (stopped.state(NOW), stopped.stopped_at) == (SaleState.STOPPED, NOW)
    for sale_id, problem in ((sale.id, SaleEnded), (over.id, SaleEnded), (0, SaleUnknown)):
        with pytest.raises(problem):
            flash.stop(sale_id=sale_id, reason="again", actor=_staff(None), now=NOW)
    trail = db.rows(
        "SELECT action, reason FROM platform_audit WHERE subject_kind = 'flash_sale' AND subject_id = %s ORDER BY id",
        [str(sale.id)],
    )
    assert [(row["action"], row["reason"]) for row in trail] == [("flash.announce", ""), ("flash.stop", "价格错了")]


def test_sales_are_made_and_stopped_by_those_who_may_edit_there() -> None:
    """flash.edit at every place of the sale; everywhere needs it at head office."""
    store_id, other_id = make_store_id(), make_store_id()
    local = _staff(store_id)
    sale = make_sale(unit_ids=[store_id], actor=local)
    for units in ([store_id, other_id], [], [other_id]):
        sku_id = catalog.make_sku().id
        with pytest.raises((Forbidden, NotFound)):
            make_sale(sku_id=sku_id, unit_ids=units, actor=local)
        assert sales_of(sku_id) == 0
    with pytest.raises((Forbidden, NotFound)):
        flash.stop(sale_id=sale.id, reason="x", actor=_staff(other_id), now=NOW)
    assert flash.sale(sale_id=sale.id).stopped_at is None
    assert flash.stop(sale_id=sale.id, reason="x", actor=local, now=NOW).stopped_at == NOW


def test_the_till_is_bound_when_the_setting_says_so() -> None:
    """By default a sale binds the mall alone."""
    assert make_sale(channels=None).channels == {"mall"}
    settings_tree.set_value(SYSTEM, "brand", settings.BINDS_TILL.key, True, NOW)
    try:
        assert make_sale(channels=None).channels == {"mall", "pos"}
    finally:
        settings_tree.set_value(SYSTEM, "brand", settings.BINDS_TILL.key, False, NOW)


@pytest.mark.race
def test_two_who_announce_at_once_get_one_sale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the lock on the product both would look, find nothing, and announce."""
    both_looked, look = threading.Barrier(2), announce_sale._check_overlap

    def look_together(*given: Any, **named: Any) -> None:
        look(*given, **named)
        both_looked.wait(timeout=30)

    for guarded in (False, True):
        sku_id = catalog.make_sku().id
        with monkeypatch.context() as patched:
            if not guarded:
                patched.setattr(locks, "advisory", lambda space, key: None)
                patched.setattr(announce_sale, "_check_overlap", look_together)
            told = parallel(2, lambda index, sku_id=sku_id: make_sale(sku_id=sku_id))
        refused = [one for one in told if isinstance(one, SaleOverlaps)]
        assert (len(refused), sales_of(sku_id)) == ((1, 1) if guarded else (0, 2))
        db.execute("UPDATE flash_sale SET stopped_at = %s WHERE sku_id = %s", [NOW, sku_id])


def _staff(unit_id: int | None) -> Actor:
    if unit_id is None:
        return Actor(kind=ActorKind.STAFF, id="7", grants=(Grant(frozenset({"*"}), Scope.ALL, None),))
    return Actor(kind=ActorKind.STAFF, id="7", grants=(Grant(frozenset({"flash.edit"}), Scope.STORE, unit_id),))
