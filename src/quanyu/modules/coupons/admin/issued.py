"""Console screens of issued coupons: whose they are, how they stand, and everything that happened to them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.coupons import api
from quanyu.modules.coupons.admin import texts
from quanyu.modules.coupons.contracts import CouponState
from quanyu.modules.coupons.models import Coupon
from quanyu.modules.coupons.models.labels import VIA_LABELS
from quanyu.modules.members import api as members
from quanyu.modules.organization import api as organization
from quanyu.platform.console import access
from quanyu.platform.console.content import Facts, Page, Step, Timeline
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    column,
    in_language,
    link,
    moment,
    moment_column,
    name_column,
    name_of,
    tick,
    yuan,
)
from quanyu.platform.console.forms import ReasonForm
from quanyu.platform.console.scoped_admin import ScopedAdmin

VIEW = "coupons.view"
EVENT_LABELS = {
    "issued": _("Given out"),
    "reserved": _("Reserved for an order"),
    "redeemed": _("Redeemed"),
    "released": _("Released: the order was not paid"),
    "returned": _("Returned: the order was cancelled or refunded"),
    "handed_out": _("Service handed out"),
    "put_back": _("Hand-out of a service undone"),
    "offered": _("Offered as a gift"),
    "taken_back": _("Gift taken back"),
    "transferred": _("Given to another member"),
    "expired": _("Expired"),
    "voided": _("Made void"),
    "merged": _("Moved: two member files became one"),
    "unmerged": _("Moved back: the files were separated"),
}
_TONES = {
    "redeemed": "good",
    "expired": "warn",
    "voided": "bad",
    "returned": "info",
    "handed_out": "good",
    "put_back": "info",
}


def state_now(row: Coupon) -> CouponState:
    """Return the state that holds now: the clock and head office decide before the job has written it down."""
    if row.state == CouponState.AVAILABLE and row.template.state == "forced_off":
        return CouponState.VOID
    if row.state == CouponState.AVAILABLE and row.valid_until <= timezone.now():
        return CouponState.EXPIRED
    return CouponState(row.state)


def _order(row: Coupon) -> object:
    return link("orders_order_change", row.order_id, _("Open the order")) if row.order_id else NOTHING


def _is_taken(row: Coupon) -> bool:
    return row.order_id is not None or row.handed_out_id is not None


def _put_back(call: Call) -> Done:
    api.put_back_service(id=call.subject.handed_out_id, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The hand-out is undone. The member can use the coupon again."))


PUT_BACK = Deed(
    "put_back",
    _("Undo the hand-out"),
    api.PUT_BACK,
    _put_back,
    ReasonForm,
    "undo",
    text=_("For a service that was booked by mistake and not given."),
    when=lambda row: row.handed_out_id is not None,
)


@admin.register(Coupon)
class CouponAdmin(ScopedAdmin[Coupon]):
    """Coupons that members were given; a store sees those of its offers and those claimed or used there."""

    view_permission = VIEW
    unit_lookups = ("claimed_store_id", "used_store_id", "template__owner_unit_id")
    list_display = (
        "shown_template",
        "shown_member",
        "state_shown",
        "shown_via",
        "claimed",
        "until",
        "taken",
        "off",
    )
    # The page of an offer links to its coupons.
    link_lookups = ("template__id__exact",)
    list_filter = ("state", "via", "is_gift", ("claimed_at", admin.DateFieldListFilter))
    search_fields = ("template__code__exact", "member__number__exact", "member__card_number__exact")
    search_help_text = _("Code of the offer, member number or card number")
    list_select_related = ("template", "member")
    ordering = ("-claimed_at", "-id")
    deeds = (PUT_BACK,)

    shown_template = name_column("template", _("Coupon offer"))
    shown_member = column(_("Member"), lambda row: str(row.member))
    state_shown = column(_("State"), lambda row: texts.coupon_badge(state_now(row)), order="state")
    shown_via = column(_("Came by"), lambda row: row.get_via_display())
    claimed = moment_column("claimed_at", _("Claimed on"))
    until = moment_column("valid_until", _("Valid until"))
    taken = column(_("Order"), _order)
    off = column(_("Taken off"), lambda row: yuan(row.amount_fen) if _is_taken(row) else NOTHING, numeric=True)

    def reach(self, units: frozenset[int]) -> Q:
        """Return the coupons of the units' offers and those claimed or used there."""
        return Q(claimed_store_id__in=units) | Q(used_store_id__in=units) | Q(template__owner_unit_id__in=units)

    def units_of_row(self, row: Coupon) -> set[int]:
        """Return where it was used: only that store undoes a hand-out."""
        return {row.used_store_id} if row.used_store_id is not None else set()

    def name_of_row(self, row: Coupon) -> str:
        """Return the offer's name and the coupon's id."""
        return f"{in_language(row.template.name, row.template.name_en)} {row.pk}"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bring offer and member along."""
        return super().get_queryset(request).select_related("template", "member")

    def page(self, request: HttpRequest, row: Coupon) -> Page:
        """Return what the coupon is and its history."""
        stores = organization.units(ids=[one for one in (row.claimed_store_id, row.used_store_id) if one])
        named = {one.id: in_language(one.name, one.name_en) for one in stores.values()}
        holder = members.members(ids=[row.member_id]).get(row.member_id)
        facts: list[tuple[object, object]] = [
            (_("Coupon offer"), link("coupons_template_change", row.template_id, name_of(row.template))),
            (_("Member"), link("members_member_change", row.member_id, holder.number if holder else NOTHING)),
            (_("Valid from"), moment(row.valid_from)),
            (_("Valid until"), moment(row.valid_until)),
            (_("Came by"), VIA_LABELS[row.via]),  # type: ignore[index]
            (_("Claimed at"), named.get(row.claimed_store_id or 0, NOTHING)),
            (_("Unlocked by"), access.person(f"staff:{row.claimed_staff_id}") if row.claimed_staff_id else NOTHING),
            (_("Came as a gift"), tick(row.is_gift)),
            (_("Order"), _order(row)),
            (_("Used at"), named.get(row.used_store_id or 0, NOTHING)),
            (_("Taken off"), yuan(row.amount_fen) if _is_taken(row) else NOTHING),
            (_("Paid with it"), yuan(row.sales_fen) if row.order_id else NOTHING),
        ]
        steps = [
            Step(
                at=moment(event.at),
                title=EVENT_LABELS.get(event.kind, event.kind),
                text=access.person(event.actor) if event.actor else "",
                tone=_TONES.get(event.kind, "plain"),
            )
            for event in api.history(coupon_id=row.pk)
        ]
        title = in_language(row.template.name, row.template.name_en)
        badges = [texts.coupon_badge(state_now(row))]
        return Page(title=title, badges=badges, main=[Facts("", facts), Timeline(_("History"), steps)])
