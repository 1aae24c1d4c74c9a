"""What Stripe's objects say, in our words. Pure: the same for answers, events and lists."""

import calendar
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ordermgmt.money import minor_unit
from orders.payments.declines import is_hard
from orders.payments.protocol import Outcome, PayoutPart, Result, SavedMethod

# Currencies without cents that Stripe still counts in hundredths.
IN_HUNDREDTHS = frozenset({"ISK", "UGX"})


def unit(currency: str) -> Decimal:
    """The step in which Stripe counts a currency."""
    return Decimal("0.01") if currency.upper() in IN_HUNDREDTHS else minor_unit(currency.upper())


def minor(amount: Decimal, currency: str) -> int:
    """12.40 EUR is 1240; more decimals than the currency has are a bug."""
    count = amount / unit(currency)
    if count != int(count):
        raise ValueError(f"{amount} {currency} has more decimals than the currency")
    return int(count)


def amount_of(count: int, currency: str) -> Decimal:
    return Decimal(count) * unit(currency)


Plain = Mapping[str, Any]


def charge_outcome(intent: Plain) -> Outcome:
    """Of a payment intent."""
    status, reference = intent.get("status"), intent.get("id") or ""
    if status == "succeeded":
        return Outcome(result=Result.SUCCEEDED, reference=reference, method=method_of(intent.get("payment_method")))
    if status in ("processing", "requires_capture"):
        return Outcome(result=Result.PENDING, reference=reference)
    error = intent.get("last_payment_error") or {}
    default = "authentication_required" if status == "requires_action" else "card_declined"
    code = error.get("decline_code") or error.get("code") or intent.get("cancellation_reason") or default
    hard = is_hard(code, error.get("advice_code") or "")
    words = error.get("message") or ""
    return Outcome(result=Result.DECLINED, reference=reference, code=code, is_hard=hard, words=words)


def refund_outcome(refund: Plain) -> Outcome:
    results = {
        "succeeded": Result.SUCCEEDED,
        "pending": Result.PENDING,
        "requires_action": Result.PENDING,
        "failed": Result.DECLINED,
        "canceled": Result.DECLINED,
    }
    status = str(refund.get("status"))
    code = refund.get("failure_reason") or ("canceled" if status == "canceled" else "")
    return Outcome(result=results.get(status, Result.UNKNOWN), reference=refund.get("id") or "", code=code)


def page_outcome(session: Plain) -> Outcome:
    """Of a Checkout session: paid (or the card is left), still open, or over."""
    reference = session.get("id") or ""
    if session.get("status") == "expired":
        return Outcome(result=Result.ENDED, reference=reference)
    if session.get("status") != "complete":
        return Outcome(result=Result.PENDING, reference=reference)
    intent = session.get("payment_intent") or session.get("setup_intent") or {}
    # An event names the intent, an answer holds it.
    intent = {"id": intent} if isinstance(intent, str) else intent
    if session.get("payment_status") in ("paid", "no_payment_required"):
        method = method_of(intent.get("payment_method"))
        return Outcome(result=Result.SUCCEEDED, reference=intent.get("id") or "", method=method)
    if intent.get("status") in ("requires_payment_method", "canceled"):
        return Outcome(result=Result.ENDED, reference=reference)
    return Outcome(result=Result.PENDING, reference=reference)


def method_of(method: Plain | str | None) -> SavedMethod | None:
    """Of a whole payment method; None when only its id was sent, or nobody keeps it."""
    if method is None or isinstance(method, str) or not method.get("customer"):
        return None
    kind, customer = method.get("type") or "card", method["customer"]
    details = method.get(kind) or {}
    month, year = details.get("exp_month"), details.get("exp_year")
    return SavedMethod(
        reference=method["id"],
        customer=customer if isinstance(customer, str) else customer["id"],
        kind=kind[:20],
        brand=str(details.get("brand") or "").title()[:20],
        last4=str(details.get("last4") or "")[:4],
        expires_on=date(year, month, calendar.monthrange(year, month)[1]) if month and year else None,
    )


def part_of(move: Plain) -> PayoutPart:
    """Of a balance transaction whose source is expanded: named by the payment or refund it belongs to."""
    source, currency = move.get("source"), move["currency"]
    about = source if isinstance(source, str) or source is None else _name_of(source)
    return PayoutPart(
        reference=about or move["id"],
        kind=str(move.get("type"))[:20],
        amount=amount_of(move["amount"], currency),
        fee=amount_of(move.get("fee") or 0, currency),
    )


def _name_of(source: Plain) -> str:
    own = str(source.get("id") or "")
    return own if source.get("object") == "refund" else str(source.get("payment_intent") or own)
