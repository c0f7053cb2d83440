"""What people do about old tills: let a system in, register tills, say what its codes mean, try again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import BarcodeUnknown
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.partners import api
from quanyu.modules.partners.contracts import BOOKED, EDIT, KEPT, Outcome
from quanyu.platform.console.deeds import Call, Deed, Done, refusal_text
from quanyu.platform.console.forms import DeedForm, unit_choices

# Whoever lets other software in at all.
CLIENTS = "identity.clients"


class PartnerForm(DeedForm):
    """Asks for an old system to let in."""

    name = forms.CharField(label=_("Name"), max_length=80)
    unit_id = forms.ChoiceField(label=_("For the stores at and below"))
    may_count = forms.BooleanField(label=_("Book stock counts that it sends"), required=False)

    def prepare(self) -> None:
        """Offer the units within reach."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=CLIENTS)
        within = [unit for unit in organization.units_of_kind() if reach is None or unit.id in reach]
        self.fields["unit_id"].choices = unit_choices(within)  # type: ignore[attr-defined]


class TillForm(DeedForm):
    """Asks which till of the old system stands in which store."""

    code = forms.CharField(
        label=_("Till code"), max_length=40, help_text=_("As the old system calls it, to the letter")
    )
    store_id = forms.ChoiceField(label=_("Store"))

    def prepare(self) -> None:
        """Offer the stores below the partner's unit within reach."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=EDIT)
        within = [
            place.unit
            for place in organization.locations().values()
            if self.subject.unit_id in place.unit.path and (reach is None or place.unit.id in reach)
        ]
        self.fields["store_id"].choices = unit_choices(within)  # type: ignore[attr-defined]


class ArticleForm(DeedForm):
    """Asks which goods the old system means."""

    code = forms.CharField(label=_("Old article code"), max_length=64)
    sku_code = forms.CharField(label=_("SKU code or barcode"), max_length=48)

    def clean(self) -> dict[str, Any]:
        """Find the SKU."""
        values = super().clean() or {}
        code = str(values.get("sku_code") or "").strip()
        sku_id = catalog.sku_ids_by_code(codes=[code]).get(code)
        if sku_id is None and code:
            try:
                sku_id = catalog.by_barcode(code=code).sku_id
            except BarcodeUnknown:
                self.add_error("sku_code", gettext("No SKU has this code."))
        return {**values, "sku_id": sku_id}


def outcome_text(outcomes: Sequence[Outcome]) -> str:
    """Return how many were booked, and why the first of the others was not."""
    found = Counter(one.state for one in outcomes)
    said = gettext("%(booked)s booked.") % {"booked": found[BOOKED]}
    left = [one for one in outcomes if one.state != BOOKED and one.problem is not None]
    if left and left[0].problem is not None:
        still = gettext("%(kept)s still wait: %(why)s") % {"kept": len(left), "why": refusal_text(left[0].problem)}
        return f"{said} {still}"
    return said


def _let_in(call: Call) -> Done:
    values = call.values
    made = api.add_partner(
        name=values["name"],
        unit_id=int(values["unit_id"]),
        may_count=values["may_count"],
        actor=call.actor,
        now=call.now,
    )
    return Done(
        gettext("Give both to whoever looks after the old system; they are not shown again."),
        once=((_("Token"), made.token), (_("Secret to sign with"), made.secret)),
        go_to=reverse("admin:partners_partner_change", args=[made.id]),
    )


def _add_till(call: Call) -> Done:
    values = call.values
    api.add_till(
        partner_id=call.subject.pk,
        code=values["code"],
        store_id=int(values["store_id"]),
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("Registered. What waits for this till can be tried again."))


def _map(call: Call) -> Done:
    outcomes = api.map_article(
        partner_id=call.subject.pk,
        code=call.values["code"],
        sku_id=call.values["sku_id"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("Noted. %(what)s") % {"what": outcome_text(outcomes)})


def _try_all(call: Call) -> Done:
    outcomes = api.try_waiting(partner_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(outcome_text(outcomes))


def _try_one(call: Call) -> Done:
    return Done(outcome_text(api.try_again(ids=[call.subject.pk], actor=call.actor, now=call.now)))


def _pause(call: Call) -> Done:
    api.pause(partner_id=call.subject.pk, is_paused=True, actor=call.actor, now=call.now)
    return Done(gettext("Nothing is taken from it until you go on; its tills keep their sales."))


def _go_on(call: Call) -> Done:
    api.pause(partner_id=call.subject.pk, is_paused=False, actor=call.actor, now=call.now)
    return Done(gettext("What it sends is taken again."))


def _renew(call: Call) -> Done:
    secret = api.renew_secret(partner_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(
        gettext("The old secret has ended. This one is not shown again."), once=((_("Secret to sign with"), secret),)
    )


PARTNER_LIST_DEEDS = (
    Deed(
        "let-in",
        _("Let an old system in"),
        CLIENTS,
        _let_in,
        PartnerForm,
        "add",
        "primary",
        text=_("Its tills then hand in sales, returns and questions of stock for these stores, and nothing else."),
        needs_step_up=True,
    ),
)
PARTNER_DEEDS = (
    Deed("till", _("Register a till"), EDIT, _add_till, TillForm, "point_of_sale", "primary"),
    Deed(
        "article",
        _("Say what an article is"),
        EDIT,
        _map,
        ArticleForm,
        "link",
        text=_("What waited for it is booked at once, at the prices that were paid."),
    ),
    Deed(
        "try-all",
        _("Try all again"),
        EDIT,
        _try_all,
        icon="refresh",
        text=_("Sales first, then returns. What still cannot be booked goes on waiting."),
    ),
    Deed(
        "pause",
        _("Pause"),
        EDIT,
        _pause,
        icon="pause",
        text=_("Requests are refused; nothing that was taken changes."),
        when=lambda partner: partner.paused_at is None,
    ),
    Deed("go-on", _("Go on"), EDIT, _go_on, icon="play_arrow", when=lambda partner: partner.paused_at is not None),
    Deed("renew", _("New secret"), CLIENTS, _renew, icon="key", tone="danger", needs_step_up=True),
)
ENTRY_DEEDS = (
    Deed(
        "try_again",
        _("Try again"),
        EDIT,
        _try_one,
        icon="refresh",
        tone="primary",
        text=_("Once the till, the article or the stock is there, it is booked at the prices that were paid."),
        when=lambda row: row.state == KEPT,
        is_batch=True,
    ),
)
