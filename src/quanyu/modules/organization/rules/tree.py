"""Which unit may stand below which, and what a unit's code and name look like."""

from __future__ import annotations

import re
from collections.abc import Mapping

from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.organization.contracts import Ownership, PlaceRefused, Tier, UnitKind

_KIND = UnitKind
# child kind -> kinds of the parent. The enterprise has none.
PARENTS: Mapping[UnitKind, frozenset[UnitKind]] = {
    _KIND.ENTERPRISE: frozenset(),
    _KIND.BRAND: frozenset({_KIND.ENTERPRISE}),
    _KIND.REGION: frozenset({_KIND.ENTERPRISE, _KIND.BRAND, _KIND.REGION}),
    _KIND.DEALER: frozenset({_KIND.ENTERPRISE, _KIND.BRAND, _KIND.REGION}),
    _KIND.STORE: frozenset({_KIND.ENTERPRISE, _KIND.BRAND, _KIND.REGION, _KIND.DEALER}),
    _KIND.WAREHOUSE: frozenset({_KIND.ENTERPRISE, _KIND.BRAND, _KIND.REGION, _KIND.DEALER, _KIND.SUPPLIER}),
    _KIND.SUPPLIER: frozenset({_KIND.ENTERPRISE, _KIND.BRAND}),
}
LOCATION_KINDS = frozenset({_KIND.STORE, _KIND.WAREHOUSE})
_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}\Z")
_NAME_LENGTH_MAX = 80


def check_names(*, code: str, name: str, name_en: str = "") -> None:
    """Raise ``Invalid`` for a code of other characters or a name that is empty or too long."""
    if not _CODE.match(code):
        raise Invalid(field="code", reason=N_("1 to 20 letters, digits, dots, dashes and underscores"))
    check_name(name=name, name_en=name_en)


def check_name(*, name: str, name_en: str = "") -> None:
    """Raise ``Invalid`` for a name that is empty or longer than 80 characters."""
    if not name.strip() or len(name) > _NAME_LENGTH_MAX:
        raise Invalid(field="name", reason=N_("1 to 80 characters"))
    if len(name_en) > _NAME_LENGTH_MAX:
        raise Invalid(field="name_en", reason=N_("1 to 80 characters"))


def check_place(kind: UnitKind, *, parent: UnitKind) -> None:
    """Raise ``PlaceRefused`` unless a unit of the kind may stand below one of the parent's kind."""
    if parent not in PARENTS[kind]:
        raise PlaceRefused(field="parent_id", kind=kind.value, parent_kind=parent.value)


def check_move(unit_id: int, *, below: tuple[int, ...]) -> None:
    """Raise ``PlaceRefused`` when the new parent (its path) is the unit itself or stands below it."""
    if unit_id in below:
        raise PlaceRefused(field="parent_id", unit_id=unit_id)


def check_tier(kind: UnitKind, tier: Tier) -> None:
    """Raise ``Invalid`` unless stores are of the store tier; a warehouse may be of any."""
    if kind is UnitKind.STORE and tier is not Tier.STORE:
        raise Invalid(field="tier", reason=N_("a store is of the store tier"))


def may_own(owner: UnitKind, ownership: Ownership) -> bool:
    """Tell whether a unit of this kind can own the stock of a location run like this."""
    if ownership is Ownership.FRANCHISE:
        return owner is UnitKind.DEALER
    return owner in {UnitKind.ENTERPRISE, UnitKind.BRAND, UnitKind.SUPPLIER}
