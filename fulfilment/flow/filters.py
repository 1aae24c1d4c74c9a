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
from ordermgmt.kpi_rows import KpiRowFilters
from ordermgmt.listing import ListFilters
from orders.models import Order

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
    target = targets(now)[step]
    if age == "past":
        return orders.filter(flow_since__lt=_older(now, target))
    if age == "near":
        return orders.filter(flow_since__lt=_older(now, int(target * NEAR)), flow_since__gte=_older(now, target))
    if age == "slow":
        usual = usual_minutes(filters, now=now).get(step)
        return orders.none() if usual is None else orders.filter(flow_since__lt=_older(now, int(usual)))
    return orders.filter(flow_since__gte=_older(now, int(target * NEAR)))


def _older(now: datetime, minutes: int) -> datetime:
    """Before this instant: more than so many whole minutes old, counted from the minute it began in."""
    last = (now - timedelta(minutes=minutes + 1)).replace(second=0, microsecond=0)
    return last + timedelta(minutes=1)


class VisitFilters(KpiRowFilters):
    over = NumberFilter(label=gettext_lazy("Stayed longer than (minutes)"), method="by_length")

    def by_length(self, rows: Any, name: str, value: Any) -> Any:
        length = ExpressionWrapper(F("flow_ended") - F("flow_began"), output_field=DurationField())
        return rows.annotate(flow_length=length).filter(flow_length__gte=timedelta(minutes=int(value) + 1))
