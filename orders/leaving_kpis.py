"""Figures about who stays and who leaves: subscribers, and the reasons for leaving and for leaving out a delivery."""

from typing import Any

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Concat, ExtractMonth, ExtractYear, LPad
from django.utils.translation import gettext_lazy as _

from ordermgmt.kpis import Measure, Period, Trail, Unit, kpi, one_if
from orders.actions.dunning_end import UNPAID
from orders.billing_states import DeliveryStatus, MovementKind, SkipReason, SubscriptionStatus
from orders.models import Delivery, MrrMovement, Subscription
from orders.revenue_kpis import DELIVERY_TRAILS, PLAN, subscription_record

JOINS_OR_LEAVES = (MovementKind.NEW, MovementKind.REACTIVATION, MovementKind.CHURN)
# What customers and staff choose from (orders/subscriber_forms.py, orders/subscription_forms.py), and what jobs write.
REASONS: dict[str, Any] = {
    "price": _("Too expensive"),
    "too_much": _("Has too much of it"),
    "taste": _("Does not like it"),
    "delivery": _("Trouble with deliveries"),
    "moves": _("Moves away"),
    "moving": _("Moves away"),
    "elsewhere": _("Buys elsewhere"),
    "trial": _("Only wanted to try it"),
    "other": _("Another reason"),
    "not_said": _("Not said"),
    UNPAID: _("Not paid"),
}


def _month_of(field: str) -> Concat:
    year, month = Cast(ExtractYear(field), CharField()), Cast(ExtractMonth(field), CharField())
    return Concat(year, Value("-"), LPad(month, 2, Value("0")), output_field=CharField())


@kpi(
    "subscribers",
    title=_("Subscribers"),
    question=_("How many customers subscribe?"),
    definition=_("Customers who brought monthly revenue and have not left, paused ones among them: those who joined or came back less those whose last subscription ended."),
    source="MrrMovement",
    unit=Unit.COUNT,
    measure=Measure.BALANCE,
    on="on",
    numerator=Case(When(kind=MovementKind.CHURN, then=Value(-1)), default=Value(1)),
    denominator=one_if(Q(kind=MovementKind.NEW)),
    dimensions={"category": "began"},
    trails=(Trail(MrrMovement.objects.all, "pk", "pk"),),
    record=subscription_record,
    joins=("subscription",),
    group="revenue",
    rank=14,
)  # fmt: skip
def subscribers(period: Period) -> QuerySet[Any]:
    """`began`: the month in which the customer first brought revenue, such as 2026-03."""
    first = MrrMovement.objects.filter(customer=OuterRef("customer"), kind=MovementKind.NEW).order_by("on", "pk")
    rows: QuerySet[Any] = MrrMovement.objects.filter(kind__in=JOINS_OR_LEAVES)
    found: QuerySet[Any] = rows.annotate(first_on=Subquery(first.values("on")[:1]), began=_month_of("first_on"))
    return found


def _left(row: Any) -> tuple[str, str]:
    said = f" · “{row.cancel_note}”" if row.cancel_note else ""
    return f"{row.number}{said}", row.get_absolute_url()


@kpi(
    "subscriptions_ended",
    title=_("Subscriptions ended"),
    question=_("Why do people leave?"),
    definition=_("Subscriptions that were cancelled in the period, by the reason given; not paid is what dunning ended. Counted when asked: a cancellation can be taken back."),
    source="Subscription",
    unit=Unit.COUNT,
    measure=Measure.SUM,
    higher_is_better=False,
    moment="cancelled_at",
    dimensions={"plan": "version__plan__number", "channel": "channel__code", "category": "why"},
    categories=lambda: REASONS,
    is_rolled=False,
    record=_left,
    group="revenue",
    rank=81,
)  # fmt: skip
def subscriptions_ended(period: Period) -> QuerySet[Any]:
    why = Case(When(cancel_reason="", then=Value("not_said")), default=F("cancel_reason"))
    rows: QuerySet[Any] = Subscription.objects.filter(status=SubscriptionStatus.CANCELLED).annotate(why=why)
    return rows


@kpi(
    "deliveries_skipped",
    title=_("Deliveries left out"),
    question=_("Why are deliveries left out?"),
    definition=_("Deliveries that were left out, by their planned day and the reason: asked for, paused, not paid, out of stock, missed."),
    source="Delivery",
    unit=Unit.COUNT,
    measure=Measure.SUM,
    higher_is_better=False,
    on="planned_on",
    dimensions={"plan": PLAN, "channel": "subscription__channel__code", "category": "skip_reason"},
    categories=lambda: dict(SkipReason.choices),
    trails=DELIVERY_TRAILS,
    record=subscription_record,
    joins=("subscription",),
    group="revenue",
    rank=82,
)  # fmt: skip
def deliveries_skipped(period: Period) -> QuerySet[Delivery]:
    return Delivery.objects.filter(status=DeliveryStatus.SKIPPED)
