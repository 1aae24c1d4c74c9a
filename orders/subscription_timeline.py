"""The timeline of a subscription: as that of an order, with what can still be undone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.urls import reverse

from ordermgmt.clock import business_day
from orders.actions.subscription_changes import FINAL, is_final
from orders.models import Subscription, SubscriptionEvent
from orders.timeline import Day, timeline

UNDO_FOR = timedelta(days=30)
MOST_UNDO = 5


def days_of(s: Subscription, *, category: str, now: datetime, may_edit: bool) -> list[Day]:
    """Newest first. Three statements."""
    days = timeline(s.number, category=category, today=business_day(now))
    undo = _undo_urls(s, now) if may_edit and category in ("", "changes") else {}
    return [
        replace(day, events=[replace(e, undo=undo.get(e.at, "") if e.by else "") for e in day.events]) for day in days
    ]


def _undo_urls(s: Subscription, now: datetime) -> Mapping[datetime, str]:
    """By the moment of a change: its line of history has the same."""
    events = SubscriptionEvent.objects.filter(subscription=s, undone_by=None, at__gte=now - UNDO_FOR)
    newest = list(events.exclude(kind__in=FINAL).order_by("-pk")[:MOST_UNDO])
    return {
        event.at: reverse("subscription_undo", args=[s.number, event.pk])
        for event in newest
        if event.before and not is_final(event)
    }
