"""The customer's links to a subscription: sent anew, found by what only the customer knows, ended; and on from there."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import ActivityCategory, OutgoingMessage, User
from orders.actions.links import CUSTOMER, MOST_ORDERS, SHORT_LIFE, NoEmail, squeezed
from orders.models import Invoice, Order, OrderLink, PayLink, Subscription, SubscriptionLink
from orders.subscription_link_emails import plan_code_message, plan_link_message


@transaction.atomic(durable=True)
def send_plan_link(subscription_id: int, *, by: User | str, now: datetime) -> OutgoingMessage:
    """Mail a lasting link to the address of the customer; older links stay. Raises NoEmail."""
    s = with_customer().get(pk=subscription_id)
    if not s.customer.email:
        raise NoEmail
    link = SubscriptionLink.objects.create(**SubscriptionLink.objects.fresh_facts(s, now=now))
    message = plan_link_message([(s, link)], about=f"{s.number} {link.pk}", now=now, is_lasting=True)
    _note(s, "link.sent", gettext_noop("Sent a new link to the customer"), by=by, now=now)
    return message


def short_links(email: str, *, now: datetime) -> list[tuple[Subscription, SubscriptionLink]]:
    """Inside the caller's transaction: links for 30 minutes to the newest subscriptions of an e-mail address."""
    found = list(with_customer().filter(customer__email__iexact=email).order_by("-pk")[:MOST_ORDERS])
    for s in found:
        _note(s, "link.sent", gettext_noop("Sent a link on request"), by=CUSTOMER, now=now)
    return [(s, SubscriptionLink.objects.until(s, now + SHORT_LIFE, now=now)) for s in found]


@transaction.atomic(durable=True)
def open_plan_by_postcode(number: str, postcode: str, *, now: datetime) -> SubscriptionLink | None:
    """A link for 30 minutes to the subscription with this number that goes to this postcode."""
    s = with_customer().filter(number=number).first()
    if s is None or s.address is None or not s.address.postcode:
        return None
    if squeezed(s.address.postcode) != squeezed(postcode):
        return None
    return SubscriptionLink.objects.until(s, now + SHORT_LIFE, now=now)


@transaction.atomic(durable=True)
def revoke_plan_links(subscription_id: int, *, by: User | str, now: datetime) -> int:
    """End every link of a subscription, because it fell into wrong hands; says how many were live."""
    s = Subscription.objects.get(pk=subscription_id)
    count = SubscriptionLink.objects.filter(subscription=s).live(now).update(revoked_at=now)
    if count:
        _note(s, "link.revoked", gettext_noop("Ended {count} links of the customer"), by=by, now=now, count=count)
    return count


@transaction.atomic(durable=True)
def send_plan_code(subscription_id: int, *, code: str, now: datetime) -> OutgoingMessage:
    """Mail a 6-digit code to the address of the customer. Raises NoEmail."""
    s = with_customer().get(pk=subscription_id)
    if not s.customer.email:
        raise NoEmail
    _note(s, "code.sent", gettext_noop("Sent a code to the customer"), by=CUSTOMER, now=now)
    return plan_code_message(s, code=code, now=now)


@transaction.atomic(durable=True)
def pay_link(s: Subscription, invoice: Invoice, *, now: datetime) -> PayLink:
    """The way to pay an invoice of a subscription."""
    return PayLink.objects.lasting(customer_id=invoice.customer_id or s.customer_id, invoice=invoice, now=now)


@transaction.atomic(durable=True)
def card_link(s: Subscription, *, now: datetime) -> PayLink:
    """The way to leave a new card."""
    return PayLink.objects.lasting(customer_id=s.customer_id, invoice=None, now=now)


@transaction.atomic(durable=True)
def plan_link_from_order(link: OrderLink, s: Subscription, *, now: datetime) -> SubscriptionLink:
    """From an order to the subscription it came from: a link that ends when that of the order does."""
    return SubscriptionLink.objects.until(s, link.expires_at, now=now)


@transaction.atomic(durable=True)
def order_link_from_plan(link: SubscriptionLink, order: Order, *, now: datetime) -> OrderLink:
    """From a subscription to one of its orders; never longer than the link it came from."""
    rows = OrderLink.objects.filter(order=order).live(now)
    known = rows.filter(expires_at__lte=link.expires_at).order_by("-expires_at").first()
    return known or OrderLink.objects.issue(order, now=now, life=min(SHORT_LIFE, link.expires_at - now))


def with_customer() -> QuerySet[Subscription]:
    return Subscription.objects.select_related("customer", "address", "version__plan")


def _note(s: Subscription, verb: str, sentence: str, *, by: User | str, now: datetime, **facts: int) -> None:
    record(verb, sentence, subject=s.number, by=by, now=now, category=ActivityCategory.MESSAGES, **facts)
