"""The beginning of a subscription: checked, written down with its calendar, its first delivery and its link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.models import Customer
from customers.states import CustomerStatus
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.numbering import next_number
from ordermgmt.retrying import retries_conflicts
from ordermgmt.templatetags.portal import weekday_words
from orders.actions.changing_plan import check_boxes, contents_of, live_version
from orders.actions.deliveries import list_price, sold
from orders.actions.particulars import complete_address, usable_method
from orders.actions.promotions import CodeRefused, note_code, use_code
from orders.actions.reachable_days import earliest_day
from orders.actions.revenue_movements import refresh_mrr
from orders.actions.subscription_work import NotAllowed, Work, load_work
from orders.billing_states import Collection, ContentKind, EventKind, SubscriptionStatus
from orders.calendars import slot_of
from orders.models import (
    CalendarSegment,
    Channel,
    PlanItem,
    PlanVersion,
    Subscription,
    SubscriptionEvent,
    SubscriptionLine,
)
from orders.periods import Interval
from orders.states import ChannelKind
from orders.subscription_emails import change_message
from orders.subscription_pricing import usual_items

CHANNEL = "subscriptions"


@dataclass(frozen=True, kw_only=True)
class NewSubscription:
    """What somebody wants. `every` and `unit` None: the plan's cadence. `starts_on` None: as soon as possible.

    `choices` are (SKU, units) in place of the plan's usual contents, `extras` (SKU, units) beside them each time.
    `last_day`: always the last day of the month. Without `method_id` it is paid on invoice. `code`: a promotion.
    """

    customer_id: int
    plan_id: int
    currency: str
    address_id: int
    boxes: int = 1
    every: int | None = None
    unit: str | None = None
    starts_on: date | None = None
    last_day: bool = False
    choices: Sequence[tuple[int, int]] = ()
    extras: Sequence[tuple[int, int]] = ()
    method_id: int | None = None
    payment_days: int = 14
    agreed_price: Decimal | None = None
    language: str = "en-gb"
    shipping_method: str = ""
    is_gift: bool = False
    note: str = ""
    channel_id: int | None = None
    code: str = ""


def subscription_channel() -> Channel:
    """The channel of what is subscribed here, made at its first use."""
    facts = {"name": _("Subscriptions"), "kind": ChannelKind.SUBSCRIPTION}
    return Channel.objects.get_or_create(code=CHANNEL, defaults=facts)[0]


@retries_conflicts
@transaction.atomic(durable=True)
def start_subscription(wanted: NewSubscription, *, by: User | str, now: datetime) -> Subscription:
    """Start it, with a welcome to the customer. Raises NotAllowed: plan, price, address, contents, cadence, first day, code."""
    s = begin(wanted, by=by, now=now)
    event = s.events.get(kind=EventKind.STARTED)
    sentence = _("Your first delivery is on %(day)s.") % {"day": weekday_words(s.starts_on)}
    change_message(s, "subscription_started", event, sentence, now=now)
    return s


def begin(wanted: NewSubscription, *, by: User | str, now: datetime) -> Subscription:
    """Inside the caller's transaction: the subscription with all that belongs to it, without a message."""
    version = live_version(wanted.plan_id, wanted.currency)
    interval = _interval(wanted, version)
    s = _record(wanted, version, now)
    s.save()
    SubscriptionLine.objects.bulk_create(_lines(wanted, s))
    _segment(s, s.starts_on, interval, last_day=wanted.last_day, now=now)
    work = load_work([s], by=by, now=now)[0]
    _settle_start(work, wanted, interval)
    event = SubscriptionEvent.objects.create(
        subscription=s, kind=EventKind.STARTED, delivery_number=1, facts=_facts(work), by=str(by), at=now
    )
    if wanted.code:
        _redeem(wanted.code, s, by=by, now=now)
    refresh_mrr(s, interval, cause=f"event:{event.pk}", now=now)
    day = weekday_words(work.dates(1).leaves_on)
    sentence = gettext_noop("{plan} started: the first delivery is on {day}")
    record("subscription.started", sentence, subject=s.number, by=by, now=now, plan=str(version.plan), day=day)
    return s


def _redeem(code: str, s: Subscription, *, by: User | str, now: datetime) -> None:
    try:
        note_code(use_code(code, subscription=s, now=now), by=by, now=now)
    except CodeRefused as refusal:
        raise NotAllowed(str(refusal)) from refusal


def _interval(wanted: NewSubscription, version: PlanVersion) -> Interval:
    own = Interval(version.deliver_every, version.deliver_unit)
    if wanted.every is None or wanted.unit is None:
        return own
    chosen = Interval(wanted.every, wanted.unit)
    offered = [own, *(Interval(int(n), unit) for n, unit in (str(w).split() for w in version.allowed_intervals))]
    if chosen not in offered:
        raise NotAllowed(_("The plan is not offered so often."))
    return chosen


def _record(wanted: NewSubscription, version: PlanVersion, now: datetime) -> Subscription:
    customer = Customer.objects.filter(pk=wanted.customer_id, status=CustomerStatus.ACTIVE).first()
    if customer is None:
        raise NotAllowed(_("Choose an active customer."))
    if wanted.boxes < 1:
        raise NotAllowed(_("A delivery has at least one box."))
    if wanted.agreed_price is None:
        check_boxes(version, wanted.currency, wanted.boxes)
    address = complete_address(wanted.address_id, customer.pk)
    method = usable_method(wanted.method_id, customer.pk) if wanted.method_id else None
    number = next_number("SUB")
    return Subscription(
        number=number,
        customer=customer,
        version=version,
        status=SubscriptionStatus.ACTIVE,
        currency=wanted.currency,
        quantity=wanted.boxes,
        agreed_price=wanted.agreed_price,
        collection=Collection.AUTOMATIC if method else Collection.INVOICE,
        payment_days=wanted.payment_days,
        method=method,
        address=address,
        channel=_channel(wanted),
        language=wanted.language,
        shipping_method=wanted.shipping_method,
        is_gift=wanted.is_gift,
        note=wanted.note,
        slot=slot_of(number),
        starts_on=wanted.starts_on or date(2000, 1, 1),
        created_at=now,
        started_at=now,
    )


def _channel(wanted: NewSubscription) -> Channel:
    return Channel.objects.get(pk=wanted.channel_id) if wanted.channel_id else subscription_channel()


def _lines(wanted: NewSubscription, s: Subscription) -> list[SubscriptionLine]:
    """What is in each box, then what is sent beside it. Raises NotAllowed."""
    items = list(PlanItem.objects.filter(version=s.version).order_by("pk"))
    if s.version.content == ContentKind.BOX:
        lines = []
    elif wanted.choices:
        lines = _chosen(s, items, wanted.choices)
    else:
        lines = contents_of(s, usual_items(s.version, items))
    if not lines and s.version.content != ContentKind.BOX:
        raise NotAllowed(_("Choose what is to be in the box."))
    for position, (sku_id, units) in enumerate(wanted.extras, len(lines) + 1):
        price = list_price(sold(sku_id), s.currency)
        lines.append(
            SubscriptionLine(subscription=s, position=position, sku_id=sku_id, quantity=units, unit_price=price)
        )
    return lines


def _chosen(s: Subscription, items: list[PlanItem], choices: Sequence[tuple[int, int]]) -> list[SubscriptionLine]:
    """The items of the plan that are always in it, and those chosen from its groups."""
    fixed = [item for item in items if not item.group and item.month is None and item.is_default]
    offered = {item.sku_id: item for item in items if item.group and item.month is None}
    if unknown := [sku for sku, _units in choices if sku not in offered]:
        raise NotAllowed(_("%(item)s is not one of the items to choose from.") % {"item": sold(unknown[0]).name})
    count = sum(units for _sku, units in choices)
    if s.version.choices_per_box and count != s.version.choices_per_box:
        raise NotAllowed(_("Choose %(count)d items.") % {"count": s.version.choices_per_box})
    lines = contents_of(s, fixed)
    for position, (sku, units) in enumerate(choices, len(lines) + 1):
        quantity, group = units * offered[sku].quantity, offered[sku].group
        lines.append(SubscriptionLine(subscription=s, position=position, sku_id=sku, quantity=quantity, group=group))
    return lines


def _segment(s: Subscription, day: date, interval: Interval, *, last_day: bool, now: datetime) -> None:
    CalendarSegment.objects.create(
        subscription=s,
        first_number=1,
        anchor_on=day,
        anchor_day=31 if last_day else day.day,
        every=interval.every,
        unit=interval.unit,
        created_at=now,
    )


def _settle_start(work: Work, wanted: NewSubscription, interval: Interval) -> None:
    """The first day, when none was wanted; refused when it cannot be reached. Then the first delivery."""
    s = work.s
    earliest = earliest_day(work, 1)
    if wanted.starts_on is None:
        s.starts_on = earliest
        s.segments.all().delete()
        _segment(s, earliest, interval, last_day=wanted.last_day, now=work.now)
        work.calendar = load_work([s], by=work.by, now=work.now)[0].calendar
    if work.calendar.dates(1).lock_at <= work.now:
        words = {"day": weekday_words(earliest)}
        raise NotAllowed(_("That is too soon. The earliest day is %(day)s.") % words)
    if s.version.trial_days:
        s.trial_ends_on = s.starts_on + timedelta(days=s.version.trial_days)
    s.save(update_fields=["starts_on", "trial_ends_on"])
    work.settle_next()


def _facts(work: Work) -> dict[str, str | int]:
    segment = work.calendar.segments[0]
    return {
        "anchor_on": segment.anchor_on.isoformat(),
        "anchor_day": segment.anchor_day,
        "every": segment.interval.every,
        "unit": segment.interval.unit,
        "plan": str(work.s.version.plan),
    }
