"""What a till keeps to sell alone, in buckets whose digests tell what has changed. Values and digests only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from quanyu.modules.catalog.contracts import CategoryInfo
from quanyu.modules.organization.contracts import Location
from quanyu.modules.pos.contracts import CatalogueItem
from quanyu.modules.pos.rules.advice import AdviceTerms

# A SKU lies in the bucket of its id modulo this. A till says 256 digests, and gets what differs.
BUCKETS = 256


@dataclass(frozen=True, slots=True)
class TierPrice:
    """The member price that holds for a tier (empty: a member without one), in fen."""

    tier: str
    member_fen: int


@dataclass(frozen=True, slots=True)
class Pack:
    """A barcode that stands for several pieces."""

    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class KeptItem:
    """A SKU with all that a till needs to find and to price it without asking."""

    item: CatalogueItem
    category_path: tuple[int, ...]
    search: str
    tier_prices: tuple[TierPrice, ...]
    packs: tuple[Pack, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """All items of a bucket and their digest, empty for none."""

    number: int
    digest: str
    items: tuple[KeptItem, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """Buckets that a till must replace, and the numbers of those that did not fit, if they differ at all.

    ``version`` is that of everything, None when only some buckets were asked about; ``items`` the SKUs that the store
    sells, in that case all it lists, with a price or not.
    """

    version: str | None
    buckets: tuple[Bucket, ...]
    remaining: tuple[int, ...]
    items: int


@dataclass(frozen=True, slots=True)
class TillRules:
    """What holds at a till besides goods: its store, campaigns (as JSON), how scale labels are read, the foot, advice.

    ``discount_limit_bp``: what a cashier may take off a line by hand, alone; ``rounding_off_fen``:
    off a sale, to make it round. ``wraps_gifts``: a purchase is wrapped as a present, once for nothing.
    ``colleagues``: (id, name) of the store's people, who serve its customers.
    ``sells_only_set_aside``: cut off, it sells nothing but what is set aside for it.
    """

    store: Location
    store_path: tuple[int, ...]
    scale_layouts: tuple[str, ...]
    campaigns: tuple[dict[str, Any], ...]
    categories: tuple[CategoryInfo, ...]
    footer: str
    advice: AdviceTerms
    discount_limit_bp: int
    sells_only_set_aside: bool
    rounding_off_fen: int
    wraps_gifts: bool
    colleagues: tuple[tuple[int, str], ...]


def digest(items: Sequence[KeptItem]) -> str:
    """Return the digest of a bucket, empty for an empty one."""
    return hashlib.sha256(msgspec.json.encode(items)).hexdigest()[:16] if items else ""


def version(digests: Sequence[str]) -> str:
    """Return the digest of all buckets."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]
