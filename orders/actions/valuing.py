"""What each customer brought in and is expected to bring, worked out for everybody at once, once a day."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import TruncDate

from ordermgmt.clock import business_day, business_zone
from ordermgmt.money import ZERO, round_money
from orders.customer_value import Buyer, Buying, Spending, TooFew, fit_buying, fit_spending
from orders.models import CustomerValue, Order, RevenueEntry, Subscription, ValueFit
from orders.states import OrderStatus

TAKEN = (OrderStatus.ACCEPTED, OrderStatus.CLOSED)
WEEKS_AHEAD = 52
CHUNK = 1000
# Of purchases and of amounts in a year; above it a fit is no use.
MOST = 10**7
Worked = tuple[list[CustomerValue], ValueFit]
FACTS = [
    "plan", "began_on", "quarter", "purchases", "last_on", "to_date", "expected_purchases", "expected", "worked_on"
]  # fmt: skip


@dataclass(slots=True)
class Bought:
    """Days on which a customer bought in one currency."""

    first: date
    last: date
    days: int = 1


@dataclass
class Currency:
    """Everybody who bought in one currency."""

    bought: dict[int, Bought] = field(default_factory=dict)
    to_date: dict[int, Decimal] = field(default_factory=dict)


def work_values(*, now: datetime) -> dict[str, int]:
    """Work every customer's value out anew; the same on the same day however often. Customers by currency.

    Fitting takes its time, so that it holds no lock: SQLite has only one for all that write.
    """
    today = business_day(now)
    plans = _plans()
    worked = [_work(code, found, plans, today) for code, found in _currencies().items()]
    _write(worked, today)
    return {fit.currency: len(rows) for rows, fit in worked}


@transaction.atomic(durable=True)
def _write(worked: Sequence[Worked], today: date) -> None:
    for rows, fit in worked:
        facts = {name: getattr(fit, name) for name in ("customers", "repeaters", "buying", "spending")}
        ValueFit.objects.update_or_create(currency=fit.currency, worked_on=today, defaults=facts)
        CustomerValue.objects.bulk_create(
            rows, batch_size=CHUNK, update_conflicts=True, unique_fields=["customer", "currency"], update_fields=FACTS
        )
    CustomerValue.objects.exclude(worked_on=today).delete()


def _currencies() -> dict[str, Currency]:
    """Two passes over the database: days of orders, and net of invoices less credit notes."""
    found: dict[str, Currency] = defaultdict(Currency)
    taken = Order.objects.filter(status__in=TAKEN, replaces=None, customer__isnull=False, accepted_at__isnull=False)
    days = taken.annotate(day=TruncDate("accepted_at", tzinfo=business_zone())).order_by()
    for code, customer, day in days.values_list("currency", "customer", "day").distinct().iterator(CHUNK):
        bought = found[code].bought.setdefault(customer, Bought(day, day, 0))
        bought.first, bought.last, bought.days = min(bought.first, day), max(bought.last, day), bought.days + 1
    entries = RevenueEntry.objects.filter(invoice__customer__isnull=False).order_by()
    for row in entries.values("currency", "invoice__customer").annotate(n=Sum("amount")):
        found[row["currency"]].to_date[row["invoice__customer"]] = row["n"]
    return dict(found)


def _plans() -> dict[int, str]:
    """The first plan of each customer."""
    rows = Subscription.objects.order_by("-created_at", "-pk").values_list("customer", "version__plan__number")
    return dict(rows.iterator(CHUNK))


def buyer_of(bought: Bought, today: date) -> Buyer:
    """In whole weeks; the age is at least that of the last purchase."""
    recency, age = (bought.last - bought.first).days // 7, (today - bought.first).days // 7
    return Buyer(bought.days - 1, recency, max(age, recency, 1))


def _work(code: str, found: Currency, plans: dict[int, str], today: date) -> Worked:
    buyers = {customer: buyer_of(bought, today) for customer, bought in found.bought.items()}
    means = {c: float(found.to_date.get(c, ZERO)) / found.bought[c].days for c in buyers}
    buying, spending = _fits(buyers, means)

    @cache
    def coming(buyer: Buyer) -> float:
        return buying.coming(buyer, WEEKS_AHEAD) if buying else 0.0

    def row(customer: int) -> CustomerValue:
        bought, buyer = found.bought[customer], buyers[customer]
        facts: dict[str, Any] = {"expected": None, "expected_purchases": None}
        if buying and spending:
            facts |= _expected(coming, spending, buyer, means[customer], code)
        return CustomerValue(
            customer_id=customer, currency=code, plan=plans.get(customer, ""), began_on=bought.first,
            quarter=quarter_of(bought.first), purchases=bought.days, last_on=bought.last,
            to_date=found.to_date.get(customer, ZERO), worked_on=today, **facts,
        )  # fmt: skip

    repeaters = sum(1 for buyer in buyers.values() if buyer.repeats)
    fit = ValueFit(
        currency=code, worked_on=today, customers=len(buyers), repeaters=repeaters,
        buying=_named(buying, "r", "alpha", "a", "b"), spending=_named(spending, "p", "q", "v"),
    )  # fmt: skip
    return [row(customer) for customer in sorted(buyers)], fit


def _expected(
    coming: Callable[[Buyer], float], spending: Spending, buyer: Buyer, mean: float, code: str
) -> dict[str, Decimal]:
    """Nothing where the fit says nothing: a few days of sales let its parameters grow without end."""
    try:
        many = coming(buyer)
        amount = many * spending.expected(buyer.repeats, max(0.0, mean))
        facts = {"expected_purchases": Decimal(f"{many:.2f}"), "expected": Decimal(f"{amount:.4f}")}
    except (OverflowError, ZeroDivisionError, ValueError):
        return {}
    if not all(value.is_finite() and 0 <= value < MOST for value in facts.values()):
        return {}
    return facts | {"expected": round_money(facts["expected"], code)}


def quarter_of(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _fits(buyers: dict[int, Buyer], means: dict[int, float]) -> tuple[Buying | None, Spending | None]:
    """Both or neither."""
    buying: Buying | None = None
    spending: Spending | None = None
    try:
        buying = fit_buying(buyers.values())
        spending = fit_spending((buyer.repeats, means[customer]) for customer, buyer in buyers.items())
    except TooFew:
        buying = spending = None
    return buying, spending


def _named(fit: Any, *names: str) -> dict[str, float]:
    return {name: round(getattr(fit, name), 6) for name in names} if fit else {}
