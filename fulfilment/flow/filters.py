"""What the lists behind the map can be narrowed to: step, time there, and what the map is narrowed to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db.models import DurationField, ExpressionWrapper, F
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django_filters import CharFilter, ChoiceFilter, NumberFilter

from fulfilment.flow.narrowing import asked, narrowed
from fulfilment.flow.nodes import BY_CODE, NEAR, NODES
from fulfilment.flow.reading import targets, usual_minutes
from fulfilment.flow.subscribed import STEP_BY_CODE, STEPS, minutes_of
from ordermgmt.kpi_rows import KpiRowFilters
from ordermgmt.listing import ListFilters
from orders.models import Order, Subscription

AGES = [
    ("past", gettext_lazy("Past the target")),
    ("near", gettext_lazy("Near the target")),
    ("within", gettext_lazy("In time")),
    ("slow", gettext_lazy("Slow: longer than 9 of 10 usually stay")),
]


class StandingFilters(ListFilters):
    """`age` needs the targets of the step, so it counts only with a step."""

    step = ChoiceFilter(
        label=gettext_lazy("Step"), choices=[(node.code, node.label) for node in NODES], field_name="flow_node"
    )
    age = ChoiceFilter(label=gettext_lazy("Time here"), choices=AGES, method="by_age")
    warehouse = CharFilter(label=gettext_lazy("Warehouse"), method="narrow")
    carrier = CharFilter(label=gettext_lazy("Carrier"), method="narrow")
    channel = CharFilter(label=gettext_lazy("Channel"), method="narrow")
    plan = CharFilter(label=gettext_lazy("Plan"), method="narrow")
    segment = CharFilter(label=gettext_lazy("Orders"), method="narrow")

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = []

    def narrow(self, orders: Any, name: str, value: str) -> Any:
        return narrowed(orders, {name: value})

    def by_age(self, orders: Any, name: str, value: str) -> Any:
        node = BY_CODE.get(self.data.get("step", ""))
        return orders if node is None else aged(orders, node.code, value, filters=asked(self.data), now=timezone.now())


def aged(orders: Any, step: str, age: str, *, filters: Mapping[str, str], now: datetime) -> Any:
    """Orders that have stood at a step for so long; whole minutes, as on the map."""
    if age == "slow":
        usual = usual_minutes(filters, now=now).get(step)
        return orders.none() if usual is None else orders.filter(flow_since__lt=older(now, int(usual)))
    return between(orders, targets(now)[step], age, now=now)


def between(rows: Any, target: int, age: str, *, now: datetime) -> Any:
    """Rows past a target (minutes), near it, or in time."""
    past, near = older(now, target), older(now, int(target * NEAR))
    if age == "past":
        return rows.filter(flow_since__lt=past)
    if age == "near":
        return rows.filter(flow_since__lt=near, flow_since__gte=past)
    return rows.filter(flow_since__gte=near)


def older(now: datetime, minutes: int) -> datetime:
    """Before this instant: more than so many whole minutes old, counted from the minute it began in."""
    last = (now - timedelta(minutes=minutes + 1)).replace(second=0, microsecond=0)
    return last + timedelta(minutes=1)


class VisitFilters(KpiRowFilters):
    over = NumberFilter(label=gettext_lazy("Stayed longer than (minutes)"), method="by_length")

    def by_length(self, rows: Any, name: str, value: Any) -> Any:
        length = ExpressionWrapper(F("flow_ended") - F("flow_began"), output_field=DurationField())
        return rows.annotate(flow_length=length).filter(flow_length__gte=timedelta(minutes=int(value) + 1))


class SubscriptionStandingFilters(ListFilters):
    """As for orders, by the steps of the second map."""

    step = ChoiceFilter(
        label=gettext_lazy("Step"), choices=[(node.code, node.label) for node in STEPS], field_name="flow_node"
    )
    age = ChoiceFilter(label=gettext_lazy("Time here"), choices=AGES[:3], method="by_age")

    class Meta:
        model = Subscription
        fields: ClassVar[list[str]] = []

    def by_age(self, rows: Any, name: str, value: str) -> Any:
        node = STEP_BY_CODE.get(self.data.get("step", ""))
        return rows if node is None else between(rows, minutes_of(node.target), value, now=timezone.now())
