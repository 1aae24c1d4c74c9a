"""What happens to unpaid invoices as days pass, and what staff may do about them."""

from datetime import date, datetime, time

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day, business_zone
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.charge_planning import drop_planned, live_charge, plan_charge
from orders.actions.dunning_cases import note_case, reopen
from orders.actions.taking_money import lock_invoice
from orders.billing_states import ASKED_CHARGES, LIVE_DUNNING, DunningStatus
from orders.collection_mails import pay_url
from orders.models import Charge, Dunning


class NotOwed(Exception):
    """The invoice is settled: there is nothing to collect."""

    def __init__(self, case: Dunning) -> None:
        super().__init__(_("%(invoice)s is settled. There is nothing to collect.") % {"invoice": case.invoice})


class CaseClosed(Exception):
    """The case has ended."""

    def __init__(self, case: Dunning) -> None:
        facts = {"invoice": case.invoice, "state": case.get_status_display().lower()}
        super().__init__(_("The case of %(invoice)s has ended: %(state)s.") % facts)


class StillAsked(Exception):
    """The provider has not said what became of the last attempt."""

    def __init__(self, charge: Charge) -> None:
        super().__init__(
            _("Attempt %(number)s is still under way. Wait for its answer: nothing is charged twice.")
            % {"number": charge.number}
        )


class BadDay(Exception):
    """The day is not in the future."""

    def __init__(self) -> None:
        super().__init__(_("Choose a day from tomorrow on"))


def lock_case(pk: int, *, alive: bool = True) -> Dunning:
    """Inside the caller's transaction: the case with its invoice, locked. Raises CaseClosed.

    Closes the race of a person with the job or with money that comes.
    """
    invoice = lock_invoice(Dunning.objects.values_list("invoice", flat=True).get(pk=pk))
    case = Dunning.objects.select_for_update(of=("self",)).get(pk=pk)
    case.invoice = invoice
    if alive and case.status not in LIVE_DUNNING:
        raise CaseClosed(case)
    return case


@retries_conflicts
@transaction.atomic(durable=True)
def retry_now(pk: int, *, by: User | str, now: datetime) -> Charge | None:
    """One attempt at once, instead of the one that was planned. Raises CaseClosed, NotOwed, StillAsked."""
    return retry_case(pk, by=by, now=now)


def retry_case(pk: int, *, by: User | str, now: datetime) -> Charge | None:
    """Inside the caller's transaction: as `retry_now`."""
    case = lock_case(pk)
    if case.invoice.balance <= 0:
        raise NotOwed(case)
    drop_planned(case.invoice, now=now)
    if asked := live_charge(case.invoice):
        raise StillAsked(asked)
    charge = plan_charge(case.invoice, due_at=now, by=by, now=now)
    if case.status != DunningStatus.OPEN:
        case.move_to(DunningStatus.OPEN, now=now, paused_until=None, promised_on=None)
    note_case(case, gettext_noop("Tries again at once"), "dunning.retried", by=by, now=now)
    return charge


@transaction.atomic(durable=True)
def pause_case(pk: int, *, until: date, note: str = "", by: User | str, now: datetime) -> Dunning:
    """No tries and no messages until a day. Raises CaseClosed, BadDay."""
    return _hold(pk, DunningStatus.PAUSED, gettext_noop("Paused until {day}"), until, note, by, now)


@transaction.atomic(durable=True)
def promise_payment(pk: int, *, on: date, note: str = "", by: User | str, now: datetime) -> Dunning:
    """The customer promised to pay by a day: quiet until then, goes on the day after. Raises CaseClosed, BadDay."""
    return _hold(pk, DunningStatus.PROMISED, gettext_noop("Promised for {day}"), on, note, by, now)


def _hold(pk: int, status: str, sentence: str, day: date, note: str, by: User | str, now: datetime) -> Dunning:
    if day <= business_day(now):
        raise BadDay
    case = lock_case(pk)
    drop_planned(case.invoice, now=now)
    if case.status != DunningStatus.OPEN:
        case.move_to(DunningStatus.OPEN, now=now)
    name = "paused_until" if status == DunningStatus.PAUSED else "promised_on"
    days = {"paused_until": None, "promised_on": None, name: day}
    case.move_to(status, now=now, note=note[:300], **days)
    note_case(case, sentence, f"dunning.{status}", by=by, now=now, day=day.isoformat())
    return case


@transaction.atomic(durable=True)
def set_next_date(pk: int, *, on: date, by: User | str, now: datetime) -> Dunning:
    """The next step comes on another day; those after it keep their distance. Raises CaseClosed, BadDay."""
    if on <= business_day(now):
        raise BadDay
    case = lock_case(pk)
    moment = (case.next_at or now).astimezone(business_zone())
    next_at = datetime.combine(on, time(moment.hour), business_zone())
    drop_planned(case.invoice, now=now)
    if case.status != DunningStatus.OPEN:
        case.move_to(DunningStatus.OPEN, now=now, paused_until=None, promised_on=None)
    Dunning.objects.filter(pk=case.pk).update(next_at=next_at)
    note_case(case, gettext_noop("Next step on {day}"), "dunning.moved", by=by, now=now, day=on.isoformat())
    return case


@transaction.atomic(durable=True)
def stop_case(pk: int, *, note: str, by: User | str, now: datetime) -> Dunning:
    """Nothing more is tried or said. Raises CaseClosed."""
    case = lock_case(pk)
    drop_planned(case.invoice, now=now)
    case.move_to(DunningStatus.STOPPED, now=now, next_at=None, note=note[:300])
    note_case(case, gettext_noop("Stopped: {note}"), "dunning.stopped", by=by, now=now, note=note[:300])
    return case


@transaction.atomic(durable=True)
def start_again(pk: int, *, by: User | str, now: datetime) -> Dunning:
    """A stopped case goes on from the beginning. Raises NotOwed, CaseClosed."""
    case = lock_case(pk, alive=False)
    if case.invoice.balance <= 0:
        raise NotOwed(case)
    if case.status != DunningStatus.STOPPED:
        raise CaseClosed(case)
    return reopen(case, by=by, now=now)


@transaction.atomic(durable=True)
def pay_link(pk: int, *, by: User | str, now: datetime) -> str:
    """The address where the customer can pay, to be said or sent by hand."""
    case = lock_case(pk, alive=False)
    note_case(case, gettext_noop("Pay link handed out"), "dunning.link", by=by, now=now)
    return pay_url(case.invoice, now=now)


def is_asked(case: Dunning) -> bool:
    """Inside the caller's transaction: an attempt is under way or its answer was lost; nothing is said meanwhile."""
    return Charge.objects.filter(invoice=case.invoice, status__in=ASKED_CHARGES).exists()
