"""Tables of staff, roles with data scopes, devices, access tokens and API clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Scope
from quanyu.kernel.ids import uuid7
from quanyu.modules.identity.contracts import ApprovalState, DeviceKind
from quanyu.modules.organization.models import Unit

SCOPE_LABELS = {
    Scope.ALL: _("Everything"),
    Scope.SUBTREE: _("The unit and all below it"),
    Scope.STORE: _("This store only"),
    Scope.OWN: _("Own records only"),
}
APPROVAL_LABELS = {
    ApprovalState.REQUESTED: _("Waiting for a second person"),
    ApprovalState.APPROVED: _("Approved, not used yet"),
    ApprovalState.REFUSED: _("Refused"),
    ApprovalState.USED: _("Carried out"),
    ApprovalState.EXPIRED: _("Lapsed"),
}
DEVICE_LABELS = {DeviceKind.POS: _("Till"), DeviceKind.KIOSK: _("Kiosk"), DeviceKind.PHONE: _("Mobile phone")}


class StaffQuery(BaseUserManager["Staff"]):
    """Finds staff by the name they sign in with."""

    def get_by_natural_key(self, username: str | None) -> Staff:
        """Return the staff member whose sign-in name this is, whatever its case."""
        return self.get(username__iexact=username)


class Staff(AbstractBaseUser):
    """A person who works with the product, in a store, a warehouse, at a supplier or at head office."""

    username = models.CharField(_("sign-in name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("home unit"))
    phone_index = models.BinaryField(max_length=32, null=True, editable=False)
    phone_encrypted = models.BinaryField(null=True, editable=False)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    pin_hash = models.CharField(max_length=128, blank=True, default="", editable=False)
    totp_encrypted = models.BinaryField(null=True, editable=False)
    totp_confirmed_at = models.DateTimeField(_("two-step sign-in since"), null=True, blank=True)
    totp_last_step = models.BigIntegerField(default=0, db_default=0, editable=False)
    failed_passwords = models.SmallIntegerField(default=0, db_default=0, editable=False)
    password_locked_until = models.DateTimeField(_("password locked until"), null=True, blank=True)
    failed_pins = models.SmallIntegerField(default=0, db_default=0, editable=False)
    locked_until = models.DateTimeField(_("PIN locked until"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    created_at = models.DateTimeField(_("created at"))
    # Who (``staff:12``) took the person on, and who else last set or reset a secret; the person himself does not
    # count. Empty: not known. It says who could act as this person (``identity_one_hand``).
    created_by = models.CharField(max_length=80, default="", db_default="", editable=False)
    password_set_by = models.CharField(max_length=80, default="", db_default="", editable=False)
    pin_set_by = models.CharField(max_length=80, default="", db_default="", editable=False)
    totp_reset_by = models.CharField(max_length=80, default="", db_default="", editable=False)

    objects = StaffQuery()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        db_table = "identity_staff"
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        constraints = [models.UniqueConstraint(Lower("username"), name="identity_staff_username_any_case")]

    def __str__(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        """Bind console sessions to the password and the two-step sign-in: a change of either ends the others."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Accept sessions made under an earlier secret key of the installation."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None) -> str:
        bound_to = f"{self.password}|{self.totp_confirmed_at}"
        return salted_hmac("quanyu.identity.session", bound_to, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_staff(self) -> bool:
        """Every active staff member may open the console; what it shows depends on roles."""
        return self.is_active

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """Deny Django's own model permissions; the console asks ``identity.api`` instead."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        """Deny by default, like :meth:`has_perm`."""
        return False


class Role(models.Model):
    """A named set of permission patterns such as ``orders.*``."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, default="", blank=True)
    permissions = ArrayField(models.CharField(max_length=60), verbose_name=_("permissions"))
    needs_totp = models.BooleanField(_("needs two-step sign-in"), default=False)
    is_built_in = models.BooleanField(_("built in"), default=False, editable=False)

    class Meta:
        db_table = "identity_role"
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """Gives a staff member a role within a data scope that hangs on a unit."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="assignments", verbose_name=_("staff member"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    scope = models.CharField(_("data scope"), max_length=10, choices=list(SCOPE_LABELS.items()))
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit"))
    # Who gave it, such as ``staff:12``. Empty: not known.
    given_by = models.CharField(max_length=80, default="", db_default="", editable=False)

    class Meta:
        db_table = "identity_assignment"
        verbose_name = _("role assignment")
        verbose_name_plural = _("role assignments")
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "role", "unit"],
                name="identity_assignment_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="identity_assignment_scope_has_unit",
                condition=Q(scope__in=[Scope.ALL.value, Scope.OWN.value]) | Q(unit__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff} - {self.role}"


class Device(models.Model):
    """A till, kiosk or phone that holds a revocable opaque token (only its hash is kept)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=list(DEVICE_LABELS.items()))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"))
    name = models.CharField(_("name"), max_length=60)
    enrolment_hash = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    enrolment_expires_at = models.DateTimeField(null=True, editable=False)
    token_hash = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    enrolled_at = models.DateTimeField(_("enrolled at"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "identity_device"
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [
            models.CheckConstraint(
                name="identity_device_kind_known", condition=Q(kind__in=[kind.value for kind in DeviceKind])
            )
        ]

    def __str__(self) -> str:
        return self.name


class AccessToken(models.Model):
    """A staff member's sign-in on an API, bound to a device where there is one.

    ``verified_at`` is when the person last proved more than a PIN or a password alone (a code of the
    two-step sign-in, or the password once more); roles that need it count only from then on.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_access_token"
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        indexes = [
            models.Index(fields=["staff"], condition=Q(revoked_at__isnull=True), name="identity_access_token_live")
        ]


class ApiClient(models.Model):
    """Other software: its permissions, its unit, and the hash of its token."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    permissions = ArrayField(models.CharField(max_length=60), verbose_name=_("permissions"))
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    # Who let it in and has seen its token, such as ``staff:12``. Empty: not known.
    created_by = models.CharField(max_length=80, default="", db_default="", editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        db_table = "identity_api_client"
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")

    def __str__(self) -> str:
        return self.name


class Approval(models.Model):
    """A request that a second person must approve: bound to the hash of exactly this request, used once, for a time.

    ``request`` is what was asked, as the module that asked reads it again; it holds ids and figures, no personal data.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80)
    subject = models.CharField(_("about"), max_length=80)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("asked by store"))
    permission = models.CharField(max_length=60)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    reason = models.CharField(_("reason"), max_length=200)
    request = models.JSONField()
    request_sha256 = models.BinaryField(max_length=32, editable=False)
    # A till's own drawer pays it out: only the till can carry it out, by sending it once more.
    is_repeated_by_asker = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=10, choices=list(APPROVAL_LABELS.items()))
    requested_by = models.CharField(_("asked by"), max_length=80)
    requested_at = models.DateTimeField(_("asked at"))
    expires_at = models.DateTimeField(_("good until"))
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")
    used_at = models.DateTimeField(_("carried out at"), null=True, blank=True)

    class Meta:
        db_table = "identity_approval"
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(name="identity_approval_two_people", condition=~Q(decided_by=F("requested_by"))),
            models.CheckConstraint(
                name="identity_approval_decided_by_somebody",
                condition=Q(state__in=["requested", "expired"])
                | (Q(state__in=["approved", "refused", "used"], decided_at__isnull=False) & ~Q(decided_by="")),
            ),
            models.CheckConstraint(
                name="identity_approval_used_once",
                condition=Q(state="used", used_at__isnull=False) | (~Q(state="used") & Q(used_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="identity_approval_used_in_time",
                condition=Q(used_at__isnull=True) | Q(used_at__lt=F("expires_at")),
            ),
            models.UniqueConstraint(
                fields=["kind", "request_sha256"],
                condition=Q(state__in=["requested", "approved"]),
                name="identity_approval_one_live",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], name="identity_approval_waiting", condition=Q(state="requested")),
            models.Index(fields=["subject_kind", "subject_id"], name="identity_approval_subject"),
        ]

    def __str__(self) -> str:
        return self.subject
