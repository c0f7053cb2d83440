"""How goods reach the shelves of the demo chain: what was sold comes again every week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from quanyu.entrypoints.demo import consignment, places, rhythm
from quanyu.entrypoints.demo.chain import Chain
from quanyu.entrypoints.demo.shoppers import Planned
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods, StockShort

_WEEK = 7
_SENT_BEFORE = timedelta(hours=13)
WAREHOUSE_DAY = 0


class Supply:
    """Keeps count of what each place gave away, and brings it again on the place's day of the week."""

    def __init__(self, chain: Chain, skus: Mapping[str, SkuInfo]) -> None:
        self._chain = chain
        self.skus = dict(skus)
        self._skus = {sku.id: sku for sku in skus.values()}
        self._gone: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._held: dict[tuple[str, int], tuple[date, date]] = {}
        self._day_of = {store.code: number % _WEEK for number, store in enumerate(places.STORES)}

    def sold(self, placed: Sequence[Planned]) -> None:
        """Count what left the shelves of the stores."""
        for one in placed:
            for line in one.command.lines:
                self._gone[one.store][line.sku_id] += line.quantity

    def hold_back(self, store: str, sku: SkuInfo, first: date, last: date) -> None:
        """Let nothing of a SKU reach a store between two days."""
        self._held[store, sku.id] = (first, last)

    def deliver(self, day: date, *, until: datetime) -> None:
        """Bring what comes on this day, before the shops open: to the warehouses on Mondays, to each store weekly."""
        at = rhythm.at(day, 7)
        if at >= until:
            return
        if day.weekday() == WAREHOUSE_DAY:
            for code in self._warehouses():
                self._receive(code, day, at)
        for store in places.STORES:
            if self._day_of[store.code] == day.weekday():
                if store.dealer:
                    self._receive(store.code, day, at)
                else:
                    self._transfer(store, day, at)

    def _warehouses(self) -> list[str]:
        return [code for code in self._chain.locations if code.startswith("WH-")]

    def _lines(self, code: str, day: date) -> list[Goods]:
        """Take out of the count what comes now; odd grams are rounded up to whole kilograms."""
        lines = []
        for sku_id, quantity in sorted(self._gone[code].items()):
            held = self._held.get((code, sku_id))
            if held and held[0] <= day <= held[1]:
                continue
            scale = self._skus[sku_id].quantity_scale
            lines.append(Goods(sku_id, -(-quantity // scale) * scale, line=self._skus[sku_id].code))
        for line in lines:
            del self._gone[code][line.sku_id]
        return lines

    def _receive(self, code: str, day: date, at: datetime) -> None:
        self._bring(code, self._lines(code, day), day, at)

    def _bring(self, code: str, lines: Sequence[Goods], day: date, at: datetime) -> None:
        """Receive what a supplier brings: bought, or on consignment and still his."""
        for owner_id, owned in consignment.by_owner(self._chain, code, lines).items():
            inventory.receive(
                location_id=self._chain.locations[code].unit.id,
                owner_id=owner_id,
                lines=owned,
                cause_kind="purchase",
                cause_id=f"PO-{code}-{day:%m%d}-{owner_id}",
                actor=SYSTEM,
                now=at,
            )

    def _transfer(self, store: places.Store, day: date, at: datetime) -> None:
        warehouse = self._chain.locations[f"WH-{store.region}"]
        location = self._chain.locations[store.code]
        coming = self._lines(store.code, day)
        # The supplier brings his own to the shop himself.
        theirs = [line for line in coming if consignment.is_consigned(store.code, line.line)]
        self._bring(store.code, theirs, day, at)
        lines = [line for line in coming if line not in theirs]
        if not lines:
            return
        transfer_id = f"TR-{store.code}-{day:%m%d}"
        try:
            inventory.transfer_out(
                transfer_id=transfer_id,
                from_location_id=warehouse.unit.id,
                to_location_id=location.unit.id,
                owner_id=location.owner_id,
                lines=lines,
                actor=SYSTEM,
                now=at - _SENT_BEFORE,
            )
        except StockShort:
            # What the warehouse has not is bought for the store itself.
            self._bring(store.code, lines, day, at)
            return
        inventory.transfer_in(transfer_id=transfer_id, to_location_id=location.unit.id, actor=SYSTEM, now=at)
        for line in lines:
            self._gone[f"WH-{store.region}"][line.sku_id] += line.quantity
