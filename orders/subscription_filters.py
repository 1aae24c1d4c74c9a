"""Filters of the subscriptions list: what each word means as rows."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django.db.models import DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, DateFromToRangeFilter, ModelChoiceFilter

from customers.models import Customer
from customers.search import matching as matching_customers
from inventory.models import StockLevel
from ordermgmt.clock import business_day, business_zone
from ordermgmt.finding import Asked, starts_with
from ordermgmt.listing import ListFilters
from orders.billing_states import LIVE_DUNNING, DeliveryStatus, SubscriptionStatus
from orders.models import Delivery, Dunning, Plan, Subscription, SubscriptionLine

Subscriptions = QuerySet[Subscription]
# A box that leaves within this many days is looked at for stock.
STOCK_DAYS = 14
MOST_CUSTOMERS = 100


def _with_status(status: str) -> Callable[[Subscriptions], Subscriptions]:
    return lambda rows: rows.filter(status=status)


STATES: Mapping[str, tuple[Any, Callable[[Subscriptions], Subscriptions]]] = {
    "active": (_("Active"), _with_status(SubscriptionStatus.ACTIVE)),
    "cancelling": (_("Cancelling"), lambda rows: rows.filter(status=SubscriptionStatus.ACTIVE, ends_on__isnull=False)),
    "paused": (_("Paused"), _with_status(SubscriptionStatus.PAUSED)),
    "pending": (_("Not started"), _with_status(SubscriptionStatus.PENDING)),
    "cancelled": (_("Cancelled"), _with_status(SubscriptionStatus.CANCELLED)),
    "expired": (_("Ended"), _with_status(SubscriptionStatus.EXPIRED)),
    "parked": (_("Renewal waits for a decision"), lambda rows: rows.filter(_next(parked_at__isnull=False))),
}
RENEWS = [("today", _("Today")), ("tomorrow", _("Tomorrow")), ("week", _("In the next 7 days"))]


def _next(**facts: Any) -> Exists:
    return Exists(Delivery.objects.filter(subscription=OuterRef("pk"), is_next=True, **facts))


def with_unpaid() -> Exists:
    """Subscriptions with an invoice whose payment failed and is still wanted."""
    return Exists(Dunning.objects.filter(invoice__subscription=OuterRef("pk"), status__in=LIVE_DUNNING))


def short_skus() -> QuerySet[Any]:
    """Items of which nothing is left to promise, in any warehouse."""
    free = (
        StockLevel.objects.order_by()
        .values("sku")
        .annotate(units_left=Sum(F("on_hand") - F("unsaleable") - F("allocated") - F("safety")))
    )
    return free.filter(units_left__lte=0).values("sku")


def subscriptions_with_next() -> Subscriptions:
    """Every subscription with the day its next delivery leaves (none: nothing comes)."""
    coming = Delivery.objects.filter(subscription=OuterRef("pk"), is_next=True)
    return Subscription.objects.annotate(
        next_on=Subquery(coming.values("leaves_on")[:1], output_field=DateField(null=True))
    )


def condition(text: str) -> Q:
    """What a search means: the number of a subscription, or its customer."""
    asked = Asked(text)
    if asked.code.startswith("SUB"):
        return starts_with("number", asked.code)
    number = Q(number=f"SUB-{asked.digits}") if asked.digits else Q()
    customers = list(matching_customers(asked).order_by("-id").values_list("pk", flat=True)[:MOST_CUSTOMERS])
    return number | Q(customer__in=customers)


class SubscriptionFilters(ListFilters):
    """Each filter is one narrowing; together they are joined with "and"."""

    q = CharFilter(label=_("Number, name, e-mail, phone"), method="by_words")
    state = ChoiceFilter(
        label=_("State"), choices=[(key, label) for key, (label, _rows) in STATES.items()], method="by_state"
    )
    plan = ModelChoiceFilter(label=_("Plan"), queryset=Plan.objects.all(), to_field_name="number", method="by_plan")
    renews = ChoiceFilter(label=_("Renews"), choices=RENEWS, method="by_renews")
    leaves = DateFromToRangeFilter(label=_("Next delivery"), method="by_leaves")
    payment = ChoiceFilter(
        label=_("Payment"),
        choices=[
            ("problem", _("Problem")),
            ("expiring", _("Card ends before the next charge")),
            ("invoice", _("On invoice")),
        ],
        method="by_payment",
    )
    resumes = ChoiceFilter(label=_("Pause ends"), choices=[("month", _("This month"))], method="by_resumes")
    stock = ChoiceFilter(label=_("Stock"), choices=[("risk", _("Risk for the next delivery"))], method="by_stock")
    item = CharFilter(label=_("Item (SKU)"), method="by_item")
    customer = CharFilter(label=_("Customer number"), method="by_customer")

    class Meta:
        model = Subscription
        fields: ClassVar[list[str]] = []

    def by_words(self, rows: Subscriptions, name: str, value: str) -> Subscriptions:
        return rows.filter(condition(value))

    def by_state(self, rows: Subscriptions, name: str, value: str) -> Subscriptions:
        return STATES[value][1](rows)

    def by_plan(self, rows: Subscriptions, name: str, value: Plan) -> Subscriptions:
        return rows.filter(version__plan=value)

    def by_renews(self, rows: Subscriptions, name: str, value: str) -> Subscriptions:
        today = business_day(timezone.now())
        first, days = {"today": (today, 1), "tomorrow": (today + timedelta(days=1), 1), "week": (today, 7)}[value]
        return rows.filter(_next(order_at__gte=_midnight(first), order_at__lt=_midnight(first + timedelta(days=days))))

    def by_leaves(self, rows: Subscriptions, name: str, value: slice) -> Subscriptions:
        facts = {"leaves_on__gte": _day(value.start), "leaves_on__lte": _day(value.stop)}
        return rows.filter(_next(**{lookup: day for lookup, day in facts.items() if day}))

    def by_payment(self, rows: Subscriptions, name: str, value: str) -> Subscriptions:
        if value == "problem":
            return rows.filter(with_unpaid())
        if value == "invoice":
            return rows.filter(method=None)
        return rows.filter(_next(leaves_on__gt=OuterRef("method__expires_on")))

    def by_resumes(self, rows: Subscriptions, name: str, value: str) -> Subscriptions:
        first = business_day(timezone.now()).replace(day=1)
        end = (first + timedelta(days=32)).replace(day=1)
        return rows.filter(status=SubscriptionStatus.PAUSED, resumes_on__gte=first, resumes_on__lt=end)

    def by_stock(self, rows: Subscriptions, name: str, value: str) -> Subscriptions:
        soon = business_day(timezone.now()) + timedelta(days=STOCK_DAYS)
        lacking = SubscriptionLine.objects.filter(subscription=OuterRef("pk"), sku__in=short_skus())
        return rows.filter(_next(leaves_on__lte=soon, status=DeliveryStatus.SCHEDULED), Exists(lacking))

    def by_item(self, rows: Subscriptions, name: str, value: str) -> Subscriptions:
        lines = SubscriptionLine.objects.filter(subscription=OuterRef("pk"), sku__code__iexact=value.strip())
        return rows.filter(Exists(lines))

    def by_customer(self, rows: Subscriptions, name: str, value: str) -> Subscriptions:
        return rows.filter(customer__in=Customer.objects.filter(number__iexact=value.strip()))


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), business_zone())
