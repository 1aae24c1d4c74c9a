"""What orders left behind at each step: rows with a beginning and an end, counted by the day the step ended.

They are stored by day like every figure (ordermgmt/rollups.py) and can be recounted from the rows. A step whose end
leaves no instant of its own (a solved problem, a decision about a return) has no history.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from fulfilment.flow.narrowing import carrier_of, plan_of, segment_of
from fulfilment.flow.nodes import BY_CODE
from fulfilment.flow.standing import AT_THE_DOOR, latest
from fulfilment.models import FulfilmentOrder, ScanEvent, Shipment, TrackingEvent
from fulfilment.states import ShipmentStatus
from ordermgmt.kpis import Filters, Kpi, Measure, Period, Trail, Unit, kept_apart
from ordermgmt.models import Activity
from orders.models import Hold, Order, OrderLine, SourcingDecision
from orders.states import HoldCode, OrderStatus

Rows = Any  # a QuerySet of any of our models, with what it was annotated with
TAKEN = (OrderStatus.ACCEPTED, OrderStatus.CLOSED)
CHUNK = 5000
PREFIX = {"order": "order__", "pk": ""}


@dataclass(frozen=True)
class Visits:
    """`rows` have `flow_began` and `flow_ended`; `moment` is the stored instant that says on which day a visit counts."""

    node: str
    rows: Callable[[], Rows]
    moment: str
    order: str = "order"
    warehouse: str = "warehouse__code"
    trails: tuple[Trail, ...] = ()

    def since(self, instant: datetime) -> Rows:
        """Visits that ended at or after an instant."""
        return self.rows().filter(**{f"{self.moment}__gte": instant})


def minutes(rows: Rows) -> Iterable[tuple[Any, int]]:
    """Whole minutes of each visit; a step that was begun anew after its end took none."""
    for row in rows.only("pk").iterator(chunk_size=CHUNK):
        yield row, max(0, int((row.flow_ended - row.flow_began).total_seconds()) // 60)


# The rows of each step ------------------------------------------------------------------------------
def received() -> Rows:
    """Every order once, on the day it was accepted; those that had to wait for money until it came."""
    held = Hold.objects.filter(order=OuterRef("pk"), code=HoldCode.PAYMENT)
    paid = held.order_by().values("order").annotate(last=Max("released_at")).values("last")
    orders = Order.objects.filter(~Exists(held.filter(released_at=None)), status__in=TAKEN)
    return orders.annotate(flow_began=F("accepted_at"), flow_ended=Coalesce(Subquery(paid), F("accepted_at")))


def holds() -> Rows:
    rows = Hold.objects.exclude(code=HoldCode.PAYMENT).filter(released_at__isnull=False, order__status__in=TAKEN)
    return rows.annotate(flow_began=F("opened_at"), flow_ended=F("released_at"))


def backorders() -> Rows:
    """The promise that made an order whole which was not whole when it was accepted."""
    later = SourcingDecision.objects.filter(order=OuterRef("order")).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    )
    lacks = OrderLine.objects.filter(order=OuterRef("order"), backordered__gt=0)
    rows = SourcingDecision.objects.filter(~Exists(later), ~Exists(lacks), at__gt=F("order__accepted_at"))
    taken: Rows = rows.filter(order__status__in=TAKEN)
    return taken.annotate(flow_began=F("order__accepted_at"), flow_ended=F("at"))


def works(start: str, end: str) -> Callable[[], Rows]:
    """Work on the floor from one of its stamps to the next."""

    def rows() -> Rows:
        done = FulfilmentOrder.objects.filter(**{f"{start}__isnull": False, f"{end}__isnull": False})
        return done.filter(order__status__in=TAKEN).annotate(flow_began=F(start), flow_ended=F(end))

    return rows


def releases() -> Rows:
    """From the moment nothing stood in the way of an order to its release to the floor."""
    of_order, before = {"order": OuterRef("order")}, OuterRef("released_at")
    held = Hold.objects.filter(**of_order, released_at__lte=before).order_by().values("order")
    promised = SourcingDecision.objects.filter(**of_order, at__lte=before).order_by().values("order")
    began = latest(
        F("order__accepted_at"),
        Subquery(held.annotate(last=Max("released_at")).values("last")),
        Subquery(promised.annotate(last=Max("at")).values("last")),
    )
    done = FulfilmentOrder.objects.filter(released_at__isnull=False, order__status__in=TAKEN)
    return done.annotate(flow_began=began, flow_ended=F("released_at"))


def _reached_the_door() -> Subquery:
    seen = TrackingEvent.objects.filter(shipment=OuterRef("pk"), status__in=AT_THE_DOOR).order_by()
    return Subquery(seen.values("shipment").annotate(first=Min("happened_at")).values("first"))


def _arrived() -> Rows:
    gone = Shipment.objects.exclude(status=ShipmentStatus.CANCELLED).filter(order__status__in=TAKEN)
    rows: Rows = gone.filter(delivered_at__isnull=False, dispatched_at__isnull=False).annotate(
        flow_door=_reached_the_door()
    )
    return rows


def journeys() -> Rows:
    return _arrived().annotate(flow_began=F("dispatched_at"), flow_ended=Coalesce(F("flow_door"), F("delivered_at")))


def doors() -> Rows:
    rows = _arrived().filter(flow_door__isnull=False)
    return rows.annotate(flow_began=F("flow_door"), flow_ended=F("delivered_at"))


# The steps with a history ---------------------------------------------------------------------------
def _told(path: str) -> Trail:
    return Trail(lambda: Activity.objects.exclude(thread=""), "thread", path)


_OF_ORDER = (_told("order__number"),)
# Picks leave scans before they leave a line in the history.
_OF_WORK = (*_OF_ORDER, Trail(lambda: ScanEvent.objects.exclude(task=""), "task", "wave__number"))
_BY_ORDER: dict[str, Any] = {"warehouse": "order__ship_from__code", "trails": _OF_ORDER}
_BY_WORK: dict[str, Any] = {"trails": _OF_WORK}
EVERY: tuple[Visits, ...] = (
    Visits("received", received, "accepted_at", order="pk", warehouse="ship_from__code", trails=(_told("number"),)),
    Visits("paid", releases, "released_at", **_BY_WORK),
    Visits("hold", holds, "released_at", **_BY_ORDER),
    Visits("backorder", backorders, "at", **_BY_ORDER),
    Visits("ready", works("released_at", "picking_at"), "picking_at", **_BY_WORK),
    Visits("pick", works("picking_at", "picked_at"), "picked_at", **_BY_WORK),
    Visits("pack", works("picked_at", "packed_at"), "packed_at", **_BY_WORK),
    Visits("hand", works("packed_at", "dispatched_at"), "dispatched_at", **_BY_WORK),
    Visits("way", journeys, "delivered_at", trails=_OF_ORDER),
    Visits("door", doors, "delivered_at", trails=_OF_ORDER),
)
BY_NODE: Mapping[str, Visits] = {one.node: one for one in EVERY}


def _with_splits(visits: Visits) -> Callable[[Period], Rows]:
    def rows(period: Period) -> Rows:
        return visits.rows().annotate(
            flow_carrier=carrier_of(visits.order),
            flow_plan=plan_of(visits.order),
            flow_segment=segment_of(visits.order),
        )

    return rows


def _record(visits: Visits) -> Callable[[Any], tuple[str, str]]:
    def record(row: Any) -> tuple[str, str]:
        order = row if visits.order == "pk" else row.order
        return order.number, f"/orders/{order.number}/"

    return record


def _figure(visits: Visits) -> Kpi:
    node = BY_CODE[visits.node]
    return Kpi(
        name=node.figure,
        rows=_with_splits(visits),
        title=node.label,
        question=_("How long do orders stay here?"),
        definition=node.meaning,
        source=visits.rows().model.__name__,
        unit=Unit.MINUTES,
        measure=Measure.MEDIAN,
        higher_is_better=False,
        moment=visits.moment,
        spans=minutes,
        dimensions={
            "warehouse": visits.warehouse,
            "channel": f"{PREFIX[visits.order]}channel__code",
            "plan": "flow_plan",
            "carrier": "flow_carrier",
            "segment": "flow_segment",
        },
        trails=visits.trails,
        target=Decimal(int(node.target.total_seconds()) // 60),
        record=_record(visits),
        joins=() if visits.order == "pk" else ("order",),
        group="flow",
    )


FIGURES: Mapping[str, Kpi] = {visits.node: kept_apart(_figure(visits)) for visits in EVERY}


# The last day ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Passed:
    """Orders that left a step since an instant, and how many of them had come after it."""

    left: int = 0
    fresh: int = 0


def passed_since(instant: datetime, filters: Filters) -> dict[str, Passed]:
    """One statement for each step, whatever the number of orders."""
    found = {}
    for node, figure in FIGURES.items():
        rows = _since(node, figure, instant, filters)
        sums = rows.aggregate(left=Count("pk"), fresh=Count("pk", filter=Q(flow_began__gte=instant)))
        found[node] = Passed(sums["left"], sums["fresh"])
    return found


def _since(node: str, figure: Kpi, instant: datetime, filters: Filters) -> Rows:
    visits = BY_NODE[node]
    narrow = {figure.dimensions[name]: value for name, value in figure.known(filters).items()}
    rows = figure.rows(Period(instant.date(), instant.date())) if narrow else visits.rows()
    if node == "received":
        # Together, not one or the other of each order: that would read all orders there are.
        late = Hold.objects.filter(code=HoldCode.PAYMENT, released_at__gte=instant).values_list("order_id")
        new = Order.objects.filter(accepted_at__gte=instant).order_by().values_list("pk")
        return rows.filter(pk__in=new.union(late.order_by()), **narrow)
    return rows.filter(**{f"{visits.moment}__gte": instant}, **narrow)
