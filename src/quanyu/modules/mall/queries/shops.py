"""The store a request is about, and where its express parcels may come from."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.mall.contracts import Shop, StoreUnknown
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind


def shop(*, store_id: int, tier: str | None, now: datetime) -> Shop:
    """Return the open store with what prices and stock depend on, in two queries. Raises ``StoreUnknown``.

    ``tier`` is the asker's, ``None`` for somebody who is not signed in.
    """
    warehouses = [unit.id for unit in organization.units_of_kind(kind=UnitKind.WAREHOUSE)]
    found = organization.locations(ids=[store_id, *warehouses], at=now)
    store = found.pop(store_id, None)
    if store is None or store.unit.kind is not UnitKind.STORE or not store.unit.active:
        raise StoreUnknown
    # The same rule as checkout's: a parcel may leave a warehouse of the same owner, never another store.
    sources = [one.unit.id for one in found.values() if one.owner_id == store.owner_id]
    return Shop(store=store, path=store.unit.path, tier=tier, source_ids=(store_id, *sorted(sources)))
