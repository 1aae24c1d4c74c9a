"""What the renewal run reads of many subscriptions, in a constant number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from customers.models import Address
from ordermgmt.clock import business_day
from orders.calendars import HORIZON_DAYS, SubscriptionCalendar, load_calendars
from orders.models import Delivery, RenewalStop, Subscription
from orders.network import Destination, Network, load_network
from orders.paid_parts import FreePart, free_parts, next_part
from orders.price_book import PriceBook, load_prices
from orders.projecting import Known, load_known
from orders.states import InvoiceStatus


@dataclass(frozen=True, slots=True)
class RenewalBook:
    """Keyed by the primary key of subscriptions; `billing` by that of customers. `paid_ahead` is what was not sent of it."""

    network: Network
    calendars: Mapping[int, SubscriptionCalendar]
    known: Mapping[int, Known]
    prices: PriceBook
    billing: Mapping[int, Address]
    made_today: Mapping[int, int]
    stops: Mapping[tuple[str, str], RenewalStop]
    paid_ahead: Mapping[int, Sequence[FreePart]]
    now: datetime

    def stop_for(self, s: Subscription) -> RenewalStop | None:
        """The switch that keeps this subscription from being renewed now."""
        keys = [("all", ""), ("plan", s.version.plan.number), ("customer", s.customer.number)]
        if any(scope == "warehouse" for scope, _reference in self.stops):
            keys += [("warehouse", code) for code in self._warehouse(s)]
        return next((self.stops[key] for key in keys if key in self.stops), None)

    def paying(self, s: Subscription) -> FreePart | None:
        """What was paid in advance for its next delivery by a charge of ours."""
        return next_part(self.paid_ahead.get(s.pk, ()), s.deliveries_owed)

    def owes_ahead(self, s: Subscription) -> bool:
        """Whether the invoice that pays for its next delivery is open."""
        part = self.paying(s)
        return bool(part and part.cycle.invoice and part.cycle.invoice.status == InvoiceStatus.OPEN)

    def _warehouse(self, s: Subscription) -> list[str]:
        to = Destination(s.address.country, s.address.postcode) if s.address else None
        return [zone.code for zone in self.network.serving(to)[:1]] if to else []


def load_book(subscriptions: Sequence[Subscription], *, now: datetime) -> RenewalBook:
    """Versions, plans, customers and addresses came with the rows."""
    known = load_known(subscriptions)
    skus = {item.sku_id for own in known.values() for items in own.items.values() for item in items}
    network = load_network(now=now, horizon_days=HORIZON_DAYS)
    return RenewalBook(
        network,
        load_calendars(subscriptions, now=now, network=network),
        known,
        load_prices(subscriptions, item_skus=skus),
        _billing(subscriptions),
        _made_today(subscriptions, now),
        open_stops(now),
        free_parts(s.pk for s in subscriptions if s.deliveries_owed),
        now,
    )


def open_stops(now: datetime) -> dict[tuple[str, str], RenewalStop]:
    """The switches that are on, by scope and reference."""
    today = business_day(now)
    rows = RenewalStop.objects.filter(lifted_at=None).order_by("pk")
    return {(row.scope, row.reference): row for row in rows if row.until_on is None or row.until_on > today}


def _billing(subscriptions: Sequence[Subscription]) -> dict[int, Address]:
    customers = [s.customer_id for s in subscriptions]
    rows = Address.objects.filter(customer__in=customers, is_default=True, replaced_at=None)
    return {row.customer_id: row for row in rows}


def _made_today(subscriptions: Sequence[Subscription], now: datetime) -> dict[int, int]:
    """Orders the run made of each in the last day."""
    since = now - timedelta(days=1)
    rows = Delivery.objects.filter(subscription__in=subscriptions, ordered_at__gt=since).order_by()
    return dict(rows.values_list("subscription").annotate(n=Count("pk")))
