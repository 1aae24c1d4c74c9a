"""Where orders come from, and every document that ever came in."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.states import ChannelKind, InboundState, RevisionState


class Channel(models.Model):
    """A source of orders; `code` is what `manage.py intake` is told."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=ChannelKind.choices)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    is_active = models.BooleanField(_("active"), default=True)
    checks_prices = models.BooleanField(_("compare prices with the list"), default=False)
    requires_payment = models.BooleanField(_("hold unpaid orders"), default=True)

    def __str__(self) -> str:
        return self.name


class InboundOrder(models.Model):
    """One document from a channel, stored before anything is understood; nothing is ever dropped.

    The same hash again is a no-op; another hash makes a revision; a cancelled id stays (tombstone).
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="inbound")
    external_id = models.CharField(_("id at the channel"), max_length=120)
    external_number = models.CharField(_("number at the channel"), max_length=80, blank=True)
    payload = models.TextField(_("payload"))
    payload_hash = models.CharField(max_length=64)
    source = models.CharField(_("file or request"), max_length=200, blank=True)
    source_rows = models.JSONField(default=list, help_text=_("Rows of the file, for a CSV document"))
    state = models.CharField(_("state"), max_length=10, choices=InboundState.choices, default=InboundState.RECEIVED)
    findings = models.JSONField(default=list)
    error = models.CharField(_("error"), max_length=500, blank=True)
    order = models.OneToOneField(
        "orders.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="inbound"
    )
    received_at = models.DateTimeField(_("received"))
    understood_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "external_id"], name="inbound_once")]
        indexes: ClassVar = [models.Index(fields=["state", "-received_at", "-id"], name="inbound_state")]

    def __str__(self) -> str:
        return f"{self.channel} {self.external_id}"


class InboundRevisionQuerySet(models.QuerySet["InboundRevision"]):
    def unweighed(self) -> "InboundRevisionQuerySet":
        """Stored, but not yet compared with what we have."""
        return self.filter(state=RevisionState.PROPOSED, difference=[])

    def given_up(self) -> "InboundRevisionQuerySet":
        """Comparing them failed too often: a person must look."""
        return self.unweighed().filter(attempts__gte=InboundRevision.MOST_ATTEMPTS)


class InboundRevision(models.Model):
    """A later version of a known document: a change proposal, shown as a difference."""

    inbound = models.ForeignKey(InboundOrder, on_delete=models.CASCADE, related_name="revisions")
    payload = models.TextField()
    payload_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=200, blank=True)
    source_rows = models.JSONField(default=list)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RevisionState.choices, default=RevisionState.PROPOSED)
    difference = models.JSONField(default=list)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text=_("Times that comparing it failed"))
    error = models.CharField(_("error"), max_length=500, blank=True)

    MOST_ATTEMPTS: ClassVar[int] = 10

    objects: ClassVar = InboundRevisionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["inbound", "payload_hash"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.inbound} {self.received_at:%Y-%m-%d %H:%M}"

    @property
    def is_given_up(self) -> bool:
        return self.state == RevisionState.PROPOSED and not self.difference and self.attempts >= self.MOST_ATTEMPTS


class SkuAlias(models.Model):
    """What a channel calls one of our SKUs; mapped once, used at every replay."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="aliases")
    external_code = models.CharField(_("code at the channel"), max_length=120)
    sku = models.ForeignKey("inventory.Sku", on_delete=models.PROTECT, related_name="aliases")
    units = models.PositiveIntegerField(_("units each"), default=1)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "external_code"], name="alias_once")]

    def __str__(self) -> str:
        return f"{self.external_code} → {self.sku}"
