"""Notes on an order: part of its history, never deleted."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import Activity, ActivityCategory, User
from orders.models import Order


@transaction.atomic(durable=True)
def add_note(order: Order, *, note: str, by: User | str, now: datetime) -> Activity:
    """Write a note (at most 2,000 characters) into the order's timeline."""
    return record(
        "order.noted", gettext_noop("Note: {note}"), subject=order.number, by=by, now=now, category=ActivityCategory.NOTES, note=note
    )  # fmt: skip
