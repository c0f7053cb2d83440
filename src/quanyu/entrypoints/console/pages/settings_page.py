"""Settings: for a place in the tree, each value, the level it comes from, and what is set otherwise below it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console.pages import setting_values as values
from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit
from quanyu.platform import features, settings_tree
from quanyu.platform.console import access
from quanyu.platform.console.deeds import Call, Deed, Done, perform, refusal_text
from quanyu.platform.console.formats import in_language, moment
from quanyu.platform.console.registry import SitePage
from quanyu.platform.settings_tree import Level, Setting, Stored

VIEW, EDIT = "settings.view", "settings.edit"
BRAND = Level.BRAND.value
_SHOWN_BELOW = 12
_GROUPS: dict[str, Any] = {
    "aftersales": _("Returns"),
    "catalog": _("Goods"),
    "checkout": _("Checkout"),
    "coupons": _("Coupons"),
    "flash": _("Flash sales"),
    "fulfilment": _("Fulfilment"),
    "inventory": _("Stock"),
    "mall": _("Mall"),
    "members": _("Members"),
    "orders": _("Orders"),
    "payments": _("Payments"),
    "platform": _("Personal data"),
    "points": _("Points"),
    "pos": _("Tills"),
    "tiers": _("Membership tiers"),
}


@dataclass(frozen=True, slots=True)
class Tree:
    """The places of the tree by node, root first: what they are called, and the way down to each."""

    names: dict[str, str]
    paths: dict[str, tuple[str, ...]]
    # What the reader may look at.
    open: frozenset[str] = field(default=frozenset())

    def below(self, node: str) -> set[str]:
        """Return the nodes under a node."""
        return {one for one, path in self.paths.items() if node in path and one != node}


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the settings of a node, or set one there."""
    actor = access.actor_of(request)
    tree = tree_for(request)
    shown = [node for node in tree.names if node in tree.open]
    node = request.POST.get("node") or request.GET.get("node") or next(iter(shown), BRAND)
    if node not in tree.open:
        raise Http404
    if "change" in request.GET:
        return _change(request, actor, tree, node=node, context=context)
    if request.method == "POST":
        return _set(request, actor, node=node)
    wanted = request.GET.get("q", "").strip()
    rows = _rows(tree, node=node, wanted=wanted)
    content = {
        **context,
        "nodes": [(one, tree.names[one], one == node) for one in shown],
        "node": node,
        "q": wanted,
        "path": [(one, tree.names.get(one, one), one == node, one in tree.open) for one in tree.paths[node]],
        "groups": _grouped(rows),
        "set_here": sum(1 for row in rows if row["is_own"]),
        "count": len(rows),
        "may_edit": _may_edit(actor, node=node),
    }
    return TemplateResponse(request, "console/settings.html", content)


def tree_for(request: HttpRequest) -> Tree:
    """Return the whole tree, tills included, with what this person may look at."""
    units = access.units_of(request, VIEW)
    names: dict[str, str] = {BRAND: gettext("Whole chain")}
    paths: dict[str, tuple[str, ...]] = {BRAND: (BRAND,)}
    tills = defaultdict(list)
    for device in identity.list_devices(actor=access.actor_of(request)):
        if device.revoked_at is None:
            tills[device.unit_id].append(device)
    seen = {BRAND} if units is None else set()
    # By the way down, so that each place stands under the one above it.
    for unit in sorted(organization.units_of_kind(), key=lambda one: one.path):
        node = f"{Level.UNIT.value}:{unit.id}"
        names[node] = f"{'　' * len(unit.path)}{_name(unit)}"
        paths[node] = organization.settings_path_of(unit.path)
        is_open = units is None or unit.id in units
        seen |= {node} if is_open else set()
        for device in tills[unit.id]:
            at = f"{Level.TERMINAL.value}:{device.id}"
            names[at] = f"{'　' * (len(unit.path) + 1)}{device.name}"
            paths[at] = (*paths[node], at)
            seen |= {at} if is_open else set()
    return Tree(names, paths, frozenset(seen))


def _rows(tree: Tree, *, node: str, wanted: str) -> list[dict[str, Any]]:
    by_key: dict[str, list[Stored]] = defaultdict(list)
    for one in settings_tree.stored():
        by_key[one.key].append(one)
    below = tree.below(node) & tree.open
    rows = [_row(setting, by_key[setting.key], tree, node=node, below=below) for setting in _definitions()]
    words = wanted.casefold().split()
    return [row for row in rows if all(word in row["words"] for word in words)]


def _definitions() -> Iterable[Setting]:
    # Stages of features have a page of their own.
    hidden = {key for one in features.features() for key in (one.setting_key, one.planned_key)}
    return [setting for setting in settings_tree.definitions() if setting.key not in hidden]


def _row(setting: Setting, found: list[Stored], tree: Tree, *, node: str, below: set[str]) -> dict[str, Any]:
    at = {one.node: one for one in found}
    path = tree.paths[node]
    steps = [("", setting.default), *((one, at[one].value) for one in path if one in at)]
    source, value = steps[-1]
    others = [one for one in found if one.node in below]
    title = values.title(setting)
    return {
        "setting": setting,
        "title": title,
        "words": f"{title} {setting.key} {gettext(_group(setting))}".casefold(),
        "value": values.shown(setting, value),
        "typed": values.typed(setting, value),
        "limits": values.limits(setting),
        "field": values.field_of(setting),
        "comes_from": _level(source, tree),
        "is_own": source == node,
        "is_default": source == "",
        "changed": _changed(at[source]) if source in at else "",
        "steps": [(_level(one, tree), values.shown(setting, set_to), one == source) for one, set_to in steps],
        "below": [
            (tree.names[one.node].strip("　"), values.shown(setting, one.value)) for one in others[:_SHOWN_BELOW]
        ],
        "below_count": len(others),
        "may_be_set_here": node.partition(":")[0] in setting.levels,
        # A sensitive one is changed on a page of its own, with a proof and a reason.
        "change": f"?{urlencode({'node': node, 'change': setting.key})}" if setting.is_sensitive else "",
        "choices": [(choice, gettext(setting.title_of(choice)), choice == value) for choice in setting.choices],
    }


def _level(node: str, tree: Tree) -> str:
    return tree.names.get(node, node).strip("　") if node else gettext("Built-in default")


def _changed(one: Stored) -> str:
    named = {"when": moment(one.changed_at), "who": access.person(one.changed_by)}
    return gettext("%(when)s, %(who)s") % named


def _group(setting: Setting) -> Any:
    name = setting.key.partition(".")[0]
    return _GROUPS.get(name, name)


def _grouped(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(str(_group(row["setting"])), []).append(row)
    return list(groups.items())


def _set(request: HttpRequest, actor: Actor, *, node: str) -> HttpResponse:
    if not _may_edit(actor, node=node):
        raise PermissionDenied
    key = request.POST.get("key", "")
    setting = _known(key)
    if setting.is_sensitive:
        # Nothing is done without the proof and the reason that are asked there.
        return HttpResponseRedirect(f"{request.path}?{urlencode({'node': node, 'change': key})}")
    try:
        value = None if "clear" in request.POST else values.read(setting, request.POST.get("value", ""))
        writer = WRITERS.get(key, _write)
        writer(actor, node, key, value, system_clock.now())
    except Problem as refusal:
        messages.error(request, refusal_text(refusal))
    else:
        messages.success(request, gettext("“%(title)s” is set.") % {"title": values.title(setting)})
    query = urlencode({"node": node, **({"q": request.POST["q"]} if request.POST.get("q") else {})})
    return HttpResponseRedirect(f"{request.path}?{query}#{key}")


def _known(key: str) -> Setting:
    found = next((known for known in _definitions() if known.key == key), None)
    if found is None:
        raise Http404
    return found


def _change(request: HttpRequest, actor: Actor, tree: Tree, *, node: str, context: dict[str, Any]) -> HttpResponse:
    """Change a sensitive setting: after a fresh proof, with a reason."""
    if not _may_edit(actor, node=node):
        raise PermissionDenied
    setting = _known(request.GET["change"])
    if not setting.is_sensitive or node.partition(":")[0] not in setting.levels:
        raise Http404
    back = f"{request.path}?{urlencode({'node': node})}"
    row = _row(setting, settings_tree.stored(keys=[setting.key]), tree, node=node, below=set())

    def run(call: Call) -> Done:
        typed = call.values["value"]
        value = None if call.values["as_above"] else values.read(setting, typed)
        settings_tree.set_value(call.actor, node, setting.key, value, call.now, reason=call.values["reason"])
        return Done(gettext("“%(title)s” is set.") % {"title": row["title"]})

    facts: list[tuple[object, object]] = [
        (_("Where"), _level(node, tree)),
        (_("Value"), row["value"]),
        (_("Comes from"), row["comes_from"]),
    ]
    deed = Deed(
        "change",
        _("Change"),
        EDIT,
        run,
        values.change_form(setting, typed=row["typed"], choices=row["choices"], is_own=row["is_own"]),
        "tune",
        "primary",
        text=_("This setting guards money or personal data. The audit trail says who changed it and why."),
        facts=lambda _setting: facts,
        needs_step_up=True,
    )
    shown = {**context, "list_address": back, "list_title": PAGE.title, "row_title": row["title"]}
    return perform(request, deed, subject=setting, back=f"{back}#{setting.key}", context=shown)


def _write(actor: Actor, node: str, key: str, value: Any, now: datetime) -> None:
    settings_tree.set_value(actor, node, key, value, now)


def _write_scale_masks(actor: Actor, node: str, key: str, value: Any, now: datetime) -> None:
    catalog.set_scale_masks(node=node, masks=value, actor=actor, now=now)


# Settings that a module checks more closely than by their kind are written through its api.
WRITERS: dict[str, Callable[[Actor, str, str, Any, datetime], None]] = {"catalog.scale_masks": _write_scale_masks}


def _may_edit(actor: Actor, *, node: str) -> bool:
    kind, _colon, key = node.partition(":")
    try:
        unit_id = None
        if kind == Level.UNIT:
            unit_id = int(key)
        elif kind == Level.TERMINAL:
            unit_id = identity.devices(ids=[key])[key].unit_id
        identity.require(actor=actor, permission=EDIT, unit_id=unit_id)
    except Problem:
        return False
    return True


def _name(unit: Unit) -> str:
    return in_language(unit.name, unit.name_en)


PAGE = SitePage("settings_tree", "settings", _("Settings"), VIEW, view)
