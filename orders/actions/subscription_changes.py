"""Changes of subscriptions: each is a value that says what is wanted; one verb does it, its twin only shows it.

    change_subscription(pk, Skip(number=3), by=user, now=now)     does it
    preview_change(pk, Skip(number=3), by=user, now=now)          says what it would do, and leaves all as it was
    change_each(pks, Skip(), by=user, now=now, bulk="…")          to many, each by itself
    undo_change(event_pk, by=user, now=now), undo_bulk("…", …)    while nothing physical or legal happened

The changes: `orders/actions/deliveries.py`, `pausing.py`, `contents.py`, `rhythm.py`, `particulars.py`,
`changing_plan.py`, `ending.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import Activity, OutgoingMessage, User
from ordermgmt.retrying import retries_conflicts
from orders.actions.links import CUSTOMER
from orders.actions.revenue_movements import refresh_mrr
from orders.actions.subscription_work import RELATED, NotAllowed, TooLate, Work, load_work, start_work
from orders.billing_states import DeliveryStatus, EventKind, SubscriptionStatus
from orders.change_plans import ChangePlan, compare
from orders.models import Delivery, Subscription, SubscriptionEvent
from orders.projecting import project
from orders.subscription_emails import change_message, withdraw_change_message
from orders.subscription_snapshots import Difference, conflicts, difference, put_back, state_of


class Conflict(Exception):
    """Somebody changed the subscription meanwhile; `latest` says who, when and what."""

    def __init__(self, s: Subscription) -> None:
        super().__init__(_("%(number)s was changed meanwhile. Look at it again.") % {"number": s.number})
        self.latest = Activity.objects.of(s.number).first()


@dataclass(frozen=True)
class Made:
    """What a change did. `sentence` with `facts` is its line of history; `mail` the message it sends."""

    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)
    number: int | None = None
    mail: str = "subscription_changed"
    mrr_reason: str = ""


class Change(Protocol):
    kind: ClassVar[str]

    def apply(self, work: Work) -> Made:
        """Inside the caller's transaction. Raises NotAllowed, TooLate."""


@retries_conflicts
@transaction.atomic(durable=True)
def change_subscription(
    subscription_id: int,
    change: Change,
    *,
    by: User | str,
    now: datetime,
    override: str = "",
    bulk: str = "",
    expected: int | None = None,
    tell: bool = True,
) -> SubscriptionEvent:
    """Do it, all or nothing. `expected` is the row version the caller saw, `tell` whether the customer gets a mail.

    Raises NotAllowed, TooLate, Conflict.
    """
    work = start_work(subscription_id, by=by, now=now, override=override)
    if expected is not None and work.s.row_version != expected:
        raise Conflict(work.s)
    return carry_out(work, change, bulk=bulk, tell=tell)


def carry_out(work: Work, change: Change, *, bulk: str = "", tell: bool = True) -> SubscriptionEvent:
    """Inside the caller's transaction: a change of a locked subscription with its history, revenue and message."""
    before = state_of(work.s)
    made = change.apply(work)
    work.settle_next()
    event = _write_down(work, change.kind, made, difference(before, state_of(work.s)), bulk=bulk)
    if tell and made.mail:
        change_message(work.s, made.mail, event, str(made.sentence).format(**made.facts), now=work.now)
    return event


def _write_down(
    work: Work,
    kind: str,
    made: Made,
    changed: Difference,
    *,
    bulk: str = "",
    undoes: SubscriptionEvent | None = None,
) -> SubscriptionEvent:
    facts = made.facts | ({"override": work.override} if work.override else {})
    event = SubscriptionEvent.objects.create(
        subscription=work.s,
        kind=kind,
        delivery_number=made.number,
        facts=facts,
        before=dict(changed),
        undoes=undoes,
        bulk=bulk,
        by=str(work.by),
        at=work.now,
    )
    work.save(row_version=work.s.row_version + 1)
    number = work.next_number() or work.known.last_ordered or 1
    cause = f"event:{event.pk}"
    refresh_mrr(work.s, work.calendar.interval(number), cause=cause, now=work.now, reason=made.mrr_reason)
    record(f"subscription.{kind}", made.sentence, subject=work.s.number, by=work.by, now=work.now, **facts)
    return event


def preview_change(
    subscription_id: int,
    change: Change,
    *,
    by: User | str,
    now: datetime,
    override: str = "",
    tell: bool = True,
    count: int = 6,
) -> ChangePlan:
    """What the change would do: it is done and taken back, so that it is the same. Raises NotAllowed, TooLate."""
    with transaction.atomic():
        work = start_work(subscription_id, by=by, now=now, override=override)
        before, mrr = project(work.s, now=now, count=count), work.s.mrr
        event = carry_out(work, change, tell=tell)
        s = Subscription.objects.select_related(*RELATED).get(pk=subscription_id)
        after = project(s, now=now, count=count)
        mails = OutgoingMessage.objects.filter(about=f"{s.number} {event.pk}")
        plan = compare(s, before, after, mrr_before=mrr, facts=event.facts, mails=list(mails))
        transaction.set_rollback(True)
    return plan


@dataclass
class Outcome:
    """Of a bulk action: how many, what was refused (number, why), and the label its undo needs."""

    bulk: str
    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def change_each(
    subscription_ids: Sequence[int], change: Change, *, by: User | str, now: datetime, bulk: str, tell: bool = True
) -> Outcome:
    """The same change to many, each in its own transaction; those it cannot be done to are named with the reason."""
    outcome = Outcome(bulk)
    numbers = dict(Subscription.objects.filter(pk__in=subscription_ids).values_list("pk", "number"))
    for pk in subscription_ids:
        try:
            change_subscription(pk, change, by=by, now=now, bulk=bulk, tell=tell)
            outcome.done += 1
        except (NotAllowed, TooLate, Conflict) as refusal:
            outcome.refused.append((numbers[pk], str(refusal)))
    return outcome


# Facts of the past, and orders that are on their way.
FINAL = frozenset(
    {
        EventKind.STARTED,
        EventKind.IMPORTED,
        EventKind.ORDERED,
        EventKind.OWED_AGAIN,
        EventKind.UNDONE,
        EventKind.NOTE,
        EventKind.EXPIRED,
    }
)


def is_final(event: SubscriptionEvent) -> bool:
    """A fact of the past, or one with papers: an invoice and a credit note stay."""
    papers = (event.facts.get(name) for name in ("imported", "credit_note", "billed", "given_up"))
    return event.kind in FINAL or any(papers)


@retries_conflicts
@transaction.atomic(durable=True)
def undo_change(event_id: int, *, by: User | str, now: datetime, bulk: str = "") -> SubscriptionEvent:
    """Put everything back as it was before a change: the same days, contents and prices.

    Raises NotAllowed when it was undone before, is a fact of the past, or is ours and asked for by a customer, Conflict when what it changed was changed
    again, TooLate when a delivery it touched is closed.
    """
    s_id = SubscriptionEvent.objects.values_list("subscription_id", flat=True).get(pk=event_id)
    s = Subscription.objects.locked().select_related(*RELATED).get(pk=s_id)
    event = SubscriptionEvent.objects.get(pk=event_id)
    if is_final(event) or SubscriptionEvent.objects.filter(undoes=event).exists():
        raise NotAllowed(_("This cannot be undone any more."))
    if by == CUSTOMER and event.by != CUSTOMER:
        raise NotAllowed(_("We made this change. Call us to take it back."))
    _check_undo(load_work([s], by=by, now=now)[0], event)
    put_back(s, event.before)
    s = Subscription.objects.select_related(*RELATED).get(pk=s_id)
    work = load_work([s], by=by, now=now)[0]
    work.settle_next()
    withdraw_change_message(s, event)
    made = Made(gettext_noop("Undone: {what}"), {"what": str(EventKind(event.kind).label)}, event.delivery_number)
    return _write_down(work, EventKind.UNDONE, made, {}, bulk=bulk, undoes=event)


def _check_undo(work: Work, event: SubscriptionEvent) -> None:
    touched = event.before.get("deliveries", {})
    ordered = Delivery.objects.filter(
        subscription=work.s, number__in=[int(n) for n in touched], status=DeliveryStatus.ORDERED
    )
    if late := ordered.order_by("number").first():
        first = work.first_open()
        raise TooLate(late.leaves_on, first, work.dates(first).leaves_on)
    if conflicts(work.s, event.before):
        raise Conflict(work.s)
    for number, (old, _new) in touched.items():
        comes_back = old is None or old["status"] == DeliveryStatus.SCHEDULED
        if comes_back and work.s.current_status != SubscriptionStatus.PENDING:
            _check_still_open(work, int(number), old)


def _check_still_open(work: Work, number: int, old: dict[str, Any] | None) -> None:
    """The delivery as it would be again must not be closed."""
    lock_at = datetime.fromisoformat(old["lock_at"]) if old else work.calendar.dates(number).lock_at
    if lock_at <= work.now:
        first = work.first_open()
        raise TooLate(work.dates(number).leaves_on, first, work.dates(first).leaves_on)


def undo_bulk(bulk: str, *, by: User | str, now: datetime) -> Outcome:
    """Undo every change of a bulk action that still can be; the others are named with the reason."""
    outcome = Outcome(bulk)
    events = SubscriptionEvent.objects.filter(bulk=bulk, undoes=None, undone_by=None).select_related("subscription")
    for event in events.order_by("-pk"):
        try:
            undo_change(event.pk, by=by, now=now, bulk=bulk)
            outcome.done += 1
        except (NotAllowed, TooLate, Conflict) as refusal:
            outcome.refused.append((event.subscription.number, str(refusal)))
    return outcome
