"""What customers may choose from on the page of their subscription, each with what it means: days, charges, prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from inventory.models import Sku, SkuPrice
from inventory.states import SkuStatus
from ordermgmt.money import ZERO
from orders.actions.links import CUSTOMER
from orders.actions.reachable_days import day_after, day_before, earliest_day
from orders.actions.rhythm import intended_day, offered
from orders.actions.subscription_work import Work, load_work
from orders.actions.swaps import usual_sku
from orders.billing_states import ContentKind, DeliveryStatus
from orders.models import PlanItem, Subscription, SubscriptionLine
from orders.periods import Dates, Interval, Segment
from orders.projecting import Known

EARLIER, LATER, MOST_DAYS = 7, 21, 15
MONTHS = (1, 2, 3)
MOST_ITEMS = 40


def look(s: Subscription, *, now: datetime) -> Work:
    """Days and deliveries of a subscription to choose from; nothing is locked or written."""
    return load_work([s], by=CUSTOMER, now=now)[0]


def days_for(work: Work, number: int) -> list[date]:
    """Working days around the day of a delivery on which it can leave instead."""
    now_on = work.dates(number).leaves_on
    first = max(earliest_day(work, number), now_on - timedelta(days=EARLIER))
    if before := day_before(work, number):
        first = max(first, before + timedelta(days=1))
    last = min(day_after(work, number) - timedelta(days=1), now_on + timedelta(days=LATER))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    open_days = [day for day in days if day != now_on and work.calendar.works_on(day)]
    return sorted(sorted(open_days, key=lambda day: abs(day - now_on))[:MOST_DAYS])


@dataclass(frozen=True, slots=True)
class PauseChoice:
    months: int
    until: date
    restart: Dates


def pauses(work: Work) -> list[PauseChoice]:
    """One, two or three months from the next delivery on, as far as the plan allows."""
    first = work.the_next()
    start, last = work.dates(first).planned_on, work.today + timedelta(days=work.s.version.most_pause_days)
    found = []
    for months in MONTHS:
        until = Interval(months, "month").after(start, start.day, 1)
        if until <= last:
            found.append(PauseChoice(months, until, restart_after(work, first, until)))
    return found


def restart_after(work: Work, number: int, until: date) -> Dates:
    """The first delivery on or after a day that was not left out by choice."""
    while work.dates(number).planned_on < until or _is_left_out(work.known, number):
        number += 1
    return work.calendar.dates(number)


def _is_left_out(known: Known, number: int) -> bool:
    return number in known.rows and known.rows[number].current_status != DeliveryStatus.SCHEDULED


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often, and the next three days of it."""

    interval: Interval
    days: Sequence[date]
    is_current: bool

    @property
    def value(self) -> str:
        return f"{self.interval.every} {self.interval.unit}"


def cadences(work: Work) -> list[Cadence]:
    """Those the plan offers; the next delivery keeps its day."""
    number = work.the_next()
    current = work.calendar.interval(number)
    return [
        Cadence(interval, _next_days(work, number, interval, is_current=interval == current), interval == current)
        for interval in dict.fromkeys(offered(work))
    ]


def _next_days(work: Work, number: int, interval: Interval, *, is_current: bool) -> list[date]:
    if is_current:
        return [work.dates(n).leaves_on for n in range(number, number + 3)]
    anchor_on = work.calendar.planned_on(number)
    anchor_day = intended_day(work, number) if interval.days is None else anchor_on.day
    calendar = work.calendar.with_segments([Segment(number, anchor_on, anchor_day, interval)])
    return [calendar.dates(n).leaves_on for n in range(number, number + 3)]


@dataclass(frozen=True, slots=True)
class Offer:
    """An item to choose. `more` is what each delivery costs more with it (less: negative) than now."""

    sku: Sku
    more: Decimal
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A line of the box with what may be put in its place (nothing: it stays)."""

    line: SubscriptionLine
    offers: Sequence[Offer]


@dataclass(frozen=True, slots=True)
class Contents:
    box: Sequence[Slot]
    extras: Sequence[SubscriptionLine]
    shelf: Sequence[Offer]


def contents_for(s: Subscription) -> Contents:
    """What is in each box, what may be swapped, and what may be added at which price: four statements."""
    lines = list(SubscriptionLine.objects.filter(subscription=s).select_related("sku"))
    items = PlanItem.objects.filter(version=s.version, month=None).select_related("sku").order_by("pk")
    own = list(items)
    shelf = _shelf(s, own)
    skus = {*(line.sku_id for line in lines), *(item.sku_id for item in own), *shelf}
    listed = SkuPrice.objects.filter(currency=s.currency, sku__in=skus)
    prices = dict(listed.values_list("sku", "amount"))
    box = [line for line in lines if not line.is_extra]
    swaps = s.version.may_swap and s.version.content != ContentKind.BOX
    slots = [Slot(line, _offers(s, line, rank, own, prices) if swaps else ()) for rank, line in enumerate(box)]
    sold = [Offer(sku, prices[pk]) for pk, sku in shelf.items() if pk in prices]
    return Contents(slots, [line for line in lines if line.is_extra], sorted(sold, key=lambda offer: offer.sku.name))


def _offers(
    s: Subscription, line: SubscriptionLine, rank: int, items: Sequence[PlanItem], prices: dict[int, Decimal]
) -> list[Offer]:
    """By list price against the item the plan has there, as the verb reckons it."""
    choice = [item for item in items if not line.group or item.group == line.group]
    usual = prices.get(usual_sku(line, rank, choice), ZERO)
    times, found = line.quantity * s.quantity, {}
    for item in choice:
        is_current = item.sku_id == line.sku_id
        if item.sku.status == SkuStatus.ACTIVE and not is_current:
            surcharge = max(prices.get(item.sku_id, ZERO) - usual, ZERO)
            found[item.sku_id] = Offer(item.sku, (surcharge - line.surcharge) * times)
    return [Offer(line.sku, ZERO, is_current=True), *found.values()] if found else []


def _shelf(s: Subscription, items: Sequence[PlanItem]) -> dict[int, Sku]:
    """What can be added: items of this plan, then of other plans on offer."""
    others = PlanItem.objects.filter(version__status="live", month=None, sku__status=SkuStatus.ACTIVE)
    known = {item.sku_id: item.sku for item in items if item.sku.status == SkuStatus.ACTIVE}
    for item in others.exclude(version=s.version_id).select_related("sku").order_by("sku__name", "pk")[:MOST_ITEMS]:
        known.setdefault(item.sku_id, item.sku)
    return known
