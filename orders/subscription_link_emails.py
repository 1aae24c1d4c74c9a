"""Links and codes for the pages of a subscription, mailed at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from ordermgmt.mail import queue_message
from ordermgmt.models import OutgoingMessage
from orders.models import Subscription, SubscriptionLink


def plan_link_message(
    links: Sequence[tuple[Subscription, SubscriptionLink]], *, about: str, now: datetime, is_lasting: bool
) -> OutgoingMessage:
    """Inside the caller's transaction: links to subscriptions of one address, sent at once."""
    s, link = links[0]
    context = {
        "subscription_number": s.number,
        "plan": s.version.plan.name,
        "is_lasting": is_lasting,
        "button_url": link_url(link),
        "button_label": gettext_noop("See your plan"),
        "plans": linked_plans(links),
    }
    return _at_once("subscription_link", s, context, about=about, now=now)


def linked_plans(links: Sequence[tuple[Subscription, SubscriptionLink]]) -> list[dict[str, str]]:
    """What a mail lists of subscriptions: number, plan and link."""
    return [{"number": s.number, "plan": s.version.plan.name, "url": link_url(link)} for s, link in links]


def link_url(link: SubscriptionLink) -> str:
    return f"{settings.BASE_URL}/s/{link.token}/"


def plan_code_message(s: Subscription, *, code: str, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: a code, sent at once."""
    context = {"subscription_number": s.number, "code": code}
    return _at_once("subscription_code", s, context, about=f"{s.number} {now:%y%m%d%H%M%S%f}", now=now)


def _at_once(kind: str, s: Subscription, context: dict[str, Any], *, about: str, now: datetime) -> OutgoingMessage:
    return queue_message(
        kind, about=about, thread=s.number, to=s.customer.email, context=context, now=now, language=s.language, delay=0
    )
