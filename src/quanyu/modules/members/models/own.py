"""What members hold and do themselves: phones that show codes, copies of their data, changes of their file."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.members.models.oneid import Member, Session


class CardDevice(models.Model):
    """A phone that shows the rotating member code: the shared secret is bound to it. Five live ones at most.

    ``handle`` stands in the code: eight random digits that say whose code it is, and nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    handle = models.CharField(max_length=8, unique=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, models.SET_NULL, null=True, related_name="+")
    device_label = models.CharField(_("device"), max_length=60, blank=True, default="")
    secret_encrypted = models.BinaryField()
    created_at = models.DateTimeField(_("created at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    class Meta:
        db_table = "members_card_device"
        indexes = [
            models.Index(fields=["member"], name="members_card_device_live", condition=Q(revoked_at__isnull=True))
        ]


class CodeUse(models.Model):
    """That the code of one window was shown to a till: the first till that reads it has it, no other one."""

    device = models.ForeignKey(CardDevice, models.CASCADE, related_name="+", db_index=False)
    window = models.BigIntegerField()
    terminal_id = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "members_code_use"
        constraints = [models.UniqueConstraint(fields=["device", "window"], name="members_code_use_once")]
        indexes = [models.Index(fields=["at"], name="members_code_use_at")]


class ExportRequest(models.Model):
    """A member asked for a copy of their own data; it may be fetched until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("requested at"))
    ready_at = models.DateTimeField(_("ready at"), null=True)
    expires_at = models.DateTimeField(_("expires at"), null=True)

    class Meta:
        db_table = "members_export_request"
        indexes = [models.Index(fields=["member", "-requested_at"], name="members_export_newest")]


class ProfileChange(models.Model):
    """That a part of a member's file was changed, when and by whom; never what it said. Append-only."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    field = models.CharField(_("part"), max_length=20)
    at = models.DateTimeField(_("changed at"))
    actor = models.CharField(_("by"), max_length=80)

    class Meta:
        db_table = "members_profile_change"
        verbose_name = _("change of a file")
        verbose_name_plural = _("changes of files")
        indexes = [models.Index(fields=["member", "-id"], name="members_profile_newest")]
