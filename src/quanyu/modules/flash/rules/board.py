"""The sales that bind orders at a moment, found by SKU: what a batch of orders is held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from quanyu.kernel.problem import N_
from quanyu.modules.flash.contracts import Sale, SaleInvalid, Wish

PIECES_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Posted:
    """A sale and the stores it holds in; ``None``: everywhere."""

    sale: Sale
    store_ids: frozenset[int] | None

    def binds(self, wish: Wish, at: datetime) -> bool:
        """Tell whether the sale binds an order (for a SKU of it) at a moment."""
        return self.holds_at(wish.store_id, wish.channel) and self.sale.closed_from <= at < self.sale.ends_at

    def holds_at(self, store_id: int, channel: str) -> bool:
        """Tell whether the sale is one of this store and channel, whatever the time."""
        return channel in self.sale.channels and (self.store_ids is None or store_id in self.store_ids)


@dataclass(frozen=True, slots=True)
class Board:
    """All sales that are not over, by SKU."""

    posted: Mapping[int, tuple[Posted, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, posted: Iterable[Posted]) -> Board:
        """Return the board of these sales."""
        by_sku: dict[int, tuple[Posted, ...]] = {}
        for one in posted:
            by_sku[one.sale.sku_id] = (*by_sku.get(one.sale.sku_id, ()), one)
        return cls(by_sku)

    def binding(self, wish: Wish, at: datetime) -> list[Sale]:
        """Return the sales that bind an order, by id."""
        if not self.posted:
            return []
        found = [one.sale for sku_id in wish.pieces for one in self.posted.get(sku_id, ()) if one.binds(wish, at)]
        return sorted(found, key=lambda sale: sale.id)

    def at_store(self, store_id: int, channel: str) -> list[Sale]:
        """Return the sales of a store, the first to start first."""
        found = [one.sale for some in self.posted.values() for one in some if one.holds_at(store_id, channel)]
        return sorted(found, key=lambda sale: (sale.starts_at, sale.id))


def check(
    *, closed_from: datetime, starts_at: datetime, ends_at: datetime, per_member_limit: int, units_total: int | None
) -> None:
    """Refuse figures that make no sense. Raises ``SaleInvalid`` with the field."""
    if ends_at <= starts_at:
        raise SaleInvalid(field="ends_at", reason=N_("the end must be after the start"))
    if closed_from > starts_at:
        raise SaleInvalid(field="closed_from", reason=N_("it cannot be later than the start"))
    for name, figure in (("per_member_limit", per_member_limit), ("units_total", units_total)):
        if figure is not None and not 0 < figure <= PIECES_MAX:
            raise SaleInvalid(field=name, reason=N_("a number above zero is needed"))
