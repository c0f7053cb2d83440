"""What pricing needs of any number of stores, read together: one statement while what is kept in memory still holds.

Stores, settings, campaigns, flash sales, SKUs, listings, prices and sharing rules are kept (``platform.marks``); what
members have is asked for in the same statement. A second statement follows when something kept has changed, or when
only the answers say what else is needed: SKUs that may be given away, areas of addresses, who bought before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.checkout.ops import options
from quanyu.modules.checkout.ops.price_order import Shop
from quanyu.modules.checkout.ops.read_rights import Asking, Rights
from quanyu.modules.checkout.rules import commands as command_rules
from quanyu.modules.flash import api as flash
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, UnitKind, UnitUnknown
from quanyu.modules.points import api as points
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import BasketLine, Campaign, CampaignKind, CouponFacts
from quanyu.platform.marks import Reading


class Shops:
    """The shops of a batch of commands: ``rights`` and stores are there at once, the rest after ``complete``."""

    __slots__ = ("_at", "_bought_before", "_commands", "_owners", "_reading", "_skus", "_with_points", "rights")

    def __init__(self, commands: Sequence[PlaceOrder], *, at: datetime, with_points: bool = False) -> None:
        self._at = at
        self._commands = commands
        self._with_points = with_points or any(command.points for command in commands)
        self._reading = reading = Reading()
        self._bought_before: frozenset[UUID] = frozenset()
        self._skus: dict[int, SkuInfo] = {}
        self._owners: dict[tuple[int, Channel, tuple[int, ...]], tuple[int, ...]] = {}
        self._want_goods({line.sku_id for command in commands for line in command.lines})
        organization.want_locations(
            reading=reading,
            ids={command.store_id for command in commands},
            with_warehouses=any(command.delivery is Delivery.EXPRESS for command in commands),
        )
        options.want(reading)
        promotions.want_campaigns(reading=reading, at=at)
        inventory.want_sharing(reading=reading)
        flash.want_sales(reading=reading, at=at)
        if self._with_points:
            points.want_spending_rule(reading=reading)
        asking = Asking(reading, commands, at=at)
        reading.read()
        flash.post_sales(reading=reading, at=at)
        self.rights: Rights = asking.rights()

    def store(self, store_id: int) -> Location:
        """Return the store that sells. Raises ``UnitUnknown`` when the unit is not an open store."""
        store = organization.locations_read(reading=self._reading).get(store_id)
        if store is None or store.unit.kind is not UnitKind.STORE or not store.unit.active:
            raise UnitUnknown(field="store_id")
        return store

    def complete(self, *, coupons: Iterable[CouponFacts] = ()) -> None:
        """Read what the first answers call for; ``coupons``: others than the chosen ones that may give something."""
        reading, places = self._reading, {(command.store_id, command.channel) for command in self._commands}
        campaigns = {
            campaign.id: campaign for store_id, channel in places for campaign in self._campaigns(store_id, channel)
        }
        given = promotions.gift_skus(campaigns=campaigns.values(), coupons=[*self.rights.coupons.values(), *coupons])
        if given:
            self._want_goods(given)
        if self.rights.addresses:
            codes = {address.area_code for address in self.rights.addresses.values()}
            organization.want_area_names(reading=reading, codes=codes)
        member_ids = {command.member_id for command in self._commands if command.member_id is not None}
        newcomers = None
        if member_ids and any(one.kind is CampaignKind.NEW_CUSTOMER for one in campaigns.values()):
            newcomers = reading.ask(orders.members_with_orders_part(member_ids=sorted(member_ids)))
        reading.read()
        if newcomers is not None:
            self._bought_before = newcomers.value
        self._skus = catalog.skus_read(reading=reading)

    def shop(
        self,
        commands: Sequence[PlaceOrder],
        *,
        channel: Channel,
        delivery: Delivery,
        tier: str | None,
        coupons: Iterable[CouponFacts] = (),
    ) -> Shop:
        """Return the shop of commands that have store, channel, delivery and tier in common. Raises ``UnitUnknown``.

        ``coupons`` are those that may give something.
        """
        reading, store = self._reading, self.store(commands[0].store_id)
        path = store.unit.path
        campaigns = self._campaigns(store.unit.id, channel)
        given = promotions.gift_skus(campaigns=campaigns, coupons=coupons)
        ids = {line.sku_id for command in commands for line in command.lines} | given
        prices = pricing.prices_read(reading=reading, path=path, sku_ids=ids, tier=tier, at=self._at)
        return Shop(
            store=store,
            path=path,
            options=options.read(reading, organization.settings_path_of(path)),
            warehouses=organization.warehouses_read(reading=reading) if delivery is Delivery.EXPRESS else (),
            campaigns=campaigns,
            skus=self._skus,
            sellable=catalog.sellable_read(reading=reading, unit_id=store.unit.id, sku_ids=ids),
            prices=prices,
            owners={sku_id: self._owners_of(sku_id, store.owner_id, channel) for sku_id in ids},
            gifts=self._gifts(given, prices),
            spending=points.spending_rule_read(reading=reading, path=path) if self._with_points else None,
            bought_before=self._bought_before,
            area_names=organization.area_names_read(reading=reading),
        )

    def _want_goods(self, sku_ids: Iterable[int]) -> None:
        ids = list(sku_ids)
        catalog.want_skus(reading=self._reading, ids=ids)
        pricing.want_prices(reading=self._reading, sku_ids=ids, at=self._at)

    def _campaigns(self, store_id: int, channel: Channel) -> tuple[Campaign, ...]:
        store = organization.locations_read(reading=self._reading).get(store_id)
        if store is None:
            return ()
        return promotions.campaigns_read(
            reading=self._reading, path=store.unit.path, channel=channel.value, at=self._at
        )

    def _owners_of(self, sku_id: int, seller_owner_id: int, channel: Channel) -> tuple[int, ...]:
        sku = self._skus.get(sku_id)
        key = (seller_owner_id, channel, sku.category_path if sku else ())
        found = self._owners.get(key)
        if found is None:
            found = self._owners[key] = inventory.owners_read(
                reading=self._reading, seller_owner_id=seller_owner_id, category_path=key[2], channel=channel.value
            )
        return found

    def _gifts(self, given: Iterable[int], prices: dict[int, PriceSet]) -> dict[int, BasketLine]:
        gifts = {}
        for sku_id in given:
            sku, price = self._skus.get(sku_id), prices.get(sku_id)
            if sku is not None and sku.is_active and price is not None:
                gifts[sku_id] = BasketLine(
                    number=0,
                    sku_id=sku.id,
                    category_path=sku.category_path,
                    supplier_id=sku.supplier_id,
                    quantity=command_rules.QUANTITY_MAX,
                    quantity_scale=sku.quantity_scale,
                    prices=price,
                )
        return gifts
