"""Figures about what leaves and arrives: how long it takes, whether it is whole, in time and right."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from fulfilment import carrier_kpis, scan_kpis  # noqa: F401  register their figures
from fulfilment.flow import visits  # noqa: F401  registers the steps of the workflow map
from fulfilment.models import FulfilmentOrder, Shipment, ShipmentLine
from fulfilment.states import ShipmentStatus
from inventory.models import Closure, Warehouse
from ordermgmt.clock import business_zone
from ordermgmt.kpis import Filters, Measure, Period, Trail, Unit, kpi, midnight, one_if
from ordermgmt.models import Activity
from orders.billing_states import CreditReason
from orders.kpis import DIMENSIONS, TAKEN, TRAIL, order_record
from orders.models import CreditNote, Delivery, Hold, Order, OrderLine
from orders.promising import is_holiday
from orders.states import STOCKED_KINDS, FulfilmentStatus, OrderStatus

CHUNK = 2000
SENT = Shipment.objects.exclude(status=ShipmentStatus.CANCELLED)


def _local_day(field: str) -> TruncDate:
    return TruncDate(field, tzinfo=business_zone())


# How long it takes --------------------------------------------------------------------------------
def first_parcels(period: Period) -> QuerySet[Shipment]:
    """The parcel of each order that left first."""
    earlier = SENT.filter(order=OuterRef("order")).filter(
        Q(dispatched_at__lt=OuterRef("dispatched_at"))
        | Q(dispatched_at=OuterRef("dispatched_at"), pk__lt=OuterRef("pk"))
    )
    rows = SENT.filter(dispatched_at__isnull=False, order__status__in=TAKEN)
    return rows.filter(~Exists(earlier)).select_related("order")


def gross_minutes(parcels: QuerySet[Shipment]) -> Iterable[tuple[Shipment, int]]:
    for parcel in parcels.iterator(chunk_size=CHUNK):
        yield parcel, _minutes(parcel.order.placed_at, _left(parcel))


def net_minutes(parcels: QuerySet[Shipment]) -> Iterable[tuple[Shipment, int]]:
    """From acceptance (a renewal: from the beginning of its planned day), without holds that stop the clock."""
    rows = parcels.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        orders = [parcel.order_id for parcel in chunk]
        holds = _holds(orders)
        planned = dict(Delivery.objects.filter(order__in=orders).values_list("order", "leaves_on"))
        for parcel in chunk:
            start = parcel.order.accepted_at or parcel.order.placed_at
            if day := planned.get(parcel.order_id):
                start = max(start, midnight(day))
            yield parcel, _net(start, _left(parcel), holds.get(parcel.order_id, []))


Stretch = tuple[datetime, datetime | None]


def _holds(orders: list[int]) -> dict[int, list[Stretch]]:
    found: dict[int, list[Stretch]] = {}
    rows = Hold.objects.filter(order__in=orders, pauses_sla=True).order_by("opened_at")
    for order, opened, released in rows.values_list("order", "opened_at", "released_at"):
        found.setdefault(order, []).append((opened, released))
    return found


def _net(start: datetime, end: datetime, holds: list[Stretch]) -> int:
    """Minutes from start to end outside the holds; overlapping holds stop the clock once."""
    running, free_from = 0, start
    for opened, released in holds:
        running += _minutes(free_from, min(opened, end))
        free_from = max(free_from, min(released or end, end))
    return running + _minutes(free_from, end)


def _minutes(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()) // 60)


def _left(parcel: Shipment) -> datetime:
    assert parcel.dispatched_at  # noqa: S101 - the rows are those that left
    return parcel.dispatched_at


def _parcel_record(parcel: Any) -> tuple[str, str]:
    return parcel.order.number, f"/orders/{parcel.order.number}/"


_CYCLE: dict[str, Any] = {
    "source": "Shipment, Order, Hold",
    "unit": Unit.MINUTES,
    "moment": "dispatched_at",
    "higher_is_better": False,
    "dimensions": {"warehouse": "warehouse__code", "channel": "order__channel__code", "country": "order__ship_country"},
    "trails": (Trail(lambda: Activity.objects.exclude(thread=""), "thread", "order__number"),),
    "record": _parcel_record,
    "joins": ("order",),
}
for _name, _measure, _spans, _rank, _title, _words in (
    (
        "order_cycle_time", Measure.MEDIAN, net_minutes, 2, _("Order to dispatch"),
        _("Median from acceptance to hand-over of the first parcel, without holds that stop the clock; renewals count from their planned day. Cancelled orders stay out."),
    ),
    (
        "order_cycle_time_p95", Measure.P95, net_minutes, 41, _("Order to dispatch, slowest 5 %"),
        _("95 of 100 orders are handed over within this time; clock as for the median."),
    ),
    (
        "order_cycle_time_gross", Measure.MEDIAN, gross_minutes, 42, _("Order to dispatch, with holds"),
        _("Median from the moment the order was placed to hand-over of its first parcel, waiting and holds included."),
    ),
):  # fmt: skip
    kpi(
        _name, title=_title, question=_("How long from order to door?"), definition=_words,
        measure=_measure, spans=_spans, rank=_rank, target=Decimal(60 * 24 * (5 if _rank == 41 else 2)), **_CYCLE,
    )(first_parcels)  # fmt: skip


# How whole it is ----------------------------------------------------------------------------------
def with_first_units(lines: QuerySet[Any]) -> QuerySet[Any]:
    """Adds `wanted` and `at_first`: units that left on the business day of the order's first parcel."""
    first = SENT.filter(order=OuterRef("order"), dispatched_at__isnull=False).order_by("dispatched_at")
    packed = ShipmentLine.objects.filter(order_line=OuterRef("pk"), shipment__dispatched_at__isnull=False)
    packed = packed.exclude(shipment__status=ShipmentStatus.CANCELLED).annotate(
        left_on=_local_day("shipment__dispatched_at")
    )
    sums = packed.filter(left_on=OuterRef("first_on")).order_by().values("order_line").annotate(n=Sum("quantity"))
    found: QuerySet[Any] = lines.annotate(
        first_on=Subquery(first.annotate(left_on=_local_day("dispatched_at")).values("left_on")[:1]),
        wanted=F("ordered") - F("cancelled"),
        at_first=Coalesce(Subquery(sums.values("n"), output_field=IntegerField()), 0),
    )
    return found


def _tried(path: str) -> Q:
    """Orders of which something left, or which wait for stock: a first attempt was made."""
    left = SENT.filter(order=OuterRef(path or "pk"), dispatched_at__isnull=False)
    waits = {f"{path}__fulfilment_status" if path else "fulfilment_status": FulfilmentStatus.WAITING}
    return Q(Exists(left)) | Q(**waits)


def tried_lines(period: Period) -> QuerySet[OrderLine]:
    rows = OrderLine.objects.filter(_tried("order"), kind__in=sorted(STOCKED_KINDS), order__status__in=TAKEN)
    return with_first_units(rows).filter(wanted__gt=0)


def _order_of(row: Any) -> tuple[str, str]:
    return order_record(row.order)


_LINES: dict[str, Any] = {
    "source": "OrderLine, Shipment, ShipmentLine",
    "unit": Unit.SHARE,
    "moment": "order__accepted_at",
    "dimensions": {name: f"order__{path}" for name, path in DIMENSIONS.items()},
    "trails": (Trail(lambda: Activity.objects.exclude(thread=""), "thread", "order__number"),),
    "record": _order_of,
    "joins": ("order",),
    "question": _("How much of an order leaves at the first attempt?"),
}
kpi(
    "unit_fill_rate",
    title=_("Fill rate, units"),
    definition=_(
        "Units that left on the day of the order's first parcel ÷ units ordered (cancelled units count in neither), by the day of acceptance."
    ),
    numerator=F("at_first"),
    denominator=F("wanted"),
    target=Decimal("0.90"),
    rank=43,
    **_LINES,
)(tried_lines)
kpi(
    "line_fill_rate",
    title=_("Fill rate, lines"),
    definition=_(
        "Order lines that left whole on the day of the order's first parcel ÷ order lines, by the day of acceptance."
    ),
    numerator=one_if(Q(at_first__gte=F("wanted"))),
    rank=44,
    **_LINES,
)(tried_lines)

_ORDERS: dict[str, Any] = {
    "unit": Unit.SHARE, "dimensions": DIMENSIONS, "trails": (TRAIL,), "record": order_record,
}  # fmt: skip


@kpi(
    "order_fill_rate",
    title=_("Fill rate, orders"),
    question=_("How many orders leave whole?"),
    definition=_(
        "Orders of which everything left on the day of the first parcel ÷ orders tried, by the day of acceptance."
    ),
    source="Order, OrderLine, Shipment, ShipmentLine",
    moment="accepted_at",
    numerator=one_if(
        ~Exists(
            with_first_units(OrderLine.objects.filter(order=OuterRef("pk"), kind__in=sorted(STOCKED_KINDS))).filter(
                at_first__lt=F("wanted")
            )
        )
    ),
    rank=45,
    **_ORDERS,
)
def order_fill_rate(period: Period) -> QuerySet[Order]:
    return Order.objects.filter(_tried(""), status__in=TAKEN, units__gt=0)


# Whether it is in time ----------------------------------------------------------------------------
def _is_whole() -> Q:
    lines = OrderLine.objects.filter(order=OuterRef("pk"), kind__in=sorted(STOCKED_KINDS))
    return ~Q(Exists(lines.filter(ordered__gt=F("cancelled") + F("shipped"))))


def _in_time(field: str, promise: str) -> Q:
    """No parcel of the order is missing or after its promised day."""
    parcels = SENT.filter(order=OuterRef("pk")).annotate(came_on=_local_day(field))
    return ~Q(Exists(parcels.filter(Q(came_on=None) | Q(came_on__gt=OuterRef(promise)))))


def promised_orders(period: Period) -> QuerySet[Order]:
    return Order.objects.filter(status__in=TAKEN, units__gt=0)


@kpi(
    "on_time_dispatch",
    title=_("Shipped on time"),
    question=_("Are we shipping on time?"),
    definition=_(
        "Orders of which everything was handed over by the ship-by day promised first ÷ orders with that day; only days that are over."
    ),
    source="Order, OrderLine, Shipment",
    on="first_promised_ship_on",
    numerator=one_if(_is_whole() & _in_time("dispatched_at", "first_promised_ship_on")),
    is_settled=True,
    target=Decimal("0.97"),
    rank=1,
    **_ORDERS,
)
def on_time_dispatch(period: Period) -> QuerySet[Order]:
    return promised_orders(period)


_DELIVERED = _is_whole() & _in_time("delivered_at", "first_promised_delivery_on")
_ARRIVAL: dict[str, Any] = {"on": "first_promised_delivery_on", "is_settled": True, **_ORDERS}
kpi(
    "otif",
    title=_("On time and in full"),
    question=_("Does everything arrive when we first said it would?"),
    definition=_(
        "Orders of which every parcel was delivered by the day promised first ÷ orders with that day; one late parcel fails the order."
    ),
    source="Order, OrderLine, Shipment",
    numerator=one_if(_DELIVERED),
    target=Decimal("0.95"),
    rank=3,
    **_ARRIVAL,
)(promised_orders)


def _is_right() -> Q:
    """Papers and condition: no invoice corrected, no parcel with a problem, nothing came back or was sent again."""
    papers = CreditNote.objects.filter(invoice__order=OuterRef("pk"), reason=CreditReason.CORRECTION)
    damaged = SENT.filter(order=OuterRef("pk")).exclude(problem="")
    returned = OrderLine.objects.filter(order=OuterRef("pk"), returned__gt=0)
    again = Order.objects.filter(replaces=OuterRef("pk")).exclude(status=OrderStatus.CANCELLED)
    return ~Q(Exists(papers)) & ~Q(Exists(damaged)) & ~Q(Exists(returned)) & ~Q(Exists(again))


kpi(
    "perfect_order",
    title=_("Perfect orders"),
    question=_("How many orders go without any fault?"),
    definition=_(
        "Orders delivered in full, by the day promised first, without corrected invoice, delivery problem, return or replacement ÷ orders with that day (counted, not multiplied)."
    ),
    source="Order, OrderLine, Shipment, CreditNote",
    numerator=one_if(_DELIVERED & _is_right()),
    target=Decimal("0.90"),
    rank=46,
    **_ARRIVAL,
)(promised_orders)


# The floor ----------------------------------------------------------------------------------------
def capacity(period: Period, filters: Filters) -> Decimal:
    """Orders the warehouses could send in the period: their daily number × the days they work."""
    houses = Warehouse.objects.active().filter(daily_capacity__gt=0)
    if "warehouse" in filters:
        houses = houses.filter(code=filters["warehouse"])
    shut = set(Closure.objects.filter(day__range=(period.first, period.last)).values_list("warehouse", "day"))
    return Decimal(
        sum(
            house.daily_capacity
            for house in houses
            for day in period.each
            if str(day.isoweekday()) in house.work_days
            and (house.pk, day) not in shut
            and not (house.observes_holidays and is_holiday(house.country, day))
        )
    )


@kpi(
    "capacity_load",
    title=_("Load of the warehouses"),
    question=_("How full are the days?"),
    definition=_(
        "Orders handed over ÷ orders the warehouses can do on their working days; warehouses without limit stay out."
    ),
    source="FulfilmentOrder, Warehouse, Closure",
    unit=Unit.SHARE,
    moment="dispatched_at",
    higher_is_better=None,
    base=capacity,
    dimensions={"warehouse": "warehouse__code"},
    trails=(Trail(lambda: Activity.objects.exclude(thread=""), "thread", "order__number"),),
    record=_order_of,
    joins=("order",),
    rank=47,
)
def capacity_load(period: Period) -> QuerySet[FulfilmentOrder]:
    return FulfilmentOrder.objects.filter(dispatched_at__isnull=False, warehouse__daily_capacity__gt=0)
