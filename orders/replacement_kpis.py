"""What goods cost that are sent again for nothing, by the reason."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from ordermgmt.kpis import Measure, Period, Trail, Unit, kpi
from ordermgmt.models import Activity
from orders.models import Order
from orders.states import OrderStatus, ReplaceReason


def _replaced(row: Any) -> tuple[str, str]:
    return f"{row.number} · {row.get_replaced_because_display()}", f"/orders/{row.number}/"


@kpi(
    "replacement_cost",
    title=_("Sent again for nothing"),
    question=_("What do damaged, wrong and lost goods cost?"),
    definition=_("Goods of replacement orders accepted on the day, at the price they were sold for, without cancelled ones. They are no sales."),
    source="Order",
    unit=Unit.MONEY,
    measure=Measure.SUM,
    higher_is_better=False,
    moment="accepted_at",
    numerator=F("discount_total"),
    dimensions={
        "warehouse": "ship_from__code", "channel": "channel__code", "country": "ship_country", "currency": "currency",
        "category": "replaced_because",
    },
    categories=lambda: dict(ReplaceReason.choices),
    trails=(Trail(lambda: Activity.objects.exclude(thread=""), "thread", "number"),),
    record=_replaced,
    rank=55,
)  # fmt: skip
def replacement_cost(period: Period) -> QuerySet[Order]:
    return Order.objects.filter(replaces__isnull=False, status__in=(OrderStatus.ACCEPTED, OrderStatus.CLOSED))
