"""Saved views: filters, sort and columns of a list under a name."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ordermgmt.roles import Role


class SavedView(models.Model):
    """`owner` null and `role` empty: everyone sees it. `query` is the list's query string."""

    page = models.CharField(max_length=40)
    slug = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    owner = models.ForeignKey("ordermgmt.User", on_delete=models.CASCADE, null=True, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["page", "slug", "owner"], name="one_view_per_slug"),
            models.UniqueConstraint(
                fields=["page", "slug"], condition=models.Q(owner__isnull=True), name="one_shared_view_per_slug"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page}: {self.name}"
