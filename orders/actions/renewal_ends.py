"""What a renewal brings with it: planned changes that take effect, and subscriptions that are over after it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from ordermgmt.history import activity
from ordermgmt.models import Activity, User
from orders.actions.revenue_movements import Refresh, refresh_all_mrr
from orders.billing_states import EventKind, SubscriptionStatus
from orders.models import PlanItem, Subscription, SubscriptionEvent, SubscriptionLine
from orders.renewal_book import RenewalBook
from orders.renewals import Renewal
from orders.subscription_pricing import usual_items


def carry_over(renewals: Sequence[Renewal], book: RenewalBook, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: plans that begin with this delivery, and the end of a trial.

    A price that was announced is charged already; the job of price changes puts it into force.
    """
    adopted = [r for r in renewals if r.adopts]
    _adopt_plans(adopted, book, by=by, now=now)
    begins = [r for r in renewals if r.starts_cycle and not r.is_free and not r.subscription.mrr]
    changed = {r.subscription.pk: r for r in [*adopted, *begins]}.values()
    refresh_all_mrr([_refresh(r, "renewal") for r in changed], now=now)


def _refresh(r: Renewal, what: str, reason: str = "") -> Refresh:
    s, number = r.subscription, r.delivery.number
    return Refresh(s, r.calendar.interval(number), f"{what}:{s.number}:{number}", reason)


def _adopt_plans(renewals: Sequence[Renewal], book: RenewalBook, *, by: User | str, now: datetime) -> None:
    """The version that waited is the one from now on, with its usual contents; extras stay."""
    if not renewals:
        return
    for r in renewals:
        r.subscription.version, r.subscription.next_version = r.version, None
    Subscription.objects.bulk_update([r.subscription for r in renewals], ["version", "next_version"])
    old = SubscriptionLine.objects.filter(subscription__in=[r.subscription.pk for r in renewals])
    old.filter(unit_price=None).delete()
    SubscriptionLine.objects.bulk_create(line for r in renewals for line in _lines(r, book))
    _history(renewals, EventKind.PLAN, "subscription.plan", gettext_noop("Plan changed to {plan}"), by, now)


def _lines(r: Renewal, book: RenewalBook) -> list[SubscriptionLine]:
    extras = [line for line in book.prices.lines.get(r.subscription.pk, ()) if line.unit_price is not None]
    items: list[PlanItem] = usual_items(r.version, book.prices.contents.get(r.version.pk, ()))
    first = max((line.position for line in extras), default=0) + 1
    return [
        SubscriptionLine(
            subscription=r.subscription, position=position, sku_id=item.sku_id, quantity=item.quantity, group=item.group
        )
        for position, item in enumerate(items, start=first)
    ]


def end_those_over(renewals: Sequence[Renewal], *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: nothing comes after this delivery, by its term or by a planned cancellation."""
    for wanted in (True, False):
        own = [r for r in renewals if bool(r.subscription.cancel_reason) is wanted]
        _end(own, by=by, now=now, is_cancelled=wanted)


def _end(renewals: Sequence[Renewal], *, by: User | str, now: datetime, is_cancelled: bool) -> None:
    if not renewals:
        return
    state = SubscriptionStatus.CANCELLED if is_cancelled else SubscriptionStatus.EXPIRED
    for r in renewals:
        r.subscription.status = state
    facts = {"status": state, Subscription.stamps[state]: now}
    Subscription.objects.filter(pk__in=[r.subscription.pk for r in renewals]).update(**facts)
    kind = EventKind.CANCELLED if is_cancelled else EventKind.EXPIRED
    words = gettext_noop("Cancelled as planned") if is_cancelled else gettext_noop("Ended with its term")
    _history(renewals, kind, f"subscription.{kind}", words, by, now)
    refresh_all_mrr([_refresh(r, "end", r.subscription.cancel_reason[:20]) for r in renewals], now=now)


def _history(renewals: Sequence[Renewal], kind: str, verb: str, sentence: str, by: User | str, now: datetime) -> None:
    SubscriptionEvent.objects.bulk_create(
        SubscriptionEvent(
            subscription=r.subscription,
            kind=kind,
            delivery_number=r.delivery.number,
            facts=_facts(r),
            by=str(by),
            at=now,
        )
        for r in renewals
    )
    Activity.objects.bulk_create(
        activity(verb, sentence, subject=r.subscription.number, by=by, now=now, **_facts(r)) for r in renewals
    )


def _facts(r: Renewal) -> dict[str, Any]:
    s = r.subscription
    price = s.agreed_price if s.agreed_price is not None else r.sent.box
    return {"plan": str(s.version), "price": str(price), "currency": s.currency, "last": r.delivery.number}
