"""Stored papers: the bytes of a PDF or label, kept once and never re-rendered."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ordermgmt.models.leases import Leased


class StoredDocument(Leased):
    """UNIQUE(kind, number): a paper is made once. `file` is named by the hash of its bytes."""

    kind = models.CharField(_("kind"), max_length=20)
    number = models.CharField(_("number"), max_length=40)
    thread = models.CharField(max_length=40, blank=True)
    media_type = models.CharField(max_length=60, default="application/pdf")
    file = models.FileField(upload_to="documents/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    requested_at = models.DateTimeField()
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "number"], name="document_once")]
        indexes: ClassVar = [
            models.Index(fields=["dead_at"], name="document_dead", condition=models.Q(dead_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
