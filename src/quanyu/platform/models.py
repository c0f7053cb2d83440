"""Tables of the platform: outbox, inbox, idempotency keys, audit, settings, rate limits, SQL rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, Q

if TYPE_CHECKING:
    _BigInteger = models.BigIntegerField[int, int]
else:
    # Generic in its stubs only.
    _BigInteger = models.BigIntegerField


class TransactionIdField(_BigInteger):
    """The id of the transaction that wrote the row, told by the database (``xid8``: it never wraps around)."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the type of the column."""
        return "xid8"


class OutboxEvent(models.Model):
    """A fact appended in the business transaction that made it true; relayed afterwards.

    Ids are given when a row is written, so they do not stand in the order of the commits: who reads on from the
    last id he saw misses a row. ``transaction_id`` tells what a reader's earlier snapshot has not seen (``feed``);
    a module that is read as a feed makes the partial index for its topic.
    """

    topic = models.CharField(max_length=80)
    aggregate = models.CharField(max_length=80)
    payload = models.JSONField()
    occurred_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0, db_default=0)
    next_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="", db_default="")
    transaction_id = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta:
        db_table = "platform_outbox"
        indexes = [
            models.Index(
                fields=["id"],
                name="platform_outbox_waiting",
                condition=Q(published_at__isnull=True, parked_at__isnull=True),
            ),
            models.Index(
                fields=["aggregate", "id"],
                name="platform_outbox_order",
                condition=Q(published_at__isnull=True, parked_at__isnull=True),
            ),
            # What happened at a moment is found without a look at the whole outbox; ranges of blocks cost writers
            # next to nothing.
            BrinIndex(fields=["occurred_at"], name="platform_outbox_moment", pages_per_range=32, autosummarize=True),
        ]


class InboxEntry(models.Model):
    """Says that one handler has dealt with one event, in the transaction of its effect."""

    pk = models.CompositePrimaryKey("handler", "event_id")
    handler = models.CharField(max_length=120)
    event_id = models.BigIntegerField()
    handled_at = models.DateTimeField()

    class Meta:
        db_table = "platform_inbox"


class IdempotencyKey(models.Model):
    """The answer given to a request, so that a repeat gets the same one."""

    pk = models.CompositePrimaryKey("actor", "key")
    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=200)
    body_sha256 = models.BinaryField(max_length=32)
    locked_until = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    response = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "platform_idempotency"
        indexes = [models.Index(fields=["created_at"], name="platform_idempotency_age")]


class AuditEvent(models.Model):
    """Who did what to what, and why. Append-only; each row carries the hash of the one before."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=60)
    actor_name = models.CharField(max_length=120, default="")
    unit_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=80)
    reason = models.CharField(max_length=500, default="")
    detail = models.JSONField(default=dict)
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "platform_audit"
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="platform_audit_subject"),
            models.Index(fields=["actor_kind", "actor_id", "id"], name="platform_audit_actor"),
        ]
        # A chain does not fork: each row has one successor, whatever isolation level wrote it.
        constraints = [models.UniqueConstraint(fields=["previous_hash"], name="platform_audit_chain")]


class SettingValue(models.Model):
    """A value set at one node of the settings tree (``brand``, ``unit:12``, ``terminal:<uuid>``)."""

    pk = models.CompositePrimaryKey("node", "key")
    node = models.CharField(max_length=60)
    key = models.CharField(max_length=80)
    value = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        db_table = "platform_setting"


class ChangeMark(models.Model):
    """Says that a transaction changed rows of a topic; written by triggers (sql/40_marks.sql, marks.py)."""

    pk = models.CompositePrimaryKey("topic", "transaction_id")
    topic = models.CharField(max_length=60)
    transaction_id = models.BigIntegerField()

    class Meta:
        db_table = "platform_change_mark"


class ChangeTotal(models.Model):
    """How many marks of a topic were counted together and taken away, and the youngest transaction among them."""

    topic = models.CharField(max_length=60, primary_key=True)
    changes = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        db_table = "platform_change_total"


class RateWindow(models.Model):
    """Hits of one subject in one window of a limit."""

    pk = models.CompositePrimaryKey("bucket", "subject", "window")
    bucket = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    window = models.BigIntegerField()
    hits = models.IntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "platform_rate"
        indexes = [models.Index(fields=["expires_at"], name="platform_rate_age")]


class SqlFile(models.Model):
    """The checksum of each SQL room file as last applied."""

    path = models.CharField(max_length=200, primary_key=True)
    sha256 = models.CharField(max_length=64)
    applied_at = models.DateTimeField()

    class Meta:
        db_table = "platform_sql_file"


class RelayHeartbeat(models.Model):
    """When each worker last showed that it lives, for the health pages."""

    name = models.CharField(max_length=80, primary_key=True)
    beat_at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "platform_heartbeat"


class ListExport(models.Model):
    """A list of the console on its way into an Excel file: who asked, for which rows, and how far it is."""

    id = models.UUIDField(primary_key=True)
    place = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, default="", db_default="")
    staff_id = models.BigIntegerField()
    language = models.CharField(max_length=10)
    purpose = models.CharField(max_length=200)
    state = models.CharField(max_length=10)
    rows_done = models.BigIntegerField(default=0, db_default=0)
    rows_total = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # Personal data in clear: who may have it said so, and why.
    in_clear = models.BooleanField(default=False, db_default=False)
    # When the job last showed that it lives, and how often it was begun: a worker may die with it in hand.
    beat_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "platform_list_export"
        constraints = [
            models.CheckConstraint(
                name="platform_list_export_state",
                condition=Q(state__in=["waiting", "running", "done", "failed", "cancelled"]),
            )
        ]
        indexes = [
            models.Index(fields=["staff_id", "-created_at"], name="platform_list_export_of"),
            models.Index(fields=["created_at"], name="platform_list_export_age"),
        ]


class SavedList(models.Model):
    """A list of the console with its filters under a name, as one person keeps it (``console/own_lists.py``).

    ``slot`` bounds how many there are: two requests at once cannot both take the last one.
    """

    staff_id = models.BigIntegerField()
    place = models.CharField(max_length=80)
    slot = models.SmallIntegerField()
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000)
    is_default = models.BooleanField(default=False, db_default=False)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "platform_saved_list"
        constraints = [
            models.UniqueConstraint(fields=["staff_id", "place", "name"], name="platform_saved_list_name_once"),
            models.UniqueConstraint(fields=["staff_id", "place", "slot"], name="platform_saved_list_slot_once"),
            models.UniqueConstraint(
                fields=["staff_id", "place"], name="platform_saved_list_one_default", condition=Q(is_default=True)
            ),
            models.CheckConstraint(name="platform_saved_list_bounded", condition=Q(slot__range=(1, 20))),
            models.CheckConstraint(name="platform_saved_list_named", condition=~Q(name="")),
        ]


class ListColumns(models.Model):
    """Which columns of a list a person wants to see, in his order, parted by commas."""

    pk = models.CompositePrimaryKey("staff_id", "place")
    staff_id = models.BigIntegerField()
    place = models.CharField(max_length=80)
    names = models.CharField(max_length=1000)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "platform_list_columns"


class FileJob(models.Model):
    """A file on its way in (``files/``). ``rows_read`` counts rows that were checked, ``rows_applied`` those written.

    ``places`` says in which column of the file each declared column stands; ``counts`` how many rows are new, changed,
    unchanged, refused; ``outcome`` what became of them; ``problems`` how often each error occurs, by its code.
    """

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    staff_id = models.BigIntegerField(null=True)
    language = models.CharField(max_length=10)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    headings = models.JSONField(default=list)
    places = models.JSONField(default=dict)
    progress = models.SmallIntegerField(default=0, db_default=0)
    rows_read = models.IntegerField(default=0, db_default=0)
    rows_applied = models.IntegerField(default=0, db_default=0)
    cursor = models.IntegerField(default=0, db_default=0)
    counts = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    problems = models.JSONField(default=dict)
    reason = models.CharField(max_length=40, default="", db_default="")
    shown = models.CharField(max_length=80, default="", db_default="")
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "platform_file_job"
        constraints = [
            models.CheckConstraint(
                name="platform_file_job_state",
                condition=Q(state__in=["uploaded", "checking", "checked", "applying", "done", "cancelled", "failed"]),
            ),
            models.CheckConstraint(
                name="platform_file_job_rows",
                condition=Q(rows_applied__gte=0, rows_applied__lte=models.F("rows_read")),
            ),
            models.CheckConstraint(name="platform_file_job_progress", condition=Q(progress__range=(0, 100))),
            models.CheckConstraint(
                name="platform_file_job_finished",
                condition=Q(state__in=["done", "cancelled", "failed"], finished_at__isnull=False)
                | Q(state__in=["uploaded", "checking", "checked", "applying"], finished_at__isnull=True),
            ),
            models.CheckConstraint(
                name="platform_file_job_started",
                condition=~Q(state__in=["applying", "done"]) | Q(started_at__isnull=False),
            ),
            # Done means: every row of the file was looked at again.
            models.CheckConstraint(
                name="platform_file_job_whole", condition=~Q(state="done") | Q(rows_applied=models.F("rows_read"))
            ),
            models.CheckConstraint(
                name="platform_file_job_reason",
                condition=(Q(state="failed") & ~Q(reason="")) | (~Q(state="failed") & Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(fields=["staff_id", "-created_at"], name="platform_file_job_of"),
            models.Index(fields=["created_at"], name="platform_file_job_age"),
        ]


class FileRow(models.Model):
    """A row of a file, sealed as a whole, with what it would be and what became of it.

    ``key_hash`` names the thing the row is about: two rows of a file that are not refused never name the same.
    """

    pk = models.CompositePrimaryKey("job_id", "number")
    job = models.ForeignKey(FileJob, models.PROTECT, related_name="+", db_index=False)
    number = models.IntegerField()
    verdict = models.CharField(max_length=10)
    outcome = models.CharField(max_length=8, default="", db_default="")
    problem = models.CharField(max_length=60, default="", db_default="")
    key_hash = models.BinaryField(max_length=16, null=True)
    group_hash = models.BinaryField(max_length=16, null=True)
    content = models.BinaryField()

    class Meta:
        db_table = "platform_file_row"
        constraints = [
            models.CheckConstraint(
                name="platform_file_row_verdict",
                condition=Q(verdict__in=["new", "changed", "unchanged", "refused"]),
            ),
            models.CheckConstraint(
                name="platform_file_row_outcome", condition=Q(outcome__in=["", "written", "same", "refused"])
            ),
            models.UniqueConstraint(
                fields=["job", "key_hash"], name="platform_file_row_key_once", condition=~Q(verdict="refused")
            ),
        ]
        indexes = [
            models.Index(fields=["job", "verdict", "number"], name="platform_file_row_verdicts"),
            models.Index(
                fields=["job", "group_hash", "number"],
                name="platform_file_row_groups",
                condition=Q(group_hash__isnull=False),
            ),
        ]
