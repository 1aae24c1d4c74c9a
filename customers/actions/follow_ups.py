"""What was promised to customers: written down for a person and a day, done, opened again."""

from datetime import date, datetime, time

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.customers import CustomerRefused, refuse_ended
from customers.models import Customer, FollowUp
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.templatetags.portal import weekday_words


@transaction.atomic(durable=True)
def add_follow_up(
    *,
    customer: Customer,
    text: str,
    person: User,
    due_on: date,
    by: User | str,
    now: datetime,
    due_time: time | None = None,
) -> FollowUp:
    """Promise to do something for a customer. Raises CustomerRefused."""
    refuse_ended(customer)
    text = text.strip()
    if not text:
        raise CustomerRefused(_("Say what is to be done"), "text")
    if not person.is_active:
        raise CustomerRefused(_("Choose someone who still works here"), "person")
    row = FollowUp.objects.create(
        customer=customer, person=person, text=text[:300], due_on=due_on, due_time=due_time, created_at=now,
        created_by=str(by),
    )  # fmt: skip
    record("follow_up.added", gettext_noop("Follow-up for {person}, {day}: {text}"), subject=customer.number, by=by,
           now=now, person=str(person), day=weekday_words(due_on), text=row.text)  # fmt: skip
    return row


@transaction.atomic(durable=True)
def finish_follow_up(pk: int, *, by: User | str, now: datetime) -> FollowUp:
    """It is done; saying so twice changes nothing."""
    row = _locked(pk)
    if row.done_at is None:
        row.done_at, row.done_by = now, str(by)
        row.save(update_fields=["done_at", "done_by"])
        record("follow_up.done", gettext_noop("Done: {text}"), subject=row.customer.number, by=by, now=now,
               text=row.text)  # fmt: skip
    return row


@transaction.atomic(durable=True)
def reopen_follow_up(pk: int, *, by: User | str, now: datetime) -> FollowUp:
    """It was not done after all."""
    row = _locked(pk)
    if row.done_at is not None:
        row.done_at, row.done_by = None, ""
        row.save(update_fields=["done_at", "done_by"])
        record("follow_up.reopened", gettext_noop("Not done yet: {text}"), subject=row.customer.number, by=by, now=now,
               text=row.text)  # fmt: skip
    return row


def _locked(pk: int) -> FollowUp:
    """Inside the caller's transaction: closes the race of two people saying it is done."""
    row: FollowUp = FollowUp.objects.select_for_update(of=("self",)).select_related("customer").get(pk=pk)
    return row
