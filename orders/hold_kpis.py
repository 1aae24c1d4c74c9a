"""Figures about what stops orders: hours lost by the reason of the hold."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ordermgmt.kpis import Measure, Period, Trail, Unit, kpi
from ordermgmt.models import Activity
from ordermgmt.spans import minutes
from orders.models import Hold
from orders.states import HoldCode


def _held(row: Any) -> tuple[str, str]:
    return f"{row.order.number} · {row}", f"/orders/{row.order.number}/"


_HOLD: dict[str, Any] = {
    "source": "Hold",
    "higher_is_better": False,
    "dimensions": {
        "warehouse": "order__ship_from__code", "channel": "order__channel__code", "country": "order__ship_country",
        "category": "code",
    },
    "categories": lambda: dict(HoldCode.choices),
    "record": _held,
    "joins": ("order",),
    "question": _("What is in the way?"),
}  # fmt: skip


@kpi(
    "hold_time",
    title=_("Time lost in holds"),
    definition=_("Time from placing to release of every hold released on the day, added up; two holds of one order count twice."),
    unit=Unit.MINUTES,
    measure=Measure.SUM,
    moment="released_at",
    numerator=minutes("opened_at", "released_at"),
    trails=(Trail(lambda: Activity.objects.exclude(thread=""), "thread", "order__number"),),
    rank=53,
    **_HOLD,
)  # fmt: skip
def hold_time(period: Period) -> QuerySet[Hold]:
    return Hold.objects.filter(released_at__isnull=False)


@kpi(
    "holds_open",
    title=_("Open holds"),
    definition=_("Holds that are not released. Counted when asked."),
    unit=Unit.COUNT,
    measure=Measure.SUM,
    is_live=True,
    rank=54,
    **_HOLD,
)
def holds_open(period: Period) -> QuerySet[Hold]:
    return Hold.objects.open()
