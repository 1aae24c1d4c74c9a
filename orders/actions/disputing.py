"""Customers who ask their bank for the money back: written down as the provider tells."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import round_money
from orders.models import Dispute, Payment
from orders.states import PaymentKind

# A dispute only goes on; what is told late of an earlier state changes nothing.
RANKS = {
    "warning_needs_response": 0,
    "needs_response": 1,
    "warning_under_review": 2,
    "under_review": 3,
    "warning_closed": 4,
    "won": 5,
    "lost": 5,
}
OVER = frozenset({"warning_closed", "won", "lost"})


@dataclass(frozen=True, kw_only=True)
class DisputeFacts:
    reference: str
    payment_reference: str
    reason: str
    amount: Decimal
    currency: str
    status: str
    evidence_due_at: datetime | None
    opened_at: datetime
    changed_at: datetime


@transaction.atomic(durable=True)
def note_dispute(facts: DisputeFacts, *, by: User | str, now: datetime) -> str:
    """Open it or move it on; says what was done."""
    rows = Payment.objects.select_for_update(of=("self",)).filter(kind=PaymentKind.CAPTURE)
    payment = rows.filter(reference=facts.payment_reference or "-").order_by("pk").first()
    if payment is None:
        return "No payment of ours"
    known = Dispute.objects.select_for_update(of=("self",)).filter(reference=facts.reference).first()
    if known and not _is_later(facts, known):
        return f"{known}: {known.status} already"
    values = asdict(facts)
    values.pop("payment_reference")
    values["reason"] = values["reason"][:60]
    if known:
        # The same whichever event came first.
        values["opened_at"] = min(values["opened_at"], known.opened_at)
    values["closed_at"] = facts.changed_at if facts.status in OVER else None
    dispute, is_new = Dispute.objects.update_or_create(
        reference=values.pop("reference"), defaults={"payment": payment, **values}
    )
    _note(dispute, is_new=is_new, by=by, now=now)
    return f"{dispute}: {dispute.status}"


def _is_later(facts: DisputeFacts, known: Dispute) -> bool:
    new = (RANKS.get(facts.status, 0), facts.changed_at)
    return new > (RANKS.get(known.status, 0), known.changed_at or known.opened_at)


def _note(dispute: Dispute, *, is_new: bool, by: User | str, now: datetime) -> None:
    payment = dispute.payment
    record(
        "dispute.opened" if is_new else "dispute.moved",
        gettext_noop("Dispute over {amount} {currency}: {status}"),
        subject=str(payment.order or payment.invoice or ""),
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        amount=str(round_money(dispute.amount, dispute.currency)),
        currency=dispute.currency,
        status=dispute.status,
    )
