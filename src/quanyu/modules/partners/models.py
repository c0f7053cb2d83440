"""Partners, their tills and articles, what old tills said, the nonces of signed requests."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog.models import Sku
from quanyu.modules.identity.models import ApiClient
from quanyu.modules.organization.models import Unit


class Partner(models.Model):
    """Other software that sells beside us: its API client, and the secret by which it signs."""

    client = models.OneToOneField(
        ApiClient, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("API client")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=80)
    secret_encrypted = models.BinaryField(editable=False)
    created_at = models.DateTimeField(_("created at"))
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    seen_at = models.DateTimeField(_("last contact"), null=True, blank=True)

    class Meta:
        db_table = "partners_partner"
        verbose_name = _("old system")
        verbose_name_plural = _("old systems")

    def __str__(self) -> str:
        return self.name


class OldTill(models.Model):
    """A till of an old system at one of our stores, by the code that system calls it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+", verbose_name=_("partner"))
    code = models.CharField(_("till code"), max_length=40)
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"))
    created_at = models.DateTimeField(_("created at"))
    seen_at = models.DateTimeField(_("last contact"), null=True, blank=True)

    class Meta:
        db_table = "partners_till"
        verbose_name = _("old till")
        verbose_name_plural = _("old tills")
        constraints = [models.UniqueConstraint(fields=["partner", "code"], name="partners_till_code_once")]

    def __str__(self) -> str:
        return self.code


class Article(models.Model):
    """Which goods an old system means by a code of its own."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+", verbose_name=_("partner"))
    code = models.CharField(_("old article code"), max_length=64)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    mapped_by = models.CharField(_("by"), max_length=80)
    mapped_at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "partners_article"
        verbose_name = _("old article")
        verbose_name_plural = _("old articles")
        constraints = [models.UniqueConstraint(fields=["partner", "code"], name="partners_article_once")]

    def __str__(self) -> str:
        return self.code


KIND_LABELS = {"sale": _("Sale"), "return": _("Return"), "count": _("Stock count")}
STATE_LABELS = {"booked": _("Booked"), "kept": _("Waits for a person")}


class Entry(models.Model):
    """A sale, return or count as an old till said it: facts. What becomes of it is written once, when it is booked.

    ``till_code`` is what was said; the till may be registered later. ``unknown_codes``: articles nobody knows yet.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+", verbose_name=_("partner"))
    till_code = models.CharField(_("till code"), max_length=40)
    kind = models.CharField(_("kind"), max_length=6, choices=list(KIND_LABELS.items()))
    external_id = models.CharField(_("old number"), max_length=64)
    seq = models.BigIntegerField(_("till's number"), null=True)
    happened_at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"))
    amount_fen = models.BigIntegerField(_("paid or given back (fen)"))
    digest = models.CharField(_("digest"), max_length=64)
    content = models.JSONField(_("content"))
    state = models.CharField(_("state"), max_length=6, choices=list(STATE_LABELS.items()))
    problem = models.CharField(_("problem"), max_length=80, blank=True, default="", db_default="")
    unknown_codes = ArrayField(models.CharField(max_length=64), default=list, db_default="{}")
    number = models.CharField(_("order number"), max_length=40, blank=True, default="", db_default="")
    gap_fen = models.BigIntegerField(_("paid more than here (fen)"), null=True)

    class Meta:
        db_table = "partners_entry"
        verbose_name = _("sale of an old till")
        verbose_name_plural = _("sales of old tills")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "till_code", "kind", "external_id"], name="partners_entry_id_once"
            ),
            models.UniqueConstraint(fields=["partner", "till_code", "kind", "seq"], name="partners_entry_number_once"),
            models.CheckConstraint(name="partners_entry_kind_known", condition=Q(kind__in=list(KIND_LABELS))),
            models.CheckConstraint(name="partners_entry_state_known", condition=Q(state__in=list(STATE_LABELS))),
            models.CheckConstraint(
                name="partners_entry_booked_has_number",
                condition=Q(state="kept", number="") | (Q(state="booked", problem="") & ~Q(number="")),
            ),
            models.CheckConstraint(
                name="partners_entry_number_counts", condition=Q(seq__gte=1) | Q(kind="count", seq__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "received_at"], condition=Q(state="kept"), name="partners_entry_kept"),
            models.Index(fields=["-received_at"], name="partners_entry_newest"),
        ]

    def __str__(self) -> str:
        return self.external_id


class FileLine(models.Model):
    """A line of a receipt from a file: its sale is taken when the lines add up to the amount of the receipt."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+", verbose_name=_("partner"))
    till_code = models.CharField(_("till code"), max_length=40)
    external_id = models.CharField(_("old number"), max_length=64)
    line = models.IntegerField(_("line"))
    content = models.JSONField(_("content"))
    brought_by = models.CharField(_("by"), max_length=80)
    brought_at = models.DateTimeField(_("at"))
    taken_at = models.DateTimeField(_("taken at"), null=True)
    problem = models.CharField(_("problem"), max_length=80, blank=True, default="", db_default="")

    class Meta:
        db_table = "partners_file_line"
        verbose_name = _("line from a file")
        verbose_name_plural = _("lines from files")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "till_code", "external_id", "line"], name="partners_file_line_once"
            ),
            models.CheckConstraint(name="partners_file_line_counts", condition=Q(line__gte=1)),
        ]
        indexes = [
            models.Index(
                fields=["partner", "till_code", "external_id"],
                condition=Q(taken_at__isnull=True),
                name="partners_file_line_waits",
            )
        ]

    def __str__(self) -> str:
        return self.external_id


class Nonce(models.Model):
    """A signed request that was here: the same one again is refused. Rows older than the window are removed."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+")
    nonce = models.CharField(max_length=64)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "partners_nonce"
        constraints = [models.UniqueConstraint(fields=["partner", "nonce"], name="partners_nonce_once")]
