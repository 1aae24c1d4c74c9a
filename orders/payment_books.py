"""Invariants of money that moves: refunds, payouts, one charge at a time, nothing undecided for long."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import ZERO
from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders.billing_states import (
    ASKED_CHARGES,
    LIVE_CHARGES,
    LIVE_REFUNDS,
    ChargeStatus,
    DunningStatus,
    RefundStatus,
    WaitReason,
)
from orders.models import Charge, Dunning, Invoice, Payment, Payout, PayoutLine, ProviderEvent, Refund
from orders.states import PaymentKind, PaymentState

# The ladder of questions ends after about two days; then a person has to look.
LADDER = timedelta(days=2)
READ_WITHIN = timedelta(hours=1)
WAITS_AT_MOST = timedelta(days=3)
# Bank transfers take days; a payout line without a payment for longer is a hole.
CLEARED_WITHIN = timedelta(days=7)
OF_PAYMENTS = ("charge", "payment", "refund", "payment_refund")

# SQLite adds decimals up as floats.
_NOTHING = Decimal("0.00005")


@invariant("I57", _("What is asked back of a payment is counted, and what went back is written down"))
def refunds_are_counted(now: datetime) -> Iterable[Any]:
    live = Sum("refund_requests__amount", filter=Q(refund_requests__status__in=LIVE_REFUNDS))
    asked = Payment.objects.annotate(asked=Coalesce(live, ZERO)).filter(asked__gt=F("returning") + _NOTHING)
    yield from asked.order_by("pk").values("pk", "effect_key", "returning", "asked")
    over = Payment.objects.filter(Q(returning__gt=F("amount")) | Q(returning__lt=0))
    yield from over.order_by("pk").values("pk", "effect_key", "returning", "amount")
    gone = Refund.objects.filter(status=RefundStatus.SUCCEEDED)
    is_same = Q(
        money_back__kind=PaymentKind.REFUND,
        money_back__state=PaymentState.SUCCEEDED,
        money_back__amount=F("amount"),
        money_back__currency=F("currency"),
        money_back__parent=F("payment"),
    )
    yield from gone.exclude(is_same).order_by("pk").values("number", "amount", "money_back__amount")
    stray = Refund.objects.exclude(status=RefundStatus.SUCCEEDED).filter(money_back__isnull=False)
    yield from stray.order_by("pk").values("number", "status")
    free = Refund.objects.filter(status__in=LIVE_REFUNDS, reason="", credit_note=None)
    yield from free.order_by("pk").values("number", "reason")


@invariant("I15", _("A payout is the sum of its lines, and each line is a payment we know"))
def payouts_add_up(now: datetime) -> Iterable[Any]:
    # Compared here and not by the database: SQLite adds decimals as floats.
    sums = Payout.objects.annotate(sum=Coalesce(Sum(F("lines__amount") - F("lines__fee")), ZERO))
    for row in sums.order_by("pk").values("reference", "amount", "sum").iterator():
        if round(row["sum"], 4) != row["amount"]:
            yield row
    lines = PayoutLine.objects.order_by("pk")
    old = lines.filter(payout__created_at__lt=now - CLEARED_WITHIN, payment=None, kind__in=OF_PAYMENTS)
    yield from old.values("payout__reference", "reference", "amount")
    is_same = Q(amount=F("payment__amount")) | Q(amount=-F("payment__amount"))
    differ = lines.exclude(payment=None).exclude(is_same)
    yield from differ.values("payout__reference", "reference", "amount", "payment__amount")


@invariant("I16", _("An invoice has one attempt at a time and is charged for no more than it asks"), is_local=True)
def charged_once(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    live = Count("charges", filter=Q(charges__status__in=LIVE_CHARGES))
    invoices = touched.of(Invoice.objects.all(), "number", "order__number")
    yield from invoices.annotate(live=live).filter(live__gt=1).order_by("pk").values("number", "live")
    taken = Coalesce(Sum("charges__amount", filter=Q(charges__status=ChargeStatus.SUCCEEDED)), ZERO)
    over = invoices.annotate(taken=taken).filter(taken__gt=F("gross_total") + _NOTHING)
    yield from over.order_by("pk").values("number", "taken", "gross_total")


@invariant("I17", _("A charge that succeeded and its payment say the same"))
def charges_are_payments(now: datetime) -> Iterable[Any]:
    is_same = Q(
        payment__kind=PaymentKind.CAPTURE,
        payment__amount=F("amount"),
        payment__currency=F("currency"),
        payment__reference=F("provider_reference"),
    ) & (Q(payment__invoice=F("invoice")) | Q(payment__order=F("invoice__order")))
    done = Charge.objects.filter(status=ChargeStatus.SUCCEEDED)
    yield from done.exclude(is_same).order_by("pk").values("idempotency_key", "amount", "payment__amount")
    orphans = Payment.objects.filter(effect_key__startswith="charge:", charge=None)
    yield from orphans.order_by("pk").values("effect_key", "amount")


@invariant("I77", _("No charge waits longer than three days for us, or for ever"))
def charges_are_made(now: datetime) -> Iterable[Any]:
    """For goods that are missing and stops that somebody set it may wait longer: they have owners of their own."""
    planned = Charge.objects.filter(status=ChargeStatus.PLANNED, lease_until=None).order_by("pk")
    yield from planned.filter(due_at=None).values("idempotency_key", "planned_at", "last_error")
    ours = planned.filter(put_off_code__in=[WaitReason.NO_PROVIDER, WaitReason.NOT_LIVE])
    yield from ours.filter(put_off_at__lt=now - WAITS_AT_MOST).values("idempotency_key", "put_off_code", "put_off_at")


@invariant("I18", _("Nothing about money stays undecided"))
def nothing_is_undecided(now: datetime) -> Iterable[Any]:
    old = now - LADDER
    charges: QuerySet[Any] = Charge.objects.filter(status__in=ASKED_CHARGES)
    charges = charges.filter(Q(sent_at__lt=old) | Q(due_at=None, lease_until=None))
    yield from charges.order_by("pk").values("idempotency_key", "status", "sent_at")
    refunds = Refund.objects.filter(status__in=[RefundStatus.SENT, RefundStatus.UNKNOWN])
    refunds = refunds.filter(Q(sent_at__lt=old) | Q(due_at=None, lease_until=None))
    yield from refunds.order_by("pk").values("number", "status", "sent_at")
    events = ProviderEvent.objects.filter(processed_at=None, received_at__lt=now - READ_WITHIN)
    yield from events.order_by("pk").values("event_id", "kind", "last_error")
    yield from Dunning.objects.filter(status=DunningStatus.OPEN, next_at=None).order_by("pk").values("invoice__number")
