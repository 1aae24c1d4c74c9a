"""Monthly recurring revenue of a subscription: worked out, and each change of it written down with its cause.

Without tax, delivery and what is sent once, after lasting discounts; trials and pauses count nothing.
Rules: subscriptions.md 2.12.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from ordermgmt.clock import business_day
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


def refresh_mrr(
    subscription: Subscription, interval: Interval, *, cause: str, now: datetime, reason: str = ""
) -> MrrMovement | None:
    """Inside the caller's transaction: bring `mrr` up to date; a difference becomes one movement per cause."""
    old, new = subscription.mrr, mrr_of(subscription, interval, on=business_day(now))
    if old == new:
        return None
    subscription.mrr = new
    subscription.save(update_fields=["mrr"])
    return MrrMovement.objects.create(
        subscription=subscription,
        customer_id=subscription.customer_id,
        kind=_kind(subscription, old, new, reason),
        reason=reason,
        amount=new - old,
        currency=subscription.currency,
        cause=cause,
        at=now,
        on=business_day(now),
    )


def _kind(subscription: Subscription, old: Decimal, new: Decimal, reason: str) -> str:
    """As the customer sees it: only the first of theirs is new, only the end of the last one is churn."""
    if old and new:
        return MovementKind.EXPANSION if new > old else MovementKind.CONTRACTION
    if reason == "pause":
        return MovementKind.EXPANSION if new else MovementKind.CONTRACTION
    others = Subscription.objects.filter(customer=subscription.customer_id).exclude(pk=subscription.pk)
    if others.filter(mrr__gt=0).exists():
        return MovementKind.EXPANSION if new else MovementKind.CONTRACTION
    if not new:
        return MovementKind.CHURN
    before = MrrMovement.objects.filter(customer=subscription.customer_id).exists()
    return MovementKind.REACTIVATION if before else MovementKind.NEW
