"""The row is the queue: due time, attempts, lease and fence of work that a job does."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models


class Leased(models.Model):
    """Mixed into a row that a job must work (doorbell pattern, reliability.md 7.2).

    `due_at` null means nothing to do. `fence` rises at every claim, so that a worker that was
    thought dead cannot write its late result.
    """

    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    MAX_ATTEMPTS: ClassVar[int] = 8
    LEASE_SECONDS: ClassVar[int] = 90
    # Facts written beside `dead_at`, and taken back when a person revives the row.
    WHEN_DEAD: ClassVar[Mapping[str, Any]] = {}
    WHEN_ALIVE: ClassVar[Mapping[str, Any]] = {}

    class Meta:
        abstract = True
