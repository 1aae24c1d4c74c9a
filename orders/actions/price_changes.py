"""Price changes for those who are subscribed: drafted, told, in force at their own next date, taken back before.

A rise is never charged unless its notice was sent long enough before; one whose notice could not be sent is stopped.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day
from ordermgmt.each import Tally, each
from ordermgmt.history import record
from ordermgmt.mail import withdraw_message
from ordermgmt.models import MessageState, OutgoingMessage, User
from ordermgmt.numbering import next_number
from ordermgmt.retrying import retries_conflicts
from orders.actions.revenue_movements import refresh_mrr
from orders.billing_states import EventKind, PriceChangeStatus, VersionStatus
from orders.models import PlanVersion, PriceChange, PriceChangeItem, Subscription, SubscriptionEvent
from orders.periods import Interval
from orders.plan_pricing import box_price
from orders.price_change_emails import KIND, kept, notice, notice_about
from orders.price_change_preview import LIVING, load_known, preview_change

AT_ONCE = 200


class PriceChangeRefused(Exception):
    """The price change cannot be made as wanted; the sentence says why."""


@transaction.atomic(durable=True)
def draft_price_change(
    *, to_version: PlanVersion, earliest_on: date, notice_days: int, by: User | str, now: datetime,
    cap_percent: Decimal | None = None, spread_months: int = 0, protects_first_year: bool = True,
) -> PriceChange:  # fmt: skip
    """A price change to the live version of a plan; nobody is told before `start_notices`."""
    if to_version.current_status != VersionStatus.LIVE:
        raise PriceChangeRefused(_("Publish the version first: prices change to the live one."))
    open_ones = PriceChange.objects.filter(plan=to_version.plan_id, status=PriceChangeStatus.NOTICE)
    if running := open_ones.first():
        raise PriceChangeRefused(
            _("%(number)s is still going out. Wait for its end, or cancel it.") % {"number": running}
        )
    change = PriceChange.objects.create(
        number=next_number("PC"),
        plan_id=to_version.plan_id,
        to_version=to_version,
        earliest_on=earliest_on,
        notice_days=notice_days,
        cap_percent=cap_percent,
        spread_months=spread_months,
        protects_first_year=protects_first_year,
        created_at=now,
        created_by=str(by),
    )
    _tell(change, "drafted", gettext_noop("Price change {number} to version {version} drafted"), by, now,
          version=to_version.number)  # fmt: skip
    return change


def _tell(change: PriceChange, verb: str, sentence: str, by: User | str, now: datetime, **facts: Any) -> None:
    record(f"price_change.{verb}", sentence, subject=change.number, thread=change.plan.number, by=by, now=now,
           number=change.number, **facts)  # fmt: skip


def _locked(change: PriceChange) -> PriceChange:
    """Closes the race of two people who start or cancel it, and of the run that applies it."""
    return PriceChange.objects.select_for_update(of=("self",)).select_related("plan").get(pk=change.pk)


@retries_conflicts
@transaction.atomic(durable=True)
def start_notices(*, change: PriceChange, by: User | str, now: datetime) -> PriceChange:
    """Fix whom it reaches and when; the job writes and sends their notices."""
    change = _locked(change)
    if change.current_status != PriceChangeStatus.DRAFT:
        return change
    rows = preview_change(change, now=now).rows
    if not rows:
        raise PriceChangeRefused(_("It reaches nobody."))
    PriceChangeItem.objects.bulk_create(
        [
            PriceChangeItem(
                change=change, subscription=row.subscription, old_price=row.old, estimated=row.estimated,
                new_price=row.new, effective_on=row.effective_on,
            )
            for row in rows
        ],
        batch_size=1_000,
    )  # fmt: skip
    change.move_to(PriceChangeStatus.NOTICE, now=now)
    _tell(change, "started", gettext_noop("Notices of {number} to {count} subscribers started"), by, now,
          count=len(rows))  # fmt: skip
    return change


@retries_conflicts
@transaction.atomic(durable=True)
def cancel_price_change(*, change: PriceChange, by: User | str, now: datetime) -> PriceChange:
    """Nobody else pays the new price: notices that wait are withdrawn, who was told is told that it stays.

    Prices in force stay.
    """
    change = _locked(change)
    if not change.can_move_to(PriceChangeStatus.CANCELLED):
        return change
    open_items = change.items.filter(applied_at=None, stopped_at=None)
    _untell(list(open_items.select_related("subscription__customer", "change__plan")), now=now)
    stopped = open_items.update(stopped_at=now, stopped_reason=_("Taken back"))
    change.move_to(PriceChangeStatus.CANCELLED, now=now)
    _tell(change, "cancelled", gettext_noop("{number} cancelled, {count} keep their price"), by, now, count=stopped)
    return change


@transaction.atomic(durable=True)
def keep_price(*, item: PriceChangeItem, reason: str, by: User | str, now: datetime) -> PriceChangeItem:
    """Leave one subscriber out of a price change that is not in force for them yet."""
    change = _locked(item.change)
    item = PriceChangeItem.objects.select_related("subscription__customer", "change__plan").get(pk=item.pk)
    if item.applied_at or item.stopped_at:
        return item
    _untell([item], now=now)
    item.stopped_at, item.stopped_reason = now, reason.strip()[:200] or _("By hand")
    item.save(update_fields=["stopped_at", "stopped_reason"])
    _tell(
        change, "kept", gettext_noop("{subscription} keeps its price"), by, now, subscription=item.subscription.number
    )
    return item


def _untell(items: Sequence[PriceChangeItem], *, now: datetime) -> None:
    """Inside the caller's transaction: a notice that waits is withdrawn; one that left is corrected."""
    written = _messages(items)
    gone = [item for item in items if notice_about(item) in written]
    late = [item for item in gone if not withdraw_message(KIND, about=notice_about(item))]
    sent = [item for item in late if written[notice_about(item)].state in (MessageState.SENT, MessageState.WAITING)]
    OutgoingMessage.objects.bulk_create([kept(item, now=now) for item in sent], ignore_conflicts=True)


def work_price_changes(*, now: datetime) -> dict[str, Any]:
    """A run: write the notices, hear which were sent, put prices into force. Safe to run twice."""
    going = list(PriceChange.objects.filter(status=PriceChangeStatus.NOTICE).select_related("plan", "to_version"))
    written = sum(_write_notices(change, now=now) for change in going)
    told = sum(_hear_notices(change, now=now) for change in going)
    applied = apply_due(now=now)
    for change in going:
        _finish(change, now=now)
    return {"notices": written, "told": told, **applied.summary("applied")}


def _untold(change: PriceChange) -> list[PriceChangeItem]:
    rows = change.items.filter(noticed_at=None, stopped_at=None).order_by("pk")
    return list(rows.select_related("subscription__customer", "subscription__version", "change__plan"))


def _messages(items: Sequence[PriceChangeItem]) -> dict[str, OutgoingMessage]:
    abouts = [notice_about(item) for item in items]
    found = {}
    for start in range(0, len(abouts), AT_ONCE):
        rows = OutgoingMessage.objects.filter(kind=KIND, about__in=abouts[start : start + AT_ONCE])
        found.update({row.about: row for row in rows})
    return found


def _write_notices(change: PriceChange, *, now: datetime) -> int:
    items = _untold(change)
    known = _messages(items)
    missing = [item for item in items if notice_about(item) not in known]
    for start in range(0, len(missing), AT_ONCE):
        with transaction.atomic(durable=True):
            # UNIQUE(kind, about) keeps one of two runs that meet.
            rows = [notice(item, now=now) for item in missing[start : start + AT_ONCE]]
            OutgoingMessage.objects.bulk_create(rows, ignore_conflicts=True)
    return len(missing)


def _hear_notices(change: PriceChange, *, now: datetime) -> int:
    """Those who were told, from the day they were; who could not be told keeps the price."""
    items = _untold(change)
    known = _messages(items)
    heard = [item for item in items if notice_about(item) in known]
    sent = [item for item in heard if known[notice_about(item)].state == MessageState.SENT]
    lost = [item for item in heard if known[notice_about(item)].state in (MessageState.DEAD, MessageState.WITHDRAWN)]
    told = load_known(change, now=now, only=[item.subscription_id for item in sent])
    by_pk = {s.pk: s for s in told.subscriptions}
    for item in sent:
        item.noticed_at = known[notice_about(item)].sent_at or now
        told_on = business_day(item.noticed_at)
        if item.effective_on < told_on + timedelta(days=change.notice_days) and item.subscription_id in by_pk:
            is_rise = item.new_price > item.old_price
            item.effective_on = told.effective_on(by_pk[item.subscription_id], told_on=told_on, is_rise=is_rise)
    for item in lost:
        item.stopped_at, item.stopped_reason = now, _("The notice could not be sent")
    PriceChangeItem.objects.bulk_update(sent, ["noticed_at", "effective_on"], batch_size=500)
    PriceChangeItem.objects.bulk_update(lost, ["stopped_at", "stopped_reason"], batch_size=500)
    return len(sent)


def apply_due(*, now: datetime, only: Sequence[int] | None = None) -> Tally:
    """Put prices into force whose first delivery is the next one of their subscription; `only`: of these subscriptions."""
    due = PriceChangeItem.objects.filter(
        change__status=PriceChangeStatus.NOTICE, noticed_at__isnull=False, applied_at=None, stopped_at=None,
        subscription__deliveries__is_next=True, subscription__deliveries__leaves_on__gte=F("effective_on"),
    )  # fmt: skip
    if only is not None:
        due = due.filter(subscription__in=only)
    rows = list(due.select_related("subscription").order_by("effective_on", "pk"))
    return each(rows, lambda item: apply_item(item_id=item.pk, now=now), number=lambda item: item.subscription.number)


@retries_conflicts
@transaction.atomic(durable=True)
def apply_item(*, item_id: int, now: datetime) -> bool:
    """The new version and price of one subscription, with its line of history and its movement of revenue.

    Says whether it did something: not when it was done, stopped, or told too late.
    """
    # Subscription first in the lock order; closes the race with a change by the customer and with a second run.
    subscription = Subscription.objects.locked().get(price_changes=item_id)
    item = PriceChangeItem.objects.select_for_update(of=("self",)).select_related("change__plan").get(pk=item_id)
    if item.applied_at or item.stopped_at or not _was_told_in_time(item):
        return False
    if subscription.current_status not in LIVING or subscription.version.plan_id != item.change.plan_id:
        item.stopped_at, item.stopped_reason = now, _("Not subscribed to the plan any more")
        item.save(update_fields=["stopped_at", "stopped_reason"])
        return False
    _put_in_force(subscription, item, now)
    item.applied_at = now
    item.save(update_fields=["applied_at"])
    return True


def _was_told_in_time(item: PriceChangeItem) -> bool:
    if item.noticed_at is None:
        return False
    return item.effective_on >= business_day(item.noticed_at) + timedelta(days=item.change.notice_days)


def _put_in_force(subscription: Subscription, item: PriceChangeItem, now: datetime) -> None:
    before = {"version": subscription.version_id, "agreed_price": _text(subscription.agreed_price)}
    version = item.change.to_version
    price = version.prices.get(currency=subscription.currency)
    subscription.version = version
    is_listed = box_price(price, subscription.quantity) == item.new_price
    subscription.agreed_price = None if is_listed else item.new_price
    subscription.row_version += 1
    subscription.save(update_fields=["version", "agreed_price", "row_version"])
    facts = {"change": item.change.number, "price": str(item.new_price), "from": item.effective_on.isoformat()}
    SubscriptionEvent.objects.create(
        subscription=subscription, kind=EventKind.PRICE, facts=facts, before=before, by=item.change.number, at=now
    )
    record("subscription.price", gettext_noop("Price from {from}: {price}"), subject=subscription.number,
           by=item.change.number, now=now, **facts)  # fmt: skip
    segment = subscription.segments.last()
    if segment is not None:
        interval = Interval(segment.every, segment.unit)
        cause = f"{item.change.number}:{subscription.number}"
        refresh_mrr(subscription, interval, cause=cause, now=now, reason="price")


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


@transaction.atomic(durable=True)
def _finish(change: PriceChange, *, now: datetime) -> None:
    change = _locked(change)
    if change.current_status == PriceChangeStatus.NOTICE and not _is_open(change):
        change.move_to(PriceChangeStatus.DONE, now=now)


def _is_open(change: PriceChange) -> bool:
    return change.items.filter(applied_at=None, stopped_at=None).exists()
