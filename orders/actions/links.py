"""The customer's links: sent anew, found again by what only the customer knows, ended."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import ActivityCategory, OutgoingMessage, User
from orders.emails import code_message, link_message
from orders.models import Order, OrderLink
from orders.states import OrderStatus

CUSTOMER = "Customer"
SHORT_LIFE = timedelta(minutes=30)
AFTER_DELIVERY = timedelta(days=90)
MOST_ORDERS = 5


class NoEmail(Exception):
    """The order has no e-mail address to send a link to."""


@transaction.atomic(durable=True)
def send_link(order_id: int, *, by: User | str, now: datetime) -> OutgoingMessage:
    """Mail a new link to the address of the order; older links stay. Raises NoEmail."""
    order = Order.objects.get(pk=order_id)
    if not order.email:
        raise NoEmail
    link = OrderLink.objects.issue(order, now=now)
    message = link_message([(order, link)], about=f"{order.number} {link.pk}", now=now, is_lasting=True)
    _note(order, "link.sent", gettext_noop("Sent a new link to the customer"), by=by, now=now)
    return message


def short_order_links(email: str, *, now: datetime) -> list[tuple[Order, OrderLink]]:
    """Inside the caller's transaction: links for 30 minutes to the last orders of an e-mail address."""
    orders = list(_visible().filter(email__iexact=email).order_by("-placed_at", "-pk")[:MOST_ORDERS])
    for order in orders:
        _note(order, "link.sent", gettext_noop("Sent a link on request"), by=CUSTOMER, now=now)
    return [(order, OrderLink.objects.issue(order, now=now, life=SHORT_LIFE)) for order in orders]


@transaction.atomic(durable=True)
def open_by_postcode(number: str, postcode: str, *, now: datetime) -> OrderLink | None:
    """A link for 30 minutes to the order with this number (ours or the shop's) that goes to this postcode."""
    named = Q(number=number) if number.startswith("SO-") else Q(external_number__in=[number, f"#{number}"])
    wanted = _visible().filter(named)
    matching = [order for order in wanted.order_by("-pk")[:20] if order.ship_postcode and _same(order, postcode)]
    return OrderLink.objects.issue(matching[0], now=now, life=SHORT_LIFE) if matching else None


@transaction.atomic(durable=True)
def revoke_links(order_id: int, *, by: User | str, now: datetime) -> int:
    """End every link of an order, because it fell into wrong hands; says how many were live."""
    order = Order.objects.get(pk=order_id)
    count = OrderLink.objects.filter(order=order).live(now).update(revoked_at=now)
    if count:
        _note(order, "link.revoked", gettext_noop("Ended {count} links of the customer"), by=by, now=now, count=count)
    return count


def end_after_delivery(order: Order, *, delivered_at: datetime) -> None:
    """Inside the caller's transaction: lasting links of an order that arrived are good for 90 days more."""
    end = delivered_at + AFTER_DELIVERY
    OrderLink.objects.filter(order=order, revoked_at=None, expires_at__gt=end).update(expires_at=end)


@transaction.atomic(durable=True)
def send_code(order_id: int, *, code: str, now: datetime) -> OutgoingMessage:
    """Mail a 6-digit code to the address of the order. Raises NoEmail."""
    order = Order.objects.get(pk=order_id)
    if not order.email:
        raise NoEmail
    _note(order, "code.sent", gettext_noop("Sent a code to the customer"), by=CUSTOMER, now=now)
    return code_message(order, code=code, now=now)


def squeezed(text: str) -> str:
    """Letters and digits only, for comparing what people type: "114 55" is "11455"."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _same(order: Order, postcode: str) -> bool:
    return squeezed(order.ship_postcode) == squeezed(postcode)


def _visible() -> QuerySet[Order]:
    return Order.objects.exclude(status=OrderStatus.DRAFT)


def _note(order: Order, verb: str, sentence: str, *, by: User | str, now: datetime, **facts: int) -> None:
    record(verb, sentence, subject=order.number, by=by, now=now, category=ActivityCategory.MESSAGES, **facts)
