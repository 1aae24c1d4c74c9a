"""How often orders make people write: tickets against orders, which only this app sees both of."""

from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Ticket
from ordermgmt.kpis import Filters, Period, Unit, kpi
from orders.models import Order
from orders.states import OrderStatus


def orders_accepted(period: Period, _filters: Filters) -> Decimal:
    start, end = period.instants
    taken = (OrderStatus.ACCEPTED, OrderStatus.CLOSED)
    return Decimal(Order.objects.filter(status__in=taken, accepted_at__gte=start, accepted_at__lt=end).count())


@kpi(
    "tickets_per_100_orders",
    title=_("Tickets per 100 orders"),
    question=_("How many orders make people write to us?"),
    definition=_(
        "Tickets opened in the period, by mail, page, phone or staff, without those that became part of another, "
        "÷ orders accepted in it."
    ),
    source="Ticket, Order",
    unit=Unit.SHARE,
    higher_is_better=False,
    moment="created_at",
    base=orders_accepted,
    dimensions={"topic": "topic"},
    target=Decimal("0.05"),
    is_rolled=False,
    group="customers",
    record=lambda ticket: (ticket.number, ticket.get_absolute_url()),
    rank=31,
)
def tickets_per_100_orders(period: Period) -> QuerySet[Ticket]:
    return Ticket.objects.filter(merged_into=None)
