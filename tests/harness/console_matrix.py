"""Who may open what on the console, worked out anew: roles from their file, places from the tree, routes as they are.

The product answers with its own rules; this file answers with others (patterns of the role file matched as text,
paths of the tree), so that a mistake on either side shows as a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q
from django.urls import URLPattern, URLResolver

from quanyu.modules.identity.models import Staff
from quanyu.modules.organization.models import Location, Unit
from quanyu.platform import db
from quanyu.platform.console import registry
from quanyu.platform.console.scoped_admin import ScopedAdmin
from tests.harness import console, identity
from tests.harness.chain import Chain
from tests.harness.database import ROOT

# Open to everybody who is signed in: one's own account, or nothing behind it.
OPEN = {
    "index",
    "logout",
    "jsi18n",
    "account_language",
    "account_password",
    "account_two_step",
    "password_change",
    "password_change_done",
}
# Open to everybody.
PUBLIC = {"login"}
# Django's and unfold's own, answered with 404 (or 403 to whoever is not at home in Django's rights) by this site.
CLOSED = {
    "autocomplete": "/console/autocomplete/",
    "search": "/console/search/?s=a",
    "view_on_site": "/console/r/1/1/",
    "app_list": "/console/orders/",
}
# What follows the name of a list in the name of an address.
OF_LISTS = ("changelist", "change", "act", "act_on", "batch")
# A code is unlocked for one's own shop, whoever made the offer.
DEEDS_ANYWHERE = {("coupons.template", "unlock")}


def somebody_at(store: Any) -> int:
    """Return the id of a person whose home is a store, taken on when there is none."""
    known = Staff.objects.filter(unit_id=store.unit.id).order_by("pk").first()
    return known.pk if known else identity.make_person("associate", unit_id=store.unit.id).id


_ROLE = re.compile(r"\(\s*'(\w+)',\s*'[^']*',\s*'[^']*',\s*'\{([^}]*)\}'")
# Pages that are about something: what is asked of them, by (chain, life at a store, the store). Without it some have
# nothing to show.
ABOUT: dict[str, Callable[[Chain, Any, Any], dict[str, object]]] = {
    "associate_code": lambda _chain, _life, store: {"staff": somebody_at(store)},
    "order_print": lambda _chain, life, _store: {"order": life.paid.id},
    "member_view": lambda _chain, life, _store: {"id": life.member.id},
    "product_content": lambda chain, _life, _store: {"product": chain.milk.product_id},
    "settings_tree": lambda _chain, _life, store: {"node": f"unit:{store.unit.id}"},
    "stock_location": lambda _chain, _life, store: {"location": store.unit.id},
    "stock_why": lambda chain, _life, store: {
        "location": store.unit.id, "sku": chain.milk.id, "owner": store.owner_id
    },
}  # fmt: skip
NOTHING_WITHOUT = {"product_content", "order_print", "associate_code"}
# Written by asking alone: sessions, counters of tries, marks of the clock, what was answered to a form with a token.
_LIVELY = {"django_session", "platform_rate", "platform_heartbeat", "identity_access_token", "platform_idempotency"}
# Large, and never written after the start.
_STILL = {"organization_area"}


def permissions() -> dict[str, tuple[str, ...]]:
    """Return the patterns of every built-in role, read from the file that makes the roles; ``nobody`` has none."""
    text = (ROOT / "src/quanyu/modules/identity/sql/30_roles.sql").read_text("utf-8")
    return {code: tuple(patterns.split(",")) for code, patterns in _ROLE.findall(text)} | {"nobody": ()}


def routes() -> list[str]:
    """Return the name of every address of the console; one without a name is told by its pattern."""
    return sorted({name for name in _names(admin.site.get_urls()) if name})


def _names(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            # The site's last pattern catches what nobody knows, and answers 404.
            yield pattern.name or ("" if pattern.pattern.regex.pattern == "(?P<url>.*)$" else str(pattern.pattern))


def table() -> dict[str, str]:
    """Return what each address is: ``{name: kind}``; whatever is not in it has been forgotten."""
    known = dict.fromkeys(OPEN, "open") | dict.fromkeys(PUBLIC, "public") | dict.fromkeys(CLOSED, "closed")
    known |= {page.name: "page" for page in registry.pages()}
    for place in console.lists():
        known |= {f"{place.replace('.', '_')}_{suffix}": suffix for suffix in OF_LISTS}
    return known


@dataclass(frozen=True)
class Visitor:
    """A role at a place. ``reach`` is every unit he reaches, ``None`` for all."""

    role: str
    patterns: tuple[str, ...]
    reach: frozenset[int] | None

    def holds(self, permission: str) -> bool:
        """Tell whether a pattern of the role names the permission; nothing is asked for an empty one."""
        return permission == "" or any(fnmatchcase(permission, pattern) for pattern in self.patterns)

    def reaches(self, units: set[int]) -> bool:
        """Tell whether one of the units is within reach."""
        return self.reach is None or bool(self.reach & units)


def below(unit_id: int) -> frozenset[int]:
    """Return a unit and all below it, by its path in the tree."""
    return frozenset(Unit.objects.filter(path__contains=[unit_id]).values_list("id", flat=True))


def of_dealer(unit_id: int) -> frozenset[int]:
    """Return a dealer's units, and the franchise stores he owns wherever they hang."""
    owned = Location.objects.filter(owner_id=unit_id, ownership="franchise").values_list("unit_id", flat=True)
    return below(unit_id) | frozenset(owned)


def _above(units: frozenset[int]) -> frozenset[int]:
    paths = Unit.objects.filter(id__in=units).values_list("path", flat=True)
    return frozenset(unit_id for path in paths for unit_id in path)


def _named(row: Any, owner: int | None = None) -> Callable[[Visitor], bool]:
    """What holds for the units it names and those below them, or everywhere when it names none."""
    named = set(row.units.values_list("id", flat=True))

    def seen(visitor: Visitor) -> bool:
        if visitor.reach is None or not named or owner in visitor.reach:
            return True
        return bool(named & _above(visitor.reach))

    return seen


def _of_supplier(supplier_id: int | None) -> Callable[[Visitor], bool]:
    """Goods: a supplier sees his own, everybody else all."""

    def seen(visitor: Visitor) -> bool:
        return visitor.role != "supplier" or supplier_id in (visitor.reach or ())

    return seen


# Lists whose rows are not simply those of the units they name.
_SPECIAL: dict[str, Callable[[Any], Callable[[Visitor], bool]]] = {
    "promotions.campaign": _named,
    "coupons.template": lambda row: _named(row, row.owner_unit_id),
    "pricing.pricebook": lambda row: lambda visitor: bool({row.unit_id} & _above(visitor.reach or frozenset())),
    "pricing.pricechange": lambda row: lambda visitor: bool({row.book.unit_id} & _above(visitor.reach or frozenset())),
    "catalog.product": lambda row: _of_supplier(row.supplier_id),
    "catalog.sku": lambda row: _of_supplier(row.product.supplier_id),
}


def units_of(listed: ScopedAdmin[Any], row: Any) -> set[int]:
    """Return the units of a row: what stands at its list's lookups, followed here once more."""
    if listed.place == "orders.order":
        return {row.selling_store_id, *row.lines.values_list("location_id", flat=True)}
    if listed.place == "promotions.campaign":
        enterprise = Unit.objects.get(kind="enterprise").id
        return set(row.units.values_list("id", flat=True)) or {enterprise}
    found = type(row)._default_manager.filter(pk=row.pk).values_list(*listed.unit_lookups)
    return {unit for units in found for unit in units if unit is not None}


def sees(visitor: Visitor, listed: ScopedAdmin[Any], row: Any) -> bool:
    """Tell whether a visitor who holds the list's permission sees a row."""
    if visitor.reach is None:
        return True
    special = _SPECIAL.get(listed.place)
    if special is not None:
        return special(row)(visitor)
    return not listed.unit_lookups or visitor.reaches(units_of(listed, row))


def of_row(visitor: Visitor, listed: ScopedAdmin[Any], row: Any) -> int:
    """Return what the page of a row must answer."""
    if not visitor.holds(listed.view_permission):
        return 403
    return 200 if sees(visitor, listed, row) else 404


def of_deed(visitor: Visitor, listed: ScopedAdmin[Any], deed: Any, row: Any) -> int:
    """Return what the form of a deed on a row must answer; anything but 200 must refuse the deed as well."""
    page = of_row(visitor, listed, row)
    if page != 200:
        return page
    is_here = not listed.unit_lookups or (listed.place, deed.name) in DEEDS_ANYWHERE
    if not visitor.holds(deed.permission) or not (is_here or visitor.reaches(units_of(listed, row))):
        return 403
    return 200 if deed.when(row) else 404


def rows_at(listed: ScopedAdmin[Any], places: list[int]) -> list[Model]:
    """Return one row per place, of those whose lookups lead there; of a list without places its newest row."""
    rows = listed.model._default_manager.order_by("-pk")
    if not listed.unit_lookups or listed.place == "promotions.campaign":
        return list(rows[:1])
    found = {}
    for unit_id in places:
        at = Q()
        for lookup in listed.unit_lookups:
            at |= Q(**{lookup: unit_id})
        found.update({row.pk: row for row in rows.filter(at)[:1]})
    return list(found.values())


def fingerprint() -> dict[str, tuple[int, int]]:
    """Return of every table how many rows it has and what they add up to: equal when nothing was written."""
    names = db.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )
    tables = sorted({row["relname"] for row in names} - _LIVELY - _STILL)
    parts = [
        f"SELECT '{table}' AS name, count(*) AS rows, "
        f'coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) AS sum FROM "{table}" AS t'
        for table in tables
    ]
    return {row["name"]: (row["rows"], int(row["sum"])) for row in db.rows(" UNION ALL ".join(parts))}
