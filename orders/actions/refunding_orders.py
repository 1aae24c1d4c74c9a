"""Giving money of an order back: what is credited, and how much of it a person may pay back alone (ux.md P08)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from ordermgmt.models import User
from ordermgmt.money import ZERO, exact
from orders.actions.crediting import CreditPart, CreditRefused, credit
from orders.actions.refunding import approve_refund
from orders.actions.returning_money import GiveBack
from orders.billing_states import RefundStatus
from orders.models import CreditNote, Invoice, Refund

# What one order was given back within this time counts towards the limit, so that it is not split.
COUNTED = timedelta(days=1)


def left_of_limit(invoice: Invoice, *, now: datetime) -> Decimal:
    """What may be paid back of its order without anybody's approval, in the invoice's currency.

    The limit is a sum in the currency of the reports; in others somebody always approves.
    """
    if invoice.currency != settings.REPORT_CURRENCY:
        return ZERO
    return max(settings.REFUND_LIMIT - _given_lately(invoice, now), ZERO)


def _given_lately(invoice: Invoice, now: datetime) -> Decimal:
    lately = Refund.objects.filter(payment__order=invoice.order_id, requested_at__gt=now - COUNTED)
    came = lately.exclude(status__in=(RefundStatus.REFUSED, RefundStatus.FAILED))
    return exact(came.aggregate(sum=Sum("amount"))["sum"])


def refund_part(
    invoice: Invoice,
    *,
    parts: Sequence[CreditPart],
    reason: str,
    note: str,
    key: UUID,
    give_back: GiveBack,
    by: User,
    now: datetime,
) -> tuple[CreditNote, list[Refund]]:
    """Credit parts of an invoice of an order, once per `key`, and pay them back or to the account.

    Within the limit it goes out by itself, above it somebody approves; a crash between leaves it to be approved.
    Raises CreditRefused.
    """
    if give_back not in (GiveBack.REFUND, GiveBack.ACCOUNT):
        raise CreditRefused(give_back.label)
    made = credit(
        invoice.pk, parts=parts, reason=reason, note=note, cause=f"refund:{key}", give_back=give_back, by=by, now=now
    )
    asked = list(Refund.objects.filter(credit_note=made, status=RefundStatus.REQUESTED).order_by("pk"))
    # Reckoned after all of it is written: of two at once, at least the later one sees both.
    is_within = invoice.currency == settings.REPORT_CURRENCY and _given_lately(invoice, now) <= settings.REFUND_LIMIT
    return made, [approve_refund(one.pk, by=by, now=now) if is_within else one for one in asked]
