"""Whom a price change reaches, when, and what it does to monthly revenue: the same rows the notices are made from."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Max
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.money import ZERO
from orders.billing_states import DeliveryStatus, SubscriptionStatus
from orders.billing_terms import period_from
from orders.calendars import SubscriptionCalendar, load_calendars
from orders.models import Delivery, PlanPrice, PriceChange, PriceChangeItem, Subscription
from orders.plan_pricing import box_price
from orders.price_rises import RiseTerms, Subscriber, charged_price, effective_on

LIVING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)
CENT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Reached:
    """One subscriber: price of a delivery before, `estimated` before the cap, `new` as charged, from which day."""

    subscription: Subscription
    old: Decimal
    estimated: Decimal
    new: Decimal
    effective_on: date

    @property
    def is_capped(self) -> bool:
        return self.new != self.estimated

    @property
    def mrr_effect(self) -> Decimal:
        """By how much monthly revenue (without tax) changes."""
        if not self.old:
            return ZERO
        mrr: Decimal = self.subscription.mrr
        return (mrr * (self.new / self.old - 1)).quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """All it does; `left_out` says of whom and why not."""

    rows: Sequence[Reached]
    left_out: Sequence[tuple[Subscription, str]]

    @property
    def first_on(self) -> date | None:
        return min((row.effective_on for row in self.rows), default=None)

    @property
    def last_on(self) -> date | None:
        return max((row.effective_on for row in self.rows), default=None)

    @property
    def capped(self) -> int:
        return sum(row.is_capped for row in self.rows)

    @property
    def mrr_effect(self) -> dict[str, Decimal]:
        """By currency."""
        sums: dict[str, Decimal] = {}
        for row in self.rows:
            currency = row.subscription.currency
            sums[currency] = sums.get(currency, ZERO) + row.mrr_effect
        return sums

    @property
    def by_month(self) -> list[tuple[date, int]]:
        return sorted(Counter(row.effective_on.replace(day=1) for row in self.rows).items())


def terms_of_change(change: PriceChange) -> RiseTerms:
    return RiseTerms(
        change.earliest_on,
        change.notice_days,
        change.cap_percent,
        change.spread_months,
        change.protects_first_year,
    )


def preview_change(change: PriceChange, *, now: datetime) -> ChangePreview:
    """Whom it would reach when they were told today; the number of queries does not depend on how many they are."""
    known = load_known(change, now=now)
    rows, left_out = [], []
    for subscription in known.subscriptions:
        reached = known.reached(subscription, told_on=business_day(now))
        if isinstance(reached, str):
            left_out.append((subscription, reached))
        else:
            rows.append(reached)
    return ChangePreview(rows, left_out)


@dataclass(slots=True)
class Known:
    """What is asked of the subscribers of a plan, read at once."""

    change: PriceChange
    subscriptions: list[Subscription]
    prices: dict[tuple[int, str], PlanPrice]
    calendars: dict[int, SubscriptionCalendar]
    last_ordered: dict[int, int]
    last_rises: dict[int, date]

    def reached(self, s: Subscription, *, told_on: date) -> Reached | str:
        """What it does for a subscriber, or why nothing."""
        target = self.prices.get((self.change.to_version_id, s.currency))
        current = self.prices.get((s.version_id, s.currency))
        if s.pk not in self.calendars or target is None or current is None:
            return _("no price in %(currency)s") % {"currency": s.currency}
        old = s.agreed_price if s.agreed_price is not None else box_price(current, s.quantity)
        estimated = box_price(target, s.quantity)
        new = charged_price(old, estimated, self.change.cap_percent, s.currency)
        if new == old:
            return _("the price stays the same")
        day = self.effective_on(s, told_on=told_on, is_rise=new > old)
        if s.ends_on is not None and day >= s.ends_on:
            return _("it ends before")
        return Reached(s, old, estimated, new, day)

    def effective_on(self, s: Subscription, *, told_on: date, is_rise: bool) -> date:
        started_on = business_day(s.started_at or s.created_at)
        subscriber = Subscriber(s.number, started_on, self._billing_from(s), self.last_rises.get(s.pk))
        return effective_on(subscriber, terms_of_change(self.change), told_on=told_on, is_rise=is_rise)

    def _billing_from(self, s: Subscription) -> Callable[[date], date]:
        """The first delivery charged on a day or later: charges come where nothing is owed, once for every period."""
        calendar = self.calendars[s.pk]

        def billing_from(day: date) -> date:
            number = max(self.last_ordered.get(s.pk, 0) + 1, calendar.segments[0].first_number) + s.deliveries_owed
            while calendar.dates(number).charge_on < day:
                number += period_from(calendar, number, s.version).deliveries
            return calendar.dates(number).leaves_on

        return billing_from


def load_known(change: PriceChange, *, now: datetime, only: Sequence[int] | None = None) -> Known:
    """The subscribers of the plan who have another version; `only` narrows to some."""
    rows = Subscription.objects.filter(version__plan=change.plan_id, status__in=LIVING)
    rows = rows.exclude(version=change.to_version_id) if only is None else rows.filter(pk__in=only)
    subscriptions = list(rows.select_related("version", "address", "customer").order_by("pk"))
    pks = [s.pk for s in subscriptions]
    versions = {s.version_id for s in subscriptions} | {change.to_version_id}
    prices = PlanPrice.objects.filter(version__in=versions)
    ordered = Delivery.objects.filter(subscription__in=pks, status=DeliveryStatus.ORDERED).order_by()
    return Known(
        change,
        subscriptions,
        {(price.version_id, price.currency): price for price in prices},
        load_calendars(subscriptions, now=now),
        dict(ordered.values_list("subscription").annotate(last=Max("number"))),
        _last_rises(pks),
    )


def _last_rises(pks: Sequence[int]) -> dict[int, date]:
    applied = PriceChangeItem.objects.filter(subscription__in=pks, applied_at__isnull=False).order_by("effective_on")
    rows = applied.values_list("subscription", "effective_on", "old_price", "new_price")
    return {pk: day for pk, day, old, new in rows if new > old}
