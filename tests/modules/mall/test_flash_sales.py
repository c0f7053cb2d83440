"""The mall's list of flash sales: what runs and what is to come at a store, with goods, limit and what is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.flash import api as flash
from tests.harness.chain import TEA_FEN, make_chain
from tests.harness.clients import MallClient


def announce(chain, sku, *, starts_in: int, **given):
    """Announce a sale of a SKU at the chain's store, some minutes from now, for an hour."""
    starts_at = system_clock.now() + timedelta(minutes=starts_in)
    terms = {"unit_ids": [chain.store.unit.id], "per_member_limit": 2, "channels": ("mall",)} | given
    return flash.announce(
        sku_id=sku.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        actor=SYSTEM,
        now=system_clock.now(),
        **terms,
    )


def shown(client: MallClient, store) -> list[dict]:
    """Return the sales that the mall shows at a store, but for those that hold everywhere."""
    body = client.get(f"/stores/{store.unit.id}/flash-sales").expect(200)
    assert abs(datetime.fromisoformat(body["server_time"]) - datetime.now(UTC)) < timedelta(minutes=1)
    return body["items"]


def test_a_store_shows_its_sales_to_everybody() -> None:
    """The first to start first; a stopped one, one of another store and one of the till's alone are not shown."""
    chain = make_chain(stock=5)
    later = announce(chain, chain.milk, starts_in=60)
    running = announce(chain, chain.tea, starts_in=-1, units_total=3)
    announce(chain, chain.bread, starts_in=-1, channels=("pos",))
    stopped = announce(chain, chain.bread, starts_in=-1)
    flash.stop(sale_id=stopped.id, reason="x", actor=SYSTEM, now=system_clock.now())

    items = shown(MallClient(), chain.store)
    assert [(one["id"], one["state"], one["left"], one["is_sold_out"], one["had"]) for one in items] == [
        (running.id, "running", 3, False, 0),
        (later.id, "announced", None, False, 0),
    ]
    assert (items[0]["goods"]["sku_id"], items[0]["goods"]["price"]["price_fen"]) == (chain.tea.id, TEA_FEN)
    assert (items[0]["per_member_limit"], items[0]["starts_at"] < items[0]["ends_at"]) == (2, True)
    assert shown(MallClient(), chain.other_store) == []


def test_members_see_what_they_have_and_everybody_what_is_left() -> None:
    """What is ordered counts at once; what is cancelled comes back."""
    chain = make_chain(stock=5)
    announce(chain, chain.tea, starts_in=-1, units_total=2)
    shopper = MallClient().sign_in()
    ordered = shopper.order(chain.store, {chain.tea.id: 2}).expect(201)
    (mine,), (others,) = shown(shopper, chain.store), shown(MallClient(), chain.store)
    assert [(one["had"], one["left"], one["is_sold_out"]) for one in (mine, others)] == [(2, 0, True), (0, 0, True)]
    shopper.post(f"/orders/{ordered['id']}/cancellation").expect(200)
    (mine,) = shown(shopper, chain.store)
    assert (mine["had"], mine["left"], mine["is_sold_out"]) == (0, 2, False)


def test_without_stock_a_sale_is_sold_out() -> None:
    """A sale of whatever stock there is ends with the stock."""
    chain = make_chain(stock=1)
    announce(chain, chain.tea, starts_in=-1)
    MallClient().sign_in().order(chain.store, {chain.tea.id: 1}, delivery="pickup").expect(201)
    (item,) = shown(MallClient(), chain.store)
    assert (item["left"], item["goods"]["available"]) == (None, 0)
