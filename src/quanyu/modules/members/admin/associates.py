"""Console screens of associates: their promotion codes on paper, whom they look after, and handing members over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import segno
from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import StaffMember
from quanyu.modules.members import api
from quanyu.modules.members.contracts.associates import PromotionCode
from quanyu.modules.members.contracts.wechat import WechatUnavailable
from quanyu.modules.members.models import Associate
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform.console import access
from quanyu.platform.console.content import Facts, Page
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    link,
    moment,
    moment_column,
    name_column,
    name_of,
)
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import Lead, SitePage, add_page, hang_deed, hang_lead
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW, EDIT, STAFF_VIEW = "members.view", "members.edit", "identity.view"
WECHAT_PAGE = "pages/home/index"


class HandOverForm(DeedForm):
    """Asks which associate the member goes to."""

    staff_id = forms.ChoiceField(label=_("Associate"))

    def prepare(self) -> None:
        """Offer the people who work in the stores within reach."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=EDIT)
        stores = {one: in_language(it.unit.name, it.unit.name_en) for one, it in organization.locations().items()}
        self.fields["staff_id"].choices = [  # type: ignore[attr-defined]
            (
                str(one.id),
                f"{one.name} · {stores[one.unit_id]}",
            )
            for one in _people(self.actor)
            if one.is_active and one.unit_id in stores and (reach is None or one.unit_id in reach)
        ]


def _people(actor: Actor) -> Iterator[StaffMember]:
    last = 0
    while found := identity.list_staff(actor=actor, after_id=last, limit=100):
        yield from found
        last = found[-1].id


def _hand_over(call: Call) -> Done:
    api.hand_over_member(
        binding_id=call.subject.pk, staff_id=int(call.values["staff_id"]), actor=call.actor, now=call.now
    )
    return Done(gettext("The member has a new associate."))


@admin.register(Associate)
class AssociateAdmin(ScopedAdmin[Associate]):
    """Who looks after whom, now and before."""

    view_permission = VIEW
    unit_lookups = ("store_id",)
    list_display = ("member_shown", "staff_shown", "store_shown", "cause", "since_shown", "until_shown")
    list_filter = ("cause", ("until", admin.EmptyFieldListFilter), unit_filter("store", kind="store"))
    search_fields = ("staff__name__exact", "member__number__exact")
    search_help_text = _("Name of the associate, or member number")
    list_select_related = ("member", "staff", "store")
    ordering = ("-since", "-id")
    deeds = (
        Deed(
            "hand_over",
            _("Give to another associate"),
            EDIT,
            _hand_over,
            HandOverForm,
            "switch_account",
            text=_("From now on somebody else looks after this member; the history keeps who did before."),
            when=lambda binding: binding.until is None,
            is_batch=True,
        ),
    )

    member_shown = column(_("Member"), lambda one: str(one.member))
    store_shown = name_column("store", _("Store"), order="store__code")
    since_shown = moment_column("since", _("Since"))
    until_shown = moment_column("until", _("Until"))

    @admin.display(description=_("Associate"))
    def staff_shown(self, binding: Associate) -> object:
        """Return the name, and whether the person has left."""
        return (
            binding.staff.name
            if binding.staff.is_active
            else badge(f"{binding.staff.name} · {gettext('Has left')}", "warn")
        )

    def page(self, request: HttpRequest, row: Associate) -> Page:
        """Return the binding."""
        facts: list[tuple[object, object]] = [
            (_("Member"), link("members_member_change", row.member_id, str(row.member))),
            (_("Associate"), self.staff_shown(row)),
            (_("Store"), name_of(row.store)),
            (_("Cause"), row.get_cause_display()),
            (_("Since"), moment(row.since)),
            (_("Until"), moment(row.until) if row.until else NOTHING),
        ]
        state = badge(_("In force"), "good") if row.until is None else badge(_("Ended"))
        return Page(title=str(row.member), badges=[state], main=[Facts("", facts)])


def code_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the code of an associate on paper (``staff``); with ``picture`` the mini-program's, as a picture."""
    person = _within_reach(request)
    code = api.promotion_code_of(staff_id=person.id)
    if "picture" in request.GET:
        return _picture(code)
    address = f"{settings.CONFIG.site_url}/q/{code.token}" if code else ""
    unit = organization.units(ids=[person.unit_id])[person.unit_id]
    shown = {
        **context,
        "person": person,
        "store": in_language(unit.name, unit.name_en),
        "code": code,
        "address": address,
        "wechat": f"?{urlencode({'staff': person.id, 'picture': 1})}" if api.has_wechat() else "",
        "back": reverse("admin:identity_staff_change", args=[person.id]),
        # segno's own SVG of our own address.
        "qr": mark_safe(segno.make(address, error="m", micro=False).svg_inline(scale=6, border=2)) if code else "",  # noqa: S308
    }
    return TemplateResponse(request, "members/associate_code.html", shown)


def _picture(code: PromotionCode | None) -> HttpResponse:
    try:
        picture = api.wechat_code_picture(scene=code.token, page=WECHAT_PAGE) if code else b""
    except WechatUnavailable:
        raise Http404 from None
    if not picture:
        raise Http404
    kept = {"Content-Type": "image/jpeg", "Cache-Control": "private, max-age=86400"}
    return HttpResponse(picture, headers=kept)


def _make_code(call: Call) -> Done:
    api.promotion_code(staff_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The promotion code is made; it stays the same."), go_to=_address(call.subject))


def _address(person: Any) -> str:
    return f"{reverse('admin:associate_code')}?staff={person.pk}"


def _has_no_code(person: Any) -> bool:
    return person.is_active and person.unit.kind == UnitKind.STORE and api.promotion_code_of(staff_id=person.pk) is None


def _within_reach(request: HttpRequest) -> Any:
    """Return the person whose code is asked for, of the units one may see; else there is no such page."""
    asked = request.GET.get("staff", "")
    person = identity.staff(ids=[int(asked)]).get(int(asked)) if asked.isdecimal() and len(asked) < 16 else None
    reach = identity.visible_unit_ids(actor=access.actor_of(request), permission=STAFF_VIEW)
    if person is None or (reach is not None and person.unit_id not in reach):
        raise Http404
    return person


TITLE = _("Promotion code")
add_page(SitePage("associate_code", "associate-code", TITLE, STAFF_VIEW, code_page))
hang_lead("identity.staff", Lead(TITLE, "qr_code_2", STAFF_VIEW, _address))
hang_deed(
    "identity.staff",
    Deed(
        "promotion_code",
        _("Make the promotion code"),
        EDIT,
        _make_code,
        icon="qr_code_2_add",
        text=_("A QR code and a number of this person alone: who joins by it is looked after by this person."),
        when=_has_no_code,
    ),
)
