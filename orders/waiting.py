"""Reading the backorder queue: which orders lack units and compete for the same free ones."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from orders.models import Hold, Order, OrderLine
from orders.network import Destination, Network, free_units, load_network
from orders.queue import Waiting
from orders.sourcing import Need
from orders.states import FulfilmentStatus, Stage

COLUMNS = (
    "order_id",
    "pk",
    "sku_id",
    "backordered",
    "order__accepted_at",
    "order__priority",
    "order__promised_ship_on",
    "order__promised_delivery_on",
    "order__requested_delivery_on",
    "order__is_renewal",
    "order__fulfilment_status",
    "order__ship_country",
    "order__ship_postcode",
)
ON_THE_FLOOR = frozenset({FulfilmentStatus.IN_PROGRESS, FulfilmentStatus.PART_SHIPPED})


@dataclass(frozen=True, slots=True)
class Queue:
    """Orders by id, the units that are free for them, and the warehouses, as last committed."""

    waiting: Mapping[int, Waiting]
    free: Mapping[tuple[int, int], int]
    network: Network


def lacking(*conditions: Q, **filters: Any) -> QuerySet[OrderLine]:
    """Lines of open orders that lack units and that no hold keeps from being promised any."""
    stopped = Hold.objects.stopping(Stage.ALLOCATE).values("order_id")
    rows = OrderLine.objects.filter(backordered__gt=0, sku__isnull=False, order__in=Order.objects.open())
    return rows.exclude(order_id__in=stopped).filter(*conditions, **filters)


def queue_around(order_id: int, *, now: datetime) -> Queue:
    """An order and all that want the same SKUs while some are free, and what those want, and so on."""
    skus = set(lacking(order_id=order_id).values_list("sku_id", flat=True))
    return _queue_for(skus, Q(order_id=order_id), now)


def queue_for(sku_ids: set[int], *, now: datetime) -> Queue:
    """All that want these SKUs while some are free, and what those want, and so on."""
    return _queue_for(sku_ids, Q(pk__in=[]), now)


def _queue_for(skus: set[int], own: Q, now: datetime) -> Queue:
    known: set[int] = set()
    free: dict[tuple[int, int], int] = {}
    rivals = own
    while skus - known:
        known |= skus
        free = free_units(known)
        rivals = own | Q(order_id__in=_orders_wanting({sku for _, sku in free}))
        skus = set(lacking(rivals).values_list("sku_id", flat=True))
    return _queue(lacking(rivals) if known else OrderLine.objects.none(), free, now)


def whole_queue(*, now: datetime) -> Queue:
    """Everything that waits for a SKU of which some are free."""
    free = free_units(set(lacking().values_list("sku_id", flat=True)))
    rows = lacking(order_id__in=_orders_wanting({sku for _, sku in free}))
    return _queue(rows, free, now)


def _orders_wanting(sku_ids: set[int]) -> Any:
    return lacking(sku_id__in=sku_ids).values("order_id")


def _queue(lines: QuerySet[OrderLine], free: Mapping[tuple[int, int], int], now: datetime) -> Queue:
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in lines.order_by("order_id", "position").values_list(*COLUMNS, named=True):
        rows[row.order_id].append(row)
    network = load_network(now=now) if rows else Network({}, {}, now)
    return Queue({pk: _waiting(group, network) for pk, group in rows.items()}, free, network)


def _waiting(rows: Sequence[Any], network: Network) -> Waiting:
    first = rows[0]
    to = Destination(
        first.order__ship_country,
        first.order__ship_postcode,
        first.order__requested_delivery_on,
        first.order__promised_delivery_on,
    )
    return Waiting(
        order_id=first.order_id,
        needs=tuple(Need(row.pk, row.sku_id, row.backordered) for row in rows),
        sources=network.sources(to),
        accepted_at=first.order__accepted_at,
        is_picking=first.order__fulfilment_status in ON_THE_FLOOR,
        priority=first.order__priority,
        promised_on=first.order__promised_ship_on,
        is_renewal=first.order__is_renewal,
    )
