"""Parcels on the page of a customer."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from customers.desks import Desk, Part, Rows, desk_part, desk_tab
from fulfilment.emails import tracking_url
from fulfilment.models import Label, Shipment
from fulfilment.problems import words_of
from fulfilment.states import LabelState, ShipmentStatus
from ordermgmt.listing.counting import total_of

MOST, MOST_COUNTED = 50, 1000


@desk_part(rank=40)
def parcels_of(desk: Desk) -> Part:
    if not desk.may("orders.view"):
        return Part()
    rows = Shipment.objects.filter(order__customer=desk.customer).exclude(status=ShipmentStatus.CANCELLED)
    return Part(counts={"deliveries": total_of(rows, MOST_COUNTED)})


@desk_tab("deliveries", gettext_lazy("Deliveries"), rank=30, permission="orders.view")
def parcel_rows(desk: Desk) -> Rows:
    """The newest parcels with where they are and how to follow them; problems in words."""
    rows = list(
        Shipment.objects.filter(order__customer=desk.customer)
        .select_related("order", "carrier")
        .order_by("-packed_at", "-pk")[:MOST]
    )
    labels: dict[int, list[str]] = {}
    found = Label.objects.filter(carton__shipment__in=rows, state=LabelState.MADE).order_by("pk")
    for shipment, number in found.values_list("carton__shipment", "tracking_number"):
        labels.setdefault(shipment, []).append(number)
    may_open = desk.may("fulfilment.view")
    return Rows(
        template="customers/tabs/deliveries.html",
        facts={"rows": [
            {
                "shipment": row,
                "url": reverse("shipment", args=[row.number]) if may_open else "",
                "problem": words_of(row, desk.now),
                "numbers": [(number, tracking_url(row, number)) for number in labels.get(row.pk, [])],
            }
            for row in rows
        ]},
    )  # fmt: skip
