"""What customers are told about their parcels (P48d, P48e)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from fulfilment.models import Shipment, ShipmentLine
from ordermgmt.clock import business_zone
from ordermgmt.mail import queue_message
from ordermgmt.models import OutgoingMessage
from orders.emails import link_url, shipping_address, status_url
from orders.models import Order


def shipped_message(shipment: Shipment, lines: Sequence[ShipmentLine], *, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: "on its way", once per shipment: recipient, address, units, number, rest."""
    order = shipment.order
    context = _about(shipment, lines, now) | {
        "units": sum(line.quantity for line in lines),
        "button_label": gettext_noop("Follow your order"),
        "rest": [
            {"name": line.name, "units": line.to_ship}
            for line in order.lines.order_by("position")
            if line.is_stocked and line.to_ship > 0
        ],
        "rest_on": order.promised_ship_on,
    }
    return _queue("shipped", shipment, context, now)


def delivered_message(shipment: Shipment, *, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: "delivered", once per shipment."""
    place = shipment.events.filter(status="delivered").order_by("-happened_at").values_list("place", flat=True).first()
    lines = shipment.lines.select_related("order_line").order_by("pk")
    context = _about(shipment, lines, now) | {
        "delivered_at": _local(shipment),
        "place": place or "",
        "button_label": gettext_noop("Something wrong?"),
    }
    return _queue("delivered", shipment, context, now)


def _local(shipment: Shipment) -> datetime | None:
    """Wall-clock time where we are, for words in a mail."""
    at = shipment.delivered_at
    return at.astimezone(business_zone()).replace(tzinfo=None) if at else None


def tracking_url(shipment: Shipment, number: str) -> str:
    return shipment.carrier.tracking_url.replace("{number}", number)


def order_url(order: Order) -> str:
    """The customer's own page, by the link that lives longest; empty when there is none. From prefetched links."""
    live = [link for link in order.links.all() if link.revoked_at is None]
    return link_url(max(live, key=lambda link: (link.expires_at, link.pk)).token) if live else ""


def _about(shipment: Shipment, lines: Iterable[ShipmentLine], now: datetime) -> dict[str, Any]:
    order = shipment.order
    labels = [label for carton in shipment.cartons.all() for label in carton.labels.all() if label.state == "made"]
    return {
        "order_number": order.number,
        "lines": _units(lines),
        "tracking": [(label.tracking_number, tracking_url(shipment, label.tracking_number)) for label in labels],
        "shipment": shipment.number,
        "carrier": shipment.carrier.name,
        "service": shipment.service,
        "expected_on": shipment.expected_on,
        "recipient": order.recipient,
        "address": shipping_address(order),
        "button_url": status_url(order, now=now),
    }


def _units(lines: Iterable[ShipmentLine]) -> list[dict[str, Any]]:
    units: dict[str, int] = defaultdict(int)
    for line in lines:
        units[line.order_line.name] += line.quantity
    return [{"name": name, "units": count} for name, count in units.items()]


def _queue(kind: str, shipment: Shipment, context: dict[str, Any], now: datetime) -> OutgoingMessage:
    order = shipment.order
    return queue_message(
        kind,
        about=shipment.number,
        thread=order.number,
        to="" if order.is_test else order.email,
        context=context,
        now=now,
        language=order.language,
    )
