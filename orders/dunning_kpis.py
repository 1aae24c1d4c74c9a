"""What becomes of failed payments, step by step: failed, tried again, recovered, lost (of those that failed on the day).

Tried again is counted when asked: nothing that only grows tells that a planned attempt was made.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ordermgmt.kpis import Measure, Period, Trail, Unit, kpi
from ordermgmt.models import Activity
from orders.billing_states import DunningStatus
from orders.models import Charge, Dunning

LOST = (DunningStatus.EXHAUSTED, DunningStatus.WRITTEN_OFF)

DUNNING: dict[str, Any] = {
    "source": "Dunning, Charge",
    "moment": "opened_at",
    "dimensions": {"plan": "invoice__subscription__version__plan__number", "currency": "invoice__currency"},
    "trails": (Trail(Activity.objects.all, "subject", "invoice__number"),),
    "record": lambda row: (row.invoice.number, reverse("invoice", args=[row.invoice.number])),
    "joins": ("invoice",),
    "group": "revenue",
}


def _tried_again() -> Q:
    again = Charge.objects.filter(invoice=OuterRef("invoice"), planned_at__gt=OuterRef("opened_at"))
    return Q(Exists(again.exclude(sent_at=None)))


_STEPS: tuple[tuple[str, Any, Any, Q, bool | None], ...] = (
    ("payments_failed", _("Failed"), _("Invoices whose payment failed, by the day it failed first."), Q(), False),
    (
        "payments_retried", _("Tried again"),
        _("Of the invoices whose payment failed on the day: those that were charged again since."), _tried_again(), None,
    ),
    (
        "payments_come_back", _("Recovered"),
        _("Of the invoices whose payment failed on the day: those collected after all."),
        Q(status=DunningStatus.RECOVERED), True,
    ),
    (
        "payments_lost", _("Lost"),
        _("Of the invoices whose payment failed on the day: those given up or written off."), Q(status__in=LOST), False,
    ),
)  # fmt: skip
STEPS = tuple(step[0] for step in _STEPS)


def _step(name: str, title: Any, definition: Any, narrowed: Q, higher: bool | None, rank: int) -> None:
    @kpi(
        name, title=title, definition=definition, question=_("Do failed payments come back?"), unit=Unit.COUNT,
        measure=Measure.SUM, higher_is_better=higher, is_tile=False, rank=rank, is_rolled=name != "payments_retried",
        **DUNNING,
    )  # fmt: skip
    def rows(period: Period) -> QuerySet[Dunning]:
        return Dunning.objects.filter(narrowed)


for _rank, _one in enumerate(_STEPS, start=83):
    _step(*_one, rank=_rank)
