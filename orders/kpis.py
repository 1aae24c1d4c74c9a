"""Figures about orders and stock promised to them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import DateField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import business_day
from ordermgmt.kpis import Measure, Period, Trail, Unit, dimension, kpi, one_if
from ordermgmt.models import Activity
from orders import (  # noqa: F401  register their figures and parts of the dashboard
    cohorts,
    dunning_kpis,
    funnel,
    hold_kpis,
    leaving_kpis,
    price_notes,
    replacement_kpis,
    revenue_kpis,
    ticket_kpis,
    value_table,
)
from orders.models import Channel, Order, OrderLine, Plan, SourcingDecision
from orders.states import FulfilmentStatus, OrderStatus
from orders.unshipped import to_ship

TAKEN = (OrderStatus.ACCEPTED, OrderStatus.CLOSED)
DIMENSIONS = {"warehouse": "ship_from__code", "channel": "channel__code", "country": "ship_country"}
TRAIL = Trail(lambda: Activity.objects.exclude(thread=""), "thread", "number")

dimension("channel", _("Channel"), lambda: Channel.objects.order_by("name").values_list("code", "name"))
dimension("currency", _("Currency"), lambda: ((code, code) for code in _currencies()))
dimension("plan", _("Plan"), lambda: Plan.objects.order_by("name").values_list("number", "name"))


def _currencies() -> list[str]:
    return sorted(set(Channel.objects.values_list("currency", flat=True)))


def order_record(order: Any) -> tuple[str, str]:
    return order.number, f"/orders/{order.number}/"


_ABOUT: dict[str, Any] = {"dimensions": DIMENSIONS, "record": order_record}


@kpi(
    "orders_taken",
    title=_("Orders taken"),
    question=_("How many orders come in?"),
    definition=_(
        "Orders accepted on the day, without those cancelled since and those that send goods again for nothing."
    ),
    source="Order",
    unit=Unit.COUNT,
    measure=Measure.SUM,
    moment="accepted_at",
    trails=(TRAIL,),
    rank=20,
    **_ABOUT,
)
def orders_taken(period: Period) -> QuerySet[Order]:
    return Order.objects.filter(status__in=TAKEN, replaces=None)


@kpi(
    "open_orders",
    title=_("Open orders"),
    question=_("How much is to be done?"),
    definition=_("Orders that are accepted and not wholly out of the door. Counted when asked."),
    source="Order",
    unit=Unit.COUNT,
    measure=Measure.SUM,
    higher_is_better=None,
    is_live=True,
    rank=5,
    **_ABOUT,
)
def open_orders(period: Period) -> QuerySet[Order]:
    return to_ship(Order.objects.all())


def _units(name: str) -> Cast:
    return Cast(KeyTextTransform(name, "explanation"), IntegerField())


def waited() -> Q:
    """Orders that lacked a unit when they were accepted, or lack one now."""
    decisions = SourcingDecision.objects.filter(order=OuterRef("pk"))
    lacking = decisions.annotate(promised=_units("promised"), wanted=_units("wanted"))
    at_once = Exists(decisions.filter(at__lte=OuterRef("accepted_at")))
    return (
        Q(Exists(OrderLine.objects.filter(order=OuterRef("pk"), backordered__gt=0)))
        | Q(Exists(lacking.filter(promised__lt=F("wanted"))))
        | (Q(Exists(decisions)) & ~Q(at_once))
    )


_BACKORDER: dict[str, Any] = {
    "unit": Unit.SHARE,
    "higher_is_better": False,
    "source": "Order, OrderLine, SourcingDecision",
    "moment": "accepted_at",
    "numerator": one_if(waited()),
    "trails": (TRAIL,),
    **_ABOUT,
}


@kpi(
    "backorder_rate",
    title=_("Backorder rate"),
    question=_("How many orders wait for goods?"),
    definition=_(
        "Orders with at least one unit that no warehouse had when they were accepted ÷ orders accepted that day."
    ),
    target=Decimal("0.05"),
    rank=50,
    **_BACKORDER,
)
def backorder_rate(period: Period) -> QuerySet[Order]:
    return Order.objects.filter(status__in=TAKEN)


@kpi(
    "renewal_stock_outs",
    title=_("Renewals without stock"),
    question=_("How many subscribers do we fail?"),
    definition=_(
        "Renewals with at least one unit that no warehouse had ÷ renewals accepted that day (stock-out by opportunity)."
    ),
    target=Decimal("0.03"),
    rank=51,
    **_BACKORDER,
)
def renewal_stock_outs(period: Period) -> QuerySet[Order]:
    return Order.objects.filter(status__in=TAKEN, is_renewal=True)


def ages(orders: QuerySet[Any]) -> Iterable[tuple[Any, int]]:
    """Whole business days since each order was accepted, up to the last day of the period."""
    for order in orders.iterator(chunk_size=2000):
        accepted = business_day(order.accepted_at) if order.accepted_at else order.until
        yield order, (order.until - accepted).days


@kpi(
    "backorder_age",
    title=_("Age of backorders"),
    question=_("For how long have customers waited for goods?"),
    definition=_("Median of the days since acceptance of orders that wait for stock now. Counted when asked."),
    source="Order",
    unit=Unit.DAYS,
    measure=Measure.MEDIAN,
    higher_is_better=False,
    is_live=True,
    spans=ages,
    rank=52,
    **_ABOUT,
)
def backorder_age(period: Period) -> QuerySet[Order]:
    rows = Order.objects.filter(status=OrderStatus.ACCEPTED, fulfilment_status=FulfilmentStatus.WAITING)
    return rows.annotate(until=Value(period.last, output_field=DateField()))
