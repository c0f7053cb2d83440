"""What a person can do with offers on a screen; each deed rings at the api."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.coupons import api
from quanyu.modules.coupons.admin.forms import OfferForm, ProposalForm
from quanyu.modules.coupons.contracts import CLAIM_TEXTS, Template, TemplateState
from quanyu.modules.identity import api as identity
from quanyu.modules.members import api as members
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform.console.deeds import Call, Deed, Done, refusal_text
from quanyu.platform.console.formats import moment
from quanyu.platform.console.forms import DeedForm, MomentField, ReasonForm, YuanField, unit_choices

FORM = "coupons/offer_form.html"
_GRANTED_MAX = 200


class DecisionForm(DeedForm):
    """Asks for a decision on what the person has in front of him: the revision goes along."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def prepare(self) -> None:
        """Keep which revision is looked at."""
        self.fields["revision"].initial = self.subject.revision


class RefusalForm(DecisionForm):
    """And for the reason of a refusal."""

    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200)


class ExtendForm(DeedForm):
    """Asks what to raise; an empty field leaves as it is."""

    total_limit = forms.IntegerField(label=_("At most in all"), required=False, min_value=1)
    budget_fen = YuanField(label=_("Budget (yuan)"), required=False)
    claim_until = MomentField(label=_("Claimed until"), required=False)

    def prepare(self) -> None:
        """Leave out what has no limit."""
        terms = api.template(template_id=self.subject.pk).terms
        for name in ("total_limit", "budget_fen"):
            if getattr(terms, name) is None:
                del self.fields[name]
        self.fields["claim_until"].initial = terms.claim_period.end


class GrantForm(DeedForm):
    """Asks who is given a coupon: member or card numbers, one a line."""

    numbers = forms.CharField(
        label=_("Members"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Member numbers, card numbers or phone numbers, one a line."),
    )
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=60)

    def clean_numbers(self) -> list[UUID]:
        """Return the members' ids. Raises ``ValidationError`` that names the line nobody has."""
        lines = self.cleaned_data["numbers"].split()
        if len(lines) > _GRANTED_MAX:
            raise forms.ValidationError(gettext("At most %(most)s lines.") % {"most": _GRANTED_MAX})
        return [self._member(line) for line in lines]

    def _member(self, line: str) -> UUID:
        try:
            found = members.find(text=line, actor=self.actor, now=timezone.now())
        except Problem as refusal:
            raise forms.ValidationError(refusal_text(refusal)) from None
        certain = [one.member.id for one in found if not one.needs_confirmation]
        if len(certain) != 1:
            raise forms.ValidationError(gettext("No member is found by %(line)s.") % {"line": line})
        return certain[0]


class UnlockForm(DeedForm):
    """Asks where, for how many claims and how long."""

    store_id = forms.ChoiceField(label=_("Store"))
    uses = forms.IntegerField(label=_("Claims"), min_value=1, max_value=api.UNLOCK_USES_MAX, initial=1)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=10, initial=3)

    def prepare(self) -> None:
        """Offer the stores where the person works."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.UNLOCK)
        stores = organization.units_of_kind(kind=UnitKind.STORE)
        self.fields["store_id"].choices = unit_choices(  # type: ignore[attr-defined]
            unit for unit in stores if reach is None or unit.id in reach
        )


def _texts(call: Call) -> dict[str, Any]:
    values = call.values
    return {
        "name": values["name"],
        "name_en": values["name_en"],
        "description": values["description"],
        "terms": values["terms"],
        "actor": call.actor,
        "now": call.now,
    }


def _go_to(template: Template) -> str:
    return reverse("admin:coupons_template_change", args=[template.id])


def _create(call: Call) -> Done:
    made = api.create_template(code=call.values["code"], **_texts(call))
    return Done(gettext("The draft is saved. Publish it when it is right."), go_to=_go_to(made))


def _propose(call: Call) -> Done:
    made = api.propose(unit_id=int(call.values["unit_id"]), code=call.values["code"], **_texts(call))
    return Done(gettext("The offer is proposed. Head office decides on it."), go_to=_go_to(made))


def _change(call: Call) -> Done:
    api.update_template(template_id=call.subject.pk, **_texts(call))
    return Done(gettext("The offer is changed."))


def _publish(call: Call) -> Done:
    api.publish(template_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The offer is live."))


def _approve(call: Call) -> Done:
    revision = call.values["revision"]
    api.approve(template_id=call.subject.pk, revision=revision, actor=call.actor, now=call.now)
    return Done(gettext("The offer is approved and live."))


def _refuse(call: Call) -> Done:
    revision, reason = call.values["revision"], call.values["reason"]
    api.refuse(template_id=call.subject.pk, revision=revision, reason=reason, actor=call.actor, now=call.now)
    return Done(gettext("The proposal is refused."))


def _stop(call: Call) -> Done:
    api.stop(template_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The offer is stopped. Coupons that members hold stay good."))


def _extend(call: Call) -> Done:
    values = call.values
    api.extend(
        template_id=call.subject.pk,
        total_limit=values.get("total_limit"),
        budget_fen=values.get("budget_fen"),
        claim_until=values.get("claim_until"),
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The offer is extended."))


def _force_off(call: Call) -> Done:
    api.force_off(template_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The offer is taken down. Its coupons are taken nowhere any more."))


def _grant(call: Call) -> Done:
    granted = api.grant(
        template_code=call.subject.code,
        member_ids=call.values["numbers"],
        trigger="console",
        # The deed itself is the cause: the same person may be given another one another time.
        cause_id=f"{uuid7()} {call.values['reason']}"[:80],
        actor=call.actor,
        now=call.now,
    )
    counted: dict[str, int] = {}
    for reason in granted.refused.values():
        counted[gettext(CLAIM_TEXTS[reason])] = counted.get(gettext(CLAIM_TEXTS[reason]), 0) + 1
    parts = [gettext("%(count)s coupons are given.") % {"count": len(granted.issued)}]
    parts += [gettext("%(count)s members got none: %(why)s.") % {"count": n, "why": why} for why, n in counted.items()]
    return Done(" ".join(parts))


def _unlock(call: Call) -> Done:
    values = call.values
    code = api.unlock_code(
        template_code=call.subject.code,
        store_id=int(values["store_id"]),
        uses=values["uses"],
        lasts=timedelta(minutes=values["minutes"]),
        actor=call.actor,
        now=call.now,
    )
    once = ((_("Staff code"), code.text), (_("Valid until"), moment(code.expires_at)), (_("Claims"), code.uses))
    return Done(gettext("The member types this code in the coupon centre. The claim is credited to you."), once=once)


def _in(*states: TemplateState, is_proposal: bool | None = None) -> Any:
    def fits(row: Any) -> bool:
        return row.state in states and is_proposal in (None, row.is_proposal)

    return fits


DRAFT, WAITING, REFUSED = TemplateState.DRAFT, TemplateState.WAITING, TemplateState.REFUSED
LIVE, STOPPED = TemplateState.LIVE, TemplateState.STOPPED

CREATE = Deed("create", _("New coupon offer"), api.EDIT, _create, OfferForm, "add", "primary", template=FORM)
PROPOSE = Deed(
    "propose", _("Propose a store's offer"), api.PROPOSE, _propose, ProposalForm, "storefront", template=FORM
)
CHANGE = Deed("change", _("Change offer"), api.EDIT, _change, OfferForm, "edit", template=FORM, when=_in(DRAFT))
CHANGE_PROPOSAL = Deed(
    "change_proposal",
    _("Change proposal"),
    api.PROPOSE,
    _change,
    ProposalForm,
    "edit",
    template=FORM,
    when=_in(WAITING, REFUSED),
)
PUBLISH = Deed(
    "publish",
    _("Publish"),
    api.EDIT,
    _publish,
    icon="rocket_launch",
    tone="primary",
    text=_("From now on members can have it; its terms can then only be extended or stopped."),
    when=_in(DRAFT),
)
APPROVE = Deed(
    "approve", _("Approve"), api.APPROVE, _approve, DecisionForm, "check_circle", "primary", when=_in(WAITING)
)
REFUSE = Deed("refuse", _("Refuse"), api.APPROVE, _refuse, RefusalForm, "cancel", when=_in(WAITING))
GRANT = Deed("grant", _("Give to members"), api.GRANT, _grant, GrantForm, "redeem", when=_in(LIVE))
UNLOCK = Deed(
    "unlock",
    _("Make a staff code"),
    api.UNLOCK,
    _unlock,
    UnlockForm,
    "key",
    "primary",
    when=lambda row: row.state == LIVE and row.needs_staff_code,
)
EXTEND = Deed(
    "extend",
    _("Extend"),
    api.EDIT,
    _extend,
    ExtendForm,
    "more_time",
    text=_("Limits can be raised and the time of claim lengthened, never the other way."),
    when=_in(LIVE),
)
STOP = Deed(
    "stop",
    _("Stop"),
    api.EDIT,
    _stop,
    ReasonForm,
    "stop_circle",
    "danger",
    when=_in(LIVE, is_proposal=False),
    is_batch=True,
)
STOP_OWN = Deed(
    "stop_own", _("Stop"), api.PROPOSE, _stop, ReasonForm, "stop_circle", "danger", when=_in(LIVE, is_proposal=True)
)
FORCE_OFF = Deed(
    "force_off",
    _("Take down"),
    api.APPROVE,
    _force_off,
    ReasonForm,
    "block",
    "danger",
    text=_("Nothing more is issued, and what members hold is taken nowhere. This cannot be undone."),
    when=_in(LIVE, STOPPED),
    is_batch=True,
)
DEEDS = (
    UNLOCK, PUBLISH, APPROVE, REFUSE, CHANGE, CHANGE_PROPOSAL, GRANT, EXTEND, STOP, STOP_OWN, FORCE_OFF,
)  # fmt: skip
