"""Feature stages: which store has what already, switched per chain, region or store, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console.pages.settings_page import BRAND, EDIT, VIEW, Tree, tree_for
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.platform import db, features, settings_tree
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.deeds import Call, Deed, Done, perform
from quanyu.platform.console.formats import moment
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import SitePage
from quanyu.platform.features import Feature
from quanyu.platform.settings_tree import Level

_HISTORY_SHOWN = 30
ON, OFF, AS_ABOVE = "on", "off", "as_above"
_SAID = {"true": _("On"), "false": _("Off"), "null": _("As above")}


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether a feature is on at a place, whether that is set right there, and where it is changed."""

    is_on: bool
    is_own: bool
    planned: str
    address: str


class StageForm(DeedForm):
    """Asks which feature, where, on or off, why, and from which day it is planned."""

    is_grid = True
    feature = forms.ChoiceField(label=_("Feature"))
    nodes = forms.MultipleChoiceField(label=_("Where"), widget=forms.SelectMultiple(attrs={"size": 10}))
    stage = forms.ChoiceField(
        label=_("Stage"), choices=[(ON, _("On")), (OFF, _("Off")), (AS_ABOVE, _("As above"))], widget=forms.RadioSelect
    )
    planned = forms.DateField(
        label=_("Planned day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("A note for colleagues; nothing switches by itself."),
    )
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200, widget=forms.TextInput)

    def prepare(self) -> None:
        """Offer the features, and the places within reach."""
        tree: Tree = self.subject
        known = [(one.key, gettext(one.title)) for one in features.features()]
        above = {node for store in _stores(tree) for node in tree.paths[store]}
        places = [(node, name) for node, name in tree.names.items() if node in tree.open and node in above]
        self.fields["feature"].choices = known  # type: ignore[attr-defined]
        self.fields["nodes"].choices = places  # type: ignore[attr-defined]


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the grid of features and stores; with ``change`` in the address the form that switches one."""
    tree = tree_for(request)
    if "change" in request.GET:
        if not access.may(request, EDIT):
            raise PermissionDenied
        back = reverse("admin:feature_stages")
        return perform(request, _DEED, subject=tree, back=back, context=context)
    content = {
        **context,
        "may_edit": access.may(request, EDIT),
        **_grid(tree, stores=_stores(tree)),
        "history": _history(tree),
    }
    return TemplateResponse(request, "console/feature_stages.html", content)


def _stores(tree: Tree) -> list[str]:
    found = (f"{Level.UNIT.value}:{unit_id}" for unit_id, one in organization.locations().items() if one.unit.active)
    return [node for node in found if node in tree.open]


def _grid(tree: Tree, *, stores: list[str]) -> dict[str, Any]:
    known = features.features()
    keys = [key for one in known for key in (one.setting_key, one.planned_key)]
    at = {(one.key, one.node): one.value for one in settings_tree.stored(keys=keys)}
    # Places without a store below them (suppliers) have nothing to roll out.
    above = {node for store in stores for node in tree.paths[store]}
    rows = []
    for node, name in tree.names.items():
        if node not in above or node not in tree.open:
            continue
        rows.append((name, node in stores, [_cell(one, tree.paths[node], at, node) for one in known]))
    return {
        "features": [gettext(one.title) for one in known],
        "stages": [_stage(one, tree, at, stores) for one in known],
        "rows": rows,
    }


def _cell(feature: Feature, path: tuple[str, ...], at: dict[tuple[str, str], Any], node: str) -> Cell:
    return Cell(
        is_on=_is_on(feature, path, at),
        is_own=(feature.setting_key, node) in at,
        planned=str(at.get((feature.planned_key, node), "")),
        address="?" + urlencode({"change": "1", "feature": feature.key, "nodes": node}),
    )


def _is_on(feature: Feature, path: tuple[str, ...], at: dict[tuple[str, str], Any]) -> bool:
    nearest = next(
        (at[feature.setting_key, node] for node in reversed(path) if (feature.setting_key, node) in at), True
    )
    return bool(nearest)


def _stage(feature: Feature, tree: Tree, at: dict[tuple[str, str], Any], stores: list[str]) -> dict[str, Any]:
    """Return how far a feature is: everywhere, nowhere, in regions, or in pilot stores."""
    on = [node for node in stores if _is_on(feature, tree.paths[node], at)]
    set_on = [node for (key, node), value in at.items() if key == feature.setting_key and value is True]
    if len(on) == len(stores):
        stage, tone = gettext("All stores"), "good"
    elif not on:
        stage, tone = gettext("Off"), "plain"
    elif any(node not in stores and node != BRAND for node in set_on):
        stage, tone = gettext("Regions"), "info"
    else:
        stage, tone = gettext("Pilot stores"), "warn"
    return {
        "title": gettext(feature.title),
        "text": gettext(feature.text),
        "stage": stage,
        "tone": tone,
        "on": len(on),
        "stores": len(stores),
        "planned": sorted({value for (key, _node), value in at.items() if key == feature.planned_key and value}),
        "address": "?" + urlencode({"change": "1", "feature": feature.key}),
    }


def _history(tree: Tree) -> Table:
    keys = {one.setting_key: one for one in features.features()}
    rows = db.rows(
        "SELECT at, actor_kind, actor_id, subject_id, reason, detail::text AS detail FROM platform_audit "
        "WHERE subject_kind = 'setting' AND subject_id = ANY(%s) ORDER BY id DESC LIMIT %s",
        [list(keys), _HISTORY_SHOWN],
    )
    columns = [
        Column(_("When"), is_time=True),
        Column(_("Feature")),
        Column(_("Where")),
        Column(_("Changed to")),
        Column(_("Reason")),
        Column(_("By")),
    ]
    shown = []
    for row in rows:
        detail = msgspec.json.decode(row["detail"])
        if detail["node"] not in tree.open:
            continue
        shown.append(
            (
                moment(row["at"]),
                gettext(keys[row["subject_id"]].title),
                tree.names[detail["node"]].strip("　"),
                _SAID[msgspec.json.encode(detail["after"]).decode()],
                row["reason"],
                access.person(f"{row['actor_kind']}:{row['actor_id']}"),
            )
        )
    return Table(_("History of stages"), columns, shown, empty=_("Nothing was switched yet."))


def _switch(call: Call) -> Done:
    feature = next(one for one in features.features() if one.key == call.values["feature"])
    value = {ON: True, OFF: False, AS_ABOVE: None}[call.values["stage"]]
    planned = call.values["planned"]
    nodes = call.values["nodes"]
    for node in nodes:
        unit_id = None if node == BRAND else int(node.partition(":")[2])
        identity.require(actor=call.actor, permission=EDIT, unit_id=unit_id)
    for node in nodes:
        settings_tree.set_value(call.actor, node, feature.setting_key, value, call.now, reason=call.values["reason"])
        day = planned.isoformat() if planned else None
        settings_tree.set_value(call.actor, node, feature.planned_key, day, call.now, reason=call.values["reason"])
    return Done(gettext("“%(title)s” is set.") % {"title": gettext(feature.title)})


_DEED = Deed("switch", _("Change a feature's stage"), EDIT, _switch, StageForm, "toggle_on", "primary")
PAGE = SitePage("feature_stages", "feature-stages", _("Feature stages"), VIEW, view)
