"""The case of an invoice that was not paid: opened by a decline, ended by its money. Steps of other verbs."""

from datetime import datetime

from django.utils.translation import gettext_noop

from ordermgmt.clock import business_zone
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from orders.billing_states import DunningStatus
from orders.collection_mails import recovered_message, withdraw_dunning
from orders.dunning_rules import DEFAULT_LAST, DEFAULT_MAILS, DEFAULT_RETRIES, next_moment, steps_of
from orders.models import Charge, Dunning, DunningPolicy, Invoice
from orders.payments.declines import decline_words
from orders.states import InvoiceStatus

DEFAULT_POLICY = {
    "name": "Cards",
    "retry_days": DEFAULT_RETRIES,
    "mail_days": DEFAULT_MAILS,
    "last_day": DEFAULT_LAST,
    "is_default": True,
}

ENDED = {
    str(InvoiceStatus.WRITTEN_OFF): gettext_noop("Written off"),
    str(InvoiceStatus.CREDITED): gettext_noop("Credited"),
}


def default_policy() -> DunningPolicy:
    """The one that is set as default; days 1, 3, 7, 14 where nobody set one."""
    found = DunningPolicy.objects.filter(is_default=True).first()
    return found or DunningPolicy.objects.get_or_create(code="cards", defaults=DEFAULT_POLICY)[0]


def current_rules() -> DunningPolicy:
    """As `default_policy`, for pages: nothing is written."""
    return DunningPolicy.objects.filter(is_default=True).first() or DunningPolicy(code="cards", **DEFAULT_POLICY)


def case_of(invoice: Invoice) -> Dunning | None:
    """Inside the caller's transaction (`lock_invoice`): its case, locked."""
    case = Dunning.objects.select_for_update(of=("self",)).filter(invoice=invoice).first()
    if case:
        case.invoice = invoice
    return case


def case_declined(charge: Charge, *, by: User | str, now: datetime) -> Dunning:
    """Inside the caller's transaction: a decline opens the case, or says why once more.

    A hard decline waits for another card; the days of the policy go on, its tries are left out.
    """
    said = {"reason": charge.decline_code, "waits_for_method": charge.is_hard_decline}
    case = case_of(charge.invoice)
    if case is None:
        return open_case(charge.invoice, by=by, now=now, **said)
    if case.status == DunningStatus.RECOVERED:
        return reopen(case, by=by, now=now, **said)
    Dunning.objects.filter(pk=case.pk).update(**said)
    return case


def open_case(invoice: Invoice, *, by: User | str, now: datetime, **said: object) -> Dunning:
    """Inside the caller's transaction: the first step of the policy may be due at once."""
    policy = default_policy()
    next_at = next_moment(steps_of(policy), 0, at=now, zone=business_zone())
    case = Dunning.objects.create(invoice=invoice, policy=policy, opened_at=now, next_at=next_at, **said)
    note_case(case, gettext_noop("Not paid: {code}"), "dunning.opened", by=by, now=now, code=decline_words(case.reason))
    return case


def reopen(case: Dunning, *, by: User | str, now: datetime, **said: object) -> Dunning:
    """Inside the caller's transaction: it starts from the beginning."""
    next_at = next_moment(steps_of(case.policy), 0, at=now, zone=business_zone())
    case.move_to(DunningStatus.OPEN, now=now, step=0, next_at=next_at, **said)
    note_case(case, gettext_noop("Not paid: {code}"), "dunning.opened", by=by, now=now, code=decline_words(case.reason))
    return case


def case_recovered(invoice: Invoice, *, by: User | str, now: datetime) -> bool:
    """Inside the caller's transaction: the invoice is settled; its case ends. Says whether there was one."""
    case = case_of(invoice)
    end = DunningStatus.WRITTEN_OFF if invoice.status == InvoiceStatus.WRITTEN_OFF else DunningStatus.RECOVERED
    if case is None or not case.can_move_to(end):
        return False
    case.move_to(end, now=now, next_at=None, waits_for_method=False)
    withdraw_dunning(case)
    if invoice.status == InvoiceStatus.PAID:
        recovered_message(case, now=now)
    sentence = ENDED.get(str(invoice.status), gettext_noop("Paid after all"))
    note_case(case, sentence, f"dunning.{end}", by=by, now=now)
    return True


def note_case(case: Dunning, sentence: str, verb: str, *, by: User | str, now: datetime, **facts: object) -> None:
    """Inside the caller's transaction: a line of history on the invoice, seen at its order or subscription, too."""
    invoice = case.invoice
    thread = str(invoice.order or invoice.subscription or "")
    category = ActivityCategory.MONEY
    record(verb, sentence, subject=invoice.number, thread=thread, by=by, now=now, category=category, **facts)
