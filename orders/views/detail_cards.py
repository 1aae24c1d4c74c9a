"""What the cards of the order page show, worked out from the loaded order; nothing here queries."""

from typing import Any

from django.utils.translation import gettext as _

from orders.models import AddressKind, Order, OrderLine
from orders.states import LineKind, OrderStatus, PaymentStatus
from orders.wording import StateWord

_REACHED = {"ready": 1, "picking": 1, "picked": 2, "packing": 2, "packed": 3, "part_shipped": 3, "shipped": 4, "out_for_delivery": 4, "delivery_problem": 4, "delivered": 5, "part_returned": 5, "returned": 5}  # fmt: skip


def steps(order: Order, state: StateWord, *, is_paid: bool) -> list[dict[str, Any]]:
    """Paid, promised, picked, packed, shipped, delivered: done, current, or to come."""
    names = [_("Paid"), _("Pick"), _("Pack"), _("Ship"), _("Delivered")]
    if order.status in (OrderStatus.DRAFT, OrderStatus.CANCELLED):
        return []
    reached = _REACHED.get(state.value, 0)
    done = [is_paid, reached >= 2, reached >= 3, reached >= 4, reached >= 5]
    current = done.index(False) if False in done else len(names)
    return [
        {"label": name, "state": "done" if is_done else "current" if place == current else "todo", "note": state.label if place == current else "", "tone": state.look.tone}
        for place, (name, is_done) in enumerate(zip(names, done, strict=True))
    ]  # fmt: skip


def line_rows(lines: list[OrderLine]) -> list[dict[str, Any]]:
    """Lines with where each unit is, in words; bundle parts are indented under their bundle."""
    return [
        {
            "line": line,
            "is_part": line.kind == LineKind.COMPONENT,
            "places": _places(line),
            "waits": line.backordered > 0,
        }
        for line in lines
    ]


def _places(line: OrderLine) -> str:
    if line.kind == LineKind.BUNDLE:
        return _("see its parts")
    if line.kind == LineKind.SERVICE:
        return _("not shipped")
    words = (
        (line.backordered, _("waiting for stock")), (line.promised, _("promised")), (line.allocated, _("set aside")),
        (line.picked, _("picked")), (line.packed, _("packed")), (line.shipped, _("shipped")), (line.returned, _("returned")),
        (line.cancelled, _("cancelled")),
    )  # fmt: skip
    return ", ".join(f"{units} {word}" for units, word in words if units)


def money_facts(order: Order, money: Any) -> list[dict[str, Any]]:
    """Plain subtotal rows; `money` formats an amount in the order's currency."""
    tax = _("Tax included") if order.prices_include_tax else _("Tax")
    rows = [(_("Items"), order.items_total + order.discount_total, False)]
    if order.discount_total:
        rows.append((_("Discount"), -order.discount_total, False))
    rows.append((_("Delivery"), order.shipping_total, False))
    if order.charges_total:
        rows.append((_("Other charges"), order.charges_total, False))
    rows += [(tax, order.tax_total, False), (_("Total"), order.total, True), (_("Paid"), order.paid_total, False)]
    if order.refunded_total:
        rows.append((_("Refunded"), order.refunded_total, False))
    if order.balance:
        rows.append((_("Customer owes") if order.balance > 0 else _("We owe"), abs(order.balance), True))
    return [{"term": term, "value": money(amount, order.currency), "total": total} for term, amount, total in rows]


def address_of(order: Order, kind: str = AddressKind.SHIPPING) -> Any:
    return next((address for address in order.addresses.all() if address.kind == kind), None)


def is_paid(order: Order) -> bool:
    return order.payment_status in (PaymentStatus.PAID, PaymentStatus.PART_REFUNDED, PaymentStatus.REFUNDED)
