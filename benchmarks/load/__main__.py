"""Buyers over HTTP, from the basket to the paid order: `python -m benchmarks.load --clients 16 --seconds 10`.

Tills ask for a quote and sell three things for cash; shoppers look at a page, fill their cart, ask for a quote, order
and pay by the simulated provider. Printed per kind and number of clients: paid orders per second, percentiles of the
whole purchase and of each step, errors by their code, and CPU per order of the client and, where they are ours, of the
product and of PostgreSQL.

Without --url it starts a chain of its own: database, web server, worker and payment simulator. With --url it buys at a
running demo on this machine: DATABASE_URL or QUANYU_HOME must be that server's, because tills and members are made
there; its stock is sold.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks import facts, room
from benchmarks.load import crowd, mall, till
from benchmarks.load.crowd import Maker, Tally

CLIENTS = (1, 4, 16, 64)
_PROBE_STORES, _GOODS_MAX, _STOCK_MIN = 20, 3_000, 50


@dataclass(frozen=True)
class Target:
    """Whom we buy from. ``pids``: the processes of the product (web, worker) and PostgreSQL's, where they are ours."""

    address: tuple[str, int]
    tills: list[till.Till]
    shoppers: list[mall.Shopper]
    draw_of: Callable[[int], till.Draw]
    pids: tuple[tuple[int, ...], tuple[int, ...]] | None = None


@contextmanager
def own_target(size: room.Size, *, clients: int):
    """Start a chain of our own."""
    with room.database() as place:
        shop = room.furnish(place, size)
        draws = dict.fromkeys((store.unit.id for store in shop.stores), till.draw_from(shop.goods, off=room.off_fen))
        shoppers = room.make_shoppers(shop.stores, clients)
        print("\n".join(facts.of_machine(place.folder, postgres=place.version)), flush=True)
        with room.web(place, all_programs=True) as server:
            pids = server.pids, (place.postmaster,)
            yield Target(server.address, shop.tills, shoppers, draws.__getitem__, pids)


@contextmanager
def running_target(url: str, *, clients: int):
    """Make tills and members in the database of a running server."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanyu.entrypoints.settings")
    import django

    django.setup()
    stores, goods = _sellable(clients)
    parts = urlsplit(url)
    draws = {store_id: till.draw_from(found, off=_nothing) for store_id, found in goods.items()}
    tills, shoppers = room.make_tills(stores, clients), room.make_shoppers(stores, clients)
    yield Target((parts.hostname or "127.0.0.1", parts.port or 80), tills, shoppers, draws.__getitem__)


def _nothing(_total_fen: int) -> int:
    """Return what is off: a quote will say what it costs."""
    return 0


def _sellable(clients: int):
    """Return stores and what lies in each of them: pieces of which there are enough."""
    from quanyu.modules.organization import api as organization
    from quanyu.platform import db

    rows = db.rows(
        "SELECT stock.location_id, array_agg(stock.sku_id ORDER BY stock.sku_id) AS skus "
        "FROM inventory_stock AS stock JOIN catalog_sku AS sku ON sku.id = stock.sku_id "
        "JOIN organization_unit AS unit ON unit.id = stock.location_id "
        "WHERE stock.owner_id IS NOT NULL AND unit.kind = 'store' AND sku.quantity_scale = 1 "
        "AND stock.on_hand - stock.reserved >= %s GROUP BY 1 HAVING count(*) >= %s LIMIT %s",
        [_STOCK_MIN, till.LINES, _PROBE_STORES],
    )
    if not rows:
        raise SystemExit("no store has three things to sell: is it the right database?")
    stores = organization.locations(ids=[row["location_id"] for row in rows])
    return list(stores.values()), {row["location_id"]: [(sku, 0) for sku in row["skus"]][:_GOODS_MAX] for row in rows}


def kinds(target: Target) -> dict[str, Callable[[int], list[Maker]]]:
    """Return the kinds of buyers: how many clients to what they do."""

    def tills(clients: int) -> list[Maker]:
        own = target.tills
        return [
            made
            for index in range(clients)
            for made in till.makers(
                [own[index % len(own)]],
                target.draw_of(own[index % len(own)].store_id),
                clients=1,
                deed=till.quoted_sale,
            )
        ]

    return {
        "till": tills,
        "mall": lambda clients: mall.makers(target.shoppers, target.draw_of, clients=clients),
    }


def measured(target: Target, makers: Sequence[Maker], *, seconds: float) -> tuple[Tally, list[str]]:
    """Let the crowd buy; return what it did, and CPU milliseconds per order of product and PostgreSQL if known."""
    before = [facts.cpu_seconds(*pids) for pids in target.pids or ()]
    tally = crowd.run(target.address, makers, seconds=seconds)
    spent = [facts.cpu_seconds(*pids) - start for pids, start in zip(target.pids or (), before, strict=True)]
    each = 1000 / max(tally.done, 1)
    return tally, [f"{one * each:.2f}" for one in spent] or ["?", "?"]


def report(target: Target, *, kinds_wanted: Sequence[str], clients: Sequence[int], seconds: float) -> list[str]:
    """Measure every kind with every number of clients; return the tables."""
    rows, steps = [], []
    for kind, make in kinds(target).items():
        for count in clients if kind in kinds_wanted else ():
            tally, spent = measured(target, make(count), seconds=seconds)
            millis = [f"{crowd.percentile(tally.deeds, share) * 1000:.0f}" for share in (0.5, 0.9, 0.99)]
            client_ms = f"{tally.cpu_s * 1000 / max(tally.done, 1):.2f}"
            errors = ", ".join(f"{count} x {reason}" for reason, count in tally.errors.most_common(5)) or "none"
            rows.append([kind, count, f"{tally.per_second:.1f}", *millis, *spent, client_ms, errors])
            print(f"  {kind} {count}: {tally.per_second:.1f} paid orders/s, errors: {errors}", flush=True)
            for step, taken in tally.steps.items():
                both = [f"{crowd.percentile(taken, share) * 1000:.1f}" for share in (0.5, 0.99)]
                steps.append([kind, count, step, len(taken), *both])
    head = (
        "kind",
        "clients",
        "paid orders/s",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "app CPU ms",
        "PG CPU ms",
        "client CPU ms",
    )
    return [
        *facts.table((*head, "errors"), rows),
        "",
        *facts.table(("kind", "clients", "step", "requests", "p50 ms", "p99 ms"), steps),
    ]


def main() -> bool:
    """Measure with all numbers of clients for a few seconds each, and keep the tables."""
    execute(clients=CLIENTS, seconds=5.0, keep=True)
    return True


def execute(
    *,
    clients: Sequence[int],
    seconds: float,
    url: str = "",
    kinds_wanted: Sequence[str] = ("till", "mall"),
    size: room.Size | None = None,
    keep: bool = False,
) -> list[str]:
    """Measure and print; return the lines."""
    most = max(clients)
    size = size or room.Size(skus=3_000, tills=most, hot_tills=0)
    with running_target(url, clients=most) if url else own_target(size, clients=most) as target:
        lines = report(target, kinds_wanted=kinds_wanted, clients=clients, seconds=seconds)
    print("\n".join(lines))
    if keep:
        facts.write("load", ["# From the basket to the paid order, over HTTP", "", *lines])
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, nargs="+", default=list(CLIENTS))
    parser.add_argument("--seconds", type=float, default=5.0, help="per kind and number of clients")
    parser.add_argument("--kinds", nargs="+", default=["till", "mall"], choices=["till", "mall"])
    parser.add_argument("--url", default="", help="a running demo on this machine, instead of a chain of our own")
    chosen = parser.parse_args()
    execute(clients=chosen.clients, seconds=chosen.seconds, url=chosen.url, kinds_wanted=chosen.kinds)
    sys.exit(0)
