"""Figures about subscriptions and their revenue (subscriptions.md 2.12-2.14)."""

from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ordermgmt.kpis import Filters, Measure, Period, Trail, Unit, kpi, one_if
from ordermgmt.models import Activity
from ordermgmt.money import ZERO
from orders.billing_states import LIVE_DUNNING, DeliveryStatus, DunningStatus, EventKind, MovementKind
from orders.models import Delivery, Dunning, MrrMovement, RevenueEntry, SubscriptionEvent

JOINED = (MovementKind.NEW, MovementKind.REACTIVATION)
SHRINKS = (MovementKind.CONTRACTION, MovementKind.CHURN)
PLAN = "subscription__version__plan__number"


def subscription_record(row: Any) -> tuple[str, str]:
    return row.subscription.number, row.subscription.get_absolute_url()


_MOVEMENT: dict[str, Any] = {
    "source": "MrrMovement",
    "on": "on",
    "numerator": F("amount"),
    "dimensions": {"plan": PLAN, "currency": "currency"},
    "trails": (Trail(MrrMovement.objects.all, "pk", "pk"),),
    "record": subscription_record,
    "joins": ("subscription",),
    "group": "revenue",
}
_LOSS = _MOVEMENT | {"numerator": -F("amount"), "higher_is_better": False}
_ALSO = _(
    "Price of one period after lasting discounts, before tax and delivery, × periods per month "
    "(weeks × 52/12, days × 365/12). Trials and pauses count nothing; unpaid subscriptions count until the last step of dunning."
)


def _movements(period: Period) -> QuerySet[MrrMovement]:
    return MrrMovement.objects.all()


kpi(
    "mrr",
    title=_("Monthly recurring revenue"),
    question=_("How much comes in every month?"),
    definition=_ALSO,
    unit=Unit.MONEY,
    measure=Measure.BALANCE,
    rank=10,
    **_MOVEMENT,
)(_movements)
kpi(
    "arr",
    title=_("Annual recurring revenue"),
    question=_("How much would come in a year?"),
    definition=_("Monthly recurring revenue × 12."),
    unit=Unit.MONEY,
    measure=Measure.BALANCE,
    formula=lambda mrr, _base, _period: mrr * 12,
    rank=75,
    **_MOVEMENT,
)(_movements)


def _of_kind(kind: str, rank: int, title: Any, definition: Any, about: dict[str, Any]) -> None:
    @kpi(
        f"mrr_{kind}",
        title=title,
        question=_("Where does monthly revenue change come from?"),
        definition=definition,
        unit=Unit.MONEY,
        measure=Measure.SUM,
        rank=rank,
        **about,
    )
    def rows(period: Period) -> QuerySet[MrrMovement]:
        return MrrMovement.objects.filter(kind=kind)


_of_kind(MovementKind.NEW, 70, _("New"), _("Monthly revenue of customers who subscribe for the first time."), _MOVEMENT)
_of_kind(
    MovementKind.EXPANSION, 71, _("Expansion"),
    _("More from customers who stay: another subscription, a higher price, a resumed pause."), _MOVEMENT,
)  # fmt: skip
_of_kind(
    MovementKind.REACTIVATION, 72, _("Reactivation"), _("Monthly revenue of customers who had left and came back."), _MOVEMENT
)  # fmt: skip
_of_kind(
    MovementKind.CONTRACTION, 73, _("Contraction"),
    _("Less from customers who stay: one subscription of several ended, a lower price, a pause."), _LOSS,
)  # fmt: skip
_of_kind(
    MovementKind.CHURN, 74, _("Churn"), _("Monthly revenue of customers whose last subscription ended."), _LOSS
)  # fmt: skip


def _narrowed(filters: Filters) -> dict[str, str]:
    paths: dict[str, str] = _MOVEMENT["dimensions"]
    return {paths[name]: value for name, value in filters.items()}


def mrr_at_start(period: Period, filters: Filters) -> Decimal:
    rows = MrrMovement.objects.filter(on__lt=period.first, **_narrowed(filters))
    return rows.aggregate(n=Sum("amount"))["n"] or ZERO


def customers_at_start(period: Period, filters: Filters) -> Decimal:
    """Customers with monthly revenue when the period begins."""
    rows = MrrMovement.objects.filter(on__lt=period.first, **_narrowed(filters))
    return Decimal(rows.order_by().values("customer").annotate(n=Sum("amount")).filter(n__gt=0).count())


def _joined(period: Period) -> QuerySet[Any]:
    joined = MrrMovement.objects.filter(kind__in=JOINED, on__range=(period.first, period.last))
    return joined.values("customer")


@kpi(
    "customer_churn",
    title=_("Customers lost"),
    question=_("How many customers leave?"),
    definition=_(
        "Customers whose last subscription ended in the period, without those who also joined in it, "
        "÷ customers at its start."
    ),
    unit=Unit.SHARE,
    base=customers_at_start,
    is_rolled=False,
    rank=11,
    **{**_LOSS, "numerator": one_if(Q(kind=MovementKind.CHURN))},
)
def customer_churn(period: Period) -> QuerySet[MrrMovement]:
    return MrrMovement.objects.filter(kind=MovementKind.CHURN).exclude(customer__in=_joined(period))


@kpi(
    "gross_mrr_churn",
    title=_("Revenue lost"),
    question=_("How much monthly revenue is lost?"),
    definition=_("(Churn + contraction) ÷ monthly revenue at the start of the period."),
    unit=Unit.SHARE,
    base=mrr_at_start,
    in_money=True,
    rank=76,
    **_LOSS,
)
def gross_mrr_churn(period: Period) -> QuerySet[MrrMovement]:
    return MrrMovement.objects.filter(kind__in=SHRINKS)


@kpi(
    "net_mrr_churn",
    title=_("Revenue lost, net"),
    question=_("How much of the lost revenue do other customers make up for?"),
    definition=_("(Churn + contraction − expansion − reactivation) ÷ monthly revenue at the start of the period."),
    unit=Unit.SHARE,
    base=mrr_at_start,
    in_money=True,
    rank=77,
    **_LOSS,
)
def net_mrr_churn(period: Period) -> QuerySet[MrrMovement]:
    return MrrMovement.objects.exclude(kind=MovementKind.NEW)


_RETENTION: dict[str, Any] = {
    **_MOVEMENT,
    "unit": Unit.SHARE,
    "base": mrr_at_start,
    "is_rolled": False,
    "formula": lambda change, start, _period: (start + change) / start if start else None,
}


@kpi(
    "net_revenue_retention",
    title=_("Net revenue retention"),
    question=_("What became of the revenue we had?"),
    definition=_(
        "(Monthly revenue at the start + expansion − contraction − churn) ÷ monthly revenue at the start; "
        "customers who joined in the period stay out."
    ),
    rank=78,
    **_RETENTION,
)
def net_revenue_retention(period: Period) -> QuerySet[MrrMovement]:
    kinds = (MovementKind.EXPANSION, *SHRINKS)
    return MrrMovement.objects.filter(kind__in=kinds).exclude(customer__in=_joined(period))


@kpi(
    "gross_revenue_retention",
    title=_("Gross revenue retention"),
    question=_("How much of the revenue we had is left?"),
    definition=_(
        "(Monthly revenue at the start − contraction − churn) ÷ monthly revenue at the start; never above 100 %."
    ),
    rank=79,
    **_RETENTION,
)
def gross_revenue_retention(period: Period) -> QuerySet[MrrMovement]:
    return MrrMovement.objects.filter(kind__in=SHRINKS).exclude(customer__in=_joined(period))


DELIVERY_TRAILS = (
    Trail(lambda: Activity.objects.exclude(thread=""), "thread", "order__number"),
    Trail(
        lambda: SubscriptionEvent.objects.exclude(kind__in=(EventKind.ORDERED, EventKind.NOTE)),
        "subscription_id",
        "subscription_id",
    ),
)


@kpi(
    "delivery_rate",
    title=_("Deliveries made"),
    question=_("How many planned boxes are sent?"),
    definition=_("Deliveries ordered ÷ deliveries ordered or left out, by their planned day. Skipping is not churn."),
    source="Delivery",
    unit=Unit.SHARE,
    on="planned_on",
    numerator=one_if(Q(status=DeliveryStatus.ORDERED)),
    dimensions={"plan": PLAN, "channel": "subscription__channel__code"},
    trails=DELIVERY_TRAILS,
    record=subscription_record,
    joins=("subscription",),
    group="revenue",
    rank=12,
)
def delivery_rate(period: Period) -> QuerySet[Delivery]:
    return Delivery.objects.filter(status__in=(DeliveryStatus.ORDERED, DeliveryStatus.SKIPPED))


@kpi(
    "payments_recovered",
    title=_("Failed payments recovered"),
    question=_("Do failed payments come back?"),
    definition=_(
        "Invoices whose payment failed and was collected after all ÷ those whose case is over, by the day it failed."
    ),
    source="Dunning",
    unit=Unit.SHARE,
    moment="opened_at",
    numerator=one_if(Q(status=DunningStatus.RECOVERED)),
    dimensions={"plan": "invoice__subscription__version__plan__number", "currency": "invoice__currency"},
    trails=(Trail(Activity.objects.all, "subject", "invoice__number"),),
    target=Decimal("0.70"),
    record=lambda row: (row.invoice.number, reverse("invoice", args=[row.invoice.number])),
    joins=("invoice",),
    group="revenue",
    rank=13,
)
def payments_recovered(period: Period) -> QuerySet[Dunning]:
    return Dunning.objects.exclude(status__in=LIVE_DUNNING)


def customers_billed(period: Period, filters: Filters) -> Decimal:
    rows = RevenueEntry.objects.filter(booked_on__lte=period.last, invoice__customer__isnull=False)
    if "currency" in filters:
        rows = rows.filter(currency=filters["currency"])
    return Decimal(rows.order_by().values("invoice__customer").distinct().count())


@kpi(
    "customer_value",
    title=_("Value of a customer to date"),
    question=_("What has a customer brought in so far?"),
    definition=_(
        "Net of all invoices less credit notes up to the end of the period ÷ customers billed. Revenue, not margin: costs are not kept."
    ),
    source="RevenueEntry",
    unit=Unit.MONEY,
    measure=Measure.BALANCE,
    on="booked_on",
    numerator=F("amount"),
    base=customers_billed,
    dimensions={"currency": "currency"},
    trails=(Trail(RevenueEntry.objects.all, "pk", "pk"),),
    record=lambda row: (row.invoice.number, reverse("invoice", args=[row.invoice.number])),
    joins=("invoice",),
    group="revenue",
    rank=80,
)
def customer_value(period: Period) -> QuerySet[RevenueEntry]:
    return RevenueEntry.objects.filter(invoice__customer__isnull=False)
