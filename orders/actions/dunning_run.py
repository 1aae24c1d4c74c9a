"""The run over unpaid invoices: each case does the one step that is due, once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day, business_zone
from ordermgmt.each import each
from ordermgmt.retrying import retries_conflicts
from orders.actions.charge_planning import plan_charge
from orders.actions.dunning import is_asked, lock_case
from orders.actions.dunning_cases import case_recovered, note_case
from orders.actions.dunning_end import last_step_of, take_last_step
from orders.billing_states import LIVE_DUNNING, DunningStatus, LastStep, MethodStatus
from orders.collection_mails import ACTION, FAILED, WARNING, dunning_message, expiring_message
from orders.dunning_rules import Step, StepKind, next_moment, plan, steps_of
from orders.models import Dunning, PaymentMethod
from orders.states import InvoiceStatus

BY = "dunning"
LOOK_AGAIN = timedelta(hours=1)
WARN_BEFORE = timedelta(days=20)


def run_dunning(*, now: datetime) -> dict[str, Any]:
    """Work every case that is due; one that fails does not keep the others waiting."""
    found = due_cases(now)
    done: list[str] = []

    def work(pk: int) -> bool:
        done.append(work_case(pk, now=now))
        return True

    tally = each(found, work)
    words = {word: done.count(word) for word in ("retried", "mailed", "ended", "recovered", "left_out", "waited")}
    return {"due": len(found), **words, **tally.summary("worked")}


def due_cases(now: datetime) -> list[int]:
    """Whose step is due, whose pause or promise is over, or whose invoice was settled in another way."""
    today = business_day(now)
    is_due = Q(status=DunningStatus.OPEN, next_at__lte=now)
    is_over = Q(status=DunningStatus.PAUSED, paused_until__lte=today)
    is_broken = Q(status=DunningStatus.PROMISED, promised_on__lt=today)
    is_settled = Q(status__in=LIVE_DUNNING) & ~Q(invoice__status=InvoiceStatus.OPEN)
    rows = Dunning.objects.filter(is_due | is_over | is_broken | is_settled)
    return list(rows.order_by("invoice__order", "invoice").values_list("pk", flat=True))


def work_case(pk: int, *, now: datetime) -> str:
    """One step of one case; says what was done. The last step acts on the subscription before it is marked."""
    case = Dunning.objects.select_related("invoice__subscription__version", "policy").get(pk=pk)
    steps = steps_of(case.policy)
    is_last = case.status == DunningStatus.OPEN and case.step < len(steps) and steps[case.step].kind == StepKind.LAST
    if is_last and case.next_at and case.next_at <= now and case.invoice.balance > 0 and not is_asked(case):
        take_last_step(case, by=BY, now=now)
        return _end(pk, now=now)
    return _step(pk, now=now)


@retries_conflicts
@transaction.atomic(durable=True)
def _end(pk: int, *, now: datetime) -> str:
    """Marked after the deed: a run that was killed between the two does the deed again, which changes nothing."""
    case = lock_case(pk, alive=False)
    if case.status != DunningStatus.OPEN:
        return "waited"
    case.move_to(DunningStatus.EXHAUSTED, now=now, step=case.step + 1, next_at=None)
    what = LastStep(last_step_of(case)).label
    note_case(case, gettext_noop("Last step: {what}"), "dunning.exhausted", by=BY, now=now, what=str(what))
    return "ended"


@retries_conflicts
@transaction.atomic(durable=True)
def _step(pk: int, *, now: datetime) -> str:
    case = lock_case(pk, alive=False)
    if case.status not in LIVE_DUNNING:
        return "waited"
    if case.invoice.balance <= 0:
        case_recovered(case.invoice, by=BY, now=now)
        return "recovered"
    if case.status != DunningStatus.OPEN:
        case.move_to(DunningStatus.OPEN, now=now, paused_until=None, promised_on=None, next_at=now)
    if case.next_at is None or case.next_at > now:
        return "waited"
    if is_asked(case):
        Dunning.objects.filter(pk=pk).update(next_at=now + LOOK_AGAIN)
        return "waited"
    return _do(case, steps_of(case.policy), now)


def _do(case: Dunning, steps: Sequence[Step], now: datetime) -> str:
    if case.step >= len(steps):
        Dunning.objects.filter(pk=case.pk).update(next_at=None)
        return "waited"
    step = steps[case.step]
    if step.kind == StepKind.LAST:
        # Only just due (it was paused, or the clock moved on): the next look takes it.
        return "waited"
    word = _retry(case, now) if step.kind == StepKind.RETRY else _mail(case, steps, now)
    next_at = next_moment(steps, case.step + 1, at=now, zone=business_zone())
    Dunning.objects.filter(pk=case.pk).update(step=case.step + 1, next_at=next_at)
    return word


def _retry(case: Dunning, now: datetime) -> str:
    """A card that said no for good is not asked again."""
    if case.waits_for_method:
        return "left_out"
    return "retried" if plan_charge(case.invoice, due_at=now, by=BY, now=now) else "left_out"


def _mail(case: Dunning, steps: Sequence[Step], now: datetime) -> str:
    coming = plan(steps, case.step, next_at=now, zone=business_zone())
    tries = [on for step, on in coming[1:] if step.kind == StepKind.RETRY]
    last_mail = not any(step.kind == StepKind.MAIL for step, _on in coming[1:]) and case.step > 0
    kind = WARNING if last_mail else ACTION if case.waits_for_method else FAILED
    next_try = tries[0] if tries and not case.waits_for_method else None
    dunning_message(case, kind, next_try=next_try, last_on=coming[-1][1], last_step=last_step_of(case), now=now)
    return "mailed"


def warn_of_expiring_cards(*, now: datetime) -> int:
    """Cards that subscriptions charge and that end soon: said once, before they fail; ended ones are marked."""
    today = business_day(now)
    active = PaymentMethod.objects.filter(status=MethodStatus.ACTIVE, expires_on__isnull=False)
    active.filter(expires_on__lt=today).update(status=MethodStatus.EXPIRED, is_default=False)
    soon = active.filter(expires_on__lte=today + WARN_BEFORE, subscriptions__status="active").distinct()
    methods = list(soon.select_related("customer").order_by("pk"))
    for method in methods:
        with transaction.atomic(durable=True):
            expiring_message(method, now=now)
    return len(methods)
