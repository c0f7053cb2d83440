"""Integrity: every promise that the books must keep, checked now, and what breaks it."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints import reconcile
from quanyu.entrypoints.console.pages.machine_words import MODULES
from quanyu.kernel.clock import system_clock
from quanyu.platform import db
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import NOTHING, badge, moment, number
from quanyu.platform.console.registry import SitePage

_RUNS_SHOWN = 30
_BREACH = re.compile(r"^(?P<module>[a-z]+)_breach_(?P<name>.+)\Z")


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Run the checks when asked to; they read whole tables, so opening the page alone runs none."""
    content: dict[str, Any] = {**context, "table": None, "broken": 0}
    if request.method == "POST":
        now = system_clock.now()
        checks = reconcile.run_and_note(actor=access.actor_of(request), now=now)
        content["is_running"] = checks is None
        if checks is not None:
            content["table"] = _table(checks)
            content["broken"] = sum(1 for check in checks if check.breaches)
            content["count"] = len(checks)
            content["at"] = moment(now)
    content["history"] = _history()
    return TemplateResponse(request, "console/integrity.html", content)


def _history() -> Table:
    """Return the last runs: when, by whom, how long, and what was broken."""
    rows = db.rows(
        "SELECT at, actor_kind, actor_id, detail::text AS detail FROM platform_audit "
        "WHERE subject_kind = 'integrity' AND subject_id = 'all' ORDER BY id DESC LIMIT %s",
        [_RUNS_SHOWN],
    )
    shown = []
    for row in rows:
        detail = msgspec.json.decode(row["detail"])
        broken = detail["broken"]
        result = (
            badge(gettext("%(count)s broken") % {"count": len(broken)}, "bad") if broken else badge(_("Kept"), "good")
        )
        shown.append(
            (
                moment(row["at"]),
                access.person(f"{row['actor_kind']}:{row['actor_id']}"),
                number(detail["checks"]),
                gettext("%(seconds)s s") % {"seconds": f"{detail['milliseconds'] / 1000:.1f}"},
                result,
                ", ".join(f"{name} ({count})" for name, count in broken.items()),
            )
        )
    columns = [
        Column(_("When"), is_time=True),
        Column(_("By")),
        Column(_("Checks"), is_number=True),
        Column(_("Took"), is_number=True),
        Column(_("Result")),
        Column(_("What was broken")),
    ]
    return Table(_("Earlier runs"), columns, shown, empty=_("No run yet."))


def _table(checks: list[reconcile.Check]) -> Table:
    rows = []
    for check in checks:
        found = _BREACH.match(check.name)
        module, name = (found["module"], found["name"]) if found else ("", check.name)
        result = badge(gettext("Kept"), "good")
        if check.breaches:
            result = badge(gettext("%(count)s breaches") % {"count": len(check.breaches)}, "bad")
        shown = "; ".join(str(breach) for breach in check.breaches[:3])
        # No comment, no text: gettext("") would answer with the catalogue's head.
        promise = gettext(check.promise) if check.promise else NOTHING
        named = format_html('{}<span class="qy-code">{}</span>', promise, name)
        rows.append((MODULES.get(module, module), named, result, shown))
    columns = [Column(_("Module")), Column(_("What it promises")), Column(_("Result")), Column("")]
    return Table("", columns, rows)


PAGE = SitePage("integrity", "integrity", _("Integrity"), "integrity.view", view)
