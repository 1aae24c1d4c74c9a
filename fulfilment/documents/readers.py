"""Whose papers: people of the floor read those of their warehouses."""

from fulfilment.models import Shipment, Wave
from inventory.models import Warehouse
from ordermgmt.models import User


def reads_parcel(number: str, user: User) -> bool:
    """By number of the shipment, tracking number or SSCC; three questions, each answered from a unique index."""
    theirs = Shipment.objects.filter(warehouse__in=Warehouse.objects.for_user(user).values("pk"))
    names = ("number", "cartons__labels__tracking_number", "cartons__sscc")
    return any(theirs.filter(**{name: number}).exists() for name in names)


def reads_wave(number: str, user: User) -> bool:
    return Wave.objects.filter(number=number, warehouse__in=Warehouse.objects.for_user(user).values("pk")).exists()
