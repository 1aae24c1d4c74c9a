"""The same change to many subscriptions, worked by a job, each by itself; undone as a whole within 30 days."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.jobs import ring
from ordermgmt.leases import LeaseLost, finish
from ordermgmt.models import User
from ordermgmt.numbering import next_number
from orders.actions.subscription_changes import Conflict, change_subscription, undo_bulk
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.bulk_wishes import change_of
from orders.models import BulkChange, Subscription, SubscriptionEvent

JOB = "bulk_changes"
UNDO_FOR = timedelta(days=30)


class CannotUndo(Exception):
    """It is not finished, was undone before, or is older than 30 days."""


@transaction.atomic(durable=True)
def start_bulk(
    kind: str, facts: dict[str, Any], subscription_ids: Sequence[int], *, tells: bool, by: User, now: datetime
) -> BulkChange:
    """Write down what is wanted; a worker does it."""
    bulk = BulkChange.objects.create(
        number=next_number("BC"), kind=kind, facts=facts, subscriptions=list(subscription_ids), tells=tells,
        by=by, created_at=now, due_at=now,
    )  # fmt: skip
    record("bulk.started", gettext_noop("{count} subscriptions are changed: {kind}"), subject=bulk.number, by=by,
           now=now, count=bulk.total, kind=kind)  # fmt: skip
    ring(JOB, bulk.pk)
    return bulk


@transaction.atomic(durable=True)
def undo_all(bulk_id: int, *, by: User, now: datetime) -> BulkChange:
    """Ask for every change of it to be taken back; a worker does it. Raises CannotUndo."""
    # Closes the race of two people who undo it.
    bulk = BulkChange.objects.select_for_update(of=("self",)).get(pk=bulk_id)
    if bulk.finished_at is None or bulk.undo_at is not None:
        raise CannotUndo(_("It is still being worked, or it is undone already."))
    if bulk.finished_at < now - UNDO_FOR:
        raise CannotUndo(_("It is too old to be undone as a whole. Change the subscriptions one by one."))
    bulk.undo_by, bulk.undo_at, bulk.due_at, bulk.attempts = by, now, now, 0
    bulk.save(update_fields=["undo_by", "undo_at", "due_at", "attempts"])
    record("bulk.undo", gettext_noop("Undo started"), subject=bulk.number, by=by, now=now)
    ring(JOB, bulk.pk)
    return bulk


def work_bulk(bulk: BulkChange, *, now: datetime, enough: Callable[[], bool]) -> bool:
    """Go on with a row that was claimed; False when it had `enough` and must be rung for again."""
    if bulk.undo_at is not None:
        return _work_undo(bulk, now)
    known = _worked(bulk)
    names = dict(Subscription.objects.filter(pk__in=bulk.subscriptions).values_list("pk", "number"))
    while bulk.position < bulk.total:
        if enough():
            _keep(bulk, due_at=now, lease_until=None, attempts=0)
            return False
        pk = bulk.subscriptions[bulk.position]
        refusal = "" if pk in known else _change(bulk, pk, now)
        refused = [*bulk.refused, [names.get(pk, str(pk)), refusal]] if refusal else bulk.refused
        _keep(bulk, position=bulk.position + 1, done=bulk.done + (not refusal), refused=refused)
    with transaction.atomic():
        finish(bulk, finished_at=now)
    return True


def _worked(bulk: BulkChange) -> set[int]:
    """Done before a crash, although the position was not written any more."""
    rows = SubscriptionEvent.objects.filter(bulk=bulk.number, undoes=None)
    return set(rows.values_list("subscription", flat=True)) if bulk.attempts > 1 or bulk.position else set()


def _change(bulk: BulkChange, pk: int, now: datetime) -> str:
    """Gives back why it was refused; empty when it was done."""
    change = change_of(bulk.kind, bulk.facts)
    try:
        change_subscription(pk, change, by=bulk.by, now=now, bulk=bulk.number, tell=bulk.tells)
    except (NotAllowed, TooLate, Conflict) as refusal:
        return str(refusal)
    return ""


def _work_undo(bulk: BulkChange, now: datetime) -> bool:
    outcome = undo_bulk(bulk.number, by=bulk.undo_by or bulk.by, now=now)
    refused = [*bulk.refused, *([number, why] for number, why in outcome.refused)]
    with transaction.atomic():
        finish(bulk, undone=bulk.undone + outcome.done, refused=refused, undone_at=now)
    return True


def _keep(bulk: BulkChange, **facts: Any) -> None:
    """Write progress, if the row is still ours."""
    if not BulkChange.objects.filter(pk=bulk.pk, fence=bulk.fence).update(**facts):
        raise LeaseLost(f"{bulk} was taken over by another worker")
    for name, value in facts.items():
        setattr(bulk, name, value)
