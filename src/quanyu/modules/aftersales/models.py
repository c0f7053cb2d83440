"""Returns and refunds of lines, whatever the channel: amounts derived from line economics."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.orders.models import Line, Order
from quanyu.modules.organization.models import Unit

RESTOCK_LABELS = {
    "sellable": _("Back into stock"),
    "damaged": _("Damaged"),
    "none": _("Goods not returned"),
}

REQUEST_LABELS = {
    "return": _("Return and refund"),
    "refund_only": _("Refund without goods"),
    "exchange": _("Exchange"),
}
REQUEST_STATE_LABELS = {
    "asked": _("Waits for an answer"),
    "approved": _("Approved"),
    "refused": _("Refused"),
    "received": _("Goods are here"),
    "done": _("Done"),
    "withdrawn": _("Withdrawn"),
}
REASON_LABELS = {
    "changed_mind": _("Changed their mind"),
    "size": _("Size or colour does not fit"),
    "wrong_item": _("Wrong item"),
    "missing": _("Something is missing"),
    "damaged": _("Arrived damaged"),
    "quality": _("Quality problem"),
    "not_as_described": _("Not as described"),
    "other": _("Other"),
}


class Return(models.Model):
    """One return of an order. Its id is made by the client and is its permanent natural key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("return number"), max_length=32, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="+", verbose_name=_("order"))
    location = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("received at"))
    reason = models.CharField(_("reason"), max_length=40)
    note = models.CharField(_("note"), max_length=200, default="", blank=True)
    amount_fen = models.BigIntegerField(_("refund (fen)"))
    freight_fen = models.BigIntegerField(_("freight refunded (fen)"), default=0, db_default=0)
    # Less (or, given back by a later return, more) than the shares of its lines: discounts that the return lost.
    withheld_fen = models.BigIntegerField(_("withheld (fen)"), default=0, db_default=0)
    points_restored = models.BigIntegerField(_("points restored"), default=0, db_default=0)
    points_taken_back = models.BigIntegerField(_("points taken back"), default=0, db_default=0)
    coupons_returned = models.SmallIntegerField(_("coupons returned"), default=0, db_default=0)
    actor = models.CharField(_("by"), max_length=80)
    command_sha256 = models.BinaryField(max_length=32, editable=False)
    shift_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "aftersales_return"
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.CheckConstraint(name="aftersales_return_amount", condition=Q(amount_fen__gte=0)),
            models.CheckConstraint(
                name="aftersales_return_rights",
                condition=Q(
                    freight_fen__gte=0, points_restored__gte=0, points_taken_back__gte=0, coupons_returned__gte=0
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="aftersales_return_newest"),
            models.Index(fields=["location", "-created_at"], name="aftersales_return_of_place"),
        ]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """How much of a line came back, what it refunds, and what became of the goods."""

    parent = models.ForeignKey(Return, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(_("quantity"))
    amount_fen = models.BigIntegerField(_("refund (fen)"))
    points_restored = models.BigIntegerField(_("points restored"), default=0, db_default=0)
    restock = models.CharField(_("goods"), max_length=10, choices=list(RESTOCK_LABELS.items()))

    class Meta:
        db_table = "aftersales_return_line"
        verbose_name = _("returned line")
        verbose_name_plural = _("returned lines")
        constraints = [
            models.CheckConstraint(name="aftersales_return_line_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="aftersales_return_line_amount", condition=Q(amount_fen__gte=0)),
            models.CheckConstraint(name="aftersales_return_line_points", condition=Q(points_restored__gte=0)),
            models.CheckConstraint(
                name="aftersales_return_line_restock_known", condition=Q(restock__in=list(RESTOCK_LABELS))
            ),
            models.UniqueConstraint(fields=["parent", "order_line"], name="aftersales_return_line_once"),
        ]


class ReturnWithheld(models.Model):
    """A discount or gift that the kept goods do not reach any more: what the refund was lowered by, and why.

    A negative amount gives back what an earlier return withheld for goods that now came back too.
    """

    parent = models.ForeignKey(Return, models.PROTECT, related_name="withheld")
    kind = models.CharField(_("kind"), max_length=12)
    source = models.CharField(_("source"), max_length=60)
    label = models.CharField(_("offer"), max_length=80)
    threshold_fen = models.BigIntegerField(_("from an amount of (fen)"))
    kept_fen = models.BigIntegerField(_("kept (fen)"))
    amount_fen = models.BigIntegerField(_("withheld (fen)"))

    class Meta:
        db_table = "aftersales_return_withheld"
        verbose_name = _("withheld discount")
        verbose_name_plural = _("withheld discounts")
        constraints = [
            models.CheckConstraint(name="aftersales_return_withheld_amount", condition=~Q(amount_fen=0)),
            models.UniqueConstraint(fields=["parent", "kind", "source"], name="aftersales_return_withheld_once"),
        ]


class Request(models.Model):
    """What a customer asks for after the sale; its id is made by the phone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("request number"), max_length=32, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="+", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=12, choices=list(REQUEST_LABELS.items()))
    state = models.CharField(_("state"), max_length=10, choices=list(REQUEST_STATE_LABELS.items()))
    reason = models.CharField(_("reason"), max_length=20, choices=list(REASON_LABELS.items()))
    text = models.CharField(_("what the customer writes"), max_length=200, default="", db_default="", blank=True)
    answer = models.CharField(_("answer"), max_length=200, default="", db_default="", blank=True)
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("to be brought to"))
    code = models.CharField(_("code"), max_length=8, unique=True)
    amount_fen = models.BigIntegerField(_("refund (fen)"))
    # The return that it becomes: one id, so one return, however often somebody asks for it.
    return_id = models.UUIDField(unique=True, default=uuid7, editable=False)
    command_sha256 = models.BinaryField(max_length=32, editable=False)
    created_at = models.DateTimeField(_("asked at"))
    moved_at = models.DateTimeField(_("last step at"))

    class Meta:
        db_table = "aftersales_request"
        verbose_name = _("after-sale request")
        verbose_name_plural = _("after-sale requests")
        constraints = [
            models.CheckConstraint(name="aftersales_request_kind_known", condition=Q(kind__in=list(REQUEST_LABELS))),
            models.CheckConstraint(
                name="aftersales_request_state_known", condition=Q(state__in=list(REQUEST_STATE_LABELS))
            ),
            models.CheckConstraint(name="aftersales_request_reason_known", condition=Q(reason__in=list(REASON_LABELS))),
            models.CheckConstraint(name="aftersales_request_amount", condition=Q(amount_fen__gte=0)),
            models.CheckConstraint(
                name="aftersales_request_refusal_says_why", condition=~Q(state="refused") | ~Q(answer="")
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="aftersales_request_newest"),
            models.Index(fields=["store", "-created_at"], name="aftersales_request_of_place"),
            # Few among many: what waits for somebody.
            models.Index(
                fields=["state", "created_at"],
                condition=Q(state__in=["asked", "approved", "received"]),
                name="aftersales_request_open",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RequestLine(models.Model):
    """How much of a line the request is about; what became of the goods once they were looked at."""

    parent = models.ForeignKey(Request, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(_("quantity"))
    restock = models.CharField(
        _("goods"), max_length=10, choices=list(RESTOCK_LABELS.items()), default="", db_default="", blank=True
    )

    class Meta:
        db_table = "aftersales_request_line"
        verbose_name = _("line of a request")
        verbose_name_plural = _("lines of requests")
        constraints = [
            models.CheckConstraint(name="aftersales_request_line_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="aftersales_request_line_restock_known", condition=Q(restock__in=["", *RESTOCK_LABELS])
            ),
            models.UniqueConstraint(fields=["parent", "order_line"], name="aftersales_request_line_once"),
        ]


class RequestTransition(models.Model):
    """The allowed moves of a request of a kind: the only place that lists them, enforced by reference."""

    kind = models.CharField(max_length=12)
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)

    class Meta:
        db_table = "aftersales_request_transition"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "from_state", "to_state"], name="aftersales_request_transition_once"
            )
        ]


class RequestEvent(models.Model):
    """One step in a request's life. Append-only; its kind and pair of states must be an allowed move."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="history")
    kind = models.CharField(max_length=12)
    from_state = models.CharField(_("from"), max_length=10)
    to_state = models.CharField(_("to"), max_length=10)
    actor = models.CharField(_("by"), max_length=80)
    text = models.CharField(_("text"), max_length=200, default="", db_default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "aftersales_request_event"
        verbose_name = _("step of a request")
        verbose_name_plural = _("steps of requests")
