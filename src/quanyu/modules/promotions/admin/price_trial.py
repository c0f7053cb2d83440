"""The price simulation: put a basket and see every step of the price chain, what did not apply and who bears what."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.problem import Problem
from quanyu.modules.promotions.admin.trial_form import TrialForm
from quanyu.modules.promotions.admin.trial_tables import trial_tables
from quanyu.platform.console import access, registry
from quanyu.platform.console.deeds import refusal_text
from quanyu.platform.console.registry import SitePage

VIEW = "promotions.view"
TITLE = _("Price simulation")


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the form, and the priced basket when one was put. Nothing is written: the address can be passed on."""
    asked = "basket" in request.GET
    form = TrialForm(request.GET if asked else None, actor=access.actor_of(request))
    shown: dict[str, Any] = {**context, "form": form}
    if asked and form.is_valid():
        try:
            shown.update(trial_tables(form.trial()))
        except Problem as refusal:
            form.add_error(None, refusal_text(refusal))
    return TemplateResponse(request, "promotions/price_trial.html", shown)


registry.add_page(SitePage("price_trial", "price-trial", TITLE, VIEW, view))
