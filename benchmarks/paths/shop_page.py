"""P3: a store's page of 20 items with price and stock over HTTP, against a bare ASGI application with the same JSON.

`python -m benchmarks shop-page`, or `python -m benchmarks.paths.shop_page --short` for a quick look. A throw-away
PostgreSQL holds 10,000 SKUs in 20 stores with prices on three levels; both sides are one granian worker each over the
same database and take turns in one run, 16 keep-alive connections, each page of another store than the one before. The
goal compares the plain page; the other pages of a shop stand beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from benchmarks import facts, room
from benchmarks.load import crowd, http1
from benchmarks.paths import shop_fill

GOAL, CLIENTS = 0.5, 16
BARE = "bare ASGI"
HEAD = ("page", "pages/s", "range", "x bare", "p50 ms", "p99 ms", "app CPU ms", "PG CPU ms", "bytes")


@dataclass(frozen=True)
class Way:
    """A kind of page: whom to ask, and the address for a store."""

    name: str
    server: room.Web
    path: Callable[[int], str]


@dataclass(frozen=True)
class Slice:
    """What one way did in one slice; latencies in seconds, CPU milliseconds per page."""

    per_second: float
    latencies: list[float]
    app_ms: float
    postgres_ms: float
    errors: dict[str, int]


def ways(shop: shop_fill.Shop, bare: room.Web, server: room.Web) -> list[Way]:
    """Return all pages that are measured, the two that are compared first."""
    mall = "/api/mall/v1"
    some = random.Random(7).sample(shop.sku_ids, 5)
    near = "longitude=114.02&latitude=22.62&" + "&".join(f"sku_ids={sku_id}" for sku_id in some)

    def offers(query: str) -> Callable[[int], str]:
        return lambda store: f"{mall}/stores/{store}/products?limit=20{query}"

    return [
        Way(BARE, bare, lambda store: f"/{store}"),
        Way("page of a store", server, offers("")),
        Way("of a category", server, offers(f"&category_id={shop.category_id}")),
        Way("by price", server, offers("&sort=price_up")),
        Way("search, Chinese", server, offers(f"&text={quote('龙井茶 99')}")),
        Way("search, initials", server, offers("&text=lyej")),
        Way("one product", server, lambda store: f"{mall}/stores/{store}/products/{some[0]}"),
        Way("5 SKUs nearby", server, lambda _store: f"{mall}/availability?{near}"),
    ]


def run(place: room.Place, way: Way, stores: Sequence[int], seconds: float) -> Slice:
    """Let 16 clients look at pages for so long."""
    headers = {"Host": "127.0.0.1", "Accept-Encoding": "identity"}
    asks = [crowd.Ask(way.name, http1.request(http1.template("GET", way.path(store), headers))) for store in stores]
    chance = random.Random(11)

    def look() -> crowd.Deed:
        crowd.expect(way.name, (yield chance.choice(asks)), 200)

    before = facts.cpu_seconds(*way.server.pids), facts.cpu_seconds(place.postmaster)
    tally = crowd.run(way.server.address, [look] * CLIENTS, seconds=seconds)
    each = 1000 / max(tally.done, 1)
    return Slice(
        per_second=tally.per_second,
        latencies=list(tally.deeds),
        app_ms=(facts.cpu_seconds(*way.server.pids) - before[0]) * each,
        postgres_ms=(facts.cpu_seconds(place.postmaster) - before[1]) * each,
        errors=dict(tally.errors),
    )


@contextmanager
def bare_web(place: room.Place, *, book_id: int, store_id: int) -> Iterator[room.Web]:
    """Run the bare application for the time of the block, served as the product is."""
    port = room.free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--port", str(port), "--workers", "1"]
    env = os.environ | {"SHOP_DATABASE_URL": place.url, "SHOP_BOOK": str(book_id)}
    log_path = place.folder / f"bare-{port}.log"
    with room.served([*command, "benchmarks.paths.bare_shop:app"], env, log_path) as process:
        room.wait(process, f"http://127.0.0.1:{port}/{store_id}", log_path)
        yield room.Web(port, log_path, (process.pid,))


def body(way: Way, store_id: int) -> bytes:
    """Return what a way answers."""
    address, port = way.server.address
    with urllib.request.urlopen(f"http://{address}:{port}{way.path(store_id)}", timeout=30) as answer:
        return bytes(answer.read())


def same_items(one: bytes, other: bytes) -> bool:
    """Tell whether both pages show the same SKUs in the same words; prices and stock have more sources in ours."""
    keys = ("sku_id", "sku_code", "name", "unit_name", "quantity_scale")
    shown = [[[item[key] for key in keys] for item in json.loads(page)["items"]] for page in (one, other)]
    return shown[0] == shown[1] and len(shown[0]) == 20


def execute(*, rounds: int, seconds: float, warm_s: float, keep: str = "shop-page") -> bool:
    """Measure, print, keep the results; return whether the goal was reached."""
    with room.database() as place:
        shop = shop_fill.fill(place.url)
        lines = facts.of_machine(place.folder, postgres=place.version)
        with (
            bare_web(place, book_id=shop.base_book_id, store_id=shop.store_ids[0]) as bare,
            room.web(place) as server,
        ):
            all_ways = ways(shop, bare, server)
            sizes = {way.name: len(body(way, shop.store_ids[0])) for way in all_ways}
            if not same_items(body(all_ways[0], shop.store_ids[0]), body(all_ways[1], shop.store_ids[0])):
                raise RuntimeError("the two sides show different pages")
            for way in all_ways:
                run(place, way, shop.store_ids, warm_s)
            slices: dict[str, list[Slice]] = {way.name: [] for way in all_ways}
            for turn in range(rounds):
                for way in all_ways if turn % 2 == 0 else reversed(all_ways):
                    slices[way.name].append(run(place, way, shop.store_ids, seconds))
    reached = ratio(slices, all_ways[1].name)
    errors = {name: one.errors for name, own in slices.items() for one in own if one.errors}
    lines = [
        "# Shop pages (P3)",
        "",
        *(f"- {line}" for line in lines),
        f"- {rounds} rounds of {seconds:g} s, in turns, {CLIENTS} connections, one worker a side",
        f"- {shop_fill.SKUS} SKUs in {shop_fill.STORES} stores; three price books",
        "",
        *facts.table(HEAD, [row(way.name, slices, sizes[way.name]) for way in all_ways]),
        "",
        f"- {'reached' if reached >= GOAL else 'MISSED'}: P3 {reached:.2f} x bare ASGI (goal {GOAL:g})",
        f"- errors: {errors or 'none'}",
    ]
    print("\n".join(lines))
    if keep:
        print(f"\nwritten to {facts.write(keep, lines).relative_to(room.ROOT)}")
    return reached >= GOAL and not errors


def ratio(slices: dict[str, list[Slice]], name: str) -> float:
    """Return the median over the rounds of a way's rate divided by the bare one's of the same round."""
    return statistics.median(
        one.per_second / bare.per_second for one, bare in zip(slices[name], slices[BARE], strict=True)
    )


def row(name: str, slices: dict[str, list[Slice]], size: int) -> list[str]:
    """Return a line of the table."""
    own = slices[name]
    latencies = [value for one in own for value in one.latencies]
    rates = [one.per_second for one in own]
    return [
        name,
        f"{statistics.median(rates):.0f}",
        f"{min(rates):.0f}-{max(rates):.0f}",
        f"{ratio(slices, name):.2f}",
        f"{crowd.percentile(latencies, 0.5) * 1000:.1f}",
        f"{crowd.percentile(latencies, 0.99) * 1000:.1f}",
        f"{statistics.median(one.app_ms for one in own):.2f}",
        f"{statistics.median(one.postgres_ms for one in own):.2f}",
        str(size),
    ]


def main() -> bool:
    """Measure all, the long way."""
    return execute(rounds=5, seconds=4.0, warm_s=2.0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paths.shop_page", description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true", help="a quick look: fewer and shorter rounds, nothing kept")
    if parser.parse_args().short:
        sys.exit(0 if execute(rounds=2, seconds=1.5, warm_s=1.0, keep="") else 1)
    sys.exit(0 if main() else 1)
