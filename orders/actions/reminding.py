"""A message before changes to a delivery close: what comes, what it costs, and until when it can still change."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.each import Tally, each
from ordermgmt.mail import queue_message
from orders.billing_states import DeliveryStatus, SubscriptionStatus
from orders.models import Delivery, PlanVersion, Subscription
from orders.subscription_emails import about, subscription_url

KIND = "subscription_upcoming"
AT_ONCE = 2_000


def remind_upcoming(*, now: datetime) -> Tally:
    """A run: everybody whose next delivery closes within the days of their plan, once per delivery."""

    def act(pk: int) -> bool:
        return remind(pk, now=now)

    found: list[int] = []
    days = PlanVersion.objects.order_by().values_list("reminder_days", flat=True).distinct()
    for count in sorted(set(days)):
        rows = Delivery.objects.filter(
            is_next=True, reminded_at=None, parked_at=None, subscription__version__reminder_days=count,
            lock_at__gt=now, lock_at__lte=now + timedelta(days=count),
        )  # fmt: skip
        found += rows.order_by("lock_at", "pk").values_list("pk", flat=True)[:AT_ONCE]
    return each(found, act)


@transaction.atomic(durable=True)
def remind(delivery_id: int, *, now: datetime) -> bool:
    """False when it was reminded of meanwhile, or does not come any more."""
    s_id = Delivery.objects.values_list("subscription", flat=True).get(pk=delivery_id)
    # Closes the race with a change of the subscription: it is told as it is now.
    related = ("version__plan", "next_version__plan", "customer", "address")
    s = Subscription.objects.locked().select_related(*related).get(pk=s_id)
    row = Delivery.objects.get(pk=delivery_id)
    comes = row.is_next and row.current_status == DeliveryStatus.SCHEDULED and row.lock_at > now
    if row.reminded_at or not comes or s.current_status != SubscriptionStatus.ACTIVE:
        return False
    context = about(s, now=now)
    if not context["coming"]:
        return False
    url = f"{subscription_url(s, now=now)}?do=skip&n={row.number}"
    queue_message(
        KIND, about=f"{s.number} {row.number}", thread=s.number, to=s.customer.email, now=now, language=s.language,
        context=context | {"first": context["coming"][0], "button_url": url, "button_label": gettext_noop("Skip or change it")},
    )  # fmt: skip
    row.reminded_at = now
    row.save(update_fields=["reminded_at"])
    return True
