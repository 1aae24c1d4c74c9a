"""What has reached the customer, read from the parcels that fulfilment wrote: the day of each, as queries.

A parcel has arrived when its carrier says so, or (where the shop wants that) some days after it was handed over
with no problem reported. A lost parcel never arrives.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Q, Sum

from ordermgmt.clock import business_day
from orders.models import Order, OrderLine
from orders.states import FulfilmentStatus

ARRIVED = (FulfilmentStatus.DELIVERED, FulfilmentStatus.PART_RETURNED, FulfilmentStatus.RETURNED)


def arrived(now: datetime, path: str) -> Q:
    """Parcels that have arrived; `path` leads to them (`shipments`)."""
    heard = Q(**{f"{path}__delivered_at__isnull": False})
    days = settings.REVENUE_DAYS_AFTER_DISPATCH
    if not days:
        return heard
    silent = {"delivered_at": None, "returned_at": None, "problem": "", "dispatched_at__lte": now - timedelta(days)}
    return heard | Q(**{f"{path}__{name}": value for name, value in silent.items()})


def parcel_days(orders: Iterable[int | None], *, now: datetime) -> dict[str, date]:
    """By number of the parcel: the day it arrived."""
    rows = Order.objects.filter(arrived(now, "shipments"), pk__in=_known(orders))
    found = rows.values_list("shipments__number", "shipments__delivered_at", "shipments__dispatched_at")
    return {number: _day(delivered, sent) for number, delivered, sent in found if sent}


def line_days(lines: Iterable[int | None], *, now: datetime) -> dict[int | None, date]:
    """By order line: the day the last of its units arrived, for those whose units all have."""
    path = "shipment_lines__shipment"
    there = arrived(now, path)
    rows: Any = OrderLine.objects.filter(pk__in=_known(lines)).annotate(
        units=Sum("shipment_lines__quantity", filter=there),
        delivered=Max(f"{path}__delivered_at", filter=there),
        sent=Max(f"{path}__dispatched_at", filter=there),
    )
    whole = rows.filter(units__gte=F("ordered") - F("cancelled"), units__gt=0)
    return {pk: _day(delivered, sent) for pk, delivered, sent in whole.values_list("pk", "delivered", "sent")}


def order_days(orders: Iterable[int | None], *, now: datetime) -> dict[int | None, date]:
    """By order: the day the last of its parcels arrived, for those that have arrived whole."""
    there = arrived(now, "shipments")
    done = Q(fulfilment_status__in=ARRIVED)
    if settings.REVENUE_DAYS_AFTER_DISPATCH:
        done |= Q(fulfilment_status=FulfilmentStatus.SHIPPED, unheard=0)
    rows: Any = Order.objects.filter(pk__in=_known(orders)).annotate(
        delivered=Max("shipments__delivered_at", filter=there),
        sent=Max("shipments__dispatched_at", filter=there),
        unheard=Count("shipments", filter=~there & ~Q(shipments__status="cancelled")),
    )
    whole = rows.filter(done).exclude(sent=None)
    return {pk: _day(delivered, sent) for pk, delivered, sent in whole.values_list("pk", "delivered", "sent")}


def _known(ids: Iterable[int | None]) -> list[int]:
    return [pk for pk in ids if pk is not None]


def _day(delivered: datetime | None, sent: datetime) -> date:
    return business_day(delivered or sent + timedelta(settings.REVENUE_DAYS_AFTER_DISPATCH))
