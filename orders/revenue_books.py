"""Invariants of revenue: every line is earned exactly once, and what is deferred is what is still owed."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import business_day
from ordermgmt.money import ZERO
from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders.billing_states import BillingCycleStatus, RecognitionRule
from orders.models import BillingCycle, CreditNote, CreditNoteLine, InvoiceLine, RevenueEntry
from orders.proration import values_of_deliveries

# SQLite adds decimals up as floating-point numbers.
_NOTHING = Decimal("0.00005")


def _differs(sum_of: str, right: Combinable) -> Q:
    return Q(**{f"{sum_of}__gt": right + _NOTHING}) | Q(**{f"{sum_of}__lt": right - _NOTHING})


@invariant("I71", _("What a line earns over time and by delivery adds up to its net"), is_local=True)
def entries_add_up(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    billed = Coalesce(Sum("revenue__amount", filter=Q(revenue__credit_line=None)), ZERO)
    rows = touched.of(InvoiceLine.objects.all(), "invoice__number", "invoice__order__number")
    lines = rows.annotate(earned=billed).filter(_differs("earned", F("net")))
    yield from lines.order_by("pk").values("invoice__number", "position", "net", "earned")
    notes = touched.of(CreditNoteLine.objects.all(), "credit_note__number")
    given = notes.annotate(back=Coalesce(Sum("revenue__amount"), ZERO))
    given = given.filter(_differs("back", -F("net")))
    yield from given.order_by("pk").values("credit_note__number", "position", "net", "back")


@invariant("I72", _("Revenue paid in advance that is deferred is the value of the deliveries owed"))
def deferred_is_owed(now: datetime) -> Iterable[Any]:
    """For charges of which nothing was credited or replaced; theirs are proved line by line (I71)."""
    for cycle in _prepaid().iterator(chunk_size=500):
        parts = _parts(cycle)
        values = values_of_deliveries(_goods(cycle), cycle.deliveries, cycle.invoice.currency)
        brought = {row.part for row in cycle.paid_deliveries.all()}
        owed = sum((value for part, value in enumerate(values, 1) if part not in brought), ZERO)
        deferred = sum((amount for part, amount in parts.items() if part not in brought), ZERO)
        if deferred != owed:
            yield {"subscription": cycle.subscription.number, "deferred": deferred, "owed": owed}


def _prepaid() -> Any:
    """Charges for several deliveries, with those that brought a part of them."""
    credited = CreditNote.objects.filter(invoice=OuterRef("invoice"))
    rows = BillingCycle.objects.filter(status=BillingCycleStatus.BILLED, invoice__order=None, deliveries__gt=1)
    rows = rows.filter(~Exists(credited), invoice__isnull=False, invoice__replaces=None)
    joined = rows.select_related("subscription", "invoice")
    return joined.prefetch_related("invoice__lines", "invoice__revenue", "paid_deliveries").order_by("pk")


def _goods(cycle: BillingCycle) -> Decimal:
    lines = cycle.invoice.lines.all() if cycle.invoice else []
    return sum((line.net for line in lines if not line.cause.startswith("charge:")), ZERO)


def _parts(cycle: BillingCycle) -> dict[int, Decimal]:
    """What is deferred of the goods, by the number of the part."""
    found: dict[int, Decimal] = defaultdict(lambda: ZERO)
    invoice = cycle.invoice
    goods = {line.pk for line in invoice.lines.all() if not line.cause.startswith("charge:")} if invoice else set()
    for entry in invoice.revenue.all() if invoice else []:
        if entry.recognised_on is None and entry.invoice_line_id in goods:
            found[entry.part] += entry.amount
    return found


@invariant("I73", _("Nothing is earned before it is billed, and nothing earned by time waits"))
def earned_in_time(now: datetime) -> Iterable[Any]:
    rows = RevenueEntry.objects.order_by("pk")
    early = rows.filter(recognised_on__lt=F("booked_on"), rule=RecognitionRule.AT_DELIVERY)
    yield from early.values("cause", "booked_on", "recognised_on")
    late = rows.filter(recognised_on=None, rule=RecognitionRule.OVER_TIME, due_on__lt=business_day(now))
    yield from late.values("cause", "due_on")


@invariant("I74", _("A delivery brings its value once"))
def delivery_brings_its_value(now: datetime) -> Iterable[Any]:
    """The parts of deliveries paid in advance are what was fixed when they were ordered."""
    goods = RevenueEntry.objects.filter(delivery__value__isnull=False, credit_line=None)
    goods = goods.exclude(invoice_line__cause__startswith="charge:").filter(invoice__replaces=None)
    sums = goods.order_by().values_list("delivery").annotate(sum=Sum("amount"))
    wrong = sums.filter(_differs("sum", F("delivery__value"))).values(
        "delivery__order__number", "delivery__value", "sum"
    )
    yield from wrong.order_by("delivery")
