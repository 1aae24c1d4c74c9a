"""What customers are told about their order (P48): written as rows in the verb's transaction."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day
from ordermgmt.mail import new_message, queue_message, withdraw_message
from ordermgmt.models import OutgoingMessage
from orders.models import Order, OrderLine, OrderLink
from orders.models.orders import AddressKind
from orders.states import HoldCode, LineKind, OrderStatus, PaymentStatus

CONFIRMATION, HOLD, THANK_YOU = "order_confirmation", "order_hold", "thank_you"
# Holds that only the customer can solve.
ASKS_CUSTOMER = frozenset({HoldCode.ADDRESS, HoldCode.UNDELIVERABLE})
THANKS_AFTER = timedelta(days=1)


def confirmation(
    order: Order,
    lines: Sequence[OrderLine],
    *,
    to_address: str,
    token: str,
    paid_by: str,
    needs_address: bool,
    now: datetime,
) -> OutgoingMessage:
    """The order confirmation, unsaved: it is written with the order, so it is once."""
    context = about(order) | {
        "button_url": link_url(token),
        "button_label": gettext_noop("See your order"),
        "lines": [_line(line) for line in lines if line.kind != LineKind.COMPONENT],
        "address": to_address,
        "paid_by": paid_by,
        "paid": order.paid_total,
        "is_paid": order.payment_status == PaymentStatus.PAID,
        "needs_address": needs_address,
        "is_again": bool(order.replaces_id),
    }
    return new_message(CONFIRMATION, **_facts(order, context, now))


def hold_message(order: Order, *, code: str, address: str, url: str, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: "we need your address", once for each such hold of an order."""
    return queue_message(HOLD, **_hold(order, code, address, url, now))


def first_hold_message(order: Order, *, code: str, address: str, url: str, now: datetime) -> OutgoingMessage:
    """The same, unsaved: it is written with its order."""
    return new_message(HOLD, **_hold(order, code, address, url, now))


def _hold(order: Order, code: str, address: str, url: str, now: datetime) -> dict[str, Any]:
    context = about(order) | {
        "button_url": f"{url}address/",
        "button_label": gettext_noop("Add address"),
        "address": address,
        "is_undeliverable": code == HoldCode.UNDELIVERABLE,
    }
    return _facts(order, context, now) | {"about": f"{order.number} {code}"}


def hold_settled(order: Order, *, code: str) -> None:
    """Inside the caller's transaction: a question that has not left is not asked any more."""
    if code in ASKS_CUSTOMER:
        withdraw_message(HOLD, about=f"{order.number} {code}")


def late_message(order: Order, *, old: date, is_short: bool, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: "it comes later", once per order and new date."""
    context = about(order) | {"old": old, "is_short": is_short, **_button(order, gettext_noop("See choices"), now)}
    return _queue("order_late", order, context, now, about=f"{order.number} {order.promised_delivery_on}")


def cancelled_message(
    order: Order, *, is_whole: bool, change: int, now: datetime, paid_ahead: str = ""
) -> OutgoingMessage:
    """Inside the caller's transaction: what was cancelled; the confirmation that waits is withdrawn.

    `paid_ahead`: it was paid in advance and comes `later`, its price comes `back`, or that of the missing `part` does.
    """
    if is_whole:
        withdraw_message(CONFIRMATION, about=order.number)
    gone = [line for line in order.lines.order_by("position") if line.cancelled and line.kind != LineKind.COMPONENT]
    context = about(order) | {
        "is_whole": is_whole,
        "paid_ahead": paid_ahead,
        "lines": [{"name": line.name, "units": line.cancelled} for line in gone],
        "refund_due": max(order.paid_total - order.refunded_total - (0 if is_whole else order.total), 0),
        **_button(order, gettext_noop("See your order"), now),
    }
    key = order.number if is_whole else f"{order.number} part {change}"
    return _queue("order_cancelled", order, context, now, about=key)


def changed_message(order: Order, *, change: int, sentences: Sequence[str], now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: what was changed at the customer's wish, once per change."""
    context = about(order) | {"sentences": list(sentences), **_button(order, gettext_noop("See your order"), now)}
    return _queue("order_changed", order, context, now, about=f"{order.number} change {change}")


def thank_you(order: Order, *, delivered_at: datetime, now: datetime) -> OutgoingMessage | None:
    """Inside the caller's transaction: thanks for a customer's first order, a day after it arrived."""
    if not order.customer_id or _earlier(order):
        return None
    wait = max(delivered_at + THANKS_AFTER - now, timedelta(0))
    context = about(order) | _button(order, gettext_noop("See your order"), now)
    return _queue(THANK_YOU, order, context, now, delay=int(wait.total_seconds()))


def no_thanks(order: Order) -> bool:
    """Inside the caller's transaction: something came back or went wrong; thanks that wait are withdrawn."""
    return withdraw_message(THANK_YOU, about=order.number)


def link_message(
    links: Sequence[tuple[Order, OrderLink]],
    *,
    about: str,
    now: datetime,
    is_lasting: bool,
    plans: Sequence[Mapping[str, str]] = (),
) -> OutgoingMessage:
    """Inside the caller's transaction: links to orders (and subscriptions) of one address, sent at once."""
    first = links[0][0]
    context = _about(first) | {
        "is_lasting": is_lasting,
        "button_url": link_url(links[0][1].token),
        "button_label": gettext_noop("See your order"),
        "orders": [
            {"number": order.number, "placed_on": business_day(order.placed_at), "url": link_url(link.token)}
            for order, link in links
        ],
        "plans": list(plans),
    }
    return _queue("order_link", first, context, now, about=about, delay=0)


def code_message(order: Order, *, code: str, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: a code, sent at once."""
    return _queue(
        "order_code", order, about(order) | {"code": code}, now, about=f"{order.number} {now:%y%m%d%H%M%S%f}", delay=0
    )


def link_url(token: str) -> str:
    return f"{settings.BASE_URL}/o/{token}/"


def status_url(order: Order, *, now: datetime) -> str:
    """Inside the caller's transaction: the customer's own page, by a link that lives for weeks."""
    return link_url(OrderLink.objects.lasting(order, now=now).token)


def about(order: Order) -> dict[str, Any]:
    """Facts every message about an order may use."""
    return {
        "order_number": order.number,
        "shop_number": order.external_number if order.external_number != order.number else "",
        "recipient": order.recipient,
        "currency": order.currency,
        "total": order.total,
        "shipping": order.shipping_total,
        "charges": order.charges_total,
        "tax": order.tax_total,
        "prices_include_tax": order.prices_include_tax,
        "promised_on": order.promised_delivery_on,
        "leaves_on": order.promised_ship_on,
        "is_gift": order.is_gift,
    }


_about = about


def shipping_address(order: Order) -> str:
    row = order.addresses.filter(kind=AddressKind.SHIPPING).first()
    return row.one_line if row else ""


def _earlier(order: Order) -> bool:
    others = Order.objects.filter(customer=order.customer_id).exclude(pk=order.pk)
    return (
        others.exclude(status__in=[OrderStatus.CANCELLED, OrderStatus.DRAFT])
        .filter(placed_at__lte=order.placed_at)
        .exists()
    )


def _button(order: Order, label: str, now: datetime) -> dict[str, str]:
    return {"button_url": status_url(order, now=now), "button_label": label}


def _line(line: OrderLine) -> dict[str, Any]:
    return {"name": line.name, "units": line.ordered - line.cancelled, "total": line.total}


def _queue(
    kind: str,
    order: Order,
    context: dict[str, Any],
    now: datetime,
    *,
    about: str = "",
    delay: int | None = None,
) -> OutgoingMessage:
    facts = _facts(order, context, now)
    return queue_message(kind, **facts | {"about": about or order.number}, delay=delay)


def _facts(order: Order, context: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "about": order.number,
        "thread": order.number,
        "to": "" if order.is_test else order.email,
        "context": context,
        "now": now,
        "language": order.language,
    }
