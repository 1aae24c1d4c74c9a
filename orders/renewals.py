"""What a due delivery becomes: its order, what is billed with it, and which delivery is next. Writes nothing.

All that is needed was read before, for many subscriptions at once. The projection (`projecting`) asks the same
calendar and the same prices, so that what was shown is what is ordered. Rules: subscriptions.md 2.4, 2.8.
"""

from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from orders.billing_states import DeliveryStatus
from orders.billing_terms import Period, is_free, is_over, is_prepaid, period_from
from orders.calendars import SubscriptionCalendar
from orders.catching_up import CannotRenew, check_bounds
from orders.drafts import DraftAddress, OrderDraft
from orders.models import Delivery, PlanVersion, Subscription
from orders.priced import Occasion, Part, PricedDelivery
from orders.projecting import Known
from orders.renewal_book import RenewalBook
from orders.renewal_drafts import draft_of, postal
from orders.subscription_pricing import NoPrice, price_delivery


@dataclass(frozen=True, slots=True)
class Following:
    """The delivery after this one; `row` when it exists already because it was touched."""

    number: int
    row: Delivery | None


@dataclass(frozen=True, slots=True)
class Renewal:
    """`sent` is what the order holds, `charge` what is billed now (None: it was paid before). `following` None: it was the last.
    `left_out` is what nobody has and the plan neither sends nor charges."""

    subscription: Subscription
    delivery: Delivery
    calendar: SubscriptionCalendar
    version: PlanVersion
    adopts: bool
    is_free: bool
    is_prepaid: bool
    period: Period
    cycle_number: int
    sent: PricedDelivery
    charge: PricedDelivery | None
    draft: OrderDraft
    bill_to: DraftAddress
    following: Following | None
    left_out: tuple[Part, ...] = ()

    @property
    def starts_cycle(self) -> bool:
        return self.charge is not None

    @property
    def deliveries(self) -> int:
        """How many the cycle pays for."""
        return 1 if self.is_free else self.period.deliveries

    @property
    def owed_after(self) -> int:
        owed = self.subscription.deliveries_owed
        if self.is_free:
            return owed
        return owed + (self.period.deliveries if self.starts_cycle else 0) - 1

    @property
    def cause(self) -> str:
        """Names the charge of the cycle for ever."""
        return f"cycle:{self.subscription.number}:{self.cycle_number}"

    @property
    def charge_on(self) -> date:
        return self.calendar.dates(self.delivery.number, moved_to=self.delivery.leaves_on).charge_on


def build(s: Subscription, delivery: Delivery, book: RenewalBook, *, is_forced: bool = False) -> Renewal:
    """Work out one renewal. Raises CannotRenew.

    `is_forced`: a person has looked at it, so that neither having been missed for long nor the bound of a day stops it.
    """
    calendar, known = book.calendars.get(s.pk), book.known[s.pk]
    if calendar is None:
        raise CannotRenew("calendar", _("It has no calendar."))
    check_bounds(delivery, calendar, made_today=book.made_today.get(s.pk, 0), now=book.now, is_forced=is_forced)
    free = is_free(s, delivery.leaves_on)
    starts = free or s.deliveries_owed == 0
    adopts = starts and s.next_version_id is not None
    version = (s.next_version if adopts else None) or s.version
    period = period_from(calendar, delivery.number, version)
    prepaid = is_prepaid(version, calendar.interval(delivery.number)) and not free
    items = tuple(known.items.get(delivery.number, ()))
    occasion = Occasion(
        delivery.leaves_on,
        version,
        items=() if prepaid else items,
        deliveries=1 if free else period.deliveries,
        is_free=free,
        is_first=not known.was_billed,
        adopts_contents=adopts,
        to=None if prepaid else delivery.address,
    )
    charge = _price(s, occasion, book) if starts else None
    paid = replace(occasion, is_paid=True, deliveries=1, items=items, to=delivery.address)
    sent = charge if charge and not prepaid else _price(s, paid, book)
    address = delivery.address or s.address
    if address is None:
        raise CannotRenew("address", _("It has no delivery address."))
    if not sent.parts:
        raise CannotRenew("contents", _("There is nothing in the box."))
    shipping = postal(address)
    bill_to = postal(book.billing.get(s.customer_id, address))
    owes_ahead = book.owes_ahead(s) if charge is None else prepaid and charge.total > 0
    return Renewal(
        subscription=s,
        delivery=delivery,
        calendar=calendar,
        version=version,
        adopts=adopts,
        is_free=free,
        is_prepaid=prepaid,
        period=period,
        cycle_number=known.last_cycle + 1,
        sent=sent,
        charge=charge,
        draft=draft_of(s, delivery, sent, shipping, bill_to, book, version=version, owes_ahead=owes_ahead),
        bill_to=bill_to,
        following=following(
            s, version, delivery.number, calendar, known, sent=calendar.sent_elsewhere + known.ordered + 1
        ),
    )


def _price(s: Subscription, occasion: Occasion, book: RenewalBook) -> PricedDelivery:
    try:
        return price_delivery(s, occasion, book.prices)
    except NoPrice as error:
        raise CannotRenew("price", str(error)) from error


def following(
    s: Subscription, version: PlanVersion, number: int, calendar: SubscriptionCalendar, known: Known, *, sent: int
) -> Following | None:
    """The lowest delivery after `number` that is neither left out nor ordered; None when the subscription is over."""
    waiting = [n for n, row in known.rows.items() if n > number and row.status == DeliveryStatus.SCHEDULED]
    fresh = max(number, known.last_ordered) + 1
    while fresh in known.rows:
        fresh += 1
    after = min([*waiting, fresh])
    row = known.rows.get(after)
    planned_on = row.planned_on if row else calendar.planned_on(after)
    is_last = version.ends_after is not None and sent >= version.ends_after
    return None if is_last or is_over(s, planned_on, sent) else Following(after, row)
