"""Figures about what customers say."""

from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Feedback
from customers.states import FeedbackStatus
from ordermgmt.kpis import Measure, Period, Trail, Unit, kpi, one_if
from ordermgmt.models import Activity, MessageState, OutgoingMessage


def _record(row: Any) -> tuple[str, str]:
    return row.order_number, row.get_absolute_url()


_ABOUT: dict[str, Any] = {
    "record": _record,
    "group": "customers",
    "joins": ("customer",),
}


@kpi(
    "feedback_score",
    title=_("Customers' score"),
    question=_("Are customers happy?"),
    definition=_(
        "Mean of the scores from 1 to 5 that customers gave, by the day of the answer; each order counts once."
    ),
    source="Feedback",
    unit=Unit.OF_FIVE,
    measure=Measure.RATIO,
    moment="given_at",
    numerator=F("score"),
    target=Decimal("4.5"),
    trails=(Trail(lambda: Activity.objects.exclude(thread=""), "thread", "order_number"),),
    rank=13,
    **_ABOUT,
)
def feedback_score(period: Period) -> QuerySet[Feedback]:
    return Feedback.objects.given()


@kpi(
    "feedback_response",
    title=_("Customers who answer"),
    question=_("How many of those we ask say something?"),
    definition=_(
        "Orders whose customer gave a score ÷ orders whose customer was sent the question, by the day the order was noted for asking."
    ),
    source="Feedback, OutgoingMessage",
    unit=Unit.SHARE,
    moment="asked_at",
    numerator=one_if(~Q(status=FeedbackStatus.ASKED)),
    # A question leaves days after its row was written, which no trail tells.
    is_rolled=False,
    rank=62,
    **_ABOUT,
)
def feedback_response(period: Period) -> QuerySet[Feedback]:
    sent = OutgoingMessage.objects.filter(kind="check_in", about=OuterRef("order_number"), state=MessageState.SENT)
    return Feedback.objects.filter(Exists(sent))
