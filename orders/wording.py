"""The one state people say of an order, for staff and for its customer (ux.md 3.7).

It is worked out from what is loaded by `Order.objects.with_state()`: open holds, work on the floor,
parcels. Nothing here queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.looks import Look, look_of
from orders.models import Order
from orders.states import FulfilmentStatus, HoldCode, OrderStatus

STEPS = (_("Order received"), _("Getting ready"), _("Packed"), _("On its way"), _("Delivered"))


@dataclass(frozen=True)
class StateWord:
    """`value` names the look (ordermgmt/looks.py); `step` is the customer's step, 1 to 5, 0 for none."""

    value: str
    label: Any
    step: int
    customer: Any

    @property
    def look(self) -> Look:
        return look_of(None, self.value)


_WORDS = (
    StateWord("draft", _("Draft"), 0, ""),
    StateWord("cancelled", _("Cancelled"), 0, _("This order was cancelled.")),
    StateWord("awaiting_payment", _("Awaiting payment"), 1, _("We are waiting for your payment.")),
    StateWord("on_hold", _("On hold"), 1, _("We are checking something and will be in touch.")),
    StateWord("backordered", _("Backordered"), 1, _("Something is late. We send it as soon as it is here.")),
    StateWord("ready", _("Ready to pick"), 2, _("We are getting it ready.")),
    StateWord("picking", _("Picking"), 2, _("We are getting it ready.")),
    StateWord("picked", _("Picked"), 2, _("We are getting it ready.")),
    StateWord("packing", _("Packing"), 3, _("We are packing it.")),
    StateWord("packed", _("Packed"), 3, _("It is packed and waits for the carrier.")),
    StateWord("part_shipped", _("Partly shipped"), 4, _("A part of it is on its way.")),
    StateWord("shipped", _("Shipped"), 4, _("It is on its way.")),
    StateWord("out_for_delivery", _("Out for delivery"), 4, _("It is out for delivery today.")),
    StateWord("delivery_problem", _("Delivery problem"), 4, _("There is a problem with the delivery.")),
    StateWord("delivered", _("Delivered"), 5, _("It was delivered.")),
    StateWord("part_returned", _("Partly returned"), 5, _("A part of it came back to us.")),
    StateWord("returned", _("Returned"), 5, _("It came back to us.")),
)
WORDS = {word.value: word for word in _WORDS}

# From the least to the most advanced: an order shows the work that needs doing most.
_FLOOR = {
    "planned": "ready", "released": "ready", "picking": "picking", "picked": "picked", "packing": "packing", "packed": "packed",
}  # fmt: skip
_PLAIN = {
    FulfilmentStatus.WAITING: "backordered",
    FulfilmentStatus.DELIVERED: "delivered",
    FulfilmentStatus.PART_RETURNED: "part_returned",
    FulfilmentStatus.RETURNED: "returned",
}


def state_of(order: Order) -> StateWord:
    """The state of an order loaded `with_state()`."""
    return WORDS[_value(order)]


def _value(order: Order) -> str:
    if order.status in (OrderStatus.DRAFT, OrderStatus.CANCELLED):
        return str(order.status)
    held = _held(getattr(order, "open_holds", ()))
    if held:
        return held
    return _PLAIN.get(FulfilmentStatus(order.fulfilment_status)) or _on_the_way(order)


def _held(holds: Iterable[Any]) -> str:
    codes = {hold.code for hold in holds}
    if codes == {HoldCode.PAYMENT}:
        return "awaiting_payment"
    return "on_hold" if codes else ""


def _on_the_way(order: Order) -> str:
    parcels: list[Any] = list(getattr(order, "live_shipments", ()))
    if any(parcel.problem for parcel in parcels):
        return "delivery_problem"
    if order.fulfilment_status == FulfilmentStatus.SHIPPED:
        out = any(parcel.carrier_status == "out_for_delivery" for parcel in parcels)
        return "out_for_delivery" if out else "shipped"
    if order.fulfilment_status == FulfilmentStatus.PART_SHIPPED:
        return "part_shipped"
    return _on_the_floor(order.open_work)


def _on_the_floor(work: Iterable[Any]) -> str:
    statuses = {job.status for job in work}
    return next((word for status, word in _FLOOR.items() if status in statuses), "ready")
