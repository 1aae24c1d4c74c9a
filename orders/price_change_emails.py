"""What a subscriber is told before their price changes, and when it does not after all."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_noop

from ordermgmt.mail import new_message
from ordermgmt.models import OutgoingMessage
from orders.models import PriceChangeItem, SubscriptionLink

KIND, KEPT = "price_change", "price_kept"


def notice_about(item: PriceChangeItem) -> str:
    """What makes the notice one: the change and the subscription."""
    return f"{item.change.number} {item.subscription.number}"


def notice(item: PriceChangeItem, *, now: datetime) -> OutgoingMessage:
    """The notice, unsaved: old and new price, from which day, and what can be done about it."""
    return _message(KIND, item, now)


def kept(item: PriceChangeItem, *, now: datetime) -> OutgoingMessage:
    """Unsaved, for one who was told: the price stays."""
    return _message(KEPT, item, now)


def _message(kind: str, item: PriceChangeItem, now: datetime) -> OutgoingMessage:
    subscription = item.subscription
    link = SubscriptionLink.objects.lasting(subscription, now=now)
    context = {
        "subscription_number": subscription.number,
        "plan": item.change.plan.name,
        "old": item.old_price,
        "new": item.new_price,
        "currency": subscription.currency,
        "effective_on": item.effective_on,
        "is_rise": item.new_price > item.old_price,
        "button_url": f"{settings.BASE_URL}/s/{link.token}/",
        "button_label": gettext_noop("See your subscription"),
    }
    return new_message(
        kind,
        about=notice_about(item),
        thread=subscription.number,
        to=subscription.customer.email,
        context=context,
        now=now,
        language=subscription.language,
        delay=0,
    )
