"""Facts that catalog publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ProductChanged:
    """A product, one of its SKUs, its barcodes or its pictures were made or changed."""

    topic: ClassVar[str] = "catalog.product_changed.1"

    product_id: int
    sku_ids: tuple[int, ...]

    @property
    def aggregate(self) -> str:
        """Facts of one product keep their order."""
        return f"product:{self.product_id}"


@dataclass(frozen=True, slots=True)
class ListingChanged:
    """A store lists these SKUs differently from before."""

    topic: ClassVar[str] = "catalog.listing_changed.1"

    unit_id: int
    sku_ids: tuple[int, ...]

    @property
    def aggregate(self) -> str:
        """Facts of one store keep their order."""
        return f"unit:{self.unit_id}"
