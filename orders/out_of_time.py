"""Orders whose customer was sent a link to pay: which end by themselves, and about which a person decides."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from ordermgmt.money import ZERO, MoneyField
from orders.billing_states import DunningStatus
from orders.models import Dunning, Hold, Invoice, Order, Payment
from orders.states import HoldCode, OrderStatus, PaymentKind, PaymentState

# SQLite adds decimals up as floats; no currency has a unit as small as this.
_NOTHING = Decimal("0.00005")


def partly(orders: QuerySet[Order]) -> QuerySet[Order]:
    """More was ordered than the customer was asked for, or part of it came: no timer ends these."""
    return _with_asked(orders).filter(_GREW | _CAME)


def undecided(orders: QuerySet[Order], now: datetime) -> QuerySet[Order]:
    """Of those, what a person must decide: asked for less than they cost, or their time to pay is up.

    `ends_at`: when the time to pay is up, by the link or by the last step of dunning; `since`: that, or since when the
    order waits for its money.
    """
    held = Hold.objects.open().filter(order=OuterRef("pk"), code=HoldCode.PAYMENT)
    timed = held.filter(cancels_at__isnull=False).order_by("cancels_at", "pk")
    given_up = Dunning.objects.filter(invoice__order=OuterRef("pk"), status=DunningStatus.EXHAUSTED)
    ends_at = Coalesce(
        Subquery(timed.values("cancels_at")[:1]), Subquery(given_up.order_by("pk").values("exhausted_at")[:1])
    )
    rows = _with_asked(orders.filter(Exists(held), status=OrderStatus.ACCEPTED, is_renewal=False))
    found = rows.annotate(ends_at=ends_at).filter(_GREW | (Q(ends_at__lte=now) & _CAME), ends_at__isnull=False)
    waits = Subquery(held.order_by("opened_at").values("opened_at")[:1])
    return found.annotate(since=Case(When(ends_at__lte=now, then=F("ends_at")), default=waits))


def _with_asked(orders: QuerySet[Order]) -> QuerySet[Order]:
    """With what the invoices of each order ask for."""
    asked = Sum(F("gross_total") - F("credited") - F("written_off"))
    rows = Invoice.objects.filter(order=OuterRef("pk")).order_by().values("order").annotate(sum=asked)
    return orders.annotate(asked=Coalesce(Subquery(rows.values("sum")), ZERO, output_field=MoneyField()))


_CAME = Q(
    Exists(
        Payment.objects.filter(order=OuterRef("pk")).exclude(kind=PaymentKind.REFUND).exclude(state=PaymentState.FAILED)
    )
)
_GREW = Q(total__gt=F("asked") + F("credited_total") + _NOTHING)
