"""What goes with a basket: pure. The same in ``frontend/core/src/advice.ts``; ``spec/vectors`` binds both."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

# Advice lies in the bucket of its product's id modulo this; a till says the digests it has and gets what differs.
BUCKETS = 64
SHOWN_MAX = 3
# The strongest line counts whole, every other one a quarter: many weak hints do not outshout a strong one.
_BEST_WEIGHT, _OTHER_WEIGHT = 4, 1


@dataclass(frozen=True, slots=True)
class Advised:
    """A product as advice knows it.

    ``skus``: all its variants; one of them in the basket is the product in the basket. ``offers``: those that may be
    advised, the one that sells best first. ``goes_with``: (product, strength in ten-thousandths).
    """

    product_id: int
    skus: tuple[int, ...]
    offers: tuple[int, ...]
    goes_with: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """A SKU to advise, and the line of the basket that calls for it most."""

    sku_id: int
    because_sku_id: int
    score: int


@dataclass(frozen=True, slots=True)
class AdviceBucket:
    """All products of a bucket and their digest, empty for none."""

    number: int
    digest: str
    products: tuple[Advised, ...]


@dataclass(frozen=True, slots=True)
class AdviceDifferences:
    """The buckets that a till must replace to have the advice of this version."""

    version: str
    buckets: tuple[AdviceBucket, ...]


@dataclass(frozen=True, slots=True)
class AdviceTerms:
    """How a till advises: by what version (empty: not at all), and for how many baskets of ten thousand not."""

    version: str
    control_bp: int


@dataclass(frozen=True, slots=True)
class AdviceGiven:
    """Advice that stood on the screen (or would have, in the control share); ``was_added``: by its key or a touch."""

    sku_id: int
    because_sku_id: int
    was_added: bool


@dataclass(frozen=True, slots=True)
class AdviceOutcome:
    """What was advised during a sale."""

    sale_id: UUID
    is_control: bool
    given: tuple[AdviceGiven, ...]


def advise(
    *,
    basket: Sequence[int],
    products: Iterable[Advised],
    available: Mapping[int, int],
    lately: Collection[int] = (),
    most: int = SHOWN_MAX,
) -> list[Advice]:
    """Return what to advise for the SKUs in a basket, the best first.

    A product is advised for what its lines together say of it: the strongest whole, the others a quarter each. What
    lies in the basket or was bought lately is left out in all its variants; of the rest the first variant that is
    available. Equal scores go by product id.
    """
    known = {one.product_id: one for one in products}
    product_of = {sku_id: one.product_id for one in known.values() for sku_id in one.skus}
    callers = {product_of[sku_id]: sku_id for sku_id in reversed(basket) if sku_id in product_of}
    left_out = set(callers) | {product_of[sku_id] for sku_id in lately if sku_id in product_of}
    best: dict[int, tuple[int, int]] = {}
    total: dict[int, int] = {}
    for sku_id in dict.fromkeys(basket):
        product_id = product_of.get(sku_id)
        if product_id is None or callers[product_id] != sku_id:
            continue
        for other_id, strength in known[product_id].goes_with:
            if other_id in left_out or other_id not in known:
                continue
            total[other_id] = total.get(other_id, 0) + strength
            if strength > best.get(other_id, (0, 0))[0]:
                best[other_id] = (strength, sku_id)
    scores = {
        id_: (_BEST_WEIGHT - _OTHER_WEIGHT) * strength + _OTHER_WEIGHT * total[id_]
        for id_, (strength, _because) in best.items()
    }
    found: list[Advice] = []
    for id_ in sorted(scores, key=lambda one: (-scores[one], one)):
        offer = next((sku_id for sku_id in known[id_].offers if available.get(sku_id, 0) > 0), None)
        if offer is not None:
            found.append(Advice(offer, best[id_][1], scores[id_]))
        if len(found) >= most:
            break
    return found


def is_above_floor(*, price_fen: int, cost_fen: int, floor_bp: int) -> bool:
    """Tell whether what is left of a price after its cost is at least so many basis points of the price."""
    return price_fen > 0 and (price_fen - cost_fen) * 10_000 >= floor_bp * price_fen


def in_buckets(products: Iterable[Advised]) -> list[AdviceBucket]:
    """Return all buckets, empty ones too."""
    found: list[list[Advised]] = [[] for _ in range(BUCKETS)]
    for one in sorted(products, key=lambda product: product.product_id):
        found[one.product_id % BUCKETS].append(one)
    return [AdviceBucket(number, _digest(items), tuple(items)) for number, items in enumerate(found)]


def version(*facts: object) -> str:
    """Return a short text that is another one as soon as one of the facts is."""
    return hashlib.sha256("\n".join(str(fact) for fact in facts).encode()).hexdigest()[:16]


def _digest(items: Sequence[Advised]) -> str:
    return hashlib.sha256(msgspec.json.encode(items)).hexdigest()[:16] if items else ""
