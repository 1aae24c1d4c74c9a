"""Machines that talk to us: API clients and the answers they were given."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiClient(models.Model):
    """A program with a key. Only the SHA-256 of the key is kept; scopes are words such as `orders:write`."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_used_on = models.DateField(null=True, blank=True)
    window_began_at = models.DateTimeField(null=True, editable=False)
    window_calls = models.PositiveIntegerField(default=0, editable=False)

    is_authenticated = True

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """Insert-first: the row is written before the effect; the stored answer is replayed."""

    principal = models.CharField(max_length=80)
    route = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["principal", "route", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return f"{self.principal} {self.route} {self.key}"
