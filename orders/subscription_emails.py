"""What subscribers are told: written as rows in the verb's transaction."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from ordermgmt.mail import queue_message, withdraw_message
from ordermgmt.models import OutgoingMessage
from orders.actions.links import CUSTOMER
from orders.models import Subscription, SubscriptionEvent, SubscriptionLink
from orders.projecting import project

KINDS = (
    "subscription_started",
    "subscription_skipped",
    "subscription_paused",
    "subscription_resumed",
    "subscription_changed",
    "subscription_cancelled",
    "subscription_reactivated",
)


def subscription_url(s: Subscription, *, now: datetime) -> str:
    """Inside the caller's transaction: the customer's page, by a link that lives for months."""
    return f"{settings.BASE_URL}/s/{SubscriptionLink.objects.lasting(s, now=now).token}/"


def change_message(
    s: Subscription, kind: str, event: SubscriptionEvent, sentence: str, *, now: datetime
) -> OutgoingMessage:
    """Inside the caller's transaction: what was changed and what comes next, once per change."""
    return queue_message(
        kind,
        about=_about(s, event),
        thread=s.number,
        to=s.customer.email,
        context=about(s, now=now) | {"sentence": sentence} | _button(s, kind, event, now=now),
        now=now,
        language=s.language,
    )


def _button(s: Subscription, kind: str, event: SubscriptionEvent, *, now: datetime) -> dict[str, str]:
    """To what was done, with a way back while there is one; looking at it undoes nothing."""
    label = gettext_noop("See or undo it")
    if kind == "subscription_cancelled":
        label = gettext_noop("See it, or start again")
    elif event.by != CUSTOMER:
        label = gettext_noop("See your plan")
    return {"button_url": f"{subscription_url(s, now=now)}?done={event.pk}", "button_label": label}


def withdraw_change_message(s: Subscription, event: SubscriptionEvent) -> None:
    """Inside the caller's transaction: a message about what was undone is not sent, if it has not left."""
    for kind in KINDS:
        withdraw_message(kind, about=_about(s, event))


def _about(s: Subscription, event: SubscriptionEvent) -> str:
    return f"{s.number} {event.pk}"


def about(s: Subscription, *, now: datetime) -> dict[str, Any]:
    """Facts every message about a subscription may use: `coming` are the next three deliveries."""
    found = project(s, now=now, count=8)
    coming = [u for u in found if u.priced][:3]
    return {
        "subscription_number": s.number,
        "plan": s.version.plan.name,
        "recipient": s.customer.name,
        "currency": s.currency,
        "status": s.current_status,
        "resumes_on": s.resumes_on,
        "ends_on": s.ends_on,
        "coming": [
            {
                "leaves_on": u.leaves_on,
                "lock_at": u.dates.lock_at,
                "charge_on": u.dates.charge_on,
                "amount": u.amount,
                "items": [{"name": part.good.name, "units": part.quantity} for part in u.priced.parts]
                if u.priced
                else [],
            }
            for u in coming
        ],
        "button_url": subscription_url(s, now=now),
        "button_label": gettext_noop("See your plan"),
    }
