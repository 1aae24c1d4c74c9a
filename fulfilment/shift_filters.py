"""Filters of the orders of a shift: a warehouse, a part of its day, a carrier."""

from typing import Any, ClassVar

from django.db.models import DateField, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, ModelChoiceFilter

from fulfilment.models import Carrier
from fulfilment.shift import PARTS, Shift
from fulfilment.shift_board import Board
from inventory.models import Warehouse
from ordermgmt.listing import ListFilters
from orders.models import Order


class ShiftFilters(ListFilters):
    """A carrier is the one on the label, or before there is one the one that packing would choose."""

    warehouse = ModelChoiceFilter(
        label=_("Warehouse"),
        queryset=lambda request: Warehouse.objects.for_user(request.user).active(),
        to_field_name="code",
        empty_label=None,
    )
    part = ChoiceFilter(label=_("Part of the day"), choices=list(PARTS.items()))
    carrier = ModelChoiceFilter(label=_("Carrier"), queryset=Carrier.objects.order_by("name"), to_field_name="code")

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = []

    def filter_queryset(self, orders: QuerySet[Order]) -> QuerySet[Order]:
        """All three name one set of rows together, with `today` as it is there; without a warehouse there is none."""
        asked: dict[str, Any] = self.form.cleaned_data
        if not (warehouse := asked.get("warehouse")):
            return orders.none()
        shift, part, carrier = Shift(warehouse, timezone.now()), asked.get("part") or "left", asked.get("carrier")
        orders = orders.annotate(today=Value(shift.day, output_field=DateField()))
        found = orders if part == "risk" else orders.filter(pk__in=shift.part(part).values("pk"))
        if not carrier and part != "risk":
            return found
        board = Board(shift)
        if carrier:
            return found.filter(pk__in=board.orders_of(carrier.code, only_missed=part == "risk"))
        return found.filter(pk__in=board.at_risk)
