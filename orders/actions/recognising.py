"""Revenue becomes earned: what was delivered, and what time has earned. A run over sets, safe to repeat.

An entry is recognised on the day its goods arrived, never before it was billed. A parcel that was lost earns
nothing; the one that is sent again for it earns what the first would have, once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ordermgmt.clock import business_day
from ordermgmt.retrying import retries_conflicts
from orders.actions.delivered_parts import link_deliveries
from orders.arrivals import line_days, order_days, parcel_days
from orders.billing_states import RecognitionRule
from orders.models import Order, RevenueEntry
from orders.states import STOCKED_KINDS, FulfilmentStatus

CHUNK = 1000
# Orders of which nothing has left cannot have brought anything.
_LEFT = [
    FulfilmentStatus.PART_SHIPPED,
    FulfilmentStatus.SHIPPED,
    FulfilmentStatus.DELIVERED,
    FulfilmentStatus.PART_RETURNED,
    FulfilmentStatus.RETURNED,
]


@dataclass
class Summary:
    """Entries that were recognised by time and by delivery, and parts that were given their delivery."""

    by_time: int = 0
    delivered: int = 0
    linked: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def recognise_revenue(*, now: datetime) -> Summary:
    """Recognise everything that is earned by `now`."""
    done = Summary(linked=link_deliveries(now=now))
    with transaction.atomic(durable=True):
        waiting = RevenueEntry.objects.filter(recognised_on=None, rule=RecognitionRule.OVER_TIME)
        done.by_time = waiting.filter(due_on__lte=business_day(now)).update(recognised_on=F("due_on"))
    for chunk in _chunks(_waiting()):
        done.delivered += _recognise(chunk, now=now)
    return done


def _waiting() -> QuerySet[RevenueEntry]:
    """Entries that wait for a delivery, of orders something of which has left."""
    rows = RevenueEntry.objects.filter(recognised_on=None, rule=RecognitionRule.AT_DELIVERY)
    left = Order.objects.filter(fulfilment_status__in=_LEFT)
    return rows.filter(Q(invoice__order__in=left) | Q(invoice__order=None, delivery__order__in=left))


def _chunks(rows: QuerySet[RevenueEntry]) -> Iterator[list[RevenueEntry]]:
    """A thousand at a time in the order of their keys; each is looked at once."""
    last, joined = 0, ("invoice", "invoice_line__order_line", "delivery")
    while found := list(rows.filter(pk__gt=last).select_related(*joined).order_by("pk")[:CHUNK]):
        yield found
        last = found[-1].pk


@retries_conflicts
@transaction.atomic(durable=True)
def _recognise(entries: list[RevenueEntry], *, now: datetime) -> int:
    """A conditional update for each day: whoever runs at the same time recognises nothing twice."""
    by_day: dict[date, list[int]] = defaultdict(list)
    for entry, day in _days(entries, now=now):
        by_day[max(day, entry.booked_on)].append(entry.pk)
    waiting = RevenueEntry.objects.filter(recognised_on=None)
    return sum(waiting.filter(pk__in=pks).update(recognised_on=day) for day, pks in sorted(by_day.items()))


def _days(entries: Iterable[RevenueEntry], *, now: datetime) -> Iterator[tuple[RevenueEntry, date]]:
    """The entries whose goods have arrived, with the day."""
    entries = list(entries)
    parcels = parcel_days({e.invoice.order_id for e in entries if _is_of_parcel(e)}, now=now)
    lines = line_days({e.invoice_line.order_line_id for e in entries if _is_of_line(e)}, now=now)
    orders = order_days({_order_id(e) for e in entries if not _is_of_parcel(e) and not _is_of_line(e)}, now=now)
    for entry in entries:
        if _is_of_parcel(entry):
            day = parcels.get(entry.invoice.cause)
        elif _is_of_line(entry):
            day = lines.get(entry.invoice_line.order_line_id)
        else:
            day = orders.get(_order_id(entry))
        if day:
            yield entry, day


def _is_of_parcel(entry: RevenueEntry) -> bool:
    """Billed as it left: the invoice is caused by a parcel."""
    return entry.invoice.cause.startswith("SH-")


def _is_of_line(entry: RevenueEntry) -> bool:
    """Billed before it left, and packed by itself; bundles, delivery and fees wait for the whole order."""
    line = entry.invoice_line.order_line
    return not _is_of_parcel(entry) and entry.invoice.order_id is not None and line is not None and _stocked(line.kind)


def _stocked(kind: str) -> bool:
    return kind in STOCKED_KINDS


def _order_id(entry: RevenueEntry) -> int | None:
    return entry.invoice.order_id or (entry.delivery.order_id if entry.delivery else None)
