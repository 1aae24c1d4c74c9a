"""What runs in the background, and what watches it."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ordermgmt.models.leases import Leased


class JobState(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class JobRun(models.Model):
    """One run of a registered job, with progress in rows and a summary.

    `slot` is the minute or local hour the run stands for: UNIQUE(name, slot) makes it run once,
    however many clusters tick. Runs asked for by a person have none.
    """

    name = models.CharField(_("job"), max_length=60)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.RUNNING)
    as_of = models.DateTimeField(_("as of"))
    asked_by = models.CharField(_("asked by"), max_length=120, blank=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    summary = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    slot = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "slot"], name="jobrun_once")]
        indexes: ClassVar = [
            models.Index(fields=["name", "-started_at"], name="jobrun_name"),
            models.Index(fields=["finished_at"], name="jobrun_failed", condition=models.Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.started_at:%Y-%m-%d %H:%M}"


class WorkerBeat(models.Model):
    """Progress of one worker cluster; the watchdog and /healthz read it."""

    cluster = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField()
    tasks = models.PositiveBigIntegerField(default=0)
    wedges = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.cluster


class ProofScope(models.TextChoices):
    FULL = "full", _("All rows")
    CHANGES = "changes", _("What changed")


class BooksProof(models.Model):
    """One invariant proved (or broken) at a moment: the history managers see.

    A proof of what changed looked only at `looked_at` records that the history names since the proof before.
    """

    code = models.CharField(max_length=8)
    title = models.CharField(max_length=200)
    scope = models.CharField(_("looked at"), max_length=8, choices=ProofScope.choices, default=ProofScope.FULL)
    looked_at = models.PositiveIntegerField(null=True, blank=True)
    checked_at = models.DateTimeField()
    holds = models.BooleanField()
    count = models.PositiveIntegerField(default=0)
    rows = models.JSONField(default=list)
    seconds = models.FloatField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["code", "-checked_at"], name="proof_code"),
            models.Index(fields=["-checked_at"], name="proof_checked"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {'holds' if self.holds else 'broken'}"


class BooksMark(models.Model):
    """Up to which row of a table that only grows the books are proved.

    The next proof of what changed starts at `read_from`, which lags behind: a transaction may commit after one with
    higher keys.
    """

    table = models.CharField(max_length=80, unique=True)
    read_from = models.BigIntegerField(default=0)
    read_to = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.table} {self.read_to}"


class BooksRound(Leased):
    """One proof of all rows, worked in parts that each end soon: a round that was stopped goes on where it was.

    `proved` is the code of the last invariant that is done (they go in order of code). Of the next one, records with
    keys below `first` were looked at: `count` break it, `rows` are some of them.
    """

    LEASE_SECONDS: ClassVar[int] = 300
    MAX_ATTEMPTS: ClassVar[int] = 4
    WHEN_DEAD: ClassVar[dict[str, Any]] = {"is_open": False}

    is_open = models.BooleanField(default=True)
    began_at = models.DateTimeField(_("began"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    asked_by = models.CharField(_("asked by"), max_length=120, blank=True)
    proved = models.CharField(max_length=8, blank=True)
    first = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)
    rows = models.JSONField(default=list)
    seconds = models.FloatField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["is_open"], condition=models.Q(is_open=True), name="books_round_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    APPLYING = "applying", _("Applying")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class ImportRun(Leased):
    """A CSV/XLSX file on its way in: preview first, then applied; errors name row and column.

    `done` counts rows of the current pass (check or apply) that need not be looked at again.
    """

    WHEN_DEAD: ClassVar[dict[str, Any]] = {"state": ImportState.FAILED}

    kind = models.CharField(_("kind"), max_length=40)
    file = models.FileField(upload_to="imports/")
    file_name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED)
    by = models.ForeignKey("ordermgmt.User", on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    to_create = models.PositiveIntegerField(default=0)
    to_change = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"
