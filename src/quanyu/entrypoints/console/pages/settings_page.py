"""Settings: for a place in the tree, each setting's value and where it comes from; changed in place, audited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.money import format_yuan, parse_yuan
from quanyu.kernel.problem import Invalid, Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit
from quanyu.platform import settings_tree
from quanyu.platform.console import access
from quanyu.platform.console.deeds import refusal_text
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.registry import SitePage
from quanyu.platform.settings_tree import Kind, Level, Setting

VIEW, EDIT = "settings.view", "settings.edit"
_BRAND = Level.BRAND.value


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the settings of a node, or set one there."""
    actor = access.actor_of(request)
    nodes = _nodes(request)
    node = request.POST.get("node") or request.GET.get("node") or next(iter(nodes), _BRAND)
    if node not in nodes:
        raise Http404
    if request.method == "POST":
        return _set(request, actor, node=node)
    path = _path(node)
    known = _names(path)
    rows = [_row(setting, path, node=node, names=known) for setting in settings_tree.definitions()]
    shown = {
        **context,
        "nodes": nodes,
        "node": node,
        "groups": _grouped(rows),
        "may_edit": _may_edit(actor, node=node),
    }
    return TemplateResponse(request, "console/settings.html", shown)


def _nodes(request: HttpRequest) -> dict[str, str]:
    units = access.units_of(request, VIEW)
    found = organization.units_of_kind()
    shown = {_BRAND: gettext("Whole chain")} if units is None else {}
    for unit in found:
        if units is None or unit.id in units:
            shown[f"{Level.UNIT.value}:{unit.id}"] = f"{'　' * (len(unit.path) - 1)}{_name(unit)}"
    return shown


def _path(node: str) -> tuple[str, ...]:
    if node == _BRAND:
        return (_BRAND,)
    return organization.settings_path(unit_id=int(node.partition(":")[2]))


def _names(path: tuple[str, ...]) -> dict[str, str]:
    ids = {int(node.partition(":")[2]): node for node in path if node.startswith(f"{Level.UNIT.value}:")}
    names = {ids[unit.id]: _name(unit) for unit in organization.units(ids=ids).values()}
    return {"": gettext("Built-in default"), _BRAND: gettext("Whole chain"), **names}


def _row(setting: Setting, path: tuple[str, ...], *, node: str, names: dict[str, str]) -> dict[str, Any]:
    steps = settings_tree.explain(setting.key, path)
    effective = steps[-1]
    return {
        "setting": setting,
        "title": _title(setting),
        "value": _shown(setting, effective.value),
        "typed": _typed(setting, effective.value),
        "comes_from": names.get(effective.node, effective.node),
        "is_own": effective.node == node,
        "is_default": effective.node == "",
        "steps": [(names.get(step.node, step.node), _shown(setting, step.value)) for step in steps],
        "may_be_set_here": node.partition(":")[0] in setting.levels,
        "choices": [
            (choice, gettext(setting.title_of(choice)), choice == effective.value) for choice in setting.choices
        ],
    }


def _grouped(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["setting"].key.partition(".")[0], []).append(row)
    return [(gettext(_GROUPS.get(name, name)), group) for name, group in groups.items()]


_GROUPS: dict[str, Any] = {
    "catalog": _("Goods"),
    "checkout": _("Checkout"),
    "mall": _("Mall"),
    "platform": _("Personal data"),
    "pos": _("Tills"),
    "inventory": _("Stock"),
    "orders": _("Orders"),
    "payments": _("Payments"),
    "members": _("Members"),
}


def _set(request: HttpRequest, actor: Actor, *, node: str) -> HttpResponse:
    if not _may_edit(actor, node=node):
        raise PermissionDenied
    key = request.POST.get("key", "")
    setting = next((known for known in settings_tree.definitions() if known.key == key), None)
    if setting is None:
        raise Http404
    try:
        value = None if "clear" in request.POST else _read(setting, request.POST.get("value", ""))
        writer = WRITERS.get(key, _write)
        writer(actor, node, key, value, system_clock.now())
    except Problem as refusal:
        messages.error(request, refusal_text(refusal))
    else:
        messages.success(request, gettext("“%(title)s” is set.") % {"title": _title(setting)})
    return HttpResponseRedirect(f"{request.path}?node={node}#{key}")


def _write(actor: Actor, node: str, key: str, value: Any, now: datetime) -> None:
    settings_tree.set_value(actor, node, key, value, now)


def _write_scale_masks(actor: Actor, node: str, key: str, value: Any, now: datetime) -> None:
    catalog.set_scale_masks(node=node, masks=value, actor=actor, now=now)


# Settings that a module checks more closely than by their kind are written through its api.
WRITERS: dict[str, Callable[[Actor, str, str, Any, datetime], None]] = {"catalog.scale_masks": _write_scale_masks}


def _may_edit(actor: Actor, *, node: str) -> bool:
    try:
        unit_id = None if node == _BRAND else int(node.partition(":")[2])
        identity.require(actor=actor, permission=EDIT, unit_id=unit_id)
    except Problem:
        return False
    return True


def _read(setting: Setting, text: str) -> Any:
    """Return the typed text as a value. Raises ``Invalid``."""
    try:
        match setting.kind:
            case Kind.BOOLEAN:
                return text == "yes"
            case Kind.INTEGER:
                return int(text)
            case Kind.FEN:
                return parse_yuan(text.replace(",", ""))
            case Kind.TEXT_LIST:
                return [line.strip() for line in text.splitlines() if line.strip()]
            case _:
                return text
    except ValueError as failure:
        raise Invalid(field="value", reason="the value is of another kind") from failure


def _title(setting: Setting) -> str:
    # Amounts are typed and shown in yuan, so the unit in the title would mislead.
    return gettext(setting.title).replace(" (fen)", "").replace("（分）", "")


def _typed(setting: Setting, value: Any) -> str:
    match setting.kind:
        case Kind.FEN:
            return format_yuan(value)
        case Kind.TEXT_LIST:
            return "\n".join(value)
        case _:
            return str(value)


def _shown(setting: Setting, value: Any) -> str:
    match setting.kind:
        case Kind.BOOLEAN:
            return gettext("Yes") if value else gettext("No")
        case Kind.FEN:
            return f"¥{format_yuan(value)}"
        case Kind.TEXT_LIST:
            return ", ".join(value) or "–"
        case Kind.CHOICE:
            return gettext(setting.title_of(value))
        case _:
            return str(value) or "–"


def _name(unit: Unit) -> str:
    return in_language(unit.name, unit.name_en)


PAGE = SitePage("settings_tree", "settings", _("Settings"), VIEW, view)
