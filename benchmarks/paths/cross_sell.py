"""How often advice at the till names what a customer really took: `python -m benchmarks cross-sell`.

Receipts of a real chain (84.51°, The Complete Journey, CC0) up to a week are put into the order book of a throw-away
database; the product's own nightly job learns from them, and a till gets what it would get. Then the baskets of the
weeks after are played: of each, one line after the other is hidden, and the three pieces of advice for the rest are
compared with it. Beside it, on the same baskets: the three best sellers that are not in the basket, of the chain and
of the store.

Weeks 1-30 teach, weeks 31-39 are played; the rule was chosen on weeks 25-30 alone. The folder with
`transactions.parquet` is `QUANYU_JOURNEY`, else `../shared/data/complete_journey` beside the sources.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg

from benchmarks import facts, room
from quanyu.entrypoints.imports import parquet
from quanyu.modules.pos.rules.advice import SHOWN_MAX, Advised, advise
from tests.harness.database import ROOT

LAST_TAUGHT, LAST_PLAYED = 30, 39
DAYS_PER_WEEK, BATCH, BEST = 7, 500, 200
_BASKETS = """
SELECT basket_id, min(week), min(store_id), list(DISTINCT product_id ORDER BY product_id)
FROM {transactions} WHERE quantity > 0 GROUP BY basket_id ORDER BY 2, 1
"""
# Orders as the product writes them, with all that hangs on them left out: learning reads these two tables alone.
_ORDERS = """
INSERT INTO orders_order (
    id, number, channel, delivery, state, selling_store_id, command_sha256, source, goods_fen, discount_fen,
    payable_fen, paid_fen, placed_at, paid_at, completed_at
)
SELECT id, 'B' || n, 'pos', 'carry_out', 'completed', %(store)s, sha256(uuid_send(id)), 'bench', 100 * lines, 0,
    100 * lines, 100 * lines, at, at, at
FROM taught
"""
_LINES = """
INSERT INTO orders_line (
    id, order_id, number, sku_id, name, quantity, quantity_scale, unit_price_fen, list_fen, discount_fen, net_fen,
    cost_fen, tax_rate_bp, selling_store_id, location_id, owner_id, credited_store_id
)
SELECT uuidv7(), taught.id, line.number, line.sku_id, '-', 1, 1, 100, 100, 0, 100, 50, 1300, %(store)s, %(store)s,
    %(owner)s, %(store)s
FROM taught CROSS JOIN LATERAL unnest(taught.skus) WITH ORDINALITY AS line (sku_id, number)
"""
Guess = Callable[[int, Sequence[int]], list[int]]


@dataclass(frozen=True)
class Basket:
    """A receipt: its week, its store, its products, each once."""

    week: int
    store: int
    products: tuple[int, ...]


@dataclass
class Score:
    """How one way of guessing did. A case is a basket with one product hidden."""

    name: str
    cases: int = 0
    answered: int = 0
    hits: int = 0
    reciprocal: float = 0.0
    named: set[int] = field(default_factory=set)

    def take(self, guessed: Sequence[int], hidden: int) -> None:
        """Count a case."""
        self.cases += 1
        self.answered += bool(guessed)
        self.named.update(guessed)
        if hidden in guessed:
            self.hits += 1
            self.reciprocal += 1 / (guessed.index(hidden) + 1)

    def row(self) -> list[str]:
        """Return what is told of it."""
        rate = self.hits / self.cases
        margin = 1.96 * math.sqrt(rate * (1 - rate) / self.cases)
        return [
            self.name,
            f"{100 * rate:.2f} ± {100 * margin:.2f}",
            f"{self.reciprocal / self.cases:.4f}",
            f"{100 * self.answered / self.cases:.1f}",
            f"{100 * self.hits / max(1, self.answered):.2f}",
            f"{len(self.named):,}",
        ]


def main() -> bool:
    """Measure, print and keep the figures; return whether advice names more than the best sellers do."""
    folder = Path(os.environ.get("QUANYU_JOURNEY", ROOT.parent / "shared" / "data" / "complete_journey"))
    receipts = folder / "transactions.parquet"
    if not receipts.exists():
        print(f"no receipts at {receipts}; set QUANYU_JOURNEY to their folder")
        return True
    baskets = [
        Basket(week, store, tuple(items)) for _, week, store, items in parquet.rows(_BASKETS, transactions=receipts)
    ]
    taught = [one for one in baskets if one.week <= LAST_TAUGHT]
    played = [one for one in baskets if LAST_TAUGHT < one.week <= LAST_PLAYED and len(one.products) > 1]
    with room.database() as place:
        book, seconds = _learn(place, taught)
        machine = facts.of_machine(place.folder, postgres=place.version)
    scores = _play(played, _guesses(taught, book))
    lines = _told(taught, played, book, scores, seconds, machine)
    print("\n".join(lines))
    facts.write("cross-sell", lines)
    return scores[0].hits > max(one.hits for one in scores[1:])


def _learn(place: room.Place, taught: Sequence[Basket]) -> tuple[dict[int, Advised], float]:
    """Put the receipts into the order book, let the nightly job learn; return what a till gets, by the file's ids."""
    from quanyu.kernel.clock import system_clock
    from quanyu.modules.insights import api as insights
    from quanyu.modules.pos import api as pos
    from tests.harness import organization

    store, sku_of = organization.make_store(), _goods({id_ for one in taught for id_ in one.products})
    now = system_clock.now()
    with psycopg.connect(place.url) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("CREATE TEMP TABLE taught (n int, id uuid, at timestamptz, lines int, skus bigint[])")
        with connection.cursor().copy("COPY taught (n, at, lines, skus) FROM STDIN") as copy:
            for number, one in enumerate(taught):
                at = now - timedelta(days=DAYS_PER_WEEK * (LAST_TAUGHT - one.week), hours=1)
                copy.write_row((number, at, len(one.products), [sku_of[id_] for id_ in one.products]))
        connection.execute("UPDATE taught SET id = uuidv7()")
        known = {"store": store.unit.id, "owner": store.owner_id}
        connection.execute(_ORDERS, known)
        connection.execute(_LINES, known)
    room.settle(place)
    start = time.perf_counter()
    insights.learn_habits(now=now)
    seconds = time.perf_counter() - start
    till = room.make_tills([store], 1)[0]
    found = pos.advice_differences(till=_till(till.device_id), known=[], now=now)
    id_of = {sku_id: id_ for id_, sku_id in sku_of.items()}
    products = [one for bucket in found.buckets for one in bucket.products]
    named = {one.product_id: id_of[one.skus[0]] for one in products}
    return {
        named[one.product_id]: Advised(
            named[one.product_id],
            (named[one.product_id],),
            (named[one.product_id],),
            tuple((named[id_], strength) for id_, strength in one.goes_with),
        )
        for one in products
    }, seconds


def _till(device_id: object) -> object:
    from quanyu.modules.pos.queries import tills

    return tills.by_device(device_id=device_id)


def _goods(ids: set[int]) -> dict[int, int]:
    """Make a product with one SKU and a price for every id of the file; return the SKUs."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.kernel.clock import system_clock
    from quanyu.modules.catalog import api as catalog
    from quanyu.modules.catalog.contracts import NewProduct, NewSku
    from tests.harness import organization, pricing
    from tests.harness.catalog import make_category

    category, ordered, sku_of = make_category(), sorted(ids), {}
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        new = [
            NewProduct(f"P{id_}", f"商品{id_}", category.id, "件", (NewSku(f"S{id_}", f"商品{id_}", cost_fen=50),))
            for id_ in batch
        ]
        made = catalog.create_products(products=new, actor=SYSTEM, now=system_clock.now())
        sku_of |= {id_: product.sku_ids[0] for id_, product in zip(batch, made, strict=True)}
    pricing.make_book(unit_id=organization.enterprise().id, prices=dict.fromkeys(sku_of.values(), 100))
    return sku_of


def _guesses(taught: Sequence[Basket], book: dict[int, Advised]) -> dict[str, Guess]:
    everywhere: Counter[int] = Counter()
    by_store: dict[int, Counter[int]] = defaultdict(Counter)
    for one in taught:
        everywhere.update(one.products)
        by_store[one.store].update(one.products)
    best = _ranked(everywhere)
    best_of = {store: _ranked(counts) for store, counts in by_store.items()}
    in_stock = dict.fromkeys(book, 1)

    def advice(_store: int, products: Sequence[int]) -> list[int]:
        # Of the till's whole book only what these products lead to: the rule reads no more of it.
        here = [book[id_] for id_ in products if id_ in book]
        near = {one.product_id: one for one in here} | {id_: book[id_] for one in here for id_, _ in one.goes_with}
        return [one.sku_id for one in advise(basket=products, products=near.values(), available=in_stock)]

    def popular(ranked: Sequence[int], products: Sequence[int]) -> list[int]:
        return [id_ for id_ in ranked if id_ not in products][:SHOWN_MAX]

    return {
        "advice": advice,
        "best sellers of the chain": lambda _store, products: popular(best, products),
        "best sellers of the store": lambda store, products: popular(best_of.get(store, best), products),
    }


def _ranked(counts: Counter[int]) -> list[int]:
    return sorted(counts, key=lambda id_: (-counts[id_], id_))[:BEST]


def _play(played: Sequence[Basket], guesses: dict[str, Guess]) -> list[Score]:
    """Hide every product of every basket in turn; the best sellers once more where advice had something to say."""
    scores = {name: Score(name) for name in guesses}
    same = {name: Score(f"{name}, where there is advice") for name in list(guesses)[1:]}
    for basket in played:
        for hidden in basket.products:
            rest = [id_ for id_ in basket.products if id_ != hidden]
            found = {name: guess(basket.store, rest) for name, guess in guesses.items()}
            for name, guessed in found.items():
                scores[name].take(guessed, hidden)
                if name in same and found["advice"]:
                    same[name].take(guessed, hidden)
    return [*scores.values(), *same.values()]


def _told(
    taught: Sequence[Basket],
    played: Sequence[Basket],
    book: dict[int, Advised],
    scores: Sequence[Score],
    seconds: float,
    machine: Sequence[str],
) -> list[str]:
    pairs = sum(len(one.goes_with) for one in book.values())
    calling = sum(1 for one in book.values() if one.goes_with)
    head = ["three guesses by", "hit rate %", "MRR", "answered %", "hit rate % of answered", "different goods named"]
    lift = scores[0].hits / max(one.hits for one in scores[1:3])
    return [
        "# What advice at the till is worth",
        "",
        *machine,
        f"- taught: {len(taught):,} baskets, weeks 1-{LAST_TAUGHT}, the last 180 days of them count: {seconds:.1f} s",
        f"- a till keeps {len(book):,} products; {calling:,} of them call for others, by {pairs:,} pairs",
        f"- played: {len(played):,} baskets of weeks {LAST_TAUGHT + 1}-{LAST_PLAYED}, each product hidden in turn",
        f"- {scores[0].cases:,} cases; nothing is out of stock, below a margin or bought lately",
        "",
        *facts.table(head, [one.row() for one in scores]),
        "",
        f"Advice names the hidden product {lift:.2f} times as often as the better of the best sellers.",
    ]


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
