"""Tables of OneID: members, their identities, consents, addresses and sessions.

Personal data stands encrypted (``*_encrypted``), searchable by a keyed hash (``*_index``), and
recognisable to staff by its last four characters.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.organization.models import Area, Unit

IDENTITY_KINDS = ["phone", "openid", "unionid", "card", "external"]


class Member(models.Model):
    """One person, whatever the channel (MEM-05)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("member number"), max_length=20, unique=True)
    level = models.CharField(
        _("level of identification"),
        max_length=12,
        choices=[("identified", _("Identified")), ("verified", _("Verified"))],
        default="identified",
    )
    tier = models.CharField(_("membership tier"), max_length=20, default="basic")
    name_encrypted = models.BinaryField(null=True, editable=False)
    name_masked = models.CharField(_("member name"), max_length=60, blank=True, default="")
    phone_masked = models.CharField(_("phone"), max_length=20, blank=True, default="")
    phone_last4 = models.CharField(max_length=4, blank=True, default="", editable=False)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    channel = models.CharField(_("joined through"), max_length=12)
    store = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("joined at store"))
    card_number = models.CharField(_("card number"), max_length=20, unique=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    created_at = models.DateTimeField(_("joined at"))

    class Meta:
        db_table = "members_member"
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.CheckConstraint(name="members_member_level_known", condition=Q(level__in=["identified", "verified"]))
        ]
        indexes = [models.Index(fields=["phone_last4"], name="members_member_last4")]

    def __str__(self) -> str:
        return self.name_masked or self.number


class Identity(models.Model):
    """One key by which a member is known: a phone, an openid of one app, a unionid, a card ...

    ``namespace`` is the app id of an openid, the source system of an external id, else empty.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="identities")
    kind = models.CharField(_("kind"), max_length=10)
    namespace = models.CharField(_("namespace"), max_length=60, blank=True, default="")
    value_index = models.BinaryField(max_length=32)
    value_encrypted = models.BinaryField()
    value_masked = models.CharField(_("value"), max_length=60)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "members_identity"
        verbose_name = _("member identity")
        verbose_name_plural = _("member identities")
        constraints = [
            models.UniqueConstraint(fields=["kind", "namespace", "value_index"], name="members_identity_one_member"),
            models.CheckConstraint(name="members_identity_kind_known", condition=Q(kind__in=IDENTITY_KINDS)),
        ]
        indexes = [models.Index(fields=["member"], name="members_identity_member")]


class Consent(models.Model):
    """A consent given or withdrawn: append-only; the newest row of a purpose is in force."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    purpose = models.CharField(_("purpose"), max_length=40)
    is_given = models.BooleanField(_("consent given"))
    policy_version = models.CharField(_("policy version"), max_length=20)
    channel = models.CharField(_("channel"), max_length=12)
    at = models.DateTimeField(_("recorded at"))

    class Meta:
        db_table = "members_consent"
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["member", "purpose", "id"], name="members_consent_newest")]


class Address(models.Model):
    """A delivery address of a member; who, where and the phone are encrypted together."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    detail_encrypted = models.BinaryField()
    masked = models.CharField(_("address"), max_length=200)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    is_default = models.BooleanField(_("default address"), default=False)
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "members_address"
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(is_default=True, removed_at__isnull=True),
                name="members_address_one_default",
            )
        ]


class Session(models.Model):
    """A member's sign-in on a phone or in a browser; only the hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    channel = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_session"


class LoginCode(models.Model):
    """A six-digit code sent to a phone: five minutes, five guesses, used once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    phone_index = models.BinaryField(max_length=32)
    code_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    guesses = models.SmallIntegerField(default=0, db_default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_login_code"
        indexes = [models.Index(fields=["phone_index", "-created_at"], name="members_login_newest")]
        constraints = [models.CheckConstraint(name="members_login_code_guesses", condition=Q(guesses__range=(0, 5)))]
