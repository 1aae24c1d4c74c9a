"""What parcels hold about a person: labels, papers with an address, what carriers reported."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from customers.privacy import Holding, Person, holds, impersonal
from fulfilment import models
from ordermgmt.models import StoredDocument


def _labels(person: Person) -> QuerySet[Any]:
    return models.Label.objects.filter(carton__shipment__order__customer__in=person.pks)


def _papers(person: Person) -> QuerySet[Any]:
    """Slips and labels; invoices and credit notes are papers the law wants kept."""
    slips = models.Shipment.objects.filter(order__customer__in=person.pks).values("number")
    labels = _labels(person).values("tracking_number")
    return StoredDocument.objects.filter(
        Q(kind__startswith="packing_slip", number__in=slips) | Q(kind="label", number__in=labels)
    )


def _delete_bytes(rows: QuerySet[Any], now: datetime) -> None:
    """The files, unless another paper has the same bytes; printed again they show what is left."""
    for row in rows.exclude(file=""):
        if not StoredDocument.objects.filter(file=row.file.name).exclude(pk__in=rows.values("pk")).exists():
            row.file.delete(save=False)


def _reports(person: Person) -> QuerySet[Any]:
    found = Q(pk__in=[])
    for number in list(_labels(person).values_list("tracking_number", flat=True))[:200]:
        found |= Q(body__icontains=number)
    return models.CarrierMessage.objects.filter(found)


holds(
    Holding(
        model=models.Shipment, title=gettext_lazy("Parcels"), personal=(),
        find=lambda p: models.Shipment.objects.filter(order__customer__in=p.pks),
        kept=gettext_lazy("Number, carrier and days stay for the books"),
    ),
    Holding(
        model=models.CarrierMessage, title=gettext_lazy("Messages of carriers"), find=_reports, personal=("body",),
        replaced={"body": ""},
    ),
    Holding(
        model=StoredDocument, title=gettext_lazy("Slips and labels"), find=_papers, personal=("file",),
        hidden=("fence", "lease_until", "attempts"), replaced={"file": "", "sha256": "", "size": 0, "stored_at": None},
        after=_delete_bytes,
    ),
    Holding(
        model=models.Label, title=gettext_lazy("Labels"), find=_labels, personal=("zpl",), hidden=("zpl",), replaced={"zpl": ""},
    ),
    Holding(
        model=models.TrackingEvent, title=gettext_lazy("Tracking"), personal=("message", "place", "payload"),
        find=lambda p: models.TrackingEvent.objects.filter(shipment__order__customer__in=p.pks),
        replaced={"message": "", "place": "", "payload": {}},
    ),
)  # fmt: skip

impersonal(
    Wave="work", FulfilmentOrder="work", FulfilmentLine="goods", PickTask="goods", PackBox="goods", PackItem="goods",
    ScanEvent="staff and goods", BoxType="goods", Carrier="carriers", CarrierRate="carriers", Carton="goods",
    ShipmentLine="goods",
    Pickup="carriers",
    AutoRelease="settings",
)  # fmt: skip
