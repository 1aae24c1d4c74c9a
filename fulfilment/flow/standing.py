"""Where every open order stands now and since when: each at exactly one step (ux.md P29).

Worked out in the database from holds, work and parcels, so that a count and the list it opens are the same rows.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncMinute

from fulfilment.flow.narrowing import narrowed
from fulfilment.models import FulfilmentOrder, Shipment
from fulfilment.states import CarrierStatus, ShipmentStatus, WorkStatus
from orders.models import Hold, Order, OrderLine, Payment, SourcingDecision
from orders.states import FulfilmentStatus, HoldCode, PaymentKind, PaymentState, PaymentStatus

OF_ORDER: dict[str, Any] = {"order": OuterRef("pk")}
UNPAID = (PaymentStatus.UNPAID, PaymentStatus.OVERDUE, PaymentStatus.PART_PAID)
CAME_BACK = (FulfilmentStatus.RETURNED, FulfilmentStatus.PART_RETURNED)
AT_THE_DOOR = (CarrierStatus.OUT_FOR_DELIVERY, CarrierStatus.READY_FOR_PICKUP)
# The least advanced work of an order comes first.
FLOOR = {
    "ready": ((WorkStatus.PLANNED, WorkStatus.RELEASED), ("released_at", "created_at")),
    "pick": ((WorkStatus.PICKING,), ("picking_at", "created_at")),
    "pack": ((WorkStatus.PICKED, WorkStatus.PACKING), ("picked_at", "created_at")),
    "hand": ((WorkStatus.PACKED,), ("packed_at", "created_at")),
}
Figures = Mapping[str, Counter[int]]


def standing() -> QuerySet[Any]:
    """Open orders with `flow_node` and `flow_since`."""
    rows = Order.objects.open().annotate(flow_floor=_floor("flow_place", CharField()))
    return rows.annotate(flow_node=_case("node"), flow_since=_case("since"))


def minutes_now(filters: Mapping[str, str], *, now: datetime) -> Figures:
    """How many orders have stood so many minutes at each step: one statement."""
    rows: QuerySet[Any] = narrowed(standing(), filters).order_by()
    grouped = rows.values("flow_node", minute=TruncMinute("flow_since")).annotate(n=Count("pk"))
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for node, minute, n in grouped.values_list("flow_node", "minute", "n"):
        found[node][max(0, int((now - minute).total_seconds()) // 60)] += n
    return found


def _case(part: str) -> Case:
    """The first that is true decides; the same for the step and for its beginning."""
    text = part == "node"
    whens = [When(condition, then=Value(node) if text else since) for node, condition, since in _rules()]
    default = (
        Coalesce(F("flow_floor"), _later()) if text else Coalesce(_floor("flow_at", DateTimeField()), _waiting_since())
    )
    return Case(*whens, default=default, output_field=CharField() if text else DateTimeField())


def _rules() -> list[tuple[str, Any, Any]]:
    held, parcels = Hold.objects.open().filter(**OF_ORDER), Shipment.objects.filter(**OF_ORDER)
    other = held.exclude(code=HoldCode.PAYMENT)
    back, trouble = (
        parcels.filter(status=ShipmentStatus.RETURNED),
        parcels.exclude(status=ShipmentStatus.CANCELLED).exclude(problem=""),
    )
    moving = parcels.filter(status=ShipmentStatus.DISPATCHED)
    shipped = Q(fulfilment_status=FulfilmentStatus.SHIPPED)
    out = moving.filter(carrier_status__in=AT_THE_DOOR)
    is_out = Q(Exists(out)) & ~Q(Exists(moving.exclude(carrier_status__in=AT_THE_DOOR)))
    return [
        ("hold", Exists(other), _least(other, "opened_at")),
        ("failed", Q(Exists(held)) & Q(payment_status__in=UNPAID) & Q(Exists(_failed())), _failed_at()),
        ("received", Exists(held), _least(held, "opened_at")),
        ("back", Q(fulfilment_status__in=CAME_BACK) | Q(Exists(back)), _least(back, "returned_at")),
        ("problem", Exists(trouble), _least(trouble, "last_event_at", "dispatched_at")),
        ("door", shipped & is_out, _least(out, "last_event_at", "dispatched_at")),
        ("way", shipped, _least(moving, "dispatched_at")),
        ("door", Q(fulfilment_status=FulfilmentStatus.DELIVERED), F("accepted_at")),
    ]


def _least(rows: QuerySet[Any], *fields: str) -> Coalesce:
    """The earliest of the first field that is filled, else the acceptance of the order."""
    first = rows.order_by().values("order").annotate(least=Min(Coalesce(*fields) if len(fields) > 1 else fields[0]))
    return Coalesce(Subquery(first.values("least")), F("accepted_at"))


def _attempts() -> QuerySet[Payment]:
    return Payment.objects.filter(**OF_ORDER).exclude(kind=PaymentKind.REFUND)


def _failed() -> QuerySet[Payment]:
    """The last attempt, when it failed."""
    later = Payment.objects.filter(order=OuterRef("order"), at__gt=OuterRef("at")).exclude(kind=PaymentKind.REFUND)
    return _attempts().filter(~Exists(later), state=PaymentState.FAILED)


def _failed_at() -> Coalesce:
    return Coalesce(
        Subquery(_attempts().order_by().values("order").annotate(last=Max("at")).values("last")), F("accepted_at")
    )


def _floor(part: str, field: Any) -> Subquery:
    """Step or beginning of the least advanced work on the floor."""
    place = Case(*(When(status__in=states, then=Value(n)) for n, (states, _at) in enumerate(FLOOR.values())))
    names = Case(
        *(When(status__in=states, then=Value(node)) for node, (states, _at) in FLOOR.items()), output_field=CharField()
    )
    times = Case(
        *(When(status__in=states, then=Coalesce(*fields)) for states, fields in FLOOR.values()),
        output_field=DateTimeField(),
    )
    works = FulfilmentOrder.objects.open().filter(**OF_ORDER).annotate(flow_rank=place, flow_place=names, flow_at=times)
    return Subquery(works.order_by("flow_rank", "flow_at").values(part)[:1], output_field=field)


def _lacks() -> Exists:
    return Exists(OrderLine.objects.filter(**OF_ORDER, backordered__gt=0))


def _later() -> Case:
    return Case(When(_lacks(), then=Value("backorder")), default=Value("paid"), output_field=CharField())


def _waiting_since() -> Any:
    """The last thing that happened to an order that is not on the floor: a hold released, units promised, a part gone."""
    holds = Hold.objects.filter(**OF_ORDER, released_at__isnull=False)
    last = [
        _last(holds, "released_at"),
        _last(SourcingDecision.objects.filter(**OF_ORDER), "at"),
        _last(Shipment.objects.filter(**OF_ORDER, dispatched_at__isnull=False), "dispatched_at"),
    ]
    return latest(F("accepted_at"), *last)


def _last(rows: QuerySet[Any], field: str) -> Subquery:
    return Subquery(rows.order_by().values("order").annotate(last=Max(field)).values("last"))


def latest(first: Any, *others: Any) -> Any:
    """The latest of instants of which all but the first may be missing (SQLite's greatest is blank if one is)."""
    from django.db.models.functions import Greatest  # noqa: PLC0415

    return Greatest(first, *(Coalesce(other, first) for other in others))
