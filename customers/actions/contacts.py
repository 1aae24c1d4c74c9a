"""Talking with customers: that the caller was checked, and which lines of history count as contact."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from customers.models import Customer
from ordermgmt.history import record
from ordermgmt.models import Activity, User

CHECKED = "caller.checked"
# A talk is over by then, and the next caller may be somebody else.
CHECK_LASTS = timedelta(minutes=30)
CONTACT = frozenset({CHECKED, "note", "follow_up.done"})
# By beginnings, so that other apps' words for a talk need no list here.
CONTACT_BEGINS = ("ticket.", "call.")


@transaction.atomic(durable=True)
def check_caller(*, customer: Customer, by: User | str, now: datetime) -> None:
    """The caller knew what only the customer knows. A reminder with a time, not a lock; twice in one talk is once."""
    if last_check(customer, now=now) is None:
        sentence = gettext_noop("Caller checked: postcode and last order")
        record(CHECKED, sentence, subject=customer.number, by=by, now=now)


def last_check(customer: Customer, *, now: datetime) -> Activity | None:
    """The check that still counts."""
    rows: QuerySet[Activity] = Activity.objects.filter(subject=customer.number, verb=CHECKED, at__gt=now - CHECK_LASTS)
    return rows.order_by("-at", "-pk").first()
