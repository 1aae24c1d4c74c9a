"""What a due delivery becomes: its order, what is billed with it, and which delivery is next. Writes nothing.

All that is needed was read before, for many subscriptions at once. The projection (`projecting`) asks the same
calendar and the same prices, so that what was shown is what is ordered. Rules: subscriptions.md 2.4, 2.8.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import Address
from ordermgmt.clock import business_day
from ordermgmt.money import ZERO, round_money, tax_in
from orders.billing_states import Collection, DeliveryStatus
from orders.billing_terms import Period, is_free, is_over, is_prepaid, period_from
from orders.calendars import SubscriptionCalendar
from orders.catching_up import CannotRenew, check_bounds
from orders.drafts import DraftAddress, DraftCharge, DraftLine, OrderDraft
from orders.models import Delivery, PlanVersion, Subscription
from orders.network import Destination
from orders.priced import Occasion, Part, PricedDelivery
from orders.projecting import Known
from orders.promising import arrival
from orders.renewal_book import RenewalBook
from orders.states import ChargeKind
from orders.subscription_pricing import NoPrice, price_delivery


@dataclass(frozen=True, slots=True)
class Following:
    """The delivery after this one; `row` when it exists already because it was touched."""

    number: int
    row: Delivery | None


@dataclass(frozen=True, slots=True)
class Renewal:
    """`sent` is what the order holds, `charge` what is billed now (None: it was paid before). `following` None: it was the last."""

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
    )
    charge = _price(s, occasion, book) if starts else None
    paid = replace(occasion, is_paid=True, deliveries=1, items=items)
    sent = charge if charge and not prepaid else _price(s, paid, book)
    address = delivery.address or s.address
    if address is None:
        raise CannotRenew("address", _("It has no delivery address."))
    if not sent.parts:
        raise CannotRenew("contents", _("There is nothing in the box."))
    shipping = _postal(address)
    bill_to = _postal(book.billing.get(s.customer_id, address))
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
        draft=_draft(s, delivery, sent, shipping, bill_to, book),
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


def _postal(address: Address) -> DraftAddress:
    return DraftAddress(**address.as_postal())


def _draft(
    s: Subscription,
    delivery: Delivery,
    sent: PricedDelivery,
    shipping: DraftAddress,
    bill_to: DraftAddress,
    book: RenewalBook,
) -> OrderDraft:
    customer = s.customer
    return OrderDraft(
        channel_id=s.channel_id,
        currency=s.currency,
        lines=tuple(_line(part, s.currency) for part in sent.parts),
        charges=tuple(_charges(sent, s.language)),
        placed_at=book.now,
        customer_id=s.customer_id,
        email=customer.email,
        phone=customer.phone,
        shipping=shipping,
        billing=bill_to,
        language=s.language,
        shipping_method=s.shipping_method,
        is_gift=s.is_gift,
        is_renewal=True,
        on_invoice=s.collection == Collection.INVOICE,
        note=s.note,
        requested_delivery_on=_arrives_on(delivery.leaves_on, shipping, book),
    )


def _arrives_on(leaves_on: date, to: DraftAddress, book: RenewalBook) -> date | None:
    """The day that is wished for, so that it leaves on the day of the calendar; none when that has passed."""
    zones = book.network.serving(Destination(to.country, to.postcode))
    if not zones or leaves_on < business_day(book.now):
        return None
    return arrival(leaves_on, zones[0].transit_days, to.country)


def _line(part: Part, currency: str) -> DraftLine:
    return DraftLine(
        name=part.good.name,
        quantity=part.quantity,
        unit_price=round_money(part.full / part.quantity, currency),
        total=part.total,
        discount=part.discount,
        tax_rate=part.rate,
        tax=part.tax,
        sku_id=part.good.pk,
        external_code=part.good.code,
    )


def _charges(sent: PricedDelivery, language: str) -> list[DraftCharge]:
    wanted = ((ChargeKind.SHIPPING, sent.delivery, sent.delivery_discount), (ChargeKind.FEE, sent.set_up_fee, ZERO))
    return [_charge(kind, amount, less, sent, language) for kind, amount, less in wanted if amount]


def _charge(kind: str, amount: Decimal, less: Decimal, sent: PricedDelivery, language: str) -> DraftCharge:
    return DraftCharge(
        kind=kind,
        title=charge_title(kind, language),
        amount=amount,
        discount=less,
        tax_rate=sent.charge_rate,
        tax=tax_in(amount - less, sent.charge_rate, sent.currency),
    )


def charge_title(kind: str, language: str) -> str:
    """In the customer's words."""
    with translation.override(language):
        return _("Delivery") if kind == ChargeKind.SHIPPING else _("Set-up fee")
