"""What comes: the next deliveries of subscriptions with days, contents, money, and why they are so.

Nothing is written. The renewal run asks the same calendar and the same prices, so that what is shown
is what happens (a test compares them).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db.models import Count, Max, Q

from ordermgmt.clock import business_day
from orders.billing_states import BillingCycleStatus, DeliveryStatus, SubscriptionStatus
from orders.billing_terms import Period, is_free, is_over, is_prepaid, period_from
from orders.calendars import SubscriptionCalendar, load_calendars
from orders.models import BillingCycle, Delivery, DeliveryItem, PlanVersion, Subscription
from orders.network import Network
from orders.periods import Dates, Interval
from orders.price_book import PriceBook, load_prices
from orders.priced import Item, Occasion, PricedDelivery
from orders.subscription_pricing import NoPrice, price_delivery
from orders.upcoming import Upcoming, UpcomingInvoice

DEFAULT_COUNT = 6
# A calendar of days is looked at no further than this many deliveries.
MOST = 400


@dataclass(slots=True)
class Known:
    """What is stored of one subscription and decides what comes."""

    rows: dict[int, Delivery]
    last_ordered: int
    ordered: int
    last_cycle: int
    was_billed: bool
    items: dict[int, list[Item]] = field(default_factory=lambda: defaultdict(list))


def project(
    subscription: Subscription, *, now: datetime, count: int | None = None, months: int | None = None
) -> list[Upcoming]:
    """The next `count` deliveries (6), or all that leave within `months`."""
    return project_many([subscription], now=now, count=count, months=months)[subscription.pk]


def project_many(
    subscriptions: Sequence[Subscription],
    *,
    now: datetime,
    count: int | None = None,
    months: int | None = None,
    network: Network | None = None,
) -> dict[int, list[Upcoming]]:
    """By primary key, in a constant number of statements."""
    known = load_known(subscriptions)
    skus = {item.sku_id for own in known.values() for items in own.items.values() for item in items}
    book = load_prices(subscriptions, item_skus=skus)
    calendars = load_calendars(subscriptions, now=now, network=network)
    until = _months_later(business_day(now), months) if months else None
    most = count or (MOST if until else DEFAULT_COUNT)
    found = {}
    for s in subscriptions:
        coming = _walk(s, calendars[s.pk], known[s.pk], book, now) if s.pk in calendars else iter(())
        found[s.pk] = _first(coming, most, until)
    return found


def _months_later(day: date, months: int) -> date:
    return Interval(months, "month").after(day, day.day, 1)


def _first(coming: Iterator[Upcoming], most: int, until: date | None) -> list[Upcoming]:
    found: list[Upcoming] = []
    for upcoming in coming:
        if len(found) >= most or (until and upcoming.dates.planned_on > until):
            break
        found.append(upcoming)
    return found


def load_known(subscriptions: Sequence[Subscription]) -> dict[int, Known]:
    """Four statements."""
    pks = [s.pk for s in subscriptions]
    known = {pk: Known({}, 0, 0, 0, was_billed=False) for pk in pks}
    open_rows = Delivery.objects.filter(subscription__in=pks).exclude(status=DeliveryStatus.ORDERED)
    open_rows = open_rows.select_related("address")
    for row in open_rows:
        known[row.subscription_id].rows[row.number] = row
    ordered = Delivery.objects.filter(subscription__in=pks, status=DeliveryStatus.ORDERED).order_by()
    # One that is owed again does not count as sent.
    counted = Count("pk", filter=Q(owed_again_at=None))
    for pk, last, n in ordered.values_list("subscription").annotate(last=Max("number"), n=counted):
        known[pk].last_ordered, known[pk].ordered = last, n
    cycles = BillingCycle.objects.filter(subscription__in=pks).order_by()
    billed = Count("pk", filter=Q(status=BillingCycleStatus.BILLED))
    for pk, last, n in cycles.values_list("subscription").annotate(last=Max("number"), n=billed):
        known[pk].last_cycle, known[pk].was_billed = last, n > 0
    for item in DeliveryItem.objects.filter(delivery__in=open_rows).select_related("delivery").order_by("pk"):
        own = Item(item.sku_id, item.quantity, item.unit_price, item.replaces_id)
        known[item.delivery.subscription_id].items[item.delivery.number].append(own)
    return known


def _walk(
    s: Subscription, calendar: SubscriptionCalendar, known: Known, book: PriceBook, now: datetime
) -> Iterator[Upcoming]:
    """Delivery by delivery, as the renewal run will take them."""
    if not _comes(s):
        return
    state = _State(s, calendar, known, book, now, owed=s.deliveries_owed, cycle=known.last_cycle)
    for number in _numbers(calendar, known):
        row = known.rows.get(number)
        planned_on = row.planned_on if row else calendar.planned_on(number)
        if is_over(s, planned_on, calendar.sent_elsewhere + known.ordered + state.sent) and not _is_left_out(row):
            return
        if upcoming := state.take(number, row):
            yield upcoming


def _comes(s: Subscription) -> bool:
    status = s.current_status
    is_paused = status == SubscriptionStatus.PAUSED and s.resumes_on is not None
    return is_paused or status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING)


def _is_left_out(row: Delivery | None) -> bool:
    return row is not None and row.current_status in (DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED)


def _numbers(calendar: SubscriptionCalendar, known: Known) -> Iterator[int]:
    """Those with a row that are not ordered, then every one after the last that is."""
    first = max(known.last_ordered + 1, calendar.segments[0].first_number)
    early = [n for n, row in known.rows.items() if n < first and row.current_status == DeliveryStatus.SCHEDULED]
    yield from sorted(early)
    yield from range(first, first + 10 * MOST)


@dataclass(slots=True)
class _State:
    s: Subscription
    calendar: SubscriptionCalendar
    known: Known
    book: PriceBook
    now: datetime
    owed: int
    cycle: int
    sent: int = 0
    charges: int = 0
    found_next: bool = False
    adopted: bool = False

    def take(self, number: int, row: Delivery | None) -> Upcoming | None:
        """The delivery of this number; None for one that is over and done with."""
        dates = self._dates(number, row)
        if self._is_in_pause(dates, row):
            return self._upcoming(number, row, dates, DeliveryStatus.SKIPPED, "pause")
        if row is not None and _is_left_out(row):
            return self._left_out(number, row, dates)
        return self._sent(number, row, dates)

    def _left_out(self, number: int, row: Delivery, dates: Dates) -> Upcoming | None:
        is_shown = row.current_status == DeliveryStatus.SKIPPED and dates.leaves_on >= business_day(self.now)
        return self._upcoming(number, row, dates, DeliveryStatus.SKIPPED, row.skip_reason) if is_shown else None

    def _dates(self, number: int, row: Delivery | None) -> Dates:
        """As stored where there is a row: what was said is kept when a holiday is added later."""
        if row is None:
            return self.calendar.dates(number)
        charge_on = self.calendar.dates(number, moved_to=row.leaves_on).charge_on
        return Dates(row.planned_on, row.leaves_on, row.lock_at, charge_on, row.order_at)

    def _is_in_pause(self, dates: Dates, row: Delivery | None) -> bool:
        until = self.s.resumes_on if self.s.current_status == SubscriptionStatus.PAUSED else None
        return until is not None and not _is_left_out(row) and dates.planned_on < until

    def _upcoming(
        self,
        number: int,
        row: Delivery | None,
        dates: Dates,
        status: str,
        why: str = "",
        priced: PricedDelivery | None = None,
        invoice: UpcomingInvoice | None = None,
    ) -> Upcoming:
        is_next = status == DeliveryStatus.SCHEDULED and not self.found_next
        self.found_next = self.found_next or is_next
        return Upcoming(
            number,
            status,
            why,
            is_next,
            dates,
            row.moved_from if row else None,
            dates.lock_at > self.now,
            self._version(),
            priced,
            invoice,
        )

    def _version(self) -> PlanVersion:
        return (self.s.next_version if self.adopted else None) or self.s.version

    def _sent(self, number: int, row: Delivery | None, dates: Dates) -> Upcoming:
        free = is_free(self.s, dates.leaves_on)
        starts_cycle = free or self.owed == 0
        self.adopted = self.adopted or (starts_cycle and self.s.next_version_id is not None)
        period = period_from(self.calendar, number, self._version())
        prepaid = is_prepaid(self._version(), self.calendar.interval(number)) and not free
        charged = self._occasion(number, dates, is_free=free, once=not prepaid, deliveries=period.deliveries)
        to = row.address if row else None
        charged = charged if prepaid else replace(charged, to=to)
        charge = self._price(charged) if starts_cycle else None
        paid = replace(charged, is_paid=True, deliveries=1, items=self.known.items.get(number, ()), to=to)
        invoice = self._invoice(dates, period, charge) if charge else None
        if starts_cycle and not free:
            self.owed, self.charges = period.deliveries, self.charges + 1
        self.owed -= 0 if free else 1
        self.sent += 1
        priced = self._price(paid) if prepaid else charge
        return self._upcoming(number, row, dates, DeliveryStatus.SCHEDULED, "", priced, invoice)

    def _invoice(self, dates: Dates, period: Period, charge: PricedDelivery) -> UpcomingInvoice:
        self.cycle += 1
        return UpcomingInvoice(
            self.cycle,
            1 if charge.is_free else period.deliveries,
            period.starts_on,
            period.ends_on,
            dates.charge_on,
            charge.total,
            charge.net,
            is_free=charge.is_free,
            priced=charge,
        )

    def _occasion(self, number: int, dates: Dates, *, is_free: bool, once: bool, deliveries: int) -> Occasion:
        return Occasion(
            dates.leaves_on,
            self._version(),
            items=self.known.items.get(number, ()) if once else (),
            deliveries=1 if is_free else deliveries,
            is_free=is_free,
            is_first=not self.known.was_billed and self.charges == 0,
            charges_before=self.charges,
            adopts_contents=self.adopted,
        )

    def _price(self, occasion: Occasion) -> PricedDelivery | None:
        try:
            return price_delivery(self.s, occasion, self.book)
        except NoPrice:
            return None
