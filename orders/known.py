"""What must be known to check and place an order: read once, before anything is locked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from customers.models import Customer
from inventory.models import BundleComponent, Sku
from orders.drafts import OrderDraft
from orders.models import Channel, Order
from orders.states import OrderStatus

DUPLICATE_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Known:
    """`prices` are list prices by SKU in the draft's currency; `recent` orders with the same total."""

    channel: Channel
    customer: Customer | None
    skus: Mapping[int, Sku]
    prices: Mapping[int, Decimal]
    components: Mapping[int, tuple[BundleComponent, ...]]
    recent: tuple[Order, ...] = ()


def learn(draft: OrderDraft) -> Known:
    """At most five statements, whatever the number of lines."""
    channel = Channel.objects.get(pk=draft.channel_id)
    customer = Customer.objects.filter(pk=draft.customer_id).first() if draft.customer_id else None
    skus = _with_prices(draft.currency).in_bulk({line.sku_id for line in draft.lines if line.sku_id})
    prices = {pk: sku.listed for pk, sku in skus.items() if sku.listed is not None}
    bundles = [sku.pk for sku in skus.values() if sku.is_bundle]
    return Known(channel, customer, skus, prices, components_of(bundles), _recent(draft))


def components_of(bundle_ids: Iterable[int]) -> dict[int, tuple[BundleComponent, ...]]:
    """The parts of bundles, by bundle SKU id."""
    found: dict[int, list[BundleComponent]] = defaultdict(list)
    ids = list(bundle_ids)
    if ids:
        for part in BundleComponent.objects.filter(bundle__in=ids).select_related("component").order_by("pk"):
            found[part.bundle_id].append(part)
    return {bundle: tuple(parts) for bundle, parts in found.items()}


def _with_prices(currency: str) -> QuerySet[Any]:
    """SKUs with `listed`, their price in a currency or None."""
    in_currency = FilteredRelation("prices", condition=Q(prices__currency=currency))
    return Sku.objects.annotate(priced=in_currency).annotate(listed=F("priced__amount"))


def _recent(draft: OrderDraft) -> tuple[Order, ...]:
    """Open or finished orders of the same customer for the same money, placed just before."""
    if not draft.customer_id:
        return ()
    window = (draft.placed_at - DUPLICATE_WINDOW, draft.placed_at)
    rows = Order.objects.filter(customer=draft.customer_id, placed_at__range=window, currency=draft.currency)
    rows = rows.exclude(status=OrderStatus.CANCELLED).filter(total=draft.balanced().totals.total)
    return tuple(rows.order_by("-placed_at")[:3])
