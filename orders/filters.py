"""Filters of the orders list: what each word means as rows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import (
    CharFilter,
    ChoiceFilter,
    DateFromToRangeFilter,
    ModelChoiceFilter,
    MultipleChoiceFilter,
    RangeFilter,
)

from inventory.models import Sku, Warehouse
from ordermgmt.clock import business_day, business_zone
from ordermgmt.listing import ListFilters
from orders.models import Allocation, Channel, Hold, Order, OrderLine
from orders.out_of_time import undecided
from orders.search import condition, has_item
from orders.states import FulfilmentStatus, HoldCode, OrderStatus, PaymentStatus
from orders.unshipped import to_ship, undecided_holds

Orders = QuerySet[Order]
ON_THE_FLOOR = ("picking", "picked", "packing", "packed")


def _floor(*statuses: str) -> Exists:
    work = apps.get_model("fulfilment", "FulfilmentOrder")._default_manager
    return Exists(work.filter(order=OuterRef("pk"), status__in=statuses))


def _parcels(**facts: Any) -> Exists:
    parcels = apps.get_model("fulfilment", "Shipment")._default_manager.exclude(status="cancelled")
    return Exists(parcels.filter(order=OuterRef("pk"), **facts))


def _held(**facts: Any) -> Exists:
    return Exists(Hold.objects.open().filter(order=OuterRef("pk"), **facts))


def _ready(orders: Orders) -> Orders:
    stage = (FulfilmentStatus.UNFULFILLED, FulfilmentStatus.IN_PROGRESS)
    rows = orders.filter(status=OrderStatus.ACCEPTED, fulfilment_status__in=stage)
    return rows.filter(~_held(), ~_floor(*ON_THE_FLOOR))


def _by_status(status: str) -> Callable[[Orders], Orders]:
    return lambda orders: orders.filter(status=status)


def _by_fulfilment(status: str) -> Callable[[Orders], Orders]:
    return lambda orders: orders.filter(fulfilment_status=status).exclude(status=OrderStatus.CANCELLED)


STATES: Mapping[str, tuple[Any, Callable[[Orders], Orders]]] = {
    "open": (_("Open"), to_ship),
    "held": (_("On hold"), lambda orders: orders.filter(_held())),
    "backordered": (
        _("Backordered"),
        lambda orders: orders.filter(status=OrderStatus.ACCEPTED, fulfilment_status=FulfilmentStatus.WAITING),
    ),
    "ready": (_("Ready to pick"), _ready),
    "floor": (_("Being picked or packed"), lambda orders: to_ship(orders).filter(_floor(*ON_THE_FLOOR))),
    "part_shipped": (_("Partly shipped"), _by_fulfilment(FulfilmentStatus.PART_SHIPPED)),
    "shipped": (_("Shipped"), _by_fulfilment(FulfilmentStatus.SHIPPED)),
    "delivered": (_("Delivered"), _by_fulfilment(FulfilmentStatus.DELIVERED)),
    "problem": (_("Delivery problem"), lambda orders: orders.filter(_parcels(problem__gt=""))),
    "draft": (_("Draft"), _by_status(OrderStatus.DRAFT)),
    "cancelled": (_("Cancelled"), _by_status(OrderStatus.CANCELLED)),
}
DUE = [
    ("today", _("Today")),
    ("late", _("Late")),
    ("week", _("In the next 7 days")),
    ("none", _("No date yet")),
]


class OrderFilters(ListFilters):
    """Each filter is one narrowing; together they are joined with "and"."""

    q = CharFilter(label=_("Number, name, e-mail, phone, postcode, item"), method="by_words")
    state = ChoiceFilter(
        label=_("State"), choices=[(key, label) for key, (label, _rows) in STATES.items()], method="by_state"
    )
    hold = MultipleChoiceFilter(label=_("Hold reason"), choices=HoldCode.choices, method="by_hold", distinct=False)
    held = ChoiceFilter(label=_("On hold for"), choices=[("day", _("More than a day"))], method="by_held")
    due = ChoiceFilter(label=_("Due"), choices=DUE, method="by_due")
    shipped = ChoiceFilter(label=_("Left"), choices=[("today", _("Today"))], method="by_shipped")
    payment = MultipleChoiceFilter(
        label=_("Payment"), field_name="payment_status", choices=PaymentStatus.choices, distinct=False
    )
    warehouse = ModelChoiceFilter(
        label=_("Warehouse"), queryset=Warehouse.objects.all(), to_field_name="code", method="by_warehouse"
    )
    item = CharFilter(label=_("Item (SKU)"), method="by_item")
    undecided = ChoiceFilter(label=_("Held, to be decided"), choices=HoldCode.choices, method="by_undecided")
    timer = ChoiceFilter(label=_("Time to pay"), choices=[("stopped", _("A person decides"))], method="by_timer")
    carrier = CharFilter(label=_("On its way with (carrier)"), method="by_carrier")
    waits = CharFilter(label=_("Waits for (SKU)"), method="by_lacking")
    channel = ModelChoiceFilter(label=_("Channel"), queryset=Channel.objects.all(), to_field_name="code")
    country = CharFilter(label=_("Country (two letters)"), method="by_country")
    tag = CharFilter(label=_("Tag"), method="by_tag")
    assignee = ChoiceFilter(
        label=_("Assigned to"), choices=[("me", _("Me")), ("nobody", _("Nobody"))], method="by_assignee"
    )
    customer = CharFilter(label=_("Customer (number)"), method="by_customer")
    placed = DateFromToRangeFilter(label=_("Placed"), method="by_placed")
    amount = RangeFilter(label=_("Total"), field_name="total")

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = []

    def by_words(self, orders: Orders, name: str, value: str) -> Orders:
        return orders.filter(condition(value))

    def by_state(self, orders: Orders, name: str, value: str) -> Orders:
        return STATES[value][1](orders)

    def by_hold(self, orders: Orders, name: str, value: list[str]) -> Orders:
        return orders.filter(_held(code__in=value)) if value else orders

    def by_held(self, orders: Orders, name: str, value: str) -> Orders:
        return orders.filter(_held(opened_at__lt=timezone.now() - timedelta(days=1)))

    def by_due(self, orders: Orders, name: str, value: str) -> Orders:
        today = business_day(timezone.now())
        dates = {
            "today": Q(promised_ship_on=today),
            "late": Q(promised_ship_on__lt=today),
            "week": Q(promised_ship_on__range=(today, today + timedelta(days=7))),
            "none": Q(promised_ship_on=None),
        }
        return to_ship(orders).filter(dates[value])

    def by_shipped(self, orders: Orders, name: str, value: str) -> Orders:
        return orders.filter(_parcels(dispatched_at__gte=_midnight(business_day(timezone.now()))))

    def by_warehouse(self, orders: Orders, name: str, value: Warehouse) -> Orders:
        work = apps.get_model("fulfilment", "FulfilmentOrder")._default_manager
        given = Exists(work.filter(order=OuterRef("pk"), warehouse=value).exclude(status="cancelled"))
        promised = Exists(Allocation.objects.filter(line__order=OuterRef("pk"), warehouse=value))
        return orders.filter(given | promised)

    def by_assignee(self, orders: Orders, name: str, value: str) -> Orders:
        return orders.filter(assignee=self.request.user if value == "me" else None)

    def by_item(self, orders: Orders, name: str, value: str) -> Orders:
        sku = Sku.objects.filter(code=value.strip().upper()).first()
        return orders.filter(has_item(sku)) if sku else orders.none()

    def by_customer(self, orders: Orders, name: str, value: str) -> Orders:
        return orders.filter(customer__number=value.strip().upper())

    def by_undecided(self, orders: Orders, name: str, value: str) -> Orders:
        return orders.filter(Exists(undecided_holds(timezone.now()).filter(order=OuterRef("pk"), code=value)))

    def by_timer(self, orders: Orders, name: str, value: str) -> Orders:
        return undecided(orders, timezone.now())

    def by_carrier(self, orders: Orders, name: str, value: str) -> Orders:
        """With a parcel of the carrier that has not arrived."""
        return orders.filter(_parcels(carrier__code=value.strip(), delivered_at=None, returned_at=None))

    def by_lacking(self, orders: Orders, name: str, value: str) -> Orders:
        lacking = OrderLine.objects.filter(order=OuterRef("pk"), backordered__gt=0, sku__code=value.strip().upper())
        return orders.filter(Exists(lacking), status=OrderStatus.ACCEPTED)

    def by_country(self, orders: Orders, name: str, value: str) -> Orders:
        return orders.filter(ship_country=value.strip().upper())

    def by_tag(self, orders: Orders, name: str, value: str) -> Orders:
        if connection.vendor == "postgresql":
            return orders.filter(tags__contains=[value.strip()])
        return orders.filter(tags__icontains=f'"{value.strip()}"')

    def by_placed(self, orders: Orders, name: str, value: slice) -> Orders:
        """Whole business days, both ends included."""
        if value.start:
            orders = orders.filter(placed_at__gte=_midnight(value.start))
        return orders.filter(placed_at__lt=_midnight(value.stop) + timedelta(days=1)) if value.stop else orders


def _midnight(day: Any) -> datetime:
    """The instant at which a business day begins."""
    day = day.date() if isinstance(day, datetime) else day
    return datetime.combine(day, time(), business_zone()).astimezone(UTC)
