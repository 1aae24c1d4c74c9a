"""Which delivery each part of the revenue of a charge paid in advance waits for."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from ordermgmt.retrying import retries_conflicts
from orders.billing_states import DeliveryStatus
from orders.models import Delivery, RevenueEntry

CHUNK = 500


def link_deliveries(*, now: datetime) -> int:
    """Give parts their delivery, for deliveries that were ordered since; answers how many entries."""
    entries = RevenueEntry.objects.filter(invoice=OuterRef("cycle__invoice"))
    ordered = Delivery.objects.filter(status=DeliveryStatus.ORDERED, cycle__invoice__order=None)
    new = ordered.filter(Exists(entries.filter(delivery=None)), ~Exists(entries.filter(delivery=OuterRef("pk"))))
    cycles = list(new.order_by("cycle").values_list("cycle", flat=True).distinct())
    return sum(_link(cycles[start : start + CHUNK]) for start in range(0, len(cycles), CHUNK))


@retries_conflicts
@transaction.atomic(durable=True)
def _link(cycle_ids: list[int]) -> int:
    """Set once: an entry that has its delivery keeps it."""
    delivery_of = positions(cycle_ids)
    waiting = RevenueEntry.objects.filter(invoice__billing_cycle__in=cycle_ids, delivery=None)
    found = [(row, delivery_of.get((row.invoice_id, row.part))) for row in waiting.order_by("pk")]
    known = [(row, delivery_id) for row, delivery_id in found if delivery_id]
    for row, delivery_id in known:
        row.delivery_id = delivery_id
    RevenueEntry.objects.bulk_update([row for row, _delivery in known], ["delivery"], batch_size=CHUNK)
    return len(known)


def positions(cycle_ids: list[int]) -> dict[tuple[int, int], int]:
    """By invoice and number of the part: the delivery."""
    rows = Delivery.objects.filter(cycle__in=cycle_ids, status=DeliveryStatus.ORDERED)
    found = rows.values_list("cycle__invoice", "part", "pk")
    return {(invoice, part): pk for invoice, part, pk in found if invoice and part}
