"""The points mall: low-priced goods for points, or points and cash, within limits that hold to the piece."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.members.contracts import Level
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import Offer, OfferInvalid, OfferTooDear, OfferUnknown
from quanyu.modules.points.queries import settings
from quanyu.platform import db, settings_tree
from tests.harness import catalog, organization, pricing
from tests.harness import points as build
from tests.harness.points import NOW

DAY = timedelta(days=1)


def priced_sku(list_fen: int, *, unit_id: int, is_weighed: bool = False) -> int:
    """Make a SKU with a list price at a unit, in the unit's base book or a new one."""
    sku = catalog.make_sku(is_weighed=is_weighed)
    books = [book for book in pricing.pricing.books(unit_ids=[unit_id], at=NOW) if book.kind == "base"]
    pricing.set_prices(books[0] if books else pricing.make_book(unit_id=unit_id), {sku.id: list_fen})
    return sku.id


def make_offer(**given: Any) -> Offer:
    """Make an offer at a new store, of a SKU of 30 yuan for 500 points, unless told otherwise."""
    store_id = given.pop("store_id", None) or organization.make_store().unit.id
    sku_id = given.pop("sku_id", None) or priced_sku(given.pop("list_fen", 3_000), unit_id=store_id)
    settings = {"points": 500, "unit_ids": [store_id], "actor": SYSTEM, "now": NOW} | given
    return points.create_offer(sku_id=sku_id, **settings)


def take(member: UUID, lines: dict[int, int], *, order: UUID | None = None, at: Any = NOW) -> dict[str, Any] | None:
    """Count an order's lines; return the refusal, ``None`` when it was counted."""
    wanted = [{"offer_id": offer_id, "quantity": quantity} for offer_id, quantity in lines.items()]
    answer: dict[str, Any] | None = db.json_value(
        "SELECT points_take_offers(%s, %s, %s::jsonb, %s)",
        [order or uuid7(), member, msgspec.json.encode(wanted).decode(), at],
    )
    return answer


def taken(offer: Offer) -> int:
    """Return how many were taken of a limited offer."""
    return points.offers_by_id(ids=[offer.id], at=NOW)[offer.id].taken


def test_a_product_is_offered_for_points_and_cash() -> None:
    """PTS-04: everything that was said stands in the offer, and the list price it was checked against."""
    store_id = organization.make_store().unit.id
    made = make_offer(
        store_id=store_id,
        cash_fen=990,
        per_member_limit=2,
        total_limit=100,
        level=Level.VERIFIED,
        period=Period(NOW, NOW + DAY),
    )
    assert (made.points, made.cash_fen, made.list_fen, made.level) == (500, 990, 3_000, Level.VERIFIED)
    assert (made.per_member_limit, made.total_limit, made.taken, made.is_active) == (2, 100, 0, True)
    assert (made.unit_ids, made.period) == (frozenset({store_id}), Period(NOW, NOW + DAY))


def test_only_low_priced_goods_enter_the_points_mall() -> None:
    """PTS-07: the ceiling of the setting is checked against the list price, to the fen."""
    ceiling = settings.OFFER_CEILING.default
    assert make_offer(list_fen=ceiling).list_fen == ceiling
    with pytest.raises(OfferTooDear) as refused:
        make_offer(list_fen=ceiling + 1)
    assert refused.value.params == {"price_fen": ceiling + 1, "ceiling_fen": ceiling}
    settings_tree.set_value(SYSTEM, "brand", settings.OFFER_CEILING.key, ceiling + 1, NOW)
    try:
        assert make_offer(list_fen=ceiling + 1).list_fen == ceiling + 1
    finally:
        settings_tree.set_value(SYSTEM, "brand", settings.OFFER_CEILING.key, None, NOW)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"points": 0}, "points"),
        ({"points": 1_000_000_001}, "points"),
        ({"total_limit": 2**70}, "total_limit"),
        ({"cash_fen": 3_000}, "cash_fen"),
        ({"cash_fen": -1}, "cash_fen"),
        ({"per_member_limit": 0}, "per_member_limit"),
        ({"total_limit": -3}, "total_limit"),
        ({"sku_id": 2**60}, "sku_id"),
    ],
)
def test_figures_that_do_not_go_together_are_refused(given: dict[str, Any], field: str) -> None:
    """The field says which; no offer is made."""
    before = db.value("SELECT count(*) FROM points_offer")
    with pytest.raises(OfferInvalid) as refused:
        make_offer(**given)
    assert refused.value.field == field
    assert db.value("SELECT count(*) FROM points_offer") == before


def test_weighed_or_unpriced_goods_are_no_offer() -> None:
    """A piece is exchanged, at a place where it has a price."""
    store_id, elsewhere = organization.make_store().unit.id, organization.make_store().unit.id
    with pytest.raises(OfferInvalid):
        make_offer(store_id=store_id, sku_id=priced_sku(3_000, unit_id=store_id, is_weighed=True))
    with pytest.raises(OfferInvalid):
        make_offer(store_id=store_id, sku_id=priced_sku(3_000, unit_id=elsewhere))
    with pytest.raises(OfferInvalid):
        make_offer(unit_ids=[], sku_id=priced_sku(3_000, unit_id=elsewhere))


def test_offers_hold_at_their_stores_in_their_time_and_until_they_are_stopped() -> None:
    """A store sees its own and its brand's; ended, stopped and sold-out ones are gone."""
    brand_id = organization.make_unit(UnitKind.BRAND).id
    store_id, other_id = (organization.make_store(parent_id=brand_id).unit.id for _ in range(2))
    here = make_offer(store_id=store_id)
    ended = make_offer(store_id=store_id, period=Period(NOW - DAY, NOW))
    limited = make_offer(store_id=store_id, total_limit=1)
    both = make_offer(store_id=brand_id, period=Period(NOW - DAY))

    def seen(unit_id: int) -> set[int]:
        ours = {here.id, ended.id, limited.id, both.id}
        return {
            offer.id for offer in points.offers(path=(organization.enterprise().id, brand_id, unit_id), at=NOW)
        } & ours

    assert seen(store_id) == {here.id, limited.id, both.id}
    assert seen(other_id) == {both.id}
    take(build.make_member(), {limited.id: 1})
    points.stop_offer(offer_id=here.id, reason="缺货", actor=SYSTEM, now=NOW)
    assert seen(store_id) == {both.id}
    assert set(points.offers_by_id(ids=[here.id, ended.id, limited.id], at=NOW)) == {limited.id}
    points.stop_offer(offer_id=both.id, reason="", actor=SYSTEM, now=NOW)
    with pytest.raises(OfferUnknown):
        points.stop_offer(offer_id=2**60, reason="", actor=SYSTEM, now=NOW)


def test_the_limit_in_all_and_the_limit_per_member_hold_to_the_piece() -> None:
    """The refusal names the offer, the reason and what is left; an order of two offers takes both or none."""
    member, other = build.make_member(), build.make_member()
    scarce, rationed = make_offer(total_limit=3), make_offer(per_member_limit=2)
    assert take(member, {scarce.id: 2, rationed.id: 2}) is None
    refusal = take(member, {scarce.id: 1, rationed.id: 1})
    assert refusal == {"offer_id": rationed.id, "reason": "limit_reached", "left": 0}
    assert take(other, {scarce.id: 2}) == {"offer_id": scarce.id, "reason": "sold_out", "left": 1}
    assert taken(scarce) == 2
    assert take(other, {rationed.id: 2}) is None


def test_an_order_counts_once_and_gives_back_once() -> None:
    """Repeats change nothing; an order that comes back to life counts again."""
    member, order, offer = build.make_member(), uuid7(), make_offer(total_limit=3, per_member_limit=2)
    give_back = "SELECT points_return_offers(%s, %s)"
    for _ in range(2):
        for _ in range(2):
            assert take(member, {offer.id: 2}, order=order) is None
            assert taken(offer) == 2
        assert [db.value(give_back, [order, NOW]), db.value(give_back, [order, NOW])] == [1, 0]
        assert taken(offer) == 0


def test_an_offer_that_does_not_hold_cannot_be_taken() -> None:
    """Not yet, no more, or never was."""
    member, offer = build.make_member(), make_offer(period=Period(NOW, NOW + DAY))
    for offer_id, at in ((offer.id, NOW - DAY), (offer.id, NOW + DAY), (2**60, NOW)):
        refusal = take(member, {offer_id: 1}, at=at)
        assert refusal is not None
        assert refusal["reason"] == "offer_gone"


def test_offers_are_made_by_those_who_may_configure_there() -> None:
    """points.configure at every store of the offer; everywhere needs it at head office."""
    store_id, other_id = organization.make_store().unit.id, organization.make_store().unit.id
    sku_id = priced_sku(3_000, unit_id=store_id)
    local = Actor(kind=ActorKind.STAFF, id="7", grants=(Grant(frozenset({"points.configure"}), Scope.STORE, store_id),))
    offer = make_offer(store_id=store_id, sku_id=sku_id, actor=local)
    for units in ([store_id, other_id], []):
        with pytest.raises((Forbidden, NotFound)):
            make_offer(sku_id=sku_id, unit_ids=units, actor=local)
    assert points.stop_offer(offer_id=offer.id, reason="", actor=local, now=NOW).is_active is False
