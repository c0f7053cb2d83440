"""Announcing a flash sale on the console, and stopping one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.flash import api
from quanyu.modules.flash.contracts import SaleState
from quanyu.modules.flash.models import Sale
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.forms import DeedForm, MomentField, ReasonForm, next_hour, unit_choices


class AnnounceForm(DeedForm):
    """Asks for the product, when and where, and how much."""

    is_grid = True

    sku_code = forms.CharField(label=_("SKU code"), max_length=48)
    starts = MomentField(label=_("Starts"))
    ends = MomentField(label=_("Until"))
    per_member_limit = forms.IntegerField(
        label=_("Most per member (pieces)"), min_value=1, initial=1, help_text=_("Over all orders of a member")
    )
    units_total = forms.IntegerField(
        label=_("Pieces in all"), min_value=1, required=False, help_text=_("Empty: whatever stock there is")
    )
    closed_from = MomentField(
        label=_("Not sold before the start from"), required=False, help_text=_("Empty: from this moment on")
    )
    unit_ids = forms.MultipleChoiceField(
        label=_("Places (none: everywhere)"), required=False, widget=forms.SelectMultiple(attrs={"size": 5})
    )
    binds_till = forms.BooleanField(
        label=_("The till too"),
        required=False,
        help_text=_("Without it the till sells the product to everybody, as usual."),
    )

    def prepare(self) -> None:
        """Offer the places within reach, and the next full hour."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.EDIT)
        stores = organization.units_of_kind(kind=UnitKind.STORE)
        units = [unit for unit in stores if reach is None or unit.id in reach]
        self.fields["unit_ids"].choices = unit_choices(units)  # type: ignore[attr-defined]
        self.fields["starts"].initial = next_hour()
        self.fields["ends"].initial = next_hour() + timedelta(hours=1)
        self.fields["binds_till"].initial = "pos" in api.default_channels()

    def clean(self) -> dict[str, Any]:
        """Find the SKU, and compare the moments."""
        values = super().clean() or {}
        code = str(values.get("sku_code") or "").strip()
        values["sku_id"] = catalog.sku_ids_by_code(codes=[code]).get(code)
        if code and values["sku_id"] is None:
            self.add_error("sku_code", gettext("No SKU has this code."))
        starts, ends, closed_from = (values.get(name) for name in ("starts", "ends", "closed_from"))
        if starts and ends and ends <= starts:
            self.add_error("ends", gettext("The end must be after the start."))
        if starts and closed_from and closed_from > starts:
            self.add_error("closed_from", gettext("It cannot be later than the start."))
        return values


def _announce(call: Call) -> Done:
    values = call.values
    made = api.announce(
        sku_id=values["sku_id"],
        starts_at=values["starts"],
        ends_at=values["ends"],
        closed_from=values["closed_from"],
        per_member_limit=values["per_member_limit"],
        units_total=values["units_total"],
        unit_ids=[int(unit_id) for unit_id in values["unit_ids"]],
        channels=("mall", "pos") if values["binds_till"] else ("mall",),
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The flash sale is announced."), go_to=reverse("admin:flash_sale_change", args=[made.id]))


def _stop(call: Call) -> Done:
    api.stop(sale_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The flash sale is stopped. The product sells on as any other, at the price that holds."))


def _can_be_stopped(row: Sale) -> bool:
    return state_of(row) in (SaleState.ANNOUNCED, SaleState.RUNNING)


def state_of(row: Sale) -> SaleState:
    """Return where a sale stands now."""
    now = timezone.now()
    if row.stopped_at is not None:
        return SaleState.STOPPED
    if now < row.starts_at:
        return SaleState.ANNOUNCED
    return SaleState.RUNNING if now < row.ends_at else SaleState.OVER


ANNOUNCE = Deed("announce", _("Announce a flash sale"), api.EDIT, _announce, AnnounceForm, "bolt", "primary")
STOP = Deed("stop", _("Stop the sale"), api.EDIT, _stop, ReasonForm, "block", "danger", when=_can_be_stopped)
