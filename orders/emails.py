"""What customers are told about their order (P48): written as rows in the verb's transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings

from ordermgmt.mail import queue_message, withdraw_message
from ordermgmt.models import OutgoingMessage
from orders.models import Order, OrderLine
from orders.models.orders import AddressKind
from orders.states import LineKind, PaymentStatus

CONFIRMATION = "order_confirmation"


def confirmation(
    order: Order, lines: Sequence[OrderLine], *, to_address: str, token: str, paid_by: str, now: datetime
) -> OutgoingMessage:
    """Inside the caller's transaction: the order confirmation, once per order, from what was just written."""
    context = about(order) | {
        "status_url": f"{settings.BASE_URL}/o/{token}/",
        "lines": [_line(line) for line in lines if line.kind != LineKind.COMPONENT],
        "address": to_address,
        "paid_by": paid_by,
        "is_paid": order.payment_status == PaymentStatus.PAID,
    }
    return _queue(CONFIRMATION, order, context, now, is_first=True)


def late_message(order: Order, *, old: date, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: "it comes later", once per order and new date."""
    context = about(order) | {"old": old, "status_url": status_url(order)}
    return _queue("order_late", order, context, now, about=f"{order.number} {order.promised_delivery_on}")


def cancelled_message(order: Order, *, is_whole: bool, change: int, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: what was cancelled; the confirmation that waits is withdrawn."""
    if is_whole:
        withdraw_message(CONFIRMATION, about=order.number)
    gone = [line for line in order.lines.order_by("position") if line.cancelled and line.kind != LineKind.COMPONENT]
    context = about(order) | {
        "is_whole": is_whole,
        "lines": [{"name": line.name, "units": line.cancelled} for line in gone],
        "refund_due": max(order.paid_total - order.refunded_total - (0 if is_whole else order.total), 0),
        "status_url": status_url(order),
    }
    key = order.number if is_whole else f"{order.number} part {change}"
    return _queue("order_cancelled", order, context, now, about=key)


def changed_message(order: Order, *, change: int, sentences: Sequence[str], now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: what was changed at the customer's wish, once per change."""
    context = about(order) | {"sentences": list(sentences), "status_url": status_url(order)}
    return _queue("order_changed", order, context, now, about=f"{order.number} change {change}")


def status_url(order: Order) -> str:
    """The customer's own page, by its newest live link; empty when all were revoked."""
    token = order.links.filter(revoked_at=None).order_by("-created_at").values_list("token", flat=True).first()
    return f"{settings.BASE_URL}/o/{token}/" if token else ""


def about(order: Order) -> dict[str, Any]:
    """Facts every message about an order may use."""
    return {
        "order_number": order.external_number or order.number,
        "number": order.number,
        "recipient": order.recipient,
        "currency": order.currency,
        "total": order.total,
        "shipping": order.shipping_total,
        "charges": order.charges_total,
        "tax": order.tax_total,
        "prices_include_tax": order.prices_include_tax,
        "promised_on": order.promised_delivery_on,
        "is_gift": order.is_gift,
    }


def shipping_address(order: Order) -> str:
    row = order.addresses.filter(kind=AddressKind.SHIPPING).first()
    return row.one_line if row else ""


def _line(line: OrderLine) -> dict[str, Any]:
    return {"name": line.name, "units": line.ordered - line.cancelled, "total": line.total}


def _queue(
    kind: str, order: Order, context: dict[str, Any], now: datetime, *, about: str = "", is_first: bool = False
) -> OutgoingMessage:
    return queue_message(
        kind,
        about=about or order.number,
        thread=order.number,
        to="" if order.is_test else order.email,
        context=context,
        now=now,
        language=order.language,
        is_first=is_first,
    )
