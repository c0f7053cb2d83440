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

IDENTITY_KINDS = ["phone", "openid", "unionid", "card", "external", "wecom", "email", "platform"]
CONTACT_KINDS = ["phone", "email", "address"]
MERGE_CAUSES = ["keys", "review", "staff", "agreement"]
MATCH_STATES = {"open": _("To be reviewed"), "merged": _("Merged"), "refused": _("Not the same person")}
IMPORT_STATES = {
    "reading": _("Being read"),
    "checked": _("Checked, not started"),
    "running": _("Running"),
    "done": _("Done"),
    "cancelled": _("Cancelled"),
    "failed": _("Failed"),
}


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
    lunar_birthday = models.BooleanField(_("birthday by the lunar calendar"), default=False, db_default=False)
    channel = models.CharField(_("joined through"), max_length=12)
    store = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("joined at store"))
    card_number = models.CharField(_("card number"), max_length=20, unique=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    created_at = models.DateTimeField(_("joined at"))
    # The member this one was merged into: always the end of the chain, never a member that was merged itself.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("merged into")
    )
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    # When the file was last compared with the others; NULL after a change that matters for it.
    matched_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "members_member"
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.CheckConstraint(
                name="members_member_level_known", condition=Q(level__in=["identified", "verified"])
            ),
            models.CheckConstraint(name="members_member_not_into_itself", condition=~Q(merged_into=models.F("id"))),
        ]
        indexes = [
            models.Index(fields=["phone_last4"], name="members_member_last4"),
            models.Index(fields=["-created_at", "-id"], name="members_member_newest"),
            models.Index(fields=["merged_into"], name="members_member_merged", condition=Q(merged_into__isnull=False)),
            models.Index(
                fields=["id"],
                name="members_member_to_match",
                condition=Q(matched_at__isnull=True, merged_into__isnull=True),
            ),
        ]

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
    # The WeChat account that signed in: payments of this session are made by its openid.
    account = models.ForeignKey(Identity, models.SET_NULL, null=True, related_name="+")
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


class Contact(models.Model):
    """What was told about how to reach a member, without being a key to them.

    A household's phone is the key of one person at most; of the others it is a contact. Contacts are what
    matching compares and what a search at the till finds, and any number of members may share one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=10)
    value_index = models.BinaryField(max_length=32)
    value_encrypted = models.BinaryField()
    value_masked = models.CharField(_("value"), max_length=200)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "members_contact"
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["member", "kind", "value_index"], name="members_contact_once"),
            models.CheckConstraint(name="members_contact_kind_known", condition=Q(kind__in=CONTACT_KINDS)),
        ]
        indexes = [models.Index(fields=["kind", "value_index"], name="members_contact_value")]


class Merge(models.Model):
    """One member's file joined to another's; a row is never removed, an undone merge says by whom and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    winner = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("kept member"))
    loser = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("merged member"))
    cause = models.CharField(_("cause"), max_length=12)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("merged at"))
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.CharField(_("undone by"), max_length=80, blank=True, default="")
    undo_reason = models.CharField(_("reason of the undoing"), max_length=200, blank=True, default="")

    class Meta:
        db_table = "members_merge"
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            models.UniqueConstraint(
                fields=["loser"], condition=Q(undone_at__isnull=True), name="members_merge_one_per_loser"
            ),
            models.CheckConstraint(name="members_merge_two_members", condition=~Q(winner=models.F("loser"))),
            models.CheckConstraint(name="members_merge_cause_known", condition=Q(cause__in=MERGE_CAUSES)),
        ]
        indexes = [models.Index(fields=["winner", "-at"], name="members_merge_of_winner")]


class MergeMove(models.Model):
    """One row that a merge moved, or one column that it filled: what makes the undoing exact.

    ``detail`` holds column values as they stood, encrypted ones as hex of their ciphertext.
    """

    merge = models.ForeignKey(Merge, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    row_id = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "members_merge_move"
        constraints = [
            models.UniqueConstraint(fields=["merge", "kind", "row_id"], name="members_merge_move_once"),
        ]


class Match(models.Model):
    """Two members that may be one person, with the evidence; each pair stands here once, refused ones too."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    low = models.ForeignKey(Member, models.PROTECT, related_name="+")
    high = models.ForeignKey(Member, models.PROTECT, related_name="+")
    cause = models.CharField(_("found by"), max_length=12)
    score = models.FloatField(_("score"), default=0)
    evidence = models.JSONField(_("evidence"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=list(MATCH_STATES.items()), default="open")
    created_at = models.DateTimeField(_("found at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True, default="")

    class Meta:
        db_table = "members_match"
        verbose_name = _("possible match")
        verbose_name_plural = _("possible matches")
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="members_match_pair_once"),
            models.CheckConstraint(name="members_match_ordered", condition=Q(low__lt=models.F("high"))),
            models.CheckConstraint(name="members_match_state_known", condition=Q(state__in=list(MATCH_STATES))),
            models.CheckConstraint(
                name="members_match_decided", condition=Q(state="open") | Q(decided_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["high"], name="members_match_high"),
            models.Index(fields=["-score", "id"], name="members_match_queue", condition=Q(state="open")),
        ]


class Block(models.Model):
    """A keyed hash of a rough trait (``surname's sound + birth year``): members that share one are compared."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    key = models.BinaryField(max_length=16)

    class Meta:
        db_table = "members_block"
        constraints = [models.UniqueConstraint(fields=["key", "member"], name="members_block_once")]
        indexes = [models.Index(fields=["member"], name="members_block_member")]


class ImportJob(models.Model):
    """A file of members on its way in. ``position`` counts the rows that were written, in file order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(_("source"), max_length=60)
    file_name = models.CharField(_("file"), max_length=200)
    store = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("joined at store"))
    state = models.CharField(_("state"), max_length=10, choices=list(IMPORT_STATES.items()), default="reading")
    headings = models.JSONField(default=list)
    row_count = models.IntegerField(_("rows"), default=0)
    position = models.IntegerField(_("rows written"), default=0)
    preview = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    problem = models.CharField(max_length=60, blank=True, default="")
    created_by = models.CharField(_("by"), max_length=80)
    created_at = models.DateTimeField(_("uploaded at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "members_import_job"
        verbose_name = _("member import")
        verbose_name_plural = _("member imports")
        constraints = [
            models.CheckConstraint(name="members_import_state_known", condition=Q(state__in=list(IMPORT_STATES))),
            models.CheckConstraint(
                name="members_import_position", condition=Q(position__gte=0, position__lte=models.F("row_count"))
            ),
        ]


class ImportPart(models.Model):
    """Some rows of an import, encrypted together; written in one transaction, which also sets ``applied_at``.

    ``verdicts`` says per row what it is or was (no personal data); the rows are forgotten after a month.
    """

    job = models.ForeignKey(ImportJob, models.PROTECT, related_name="+")
    number = models.IntegerField()
    row_count = models.IntegerField()
    rows_encrypted = models.BinaryField()
    verdicts = models.JSONField(default=list)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_import_part"
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="members_import_part_once")]
