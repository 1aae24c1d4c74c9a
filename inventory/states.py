"""Words of the warehouse."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SkuStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    DISCONTINUED = "discontinued", _("Discontinued")


class BinKind(models.TextChoices):
    PICK = "pick", _("Pick face")
    BULK = "bulk", _("Bulk")
    STAGE = "stage", _("Staging (picked goods)")
    RECEIVING = "receiving", _("Receiving")
    QUARANTINE = "quarantine", _("Quarantine")
    DAMAGED = "damaged", _("Damaged")


# Goods here may be promised to customers; picked goods on a staging place are promised already.
SALEABLE_BINS = frozenset({BinKind.PICK, BinKind.BULK, BinKind.STAGE, BinKind.RECEIVING})
PICKABLE_BINS = frozenset({BinKind.PICK, BinKind.BULK})


class MovementKind(models.TextChoices):
    RECEIVED = "received", _("Received")
    PUT_AWAY = "put_away", _("Put away")
    MOVED = "moved", _("Moved")
    PICKED = "picked", _("Picked")
    UNPICKED = "unpicked", _("Put back")
    PACKED = "packed", _("Packed")
    SHIPPED = "shipped", _("Shipped")
    RETURNED = "returned", _("Returned")
    ADJUSTED = "adjusted", _("Adjusted")
    ASSEMBLED = "assembled", _("Assembled")
    SCRAPPED = "scrapped", _("Scrapped")


# Kinds that only move goods between places: their rows come in pairs that sum to zero.
TRANSFER_KINDS = frozenset({MovementKind.PUT_AWAY, MovementKind.MOVED, MovementKind.PICKED, MovementKind.UNPICKED})
