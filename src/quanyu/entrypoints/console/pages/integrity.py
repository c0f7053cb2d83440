"""Integrity: every promise that the books must keep, checked now, and what breaks it."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints import reconcile
from quanyu.kernel.clock import system_clock
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import badge, moment
from quanyu.platform.console.registry import SitePage

_BREACH = re.compile(r"^(?P<module>[a-z]+)_breach_(?P<name>.+)\Z")


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Run the checks when asked to; they read whole tables, so opening the page alone runs none."""
    content: dict[str, Any] = {**context, "table": None, "broken": 0}
    if request.method == "POST":
        checks = reconcile.run()
        content["table"] = _table(checks)
        content["broken"] = sum(1 for check in checks if check.breaches)
        content["count"] = len(checks)
        content["at"] = moment(system_clock.now())
    return TemplateResponse(request, "console/integrity.html", content)


def _table(checks: list[reconcile.Check]) -> Table:
    rows = []
    for check in checks:
        found = _BREACH.match(check.name)
        module, name = (found["module"], found["name"]) if found else ("", check.name)
        result = badge(gettext("Kept"), "good")
        if check.breaches:
            result = badge(gettext("%(count)s breaches") % {"count": len(check.breaches)}, "bad")
        shown = "; ".join(str(breach) for breach in check.breaches[:3])
        rows.append((module, name, check.promise, result, shown))
    columns = [Column(_("Module")), Column(_("Check")), Column(_("What it promises")), Column(_("Result")), Column("")]
    return Table("", columns, rows)


PAGE = SitePage("integrity", "integrity", _("Integrity"), "integrity.view", view)
