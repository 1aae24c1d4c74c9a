"""Monthly recurring revenue of a subscription: worked out, and each change of it written down with its cause.

Without tax, delivery and what is sent once, after lasting discounts; trials and pauses count nothing.
Rules: subscriptions.md 2.12.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from ordermgmt.clock import business_day
from ordermgmt.inserting import update_together
from ordermgmt.money import ZERO
from orders.billing_states import MovementKind, SubscriptionStatus
from orders.models import MrrMovement, Subscription
from orders.periods import Interval
from orders.price_book import PriceBook, load_prices
from orders.priced import Occasion
from orders.proration import per_month
from orders.subscription_pricing import NoPrice, price_delivery

PLACES = Decimal("0.0001")
# Beyond every promotion that ends: only lasting ones count.
FOR_EVER = 10**6


def mrr_of(subscription: Subscription, interval: Interval, *, on: date, book: PriceBook | None = None) -> Decimal:
    """In the currency of the subscription, four places half up; zero unless it is active and its trial is over."""
    in_trial = subscription.trial_ends_on is not None and subscription.trial_ends_on > on
    if subscription.current_status != SubscriptionStatus.ACTIVE or in_trial:
        return ZERO
    version = subscription.next_version or subscription.version
    occasion = Occasion(on, version, charges_before=FOR_EVER, adopts_contents=subscription.next_version is not None)
    try:
        priced = price_delivery(subscription, occasion, book or load_prices([subscription]))
    except NoPrice:
        return ZERO
    return per_month(priced.recurring_net, interval).quantize(PLACES, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Refresh:
    """A subscription whose revenue may differ now, and the cause that names its movement."""

    subscription: Subscription
    interval: Interval
    cause: str
    reason: str = ""


def refresh_mrr(
    subscription: Subscription, interval: Interval, *, cause: str, now: datetime, reason: str = ""
) -> MrrMovement | None:
    """Inside the caller's transaction: bring `mrr` up to date; a difference becomes one movement per cause."""
    made = refresh_all_mrr([Refresh(subscription, interval, cause, reason)], now=now)
    return made[0] if made else None


def refresh_all_mrr(wanted: Sequence[Refresh], *, now: datetime) -> list[MrrMovement]:
    """Inside the caller's transaction: as `refresh_mrr` one after the other, in a constant number of statements."""
    if not wanted:
        return []
    today = business_day(now)
    book = load_prices([one.subscription for one in wanted])
    news = [(one, mrr_of(one.subscription, one.interval, on=today, book=book)) for one in wanted]
    changed = [(one, new) for one, new in news if new != one.subscription.mrr]
    if not changed:
        return []
    customers = _load_customers([one.subscription for one, _new in changed])
    rows = [_movement(one, new, customers[one.subscription.customer_id], now, today) for one, new in changed]
    update_together([one.subscription for one, _new in changed], ["mrr"])
    return MrrMovement.objects.bulk_create(rows)


def _movement(one: Refresh, new: Decimal, customer: "_Customer", now: datetime, today: date) -> MrrMovement:
    s, old = one.subscription, one.subscription.mrr
    kind = _kind(old, new, one.reason, has_others=bool(customer.paying - {s.pk}), is_known=customer.is_known)
    s.mrr = new
    customer.take(s)
    return MrrMovement(
        subscription=s,
        customer_id=s.customer_id,
        kind=kind,
        reason=one.reason,
        amount=new - old,
        currency=s.currency,
        cause=one.cause,
        at=now,
        on=today,
    )


@dataclass(slots=True)
class _Customer:
    """Keys of the subscriptions that bring revenue; whether any ever did."""

    paying: set[int] = field(default_factory=set)
    is_known: bool = False

    def take(self, s: Subscription) -> None:
        self.is_known = True
        if s.mrr:
            self.paying.add(s.pk)
        else:
            self.paying.discard(s.pk)


def _load_customers(subscriptions: Sequence[Subscription]) -> dict[int, _Customer]:
    found = {s.customer_id: _Customer() for s in subscriptions}
    paying = Subscription.objects.filter(customer__in=found, mrr__gt=0).order_by()
    for customer, pk in paying.values_list("customer", "pk"):
        found[customer].paying.add(pk)
    known = MrrMovement.objects.filter(customer__in=found).order_by()
    for customer in known.values_list("customer", flat=True).distinct():
        found[customer].is_known = True
    return found


def _kind(old: Decimal, new: Decimal, reason: str, *, has_others: bool, is_known: bool) -> str:
    """As the customer sees it: only the first of theirs is new, only the end of the last one is churn."""
    if old and new:
        return MovementKind.EXPANSION if new > old else MovementKind.CONTRACTION
    if reason == "pause" or has_others:
        return MovementKind.EXPANSION if new else MovementKind.CONTRACTION
    if not new:
        return MovementKind.CHURN
    return MovementKind.REACTIVATION if is_known else MovementKind.NEW
