"""The exact orders behind a number of the map: those that stand at a step, and those that went through it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db.models import DurationField, ExpressionWrapper, F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django_filters import CharFilter, ChoiceFilter, NumberFilter

from fulfilment.flow.narrowing import asked, narrowed
from fulfilment.flow.nodes import BY_CODE, NEAR, NODES
from fulfilment.flow.reading import targets, usual_minutes
from fulfilment.flow.standing import standing
from fulfilment.flow.visits import FIGURES
from fulfilment.flow.words import short
from ordermgmt.blocking import blockers_of
from ordermgmt.kpi_rows import KpiRowFilters, KpiRows
from ordermgmt.kpis import Period
from ordermgmt.listing import Column, Empty, ListFilters, ListPage
from ordermgmt.templatetags import portal
from orders.loading import load_state
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


def _age_cell(order: Any) -> str:
    return portal.duration(order.flow_age)


class StandingOrders(ListPage):
    name = "flow"
    title = gettext_lazy("Orders on the map")
    counted = ngettext_lazy("%(n)s order", "%(n)s orders", "count")
    filterset = StandingFilters
    columns = (
        Column("number", gettext_lazy("Order"), css="id"),
        Column("recipient", gettext_lazy("Customer"), css="nowrap"),
        Column("flow_step", gettext_lazy("Step"), css="nowrap"),
        Column("flow_age", gettext_lazy("Time here"), _age_cell, _age_cell, "since", "nowrap"),
        Column("flow_since", gettext_lazy("Since"), css="nowrap low"),
        Column("reason", gettext_lazy("Why it waits"), css="grow"),
        Column("promised_ship_on", gettext_lazy("Ship by"), css="nowrap low"),
    )
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"since": ("flow_since", "id")}
    default_sort = "since"
    empty = Empty(
        gettext_lazy("No open orders"), gettext_lazy("Orders show up here when they are accepted."), icon="flow"
    )
    export_permission = "orders.export"

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, standing())

    def row_url(self, row: Order) -> str:
        return f"/orders/{row.number}/"

    def prepare(self, rows: list[Any]) -> None:
        load_state(rows)
        why = blockers_of(rows, now=self.now)
        for order in rows:
            order.flow_step = BY_CODE[order.flow_node].label
            order.flow_age = self.now - order.flow_since
            order.reason = why[order.pk][0].sentence if order.pk in why else ""


class VisitFilters(KpiRowFilters):
    over = NumberFilter(label=gettext_lazy("Stayed longer than (minutes)"), method="by_length")

    def by_length(self, rows: Any, name: str, value: Any) -> Any:
        length = ExpressionWrapper(F("flow_ended") - F("flow_began"), output_field=DurationField())
        return rows.annotate(flow_length=length).filter(flow_length__gte=timedelta(minutes=int(value) + 1))


class VisitRows(KpiRows):
    """Visits of a step that ended in a period."""

    filterset = VisitFilters
    empty = Empty(
        gettext_lazy("No orders"), gettext_lazy("Nothing went through this step in this period."), icon="flow"
    )

    def __init__(self, request: HttpRequest, step: str, *, period: Period, filters: Mapping[str, str]) -> None:
        super().__init__(request, FIGURES[step], period=period, filters=filters)
        self.title = _("Went through: %(step)s") % {"step": BY_CODE[step].label}  # type: ignore[misc]
        self.columns = (  # type: ignore[misc]
            Column("kpi_record", gettext_lazy("Order"), css="id"),
            Column("flow_began", gettext_lazy("Came"), css="nowrap"),
            Column("flow_ended", gettext_lazy("Left"), css="nowrap"),
            Column("flow_stay", gettext_lazy("Time here"), css="nowrap"),
        )

    def prepare(self, rows: list[Any]) -> None:
        super().prepare(rows)
        for row in rows:
            row.flow_stay = short(max(0, int((row.flow_ended - row.flow_began).total_seconds()) // 60))
