"""Prices from files: into a book, by item code or barcode; what stands is shown, a dash takes an item out."""

from __future__ import annotations

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.clock import system_clock
from quanyu.modules.pricing import api
from quanyu.modules.pricing.contracts import NewPrice
from quanyu.platform.models import FileJob
from tests.harness import catalog, files, organization, pricing

HEAD = ["价目表编码", "商品编码", "价格"]


def standing(book_id: int, *skus) -> list[int | None]:
    """Return the prices of SKUs in a book."""
    found = api.prices_in_books(book_ids=[book_id], sku_ids=[sku.id for sku in skus])
    return [found.get((book_id, sku.id)) for sku in skus]


def test_prices_are_set_changed_left_and_taken_out_exactly(tmp_path):
    new, changed, same, out, other = (catalog.make_sku(name=f"商品{n}") for n in range(5))
    book = pricing.make_book(
        unit_id=organization.make_region().id, prices={changed.id: 100, same.id: 200, out.id: 300, other.id: 400}
    )
    rows = [
        HEAD,
        [book.code, new.code, "¥12.50"],
        [book.code, changed.barcodes[0] if changed.barcodes else changed.code, 1.1],
        [book.code, same.code, "2.00"],
        [book.code, out.code, "-"],
    ]
    job = files.applied("prices", files.xlsx(tmp_path / "a.xlsx", rows))
    assert (job.counts, job.outcome) == (
        {"new": 1, "changed": 2, "unchanged": 1},
        {"written": 3, "unchanged": 1},
    )
    assert standing(book.id, new, changed, same, out, other) == [1250, 110, 200, None, 400]
    history = api.history(sku_id=changed.id, book_id=book.id)
    assert [(entry.before_fen, entry.after_fen) for entry in history][:1] == [(100, 110)]


def test_a_price_that_changed_since_the_preview_is_refused(tmp_path):
    sku = catalog.make_sku(name="商品")
    book = pricing.make_book(unit_id=organization.make_region().id, prices={sku.id: 100})
    job = files.checked("prices", files.xlsx(tmp_path / "a.xlsx", [HEAD, [book.code, sku.code, "2"]]))
    api.set_prices(book_id=book.id, prices=[NewPrice(sku.id, 150)], actor=SYSTEM, now=system_clock.now())
    files.start(job.id)
    files.work(job.id)
    assert FileJob.objects.get(id=job.id).outcome == {"refused": 1}
    assert files.errors_of(job) == [(2, "price", "stale")]
    assert standing(book.id, sku) == [150]


def test_books_out_of_reach_ended_ones_and_unknown_items_are_refused_by_row(tmp_path):
    sku = catalog.make_sku(name="商品")
    region, elsewhere = organization.make_region(), organization.make_region()
    own, other = (pricing.make_book(unit_id=unit.id, prices={sku.id: 100}) for unit in (region, elsewhere))
    ended = pricing.make_book(unit_id=region.id, kind="member", prices={sku.id: 100})
    api.close_book(book_id=ended.id, at=system_clock.now(), actor=SYSTEM, now=system_clock.now())
    grant = Grant(frozenset({"pricing.edit"}), Scope.SUBTREE, region.id)
    actor = Actor(ActorKind.STAFF, "1", grants=(grant,))
    rows = [
        HEAD,
        [own.code, sku.code, "2"],
        [other.code, sku.code, "2"],
        [ended.code, sku.code, "2"],
        [own.code, "没有的", "2"],
        ["没有的", sku.code, "2"],
        [own.code, catalog.make_sku(name="无价").code, "-"],
    ]
    job = files.applied("prices", files.xlsx(tmp_path / "a.xlsx", rows), actor=actor)
    assert files.errors_of(job) == [
        (3, "book", "unknown"),
        (4, "book", "pricing.book_closed"),
        (5, "sku", "unknown"),
        (6, "book", "unknown"),
        (7, "price", "required"),
    ]
    assert (standing(own.id, sku), standing(other.id, sku)) == ([200], [100])
