"""What a provider sends to our bank: read, matched to our payments, tied to the bank's own line."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.templatetags.portal import money as money_words
from orders.models import Payment, Payout, PayoutLine
from orders.payments.protocol import PayoutFacts
from orders.payments.registry import online_provider

LOOKS_BACK = timedelta(days=30)


class CannotMatch(Exception):
    """The line and the payment do not belong together; the sentence says why."""


def import_payouts(*, now: datetime) -> dict[str, Any]:
    """Read the payouts of the last month; one that is known gains only what it lacked."""
    provider = online_provider()
    if provider is None:
        return {}
    facts = list(provider.payouts(since=now - LOOKS_BACK))
    return {"payouts": len(facts), "new": sum(keep_payout(provider.name, one, now=now) for one in facts)}


@transaction.atomic(durable=True)
def keep_payout(provider: str, facts: PayoutFacts, *, now: datetime) -> bool:
    """One payout with its lines, once; lines find their payment by the provider's reference."""
    values = {"currency": facts.currency, "amount": facts.amount, "arrives_on": facts.arrives_on}
    # Closes the race of two imports at once: UNIQUE(provider, reference).
    payout, is_new = Payout.objects.get_or_create(
        provider=provider, reference=facts.reference, defaults={**values, "created_at": now}
    )
    if facts.bank_reference and not payout.bank_reference:
        Payout.objects.filter(pk=payout.pk).update(bank_reference=facts.bank_reference)
    rows = [
        PayoutLine(payout=payout, reference=part.reference, kind=part.kind, amount=part.amount, fee=part.fee)
        for part in facts.parts
    ]
    PayoutLine.objects.bulk_create(rows, ignore_conflicts=True)
    match_lines(payout)
    return is_new


def match_lines(payout: Payout) -> int:
    """Inside the caller's transaction: tie lines without a payment to ours of the same reference; how many."""
    lines = list(payout.lines.filter(payment=None))
    found = {}
    for payment in Payment.objects.filter(reference__in=[line.reference for line in lines]).order_by("-pk"):
        found[payment.reference] = payment
    matched = [line for line in lines if line.reference in found]
    for line in matched:
        line.payment = found[line.reference]
    PayoutLine.objects.bulk_update(matched, ["payment"])
    return len(matched)


@transaction.atomic(durable=True)
def match_line(pk: int, *, reference: str, by: User | str, now: datetime) -> PayoutLine:
    """Tie a line to a payment by hand: the reference or the number of its order or invoice. Raises CannotMatch."""
    line = PayoutLine.objects.select_for_update(of=("self",)).select_related("payout").get(pk=pk)
    if line.payment_id:
        raise CannotMatch(_("This line is matched already."))
    rows = Payment.objects.filter(currency=line.payout.currency, amount=abs(line.amount))
    word = reference.strip()
    found = rows.filter(reference=word) | rows.filter(order__number=word) | rows.filter(invoice__number=word)
    payment = found.order_by("-pk").first()
    if payment is None:
        facts = {"word": word, "amount": money_words(abs(line.amount), line.payout.currency)}
        raise CannotMatch(_("No payment %(word)s over %(amount)s is known.") % facts)
    line.payment = payment
    line.save(update_fields=["payment"])
    sentence = gettext_noop("Line {line} matched to payment {payment}")
    _note(line.payout, sentence, "payout.line", by=by, now=now, line=line.reference, payment=payment.reference)
    return line


@transaction.atomic(durable=True)
def match_payout(pk: int, *, bank_reference: str, by: User | str, now: datetime) -> Payout:
    """The amount is on our bank statement: write down its reference. Doing it twice changes the reference."""
    payout = Payout.objects.select_for_update().get(pk=pk)
    payout.bank_reference, payout.matched_at, payout.matched_by = bank_reference.strip()[:120], now, str(by)
    payout.save(update_fields=["bank_reference", "matched_at", "matched_by"])
    _note(payout, gettext_noop("Found at the bank: {line}"), "payout.matched", by=by, now=now, line=bank_reference)
    return payout


def _note(payout: Payout, sentence: str, verb: str, *, by: User | str, now: datetime, **facts: str) -> None:
    category = ActivityCategory.MONEY
    record(verb, sentence, subject=payout.reference, by=by, now=now, category=category, **facts)
