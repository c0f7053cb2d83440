"""The master record and what a store says of it."""

from __future__ import annotations

from quanyu.modules.catalog.contracts import NOT_SELLABLE, Sellable

_AS_THE_MASTER_SAYS = Sellable(listed=True, pickup=True, express=True, instant=True)


def sellable(*, is_active: bool, is_listed_by_default: bool, listing: Sellable | None) -> Sellable:
    """Return whether a store lists a SKU and how it hands it over; ``listing``: what the store says, if anything.

    ``catalog_sellable`` decides the same in SQL; a property test holds the two together.
    """
    if not is_active:
        return NOT_SELLABLE
    if listing is None:
        return _AS_THE_MASTER_SAYS if is_listed_by_default else NOT_SELLABLE
    return listing if listing.listed else NOT_SELLABLE
