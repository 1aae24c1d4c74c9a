"""A charge before it leaves and after its answer; money moves between the two, outside of any transaction."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.leases import pause
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import ZERO, round_money
from ordermgmt.retrying import retries_conflicts
from orders.actions.charge_planning import drop_planned, live_charge, method_for, plan_charge, provider_for
from orders.actions.dunning_cases import case_declined, case_recovered
from orders.actions.may_charge import Wait, may_charge
from orders.actions.refunding import ask_refund
from orders.actions.taking_money import lock_invoice, take_money
from orders.billing_states import ASKED_CHARGES, ChargeStatus, Collection
from orders.collection_mails import receipt_message
from orders.models import Charge, Invoice
from orders.payments.declines import decline_words
from orders.payments.protocol import Outcome, Result

NOT_PUT_OFF = {"put_off_at": None, "put_off_code": "", "last_error": ""}
ASK_AGAIN = timedelta(minutes=15)
# Bank debits take days; asking more often does not speed them up.
ASK_PENDING = timedelta(hours=6)


def lock_charge(charge_id: int) -> Charge:
    """Inside the caller's transaction: the charge, after its order and invoice.

    Closes the race of two answers to one charge (its webhook and its poll), and of a page with a planned attempt.
    """
    invoice = lock_invoice(Charge.objects.values_list("invoice", flat=True).get(pk=charge_id))
    charge = Charge.objects.select_for_update(of=("self",)).get(pk=charge_id)
    charge.invoice = invoice
    return charge


@retries_conflicts
@transaction.atomic(durable=True)
def send_charge(charge_id: int, *, now: datetime) -> Charge | None:
    """The attempt is written down as sent, with amount and method as they are now; None when it may not leave (yet).

    Committed before the provider is called: from here on it is asked for, never blindly repeated.
    """
    charge = lock_charge(charge_id)
    if charge.status == ChargeStatus.UNKNOWN:
        charge.move_to(ChargeStatus.SENT, now=now, sent_at=charge.sent_at)
    if charge.status != ChargeStatus.PLANNED:
        return charge if charge.status == ChargeStatus.SENT else None
    if charge.invoice.balance <= 0:
        charge.move_to(ChargeStatus.CANCELLED, now=now, due_at=None, lease_until=None)
        return None
    if wait := may_charge(charge, now=now):
        _postpone(charge, wait, now)
        return None
    method = method_for(charge.invoice)
    provider = charge.provider if charge.provider and not method else provider_for(method)
    facts = {"method": method, "provider": provider, "amount": charge.invoice.balance, **NOT_PUT_OFF}
    charge.move_to(ChargeStatus.SENT, now=now, **facts)
    return charge


def _postpone(charge: Charge, wait: Wait, now: datetime) -> None:
    """It waits without being counted as tried, since the moment it was due first."""
    since = charge.put_off_at or min(charge.due_at or now, now)
    rows = Charge.objects.filter(pk=charge.pk)
    rows.update(
        due_at=now + ASK_AGAIN,
        attempts=0,
        lease_until=None,
        last_error=wait.words,
        put_off_code=wait.code,
        put_off_at=since,
    )


@retries_conflicts
@transaction.atomic(durable=True)
def decide_charge(charge_id: int, outcome: Outcome, *, by: User | str, now: datetime) -> Charge:
    """What the provider said about an attempt, in whatever order and however often it says so."""
    charge = lock_charge(charge_id)
    if outcome.result == Result.SUCCEEDED:
        _succeed(charge, outcome, by=by, now=now)
    elif charge.status not in ASKED_CHARGES:
        return charge
    elif outcome.result == Result.DECLINED:
        _decline(charge, outcome, by=by, now=now)
    elif outcome.result == Result.ENDED:
        end_page(charge, by=by, now=now)
    else:
        _wait(charge, outcome, now=now)
    return charge


def _succeed(charge: Charge, outcome: Outcome, *, by: User | str, now: datetime) -> None:
    if charge.status == ChargeStatus.SUCCEEDED:
        return
    invoice = charge.invoice
    owed = max(invoice.balance, invoice.order.balance if invoice.order else ZERO, ZERO)
    payment = take_money(
        invoice, amount=charge.amount, provider=charge.provider, effect_key=f"charge:{charge.idempotency_key}",
        reference=outcome.reference, by=by, now=now,
    )  # fmt: skip
    done = {"payment": payment, "provider_reference": outcome.reference, "due_at": None, "lease_until": None}
    charge.move_to(ChargeStatus.SUCCEEDED, now=now, last_error="", decline_code="", is_hard_decline=False, **done)
    if invoice.balance <= 0:
        drop_planned(invoice, now=now)
    if charge.amount > owed:
        _ask_surplus_back(charge, charge.amount - owed, by=by, now=now)
    if invoice.balance > 0 or not case_recovered(invoice, by=by, now=now):
        receipt_message(charge, now=now)


def _ask_surplus_back(charge: Charge, surplus: Decimal, *, by: User | str, now: datetime) -> None:
    """Two attempts took the money, or it had come another way: what is too much waits for approval to go back."""
    facts = {"attempt": charge.number, "invoice": charge.invoice}
    reason = _("Charged twice: attempt %(attempt)s took more than %(invoice)s asks") % facts
    if charge.payment is not None:
        ask_refund(charge.payment, amount=surplus, reason=reason, by=by, now=now)


def _decline(charge: Charge, outcome: Outcome, *, by: User | str, now: datetime) -> None:
    said = {"decline_code": outcome.code[:60], "is_hard_decline": outcome.is_hard, "last_error": outcome.words}
    charge.move_to(
        ChargeStatus.DECLINED, now=now, provider_reference=outcome.reference, due_at=None, lease_until=None, **said
    )
    record(
        "charge.declined",
        gettext_noop("Attempt {attempt} over {amount} {currency} was declined: {code}"),
        subject=charge.invoice.number,
        thread=_thread(charge.invoice),
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        attempt=charge.number,
        amount=str(round_money(charge.amount, charge.currency)),
        currency=charge.currency,
        code=decline_words(outcome.code),
    )
    case_declined(charge, by=by, now=now)


def end_page(charge: Charge, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction (`lock_charge`): nobody paid on the page; what made way for it is planned again."""
    charge.move_to(ChargeStatus.CANCELLED, now=now, due_at=None, lease_until=None)
    if charge.resume_at and _is_automatic(charge.invoice) and live_charge(charge.invoice) is None:
        plan_charge(charge.invoice, due_at=max(charge.resume_at, now), by=by, now=now)


def _is_automatic(invoice: Invoice) -> bool:
    return invoice.subscription is not None and invoice.subscription.collection == Collection.AUTOMATIC


def _wait(charge: Charge, outcome: Outcome, *, now: datetime) -> None:
    """Undecided: asked again after a growing pause; a page that is open is asked when it is over."""
    if charge.page_url:
        Charge.objects.filter(pk=charge.pk).update(due_at=now + ASK_AGAIN, attempts=0, lease_until=None)
        return
    if charge.status == ChargeStatus.SENT:
        charge.move_to(ChargeStatus.UNKNOWN, now=now)
    later = ASK_PENDING if outcome.result == Result.PENDING else pause(charge.attempts + 1, 1.0)
    reference = outcome.reference or charge.provider_reference
    rows = Charge.objects.filter(pk=charge.pk)
    rows.update(due_at=now + later, lease_until=None, last_error=outcome.words, provider_reference=reference)


def _thread(invoice: Invoice) -> str:
    return str(invoice.order or invoice.subscription or "")
