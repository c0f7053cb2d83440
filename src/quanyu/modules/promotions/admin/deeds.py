"""What can be done with campaigns: set one up, change it, stop it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.promotions import api
from quanyu.modules.promotions.admin.asked import (
    BundleForm,
    CampaignForm,
    GiftForm,
    NewCustomerForm,
    NthForm,
    RunningForm,
    ThresholdForm,
)
from quanyu.modules.promotions.contracts import Campaign as CampaignFacts
from quanyu.modules.promotions.contracts import CampaignKind
from quanyu.modules.promotions.models import Campaign
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.forms import ReasonForm

_FORM = "promotions/campaign_form.html"
KIND_LABELS: dict[str, Any] = {
    CampaignKind.THRESHOLD: _("Threshold discount"),
    CampaignKind.GIFT: _("Threshold gift"),
    CampaignKind.NTH: _("Nth piece"),
    CampaignKind.BUNDLE: _("Bundle price"),
    CampaignKind.NEW_CUSTOMER: _("New-customer price"),
}
_FORMS: dict[CampaignKind, tuple[type[CampaignForm], str, Any]] = {
    CampaignKind.THRESHOLD: (ThresholdForm, "percent_discount", _("New threshold discount")),
    CampaignKind.GIFT: (GiftForm, "redeem", _("New threshold gift")),
    CampaignKind.NTH: (NthForm, "filter_2", _("New nth-piece offer")),
    CampaignKind.BUNDLE: (BundleForm, "package_2", _("New bundle price")),
    CampaignKind.NEW_CUSTOMER: (NewCustomerForm, "person_add", _("New new-customer prices")),
}
_EXPLAINED: dict[CampaignKind, Any] = {
    CampaignKind.THRESHOLD: _("Who spends so much on these products pays so much less."),
    CampaignKind.GIFT: _("Who spends so much on these products gets a gift."),
    CampaignKind.NTH: _("Of the dearest pieces in groups of n, the cheapest of each group costs less."),
    CampaignKind.BUNDLE: _("Several products together have one price."),
    CampaignKind.NEW_CUSTOMER: _("Members who have not bought before get these prices."),
}


def is_to_come(campaign: Campaign) -> bool:
    """Tell whether the campaign has not started yet and was not stopped."""
    start = campaign.period.lower
    return campaign.is_active and start is not None and start > timezone.now()


def is_running(campaign: Campaign) -> bool:
    """Tell whether the campaign holds now."""
    end = campaign.period.upper
    return campaign.is_active and not is_to_come(campaign) and (end is None or end > timezone.now())


def _create(call: Call) -> Done:
    campaign = call.values["campaign"]
    given = {each.name: getattr(campaign, each.name) for each in fields(CampaignFacts)}
    made = api.create_campaign(
        **{name: value for name, value in given.items() if name not in ("id", "is_active")},
        actor=call.actor,
        now=call.now,
    )
    address = reverse("admin:promotions_campaign_change", args=[made.id])
    return Done(gettext("The campaign is set up."), go_to=address)


def _change(call: Call) -> Done:
    api.change_campaign(
        campaign=call.values["campaign"], reason=call.values.get("reason", ""), actor=call.actor, now=call.now
    )
    return Done(gettext("The campaign is changed."))


def _stop(call: Call) -> Done:
    api.stop_campaign(campaign_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The campaign is stopped."))


def _to_come_of(kind: CampaignKind) -> Any:
    return lambda campaign: campaign.kind == kind and is_to_come(campaign)


CREATE = tuple(
    Deed(
        "create" if kind is CampaignKind.THRESHOLD else f"create_{kind}",
        title,
        api.EDIT,
        _create,
        form,
        icon,
        "primary" if kind is CampaignKind.THRESHOLD else "plain",
        _EXPLAINED[kind],
        template=_FORM,
    )
    for kind, (form, icon, title) in _FORMS.items()
)
CHANGE = tuple(
    Deed(
        f"change_{kind}",
        _("Change campaign"),
        api.EDIT,
        _change,
        form,
        "edit",
        text=_EXPLAINED[kind],
        when=_to_come_of(kind),
        template=_FORM,
    )
    for kind, (form, _icon, _title) in _FORMS.items()
)
CHANGE_RUNNING = Deed(
    "change_running",
    _("Change campaign"),
    api.EDIT,
    _change,
    RunningForm,
    "edit",
    text=_("It has started: what customers were promised stays. To change more, stop it and set up another."),
    when=is_running,
)
STOP = Deed(
    "stop",
    _("Stop campaign"),
    api.EDIT,
    _stop,
    ReasonForm,
    "stop_circle",
    "danger",
    when=lambda campaign: campaign.is_active,
)
