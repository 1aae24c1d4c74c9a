"""Tags and assignment: marks people put on orders to find them again. They change nothing physical."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import activity
from ordermgmt.models import Activity, User
from orders.models import Order

LONGEST_TAG = 40


def _locked(order_ids: Iterable[int]) -> list[Order]:
    """In primary-key order: closes the race of two people marking the same orders."""
    return list(Order.objects.filter(pk__in=list(order_ids)).locked())


@transaction.atomic(durable=True)
def tag_orders(order_ids: Iterable[int], *, tag: str, by: User | str, now: datetime) -> list[int]:
    """Put a tag on orders; returns those that did not have it."""
    tag = tag.strip()[:LONGEST_TAG]
    changed = [order for order in _locked(order_ids) if tag and tag not in order.tags]
    for order in changed:
        order.tags = [*order.tags, tag]
    _save(changed, "tags", gettext_noop("Tagged {tag}"), "order.tagged", by=by, now=now, tag=tag)
    return [order.pk for order in changed]


@transaction.atomic(durable=True)
def untag_orders(order_ids: Iterable[int], *, tag: str, by: User | str, now: datetime) -> list[int]:
    """Take a tag off orders; returns those that had it."""
    changed = [order for order in _locked(order_ids) if tag in order.tags]
    for order in changed:
        order.tags = [one for one in order.tags if one != tag]
    _save(changed, "tags", gettext_noop("Tag {tag} removed"), "order.untagged", by=by, now=now, tag=tag)
    return [order.pk for order in changed]


@transaction.atomic(durable=True)
def assign_orders(order_ids: Iterable[int], *, to: User | None, by: User | str, now: datetime) -> list[int]:
    """Give orders to a person (None: to nobody); returns those that change hands."""
    changed = [order for order in _locked(order_ids) if order.assignee_id != (to.pk if to else None)]
    for order in changed:
        order.assignee = to
    sentence = gettext_noop("Assigned to {name}") if to else gettext_noop("Assigned to nobody")
    _save(changed, "assignee", sentence, "order.assigned", by=by, now=now, name=str(to or ""))
    return [order.pk for order in changed]


def _save(
    orders: list[Order], field: str, sentence: str, verb: str, *, by: User | str, now: datetime, **facts: str
) -> None:
    """Inside the caller's transaction: rows and their history in two statements."""
    Order.objects.bulk_update(orders, [field])
    Activity.objects.bulk_create(
        activity(verb, sentence, subject=order.number, by=by, now=now, **facts) for order in orders
    )
