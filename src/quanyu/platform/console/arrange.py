"""The deed by which a person arranges a list for himself: keeps filters under a name, chooses columns.

One address with several small forms; ``part`` says which of them was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.platform.console import filters, own_lists
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.forms import DeedForm

NAME = "arrange"
SAVE, RENAME, OPEN_WITH, REMOVE, COLUMNS, OWN_COLUMNS = (
    "save",
    "rename",
    "open_with",
    "remove",
    "columns",
    "own_columns",
)


class ArrangeForm(DeedForm):
    """What any of the small forms may say."""

    part = forms.ChoiceField(choices=[(part, part) for part in (SAVE, RENAME, OPEN_WITH, REMOVE, COLUMNS, OWN_COLUMNS)])
    name = forms.CharField(label=_("Name"), max_length=own_lists.NAME_MAX, required=False)
    query = forms.CharField(max_length=own_lists.QUERY_MAX, required=False)
    saved = forms.IntegerField(required=False, min_value=0)
    is_default = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Demand a name where one is given to something. Raises ``ValidationError``."""
        values = super().clean() or {}
        if values.get("part") in (SAVE, RENAME) and not values.get("name"):
            self.add_error("name", _("Give the view a name."))
        return values


def deed_of(listed: Any) -> Deed:
    """Return the deed for one list."""

    def run(call: Call) -> Done:
        part = _PARTS[call.values["part"]]
        saved_id, message = part(listed, call)
        following = _known(listed, call.values["query"])
        if saved_id is not None:
            following[filters.VIEW] = str(saved_id)
        query = following.urlencode()
        return Done(message, go_to=f"{listed.list_address}?{query}" if query else listed.list_address)

    return Deed(
        NAME,
        _("My views and columns"),
        listed.view_permission,
        run,
        ArrangeForm,
        "tune",
        template="console/arrange.html",
        is_quiet=True,
    )


def _known(listed: Any, query: str) -> QueryDict:
    """Return of an address what the list knows: nothing else is kept."""
    said = filters.tidy(QueryDict(query))
    names = filters.known_names(listed.model, listed.filters, listed.link_lookups) | {filters.SEARCH, filters.SORT}
    known = QueryDict(mutable=True)
    for name, values in said.lists():
        if name in names:
            known.setlist(name, values)
    return known


def _whose(listed: Any, call: Call) -> dict[str, Any]:
    return {"staff_id": int(call.actor.id), "place": listed.place}


def _save(listed: Any, call: Call) -> tuple[int | None, str]:
    query = _known(listed, call.values["query"]).urlencode()
    made = own_lists.save(
        **_whose(listed, call),
        name=call.values["name"],
        query=query,
        is_default=call.values["is_default"],
        now=call.now,
    )
    return made, gettext("The view “%(name)s” is kept.") % {"name": call.values["name"]}


def _rename(listed: Any, call: Call) -> tuple[int | None, str]:
    saved_id = call.values["saved"] or 0
    own_lists.rename(**_whose(listed, call), saved_id=saved_id, name=call.values["name"], now=call.now)
    return saved_id, gettext("The view is called “%(name)s” now.") % {"name": call.values["name"]}


def _open_with(listed: Any, call: Call) -> tuple[int | None, str]:
    saved_id = call.values["saved"] or None
    own_lists.open_with(**_whose(listed, call), saved_id=saved_id, now=call.now)
    return saved_id or 0, gettext("The list opens this way from now on.")


def _remove(listed: Any, call: Call) -> tuple[int | None, str]:
    own_lists.remove(**_whose(listed, call), saved_id=call.values["saved"] or 0)
    return 0, gettext("The view is removed.")


def _columns(listed: Any, call: Call) -> tuple[int | None, str]:
    chosen = listed.known_columns(call.request.POST.getlist("columns"))
    own_lists.choose_columns(**_whose(listed, call), names=chosen, now=call.now)
    return _view(call), gettext("The columns are kept.")


def _own_columns(listed: Any, call: Call) -> tuple[int | None, str]:
    own_lists.choose_columns(**_whose(listed, call), names=(), now=call.now)
    return _view(call), gettext("The list shows its own columns again.")


def _view(call: Call) -> int | None:
    """Return the view that was open."""
    view = QueryDict(call.values["query"]).get(filters.VIEW, "")
    return int(view) if view.isdigit() else None


_PARTS: dict[str, Callable[[Any, Call], tuple[int | None, str]]] = {
    SAVE: _save,
    RENAME: _rename,
    OPEN_WITH: _open_with,
    REMOVE: _remove,
    COLUMNS: _columns,
    OWN_COLUMNS: _own_columns,
}
