"""The exact orders behind a number of the map: those that stand at a step, and those that went through it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from fulfilment.flow.filters import StandingFilters, SubscriptionStandingFilters, VisitFilters
from fulfilment.flow.nodes import BY_CODE
from fulfilment.flow.standing import standing
from fulfilment.flow.subscribed import STEP_BY_CODE, standing_subscriptions
from fulfilment.flow.visits import FIGURES
from fulfilment.flow.words import short
from ordermgmt.blocking import blockers_of
from ordermgmt.kpi_rows import KpiRows
from ordermgmt.kpis import Period
from ordermgmt.listing import Column, Empty, ListPage
from ordermgmt.templatetags import portal
from orders.loading import load_state
from orders.models import Order


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


class StandingSubscriptions(ListPage):
    name = "flow-subscriptions"
    title = gettext_lazy("Subscriptions on the map")
    counted = ngettext_lazy("%(n)s subscription", "%(n)s subscriptions", "count")
    filterset = SubscriptionStandingFilters
    columns = (
        Column("number", gettext_lazy("Subscription"), css="id"),
        Column("customer", gettext_lazy("Customer"), css="grow", join="customer"),
        Column("flow_step", gettext_lazy("Step"), css="nowrap"),
        Column("flow_age", gettext_lazy("Time here"), _age_cell, _age_cell, "since", "nowrap"),
        Column("flow_since", gettext_lazy("Since"), css="nowrap low"),
    )
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"since": ("flow_since", "id")}
    default_sort = "since"
    empty = Empty(gettext_lazy("No subscriptions"), gettext_lazy("Live subscriptions show up here."), icon="repeat")
    export_permission = "orders.export"

    def __init__(self, request: HttpRequest, *, now: datetime) -> None:
        super().__init__(request, standing_subscriptions(now), now=now)

    def prepare(self, rows: list[Any]) -> None:
        for row in rows:
            row.flow_step = STEP_BY_CODE[row.flow_node].label
            row.flow_age = self.now - row.flow_since


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
