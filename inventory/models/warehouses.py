"""Where goods are: warehouses, their calendars, the zones they serve, their bins and people."""

from datetime import time
from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inventory.states import PICKABLE_BINS, SALEABLE_BINS, BinKind
from ordermgmt.models import User
from ordermgmt.models.places import PostalFields
from ordermgmt.roles import Role

# People who hold only these roles see the warehouses they work in; everyone else sees all.
FLOOR_ROLES = frozenset({Role.OPERATOR, Role.LEAD})


class WarehouseQuerySet(models.QuerySet["Warehouse"]):
    def active(self) -> "WarehouseQuerySet":
        return self.filter(is_active=True)

    def for_user(self, user: User) -> "WarehouseQuerySet":
        """The warehouses a person may see and work in."""
        if user.roles - FLOOR_ROLES:
            return self
        return self.filter(memberships__user=user)


class Warehouse(PostalFields):
    """`work_days` is a string of ISO weekdays (12345 = Monday to Friday). Cut-off is local time."""

    code = models.CharField(_("code"), max_length=12, unique=True)
    title = models.CharField(_("name"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Europe/Stockholm")
    cut_off = models.TimeField(_("cut-off"), default=time(14))
    work_days = models.CharField(_("working days"), max_length=7, default="12345")
    observes_holidays = models.BooleanField(_("closed on public holidays"), default=True)
    daily_capacity = models.PositiveIntegerField(_("orders a day"), default=0, help_text=_("0 means no limit"))
    priority = models.PositiveSmallIntegerField(_("priority"), default=10, help_text=_("Lower is asked first"))
    is_active = models.BooleanField(_("active"), default=True)

    objects: ClassVar = WarehouseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["priority", "code"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("warehouse_detail", args=[self.code])


class Closure(models.Model):
    """A day a warehouse does not work although it usually would."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="closures")
    day = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=80, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["warehouse", "day"], name="closure_once")]

    def __str__(self) -> str:
        return f"{self.warehouse} {self.day}"


class ServedZone(models.Model):
    """A country (or the part of it whose postcodes start so) that a warehouse delivers to."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="zones")
    country = models.CharField(_("country"), max_length=2)
    postcode_prefix = models.CharField(_("postcode starts with"), max_length=10, blank=True)
    transit_days = models.PositiveSmallIntegerField(_("transit days"), default=2)
    distance_rank = models.PositiveSmallIntegerField(_("distance rank"), default=10, help_text=_("Lower is nearer"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "country", "postcode_prefix"], name="zone_once")
        ]

    def __str__(self) -> str:
        return f"{self.warehouse} → {self.country} {self.postcode_prefix}".strip()


class Membership(models.Model):
    """A person works in this warehouse; floor roles see only their warehouses."""

    user = models.ForeignKey("ordermgmt.User", on_delete=models.CASCADE, related_name="memberships")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "warehouse"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} @ {self.warehouse}"


class BinQuerySet(models.QuerySet["Bin"]):
    def pickable(self) -> "BinQuerySet":
        return self.filter(kind__in=PICKABLE_BINS, is_active=True, is_suspect=False)


class Bin(models.Model):
    """A place with a code that can be scanned. A suspect bin is left out of new picks until counted."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="bins")
    code = models.CharField(_("code"), max_length=24)
    kind = models.CharField(_("kind"), max_length=12, choices=BinKind.choices, default=BinKind.PICK)
    pick_sequence = models.PositiveIntegerField(_("pick sequence"), default=0)
    is_suspect = models.BooleanField(_("to be counted"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects: ClassVar = BinQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["warehouse", "code"], name="bin_once")]
        ordering: ClassVar = ["pick_sequence", "code"]

    def __str__(self) -> str:
        return self.code

    @property
    def is_saleable(self) -> bool:
        return self.kind in SALEABLE_BINS
