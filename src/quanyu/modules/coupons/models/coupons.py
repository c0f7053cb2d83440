"""Tables of coupons: templates, counters guarded by CHECKs, issued coupons and the events that explain them.

Only the SQL room writes counters and coupons, always together with the event that explains the change (I4).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog.models import Sku
from quanyu.modules.coupons.contracts import CouponState, TemplateState, Via
from quanyu.modules.coupons.models import labels
from quanyu.modules.identity.models import Staff
from quanyu.modules.members.models import Member
from quanyu.modules.organization.models import Unit
from quanyu.modules.promotions.contracts import CouponKind


class Template(models.Model):
    """What a kind of coupon gives, to whom, when and where, and who bears it. Empty lists mean "all".

    The limits stand in :class:`Counter`, beside the counts they bound.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True, default="")
    description = models.CharField(_("terms in words"), max_length=500, blank=True, default="")
    owner_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("issued by"))
    is_proposal = models.BooleanField(_("proposed by a store"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=list(labels.TEMPLATE_STATE_LABELS.items()))
    revision = models.IntegerField(_("revision"), default=1)
    kind = models.CharField(_("kind"), max_length=8, choices=list(labels.KIND_LABELS.items()))
    amount_fen = models.BigIntegerField(_("amount (fen)"), default=0)
    percent_off_bp = models.IntegerField(_("percent off (bp)"), default=0)
    cap_fen = models.BigIntegerField(_("at most (fen)"), null=True)
    threshold_fen = models.BigIntegerField(_("from (fen)"), default=0)
    gift_sku = models.ForeignKey(Sku, models.PROTECT, null=True, related_name="+", verbose_name=_("gift"))
    gift_quantity = models.BigIntegerField(_("quantity of the gift"), default=0)
    category_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("categories"))
    sku_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("SKUs"))
    excluded_sku_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("excluded SKUs"))
    claim_period = DateTimeRangeField(_("time of claim"))
    use_period = DateTimeRangeField(_("time of use"), null=True)
    starts_after_days = models.SmallIntegerField(_("starts after days"), default=0)
    lasts_days = models.SmallIntegerField(_("lasts days"), null=True)
    weekdays = ArrayField(models.SmallIntegerField(), default=list, blank=True, verbose_name=_("weekdays"))
    hours = models.JSONField(_("hours"), default=list, blank=True)
    excluded_dates = ArrayField(models.DateField(), default=list, blank=True, verbose_name=_("excluded days"))
    scope = models.CharField(_("usable"), max_length=8, choices=list(labels.SCOPE_LABELS.items()))
    units = models.ManyToManyField(Unit, related_name="+", blank=True, verbose_name=_("stores"))
    tiers = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("membership tiers"))
    level = models.CharField(_("required level"), max_length=12, default="identified")
    brand_share_bp = models.IntegerField(_("borne by the brand (bp)"), default=10_000)
    store_share_bp = models.IntegerField(_("borne by the store (bp)"), default=0)
    supplier_share_bp = models.IntegerField(_("borne by the supplier (bp)"), default=0)
    stacks_with_campaigns = models.BooleanField(_("together with campaigns"), default=True)
    stacks_with_coupons = models.BooleanField(_("together with other coupons"), default=False)
    transferable = models.BooleanField(_("may be given away"), default=False)
    points_price = models.BigIntegerField(_("price in points"), default=0)
    needs_staff_code = models.BooleanField(_("needs a staff code"), default=False)
    is_new_member_pack = models.BooleanField(_("part of the new-member pack"), default=False)
    is_listed = models.BooleanField(_("listed in the coupon centre"), default=True)
    extension_days = models.SmallIntegerField(_("days added when it comes back"), default=0)
    created_by = models.CharField(_("created by"), max_length=60)
    changed_by = models.CharField(_("changed by"), max_length=60)
    decided_by = models.CharField(_("decided by"), max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "coupons_template"
        verbose_name = _("coupon offer")
        verbose_name_plural = _("coupon offers")
        constraints = [
            models.CheckConstraint(
                name="coupons_template_shares_whole",
                condition=Q(brand_share_bp=10_000 - F("store_share_bp") - F("supplier_share_bp"))
                & Q(brand_share_bp__gte=0, store_share_bp__gte=0, supplier_share_bp__gte=0),
            ),
            models.CheckConstraint(
                name="coupons_template_one_time_of_use",
                condition=Q(use_period__isnull=False, lasts_days__isnull=True)
                | Q(use_period__isnull=True, lasts_days__isnull=False, lasts_days__gt=0, starts_after_days__gte=0),
            ),
            models.CheckConstraint(
                name="coupons_template_gives_something",
                condition=Q(kind=CouponKind.AMOUNT, amount_fen__gt=0)
                | Q(kind=CouponKind.PERCENT, percent_off_bp__gt=0, percent_off_bp__lte=10_000)
                | Q(kind=CouponKind.GIFT, gift_sku__isnull=False, gift_quantity__gt=0)
                | Q(kind=CouponKind.FREIGHT)
                | Q(kind=CouponKind.SERVICE, amount_fen__gte=0, threshold_fen=0) & ~Q(scope="online"),
            ),
            models.CheckConstraint(
                name="coupons_template_figures",
                condition=Q(threshold_fen__gte=0, points_price__gte=0, extension_days__range=(0, 365))
                & (Q(cap_fen__isnull=True) | Q(cap_fen__gt=0)),
            ),
            models.CheckConstraint(
                name="coupons_template_state_known",
                condition=Q(state__in=[state.value for state in TemplateState]),
            ),
            models.CheckConstraint(
                name="coupons_template_second_person",
                condition=Q(decided_by="") | (~Q(decided_by=F("created_by")) & ~Q(decided_by=F("changed_by"))),
            ),
            models.CheckConstraint(
                name="coupons_template_proposal_decided",
                condition=Q(is_proposal=False)
                | ~Q(state__in=[TemplateState.LIVE, TemplateState.STOPPED])
                | ~Q(decided_by=""),
            ),
            models.CheckConstraint(
                name="coupons_template_down_with_reason",
                condition=~Q(state=TemplateState.FORCED_OFF) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """How many coupons of a template were issued and what they cost so far, with the limits of both.

    ``committed_fen`` is what reserved and redeemed coupons take off; it is kept only where there is a
    budget, so that without one a popular coupon is no row that every order waits for.
    """

    template = models.OneToOneField(Template, models.PROTECT, primary_key=True, related_name="counter")
    total_limit = models.BigIntegerField(_("total limit"), null=True)
    issued = models.BigIntegerField(_("given out"), default=0, db_default=0)
    budget_fen = models.BigIntegerField(_("budget (fen)"), null=True)
    committed_fen = models.BigIntegerField(_("committed (fen)"), default=0, db_default=0)
    per_person_limit = models.IntegerField(_("limit per person"), null=True)

    class Meta:
        db_table = "coupons_counter"
        constraints = [
            models.CheckConstraint(
                name="coupons_counter_total",
                condition=Q(issued__gte=0) & (Q(total_limit__isnull=True) | Q(issued__lte=F("total_limit"))),
            ),
            models.CheckConstraint(
                name="coupons_counter_budget",
                condition=Q(committed_fen__gte=0)
                & (Q(budget_fen__isnull=True) | Q(committed_fen__lte=F("budget_fen"))),
            ),
        ]


class Person(models.Model):
    """How many coupons of a template one member was given, with the limit copied in for the CHECK.

    ``carried`` is what files merged into this one had been given: it counts against the limit of new
    claims, but was no claim of this member, so the CHECK leaves it out.
    """

    template = models.ForeignKey(Template, models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    claimed = models.IntegerField(_("given"), default=0, db_default=0)
    carried = models.IntegerField(_("given to merged files"), default=0, db_default=0)
    most = models.IntegerField(_("limit"), null=True)

    class Meta:
        db_table = "coupons_person"
        constraints = [
            models.UniqueConstraint(fields=["template", "member"], name="coupons_person_one_row"),
            models.CheckConstraint(
                name="coupons_person_limit",
                condition=Q(claimed__gte=0, carried__gte=0) & (Q(most__isnull=True) | Q(claimed__lte=F("most"))),
            ),
        ]


class Coupon(models.Model):
    """One issued coupon. ``member`` holds it, ``claimer`` was given it first.

    ``amount_fen`` and ``sales_fen`` (payable of the order) are set while an order has it. A service has no
    order: ``handed_out`` says when and by whom it was given, ``amount_fen`` what it is worth.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    template = models.ForeignKey(
        Template, models.PROTECT, related_name="+", verbose_name=_("coupon offer"), db_index=False
    )
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"), db_index=False)
    claimer = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("given to"), db_index=False)
    code_index = models.BinaryField(max_length=32, unique=True, editable=False)
    code_encrypted = models.BinaryField(editable=False)
    state = models.CharField(_("state"), max_length=10, choices=list(labels.COUPON_STATE_LABELS.items()))
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"))
    offered_until = models.DateTimeField(_("offered as a gift until"), null=True)
    order_id = models.UUIDField(_("order"), null=True)
    handed_out = models.OneToOneField("HandedOut", models.PROTECT, null=True, related_name="+")
    amount_fen = models.BigIntegerField(_("taken off (fen)"), default=0, db_default=0)
    sales_fen = models.BigIntegerField(_("paid with it (fen)"), default=0, db_default=0)
    used_store_id = models.BigIntegerField(_("used at"), null=True)
    used_at = models.DateTimeField(_("used at the time"), null=True)
    is_gift = models.BooleanField(_("came as a gift"), default=False, db_default=False)
    via = models.CharField(_("came by"), max_length=8, choices=list(labels.VIA_LABELS.items()))
    trigger = models.CharField(_("trigger"), max_length=40, blank=True, default="", db_default="")
    cause_id = models.CharField(_("cause"), max_length=80, blank=True, default="", db_default="")
    claimed_store = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("claimed at"), db_index=False
    )
    claimed_staff = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("unlocked by"), db_index=False
    )
    claimed_at = models.DateTimeField(_("claimed at the time"))

    class Meta:
        db_table = "coupons_coupon"
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            models.CheckConstraint(
                name="coupons_coupon_state_known",
                condition=Q(state__in=[state.value for state in CouponState]),
            ),
            models.CheckConstraint(
                name="coupons_coupon_order_while_taken",
                condition=Q(
                    state__in=[CouponState.RESERVED, CouponState.REDEEMED],
                    order_id__isnull=False,
                    handed_out__isnull=True,
                )
                | Q(state=CouponState.REDEEMED, order_id__isnull=True, handed_out__isnull=False, sales_fen=0)
                | (
                    ~Q(state__in=[CouponState.RESERVED, CouponState.REDEEMED])
                    & Q(order_id__isnull=True, handed_out__isnull=True, amount_fen=0, sales_fen=0)
                ),
            ),
            models.CheckConstraint(
                name="coupons_coupon_figures",
                condition=Q(amount_fen__gte=0, sales_fen__gte=0, valid_until__gt=F("valid_from")),
            ),
            models.UniqueConstraint(
                fields=["template", "claimer"], condition=Q(via=Via.PACK), name="coupons_coupon_one_pack"
            ),
            models.UniqueConstraint(
                fields=["template", "claimer", "trigger", "cause_id"],
                condition=Q(via=Via.TRIGGER),
                name="coupons_coupon_once_per_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "valid_until"], name="coupons_coupon_wallet"),
            models.Index(fields=["template", "-claimed_at"], name="coupons_coupon_template"),
            models.Index(fields=["-claimed_at", "-id"], name="coupons_coupon_newest"),
            models.Index(fields=["order_id"], condition=Q(order_id__isnull=False), name="coupons_coupon_order"),
            models.Index(fields=["template"], condition=Q(state=CouponState.AVAILABLE), name="coupons_coupon_open"),
            models.Index(
                fields=["valid_until"], condition=Q(state=CouponState.AVAILABLE), name="coupons_coupon_ending"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class HandedOut(models.Model):
    """A service that a store gave to whoever showed its coupon; the id is the till's own, so a repeat is the same.

    One that was booked by mistake is put back with a reason; its coupon can be used again.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="+")
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("used at"), db_index=False)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("by"), db_index=False)
    at = models.DateTimeField(_("at"))
    put_back_at = models.DateTimeField(_("put back at"), null=True)
    put_back_by = models.CharField(_("put back by"), max_length=80, blank=True, default="", db_default="")
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="")

    class Meta:
        db_table = "coupons_handed_out"
        verbose_name = _("service handed out")
        verbose_name_plural = _("services handed out")
        indexes = [models.Index(fields=["store", "-at"], name="coupons_handed_out_store")]
        constraints = [
            models.UniqueConstraint(
                fields=["coupon"], condition=Q(put_back_at__isnull=True), name="coupons_handed_out_once"
            ),
            models.CheckConstraint(
                name="coupons_handed_out_put_back_whole",
                condition=Q(put_back_at__isnull=True, put_back_by="", reason="")
                | (Q(put_back_at__isnull=False) & ~Q(put_back_by="") & ~Q(reason="")),
            ),
        ]


class Event(models.Model):
    """One change of a coupon and its cause: append-only, and each begins where the one before ended."""

    id = models.BigAutoField(primary_key=True)
    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(_("what happened"), max_length=12)
    from_state = models.CharField(max_length=10, blank=True, default="", db_default="")
    to_state = models.CharField(_("state"), max_length=10)
    member_id = models.UUIDField(_("member"))
    order_id = models.UUIDField(_("order"), null=True)
    amount_fen = models.BigIntegerField(_("amount (fen)"), default=0, db_default=0)
    valid_until = models.DateTimeField(_("valid until"))
    cause = models.CharField(_("cause"), max_length=120, blank=True, default="", db_default="")
    actor = models.CharField(_("by"), max_length=80, blank=True, default="", db_default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "coupons_event"
        verbose_name = _("coupon history")
        verbose_name_plural = _("coupon history")
        indexes = [models.Index(fields=["coupon", "id"], name="coupons_event_coupon")]
        constraints = [
            models.UniqueConstraint(fields=["coupon"], condition=Q(kind="issued"), name="coupons_event_issued_once")
        ]


class UnlockCode(models.Model):
    """A short-lived code by which a member of staff unlocks claims; only its keyed hash is kept."""

    template = models.ForeignKey(Template, models.PROTECT, related_name="+")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    code_index = models.BinaryField(max_length=32, unique=True)
    uses = models.SmallIntegerField(default=1)
    used = models.SmallIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "coupons_unlock_code"
        constraints = [
            models.CheckConstraint(
                name="coupons_unlock_code_used", condition=Q(used__gte=0, used__lte=F("uses"), uses__range=(1, 50))
            )
        ]


class Gift(models.Model):
    """A coupon offered as a gift: open until it is accepted, taken back, or its time is over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="+", db_index=False)
    giver = models.ForeignKey(Member, models.PROTECT, related_name="+")
    receiver = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    token_index = models.BinaryField(max_length=32, unique=True)
    state = models.CharField(max_length=10, default="open")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "coupons_gift"
        constraints = [
            models.UniqueConstraint(fields=["coupon"], condition=Q(state="open"), name="coupons_gift_one_open"),
            models.CheckConstraint(
                name="coupons_gift_state",
                condition=Q(state="open", receiver__isnull=True, settled_at__isnull=True)
                | Q(state="accepted", receiver__isnull=False, settled_at__isnull=False)
                | Q(state__in=["taken_back", "lapsed"], receiver__isnull=True, settled_at__isnull=False),
            ),
            models.CheckConstraint(
                name="coupons_gift_to_another", condition=Q(receiver__isnull=True) | ~Q(receiver=F("giver"))
            ),
        ]


class Moved(models.Model):
    """What a merge of two member files moved, kept so that it can be undone exactly.

    One row per coupon that changed hands (``coupon``), or per template whose count was carried (``template``).
    """

    merge_id = models.UUIDField()
    coupon = models.ForeignKey(Coupon, models.PROTECT, null=True, related_name="+", db_index=False)
    template = models.ForeignKey(Template, models.PROTECT, null=True, related_name="+", db_index=False)
    carried = models.IntegerField(default=0)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "coupons_moved"
        constraints = [
            models.UniqueConstraint(fields=["merge_id", "coupon"], name="coupons_moved_coupon_once"),
            models.UniqueConstraint(fields=["merge_id", "template"], name="coupons_moved_template_once"),
            models.CheckConstraint(
                name="coupons_moved_one_thing",
                condition=Q(coupon__isnull=False, template__isnull=True)
                | Q(coupon__isnull=True, template__isnull=False, carried__gt=0),
            ),
        ]
