"""Orders whose customer was sent a link to pay: which end by themselves, and about which a person decides."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from ordermgmt.money import ZERO, MoneyField
from orders.models import Hold, Invoice, Order, Payment
from orders.states import OrderStatus, PaymentKind, PaymentState

# SQLite adds decimals up as floats; no currency has a unit as small as this.
_NOTHING = Decimal("0.00005")


def undecided(orders: QuerySet[Order], now: datetime) -> QuerySet[Order]:
    """Never ended by a timer: more was ordered than the customer was asked for, or part of it came in time.

    `ends_at`: when the time to pay is up; `since`: that, or since when the order waits for its money.
    """
    held = Hold.objects.open().filter(order=OuterRef("pk"), cancels_at__isnull=False).order_by("cancels_at", "pk")
    came = Payment.objects.filter(order=OuterRef("pk")).exclude(kind=PaymentKind.REFUND)
    came = came.exclude(state=PaymentState.FAILED)
    rows = orders.filter(status=OrderStatus.ACCEPTED).annotate(
        ends_at=Subquery(held.values("cancels_at")[:1]), asked=_asked()
    )
    grew = Q(total__gt=F("asked") + F("credited_total") + _NOTHING)
    found = rows.filter(grew | (Q(ends_at__lte=now) & Exists(came)), ends_at__isnull=False)
    waits = Subquery(held.values("opened_at")[:1])
    return found.annotate(since=Case(When(ends_at__lte=now, then=F("ends_at")), default=waits))


def _asked() -> Coalesce:
    """What the invoices of an order ask for."""
    asked = Sum(F("gross_total") - F("credited") - F("written_off"))
    rows = Invoice.objects.filter(order=OuterRef("pk")).order_by().values("order").annotate(sum=asked)
    return Coalesce(Subquery(rows.values("sum")), ZERO, output_field=MoneyField())
