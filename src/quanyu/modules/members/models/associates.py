"""Who looks after a member, and by which codes associates are found; tickets between two steps of a sign-in."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.identity.models import Staff
from quanyu.modules.members.models.oneid import Member
from quanyu.modules.organization.models import Unit

ASSOCIATE_CAUSES = {
    "joined": _("Came through the associate's code"),
    "member": _("Chosen by the member"),
    "handed": _("Given by the store"),
}


class Associate(models.Model):
    """That an associate looks after a member, from when to when; the row without an end holds (GDE-01, GDE-07)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"))
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("associate"))
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"))
    cause = models.CharField(_("cause"), max_length=10, choices=list(ASSOCIATE_CAUSES.items()))
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    actor = models.CharField(_("by"), max_length=80)

    class Meta:
        db_table = "members_associate"
        verbose_name = _("associate of a member")
        verbose_name_plural = _("associates of members")
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(until__isnull=True), name="members_associate_one_now"
            ),
            models.CheckConstraint(
                name="members_associate_period", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            models.CheckConstraint(name="members_associate_cause_known", condition=Q(cause__in=list(ASSOCIATE_CAUSES))),
        ]
        indexes = [
            models.Index(
                fields=["staff", "-since"], name="members_associate_of_staff", condition=Q(until__isnull=True)
            ),
            models.Index(fields=["-since", "-id"], name="members_associate_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.staff.name}"


class AssociateCode(models.Model):
    """The codes of an associate: the token of the printed QR code, and six digits to type. For ever the same."""

    staff = models.OneToOneField(Staff, models.PROTECT, primary_key=True, related_name="+")
    token = models.CharField(max_length=32, unique=True)
    number = models.CharField(_("associate number"), max_length=6, unique=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "members_associate_code"
        constraints = [
            models.CheckConstraint(
                name="members_associate_code_token", condition=Q(("token__regex", "^[A-Za-z0-9_-]{16,32}$"))
            ),
            models.CheckConstraint(name="members_associate_code_number", condition=Q(("number__regex", "^[0-9]{6}$"))),
        ]


class WechatTicket(models.Model):
    """A WeChat account that was proved and waits for its phone: ten minutes, used once, kept as a hash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket_hash = models.BinaryField(max_length=32, unique=True)
    account_encrypted = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_wechat_ticket"
        indexes = [models.Index(fields=["expires_at"], name="members_wechat_ticket_ends")]
        constraints = [
            models.CheckConstraint(
                name="members_wechat_ticket_forgets", condition=Q(used_at__isnull=True) | Q(account_encrypted=b"")
            ),
        ]
