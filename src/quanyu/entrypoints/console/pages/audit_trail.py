"""The audit trail: searched by person, action and subject, newest first, with the check of its chain."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console.pages.audit_words import action_text
from quanyu.entrypoints.console.pages.machine_words import SUBJECTS
from quanyu.modules.orders.admin.labels import reason_text
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit
from quanyu.platform import audit, db
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import NOTHING, badge, in_language, moment
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import SitePage

PERMISSION = "audit.view"
PAGE_SIZE = 50
CHECKED_AT_ONCE = 20_000
KIND_LABELS = {
    "staff": _("Staff"),
    "member": _("Member"),
    "device": _("Device"),
    "client": _("API client"),
    "system": _("System"),
}


class SearchForm(DeedForm):
    """What to look for; everything may be left empty."""

    text = forms.CharField(label=_("Person, action, subject or reason"), required=False, max_length=80)
    action = forms.CharField(label=_("Action begins with"), required=False, max_length=80)
    day = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show a page of the trail. ``before`` in the address is the id to go on below."""
    form = SearchForm(request.GET or None, actor=access.actor_of(request))
    wanted = form.cleaned_data if form.is_valid() else {}
    before = request.GET.get("before", "")
    rows = _rows(wanted, before=int(before) if before.isdigit() else None, units=access.units_of(request, PERMISSION))
    shown = rows[:PAGE_SIZE]
    following = ""
    if len(rows) > PAGE_SIZE:
        following = urlencode({**{key: value for key, value in wanted.items() if value}, "before": shown[-1]["id"]})
    content = {**context, "form": form, "table": _table(shown), "following": following, "chain": None}
    if request.GET.get("check") and access.units_of(request, PERMISSION) is None:
        content["chain"] = _chain()
    content["may_check"] = access.units_of(request, PERMISSION) is None
    return TemplateResponse(request, "console/audit.html", content)


def _rows(wanted: dict[str, Any], *, before: int | None, units: access.Units) -> list[dict[str, Any]]:
    text = str(wanted.get("text") or "").strip()
    return db.rows(
        "SELECT id, at, actor_kind, actor_id, actor_name, unit_id, action, subject_kind, subject_id, reason, "
        "detail::text AS detail FROM platform_audit "
        "WHERE (%(before)s::bigint IS NULL OR id < %(before)s) "
        "AND (%(units)s::bigint[] IS NULL OR unit_id = ANY(%(units)s)) "
        "AND (%(action)s = '' OR starts_with(action, %(action)s)) "
        "AND (%(day)s::date IS NULL OR (at AT TIME ZONE 'Asia/Shanghai')::date = %(day)s) "
        "AND (%(text)s = '' OR position(lower(%(text)s) IN lower(concat_ws(' ', actor_name, actor_id, action, "
        "subject_kind, subject_id, reason))) > 0) ORDER BY id DESC LIMIT %(limit)s",
        {
            "before": before,
            "units": None if units is None else sorted(units),
            "action": str(wanted.get("action") or "").strip(),
            "day": wanted.get("day"),
            "text": text,
            "limit": PAGE_SIZE + 1,
        },
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    units = organization.units(ids={row["unit_id"] for row in rows if row["unit_id"] is not None})
    return Table(
        "",
        [
            Column("#", is_number=True),
            Column(_("When"), is_time=True),
            Column(_("Who")),
            Column(_("Action")),
            Column(_("Subject")),
            Column(_("Reason and details")),
        ],
        [
            (
                row["id"],
                moment(row["at"]),
                _below(_who(row), _place(units.get(row["unit_id"])), "qy-small qy-keep"),
                _below(action_text(row["action"]), row["action"]),
                _below(SUBJECTS.get(row["subject_kind"], row["subject_kind"]), row["subject_id"]),
                _folded(reason_text(row["reason"]), _detail(row["detail"])),
            )
            for row in rows
        ],
        empty=gettext("Nothing was found."),
    )


def _place(unit: Unit | None) -> str:
    return in_language(unit.name, unit.name_en) if unit is not None else ""


def _below(text: object, below: str, look: str = "qy-code") -> SafeString:
    """Return a text with another small below it: what a machine, or another list, knows it by."""
    return format_html('{}<span class="{}">{}</span>', text, look, below)


def _folded(reason: str, detail: str) -> object:
    """Return the reason, with the details below it for who opens them."""
    if not detail:
        return reason or NOTHING
    return format_html(
        '{}<details class="qy-details"><summary>{}</summary><span class="qy-code qy-detail">{}</span></details>',
        reason,
        gettext("Details"),
        detail,
    )


def _who(row: dict[str, Any]) -> object:
    if row["actor_name"] and row["actor_kind"] != "system":
        return row["actor_name"]
    return KIND_LABELS.get(row["actor_kind"], row["actor_kind"])


def _detail(text: str) -> str:
    found = msgspec.json.decode(text)
    if not isinstance(found, dict) or not found:
        return ""
    return ", ".join(f"{key}: {value}" for key, value in found.items())[:300]


def _chain() -> object:
    newest = int(db.value("SELECT coalesce(max(id), 0) FROM platform_audit"))
    breaches = audit.verify(after_id=max(0, newest - CHECKED_AT_ONCE))
    if breaches:
        places = ", ".join(f"#{breach.id} ({breach.kind})" for breach in breaches[:10])
        return badge(gettext("The chain is broken at %(places)s") % {"places": places}, "bad")
    text = gettext("The chain of the last %(count)s entries is whole") % {"count": f"{min(newest, CHECKED_AT_ONCE):,}"}
    return badge(text, "good")


PAGE = SitePage("audit", "audit", _("Audit trail"), PERMISSION, view)
