"""Subscriptions of a file: checked against what is here, made one by one, proved against the file afterwards.

What was taken over before is left alone (UNIQUE channel and external id), so that the same file may come again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.addresses import add
from customers.actions.customers import register
from customers.addressing import check_address
from customers.models import Address, Customer
from ordermgmt.clock import business_day, business_zone
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.money import round_money
from ordermgmt.numbering import next_number
from orders.actions.changing_plan import contents_of, live_version
from orders.actions.revenue_movements import refresh_mrr
from orders.actions.subscription_work import RELATED, NotAllowed, load_work
from orders.billing_states import Collection, ContentKind, EventKind, SubscriptionStatus
from orders.calendars import slot_of
from orders.importing.subscription_rows import POSTAL, Fault, WantedRow
from orders.models import (
    CalendarSegment,
    Channel,
    Plan,
    PlanItem,
    PlanVersion,
    Subscription,
    SubscriptionEvent,
    SubscriptionLine,
)
from orders.periods import Interval, Segment, local_instant
from orders.subscription_pricing import usual_items


@dataclass
class Checked:
    """What the file would do: rows to be made, those here already, faults."""

    new: list[WantedRow] = field(default_factory=list)
    known: list[WantedRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass
class _Here:
    """What rows refer to, read once."""

    versions: dict[tuple[str, str], PlanVersion | str]
    customers: dict[str, list[Customer]]
    known: set[str]


def check(rows: Sequence[WantedRow], channel: Channel, *, now: datetime) -> Checked:
    """Every row against plans, prices, customers, addresses and the calendar. Writes nothing."""
    here, checked = _here(rows, channel), Checked()
    for row in rows:
        if row["external_id"] in here.known:
            checked.known.append(row)
            continue
        faults = [Fault(row.number, column, words) for column, words in _faults(row, here, business_day(now))]
        checked.faults += faults
        checked.new += [] if faults else [row]
    return checked


def _here(rows: Sequence[WantedRow], channel: Channel) -> _Here:
    plans = {plan.number: plan for plan in Plan.objects.filter(number__in={row["plan"] for row in rows})}
    versions: dict[tuple[str, str], PlanVersion | str] = {}
    for key in {(row["plan"], row["currency"]) for row in rows}:
        try:
            versions[key] = live_version(plans[key[0]].pk, key[1]) if key[0] in plans else _("there is no such plan")
        except NotAllowed as refusal:
            versions[key] = str(refusal)
    customers: dict[str, list[Customer]] = {}
    for customer in Customer.objects.live().filter(number__in={row["customer"] for row in rows if row["customer"]}):
        customers.setdefault(customer.number, []).append(customer)
    wanted = {row["email"].lower() for row in rows if row["email"]}
    for customer in Customer.objects.live().exclude(email="").iterator() if wanted else ():
        if customer.email.lower() in wanted:
            customers.setdefault(customer.email.lower(), []).append(customer)
    known = Subscription.objects.filter(channel=channel).exclude(external_id="")
    return _Here(versions, customers, set(known.values_list("external_id", flat=True)))


def _faults(row: WantedRow, here: _Here, today: date) -> Iterator[tuple[str, str]]:
    version = here.versions[row["plan"], row["currency"]]
    if isinstance(version, str):
        yield "plan", version
    if row["customer"] and row["customer"] not in here.customers:
        yield "customer", _("there is no such customer")
    if not row["customer"] and not row["email"] and not row["name"]:
        yield "customer", _("name the customer by number, e-mail or name")
    if not row["customer"] and len(here.customers.get(row["email"].lower(), ())) > 1:
        yield "email", _("several customers have it: name the customer by number")
    if row["price"] is not None and round_money(row["price"], row["currency"]) != row["price"]:
        yield "price", _("has more decimals than the currency")
    yield from _wrong_days(row, today)
    yield from _wrong_address(row)


def _wrong_days(row: WantedRow, today: date) -> Iterator[tuple[str, str]]:
    if row["status"] == SubscriptionStatus.ACTIVE and row["next_on"] and row["next_on"] < today:
        yield "next_on", _("is past: write the next day that is to come")
    if row["status"] == SubscriptionStatus.PAUSED and row["resumes_on"] and row["resumes_on"] < today:
        yield "resumes_on", _("is past: it is active, then")
    if row["ends_on"] and row["next_on"] and row["ends_on"] <= row["next_on"]:
        yield "ends_on", _("is not after the next delivery: it is cancelled, then")


def _wrong_address(row: WantedRow) -> Iterator[tuple[str, str]]:
    if not row["line1"] and row["customer"]:
        return
    if row.runs or row["line1"]:
        _tidy, faults = check_address(row.postal)
        for fault in faults:
            yield fault.field or "country", str(fault.sentence)


def make(row: WantedRow, channel: Channel, *, by: User | str, now: datetime) -> Subscription:
    """One subscription with its state and history; the same row twice is one. No message is sent."""
    with transaction.atomic(durable=True):
        existing = Subscription.objects.filter(channel=channel, external_id=row["external_id"]).first()
        return existing or _make(row, channel, by=by, now=now)


def _make(row: WantedRow, channel: Channel, *, by: User | str, now: datetime) -> Subscription:
    version = live_version(Plan.objects.get(number=row["plan"]).pk, row["currency"])
    interval = row.interval or Interval(version.deliver_every, version.deliver_unit)
    customer = _customer(row, by=by, now=now)
    s = _record(row, version, customer, _address(row, customer, now=now), channel, now)
    s.save()
    if version.content != ContentKind.BOX:
        items = usual_items(version, PlanItem.objects.filter(version=version).order_by("pk"))
        SubscriptionLine.objects.bulk_create(contents_of(s, items))
    segment = _segment(s, row, interval, now)
    event = _events(s, row, segment, by=by, now=now)
    work = load_work([Subscription.objects.select_related(*RELATED).get(pk=s.pk)], by=by, now=now)[0]
    work.settle_next()
    refresh_mrr(work.s, interval, cause=f"event:{event.pk}", now=now, reason="import")
    sentence = gettext_noop("Taken over as {external_id}")
    record("subscription.imported", sentence, subject=s.number, by=by, now=now, external_id=s.external_id)
    return work.s


def _customer(row: WantedRow, *, by: User | str, now: datetime) -> Customer:
    if row["customer"]:
        return Customer.objects.get(number=row["customer"])
    known = Customer.objects.live().with_email(row["email"]).first() if row["email"] else None
    facts = {"name": row["name"] or row["email"], "company": row["company"] or "", "email": row["email"]}
    return known or register(facts, country=row["country"] or "", by=by, now=now)


def _address(row: WantedRow, customer: Customer, *, now: datetime) -> Address | None:
    """The one the customer has already, else a new one; without one in the file their current one."""
    if not row["line1"]:
        return customer.current_address
    tidy, _faults_of_it = check_address(row.postal)
    for address in customer.addresses.filter(replaced_at=None):
        if all(getattr(address, name) == tidy.get(name, "") for name in POSTAL):
            return address
    return add(customer, row.postal, now=now, is_default=not customer.addresses.exists())


def _record(
    row: WantedRow, version: PlanVersion, customer: Customer, address: Address | None, channel: Channel, now: datetime
) -> Subscription:
    number, status = next_number("SUB"), row["status"]
    started_on = row["started_on"] or row["next_on"] or business_day(now)
    ended_at = _noon(row["cancelled_on"]) or now
    return Subscription(
        number=number,
        customer=customer,
        version=version,
        status=status,
        currency=row["currency"],
        quantity=row["boxes"],
        agreed_price=row["price"],
        collection=Collection.INVOICE,
        payment_days=row["payment_days"],
        address=address,
        channel=channel,
        external_id=row["external_id"],
        language=customer.language,
        note=row["note"],
        deliveries_owed=row["owed"],
        slot=slot_of(number),
        starts_on=started_on,
        ends_on=row["ends_on"],
        resumes_on=row["resumes_on"] if status == SubscriptionStatus.PAUSED else None,
        cancel_reason=row["cancel_reason"],
        created_at=_noon(row["started_on"]) or now,
        started_at=_noon(row["started_on"]) or now,
        paused_at=now if status == SubscriptionStatus.PAUSED else None,
        cancelled_at=ended_at if status == SubscriptionStatus.CANCELLED else None,
        expired_at=ended_at if status == SubscriptionStatus.EXPIRED else None,
    )


def _noon(day: date | None) -> datetime | None:
    return local_instant(day, time(12), business_zone()) if day else None


def _segment(s: Subscription, row: WantedRow, interval: Interval, now: datetime) -> Segment:
    """Its calendar begins with the next delivery; those that were made elsewhere have the numbers before."""
    anchor_on = row["next_on"] or row["resumes_on"] or s.starts_on
    segment = Segment(row["delivered"] + 1, anchor_on, row["anchor_day"] or anchor_on.day, interval)
    CalendarSegment.objects.create(
        subscription=s,
        first_number=segment.first_number,
        anchor_on=anchor_on,
        anchor_day=segment.anchor_day,
        every=interval.every,
        unit=interval.unit,
        created_at=now,
    )
    return segment


def _events(s: Subscription, row: WantedRow, segment: Segment, *, by: User | str, now: datetime) -> SubscriptionEvent:
    """The history of the file with its own days, then the taking over with the anchor everything follows from."""
    for past in sorted(row["history"], key=lambda h: h.on):
        facts = {"imported": True, "words": past.words}
        at = _noon(past.on) or now
        SubscriptionEvent.objects.create(subscription=s, kind=past.kind, facts=facts, by=str(by), at=at)
    facts = {
        "external_id": s.external_id,
        "first_number": segment.first_number,
        "anchor_on": segment.anchor_on.isoformat(),
        "anchor_day": segment.anchor_day,
        "every": segment.interval.every,
        "unit": segment.interval.unit,
        "status": s.status,
        "owed": s.deliveries_owed,
    }
    return SubscriptionEvent.objects.create(subscription=s, kind=EventKind.IMPORTED, facts=facts, by=str(by), at=now)
