"""Changes of one delivery, or of all from one on: leave out, take back in, another day, at once, with something more."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.models import Sku, SkuPrice
from inventory.states import SkuStatus
from ordermgmt.templatetags.portal import weekday_words
from orders.actions.charge_planning import method_for
from orders.actions.dunning import NotOwed, StillAsked, retry_case
from orders.actions.reachable_days import check_day, day_after
from orders.actions.subscription_changes import Made
from orders.actions.subscription_work import NotAllowed, Work
from orders.actions.swaps import swaps_of
from orders.billing_states import LIVE_DUNNING, ChargeStatus, DeliveryStatus, EventKind, SkipReason
from orders.models import Charge, Delivery, DeliveryItem, Dunning, SubscriptionLine

BY_CHOICE = (SkipReason.CUSTOMER, SkipReason.STAFF)


def day_facts(work: Work, number: int) -> dict[str, Any]:
    """What a line of history says of a delivery: its number, day in words and as data."""
    leaves_on = work.dates(number).leaves_on
    return {"number": number, "day": weekday_words(leaves_on), "leaves_on": leaves_on.isoformat()}


def scheduled(work: Work, number: int | None) -> int:
    """The delivery that is meant (None: the next), which must be to come and open. Raises NotAllowed, TooLate."""
    number = work.the_next() if number is None else number
    work.check_open(number)
    if work.row(number).current_status != DeliveryStatus.SCHEDULED:
        raise NotAllowed(_("Delivery %(number)d is %(state)s.") % _state(work.row(number)))
    return number


def _state(row: Delivery) -> dict[str, Any]:
    return {"number": row.number, "state": row.get_status_display().lower()}


@dataclass(frozen=True)
class Skip:
    """Leave one delivery out (None: the next one); later ones keep their days. Not more in a row than the plan allows."""

    number: int | None = None
    kind: ClassVar[str] = EventKind.SKIPPED

    def apply(self, work: Work) -> Made:
        work.the_next()
        number = scheduled(work, self.number)
        self._check_run(work, number)
        work.skip(number, SkipReason.CUSTOMER if work.is_customer else SkipReason.STAFF)
        sentence = gettext_noop("The delivery of {day} is left out")
        return Made(sentence, day_facts(work, number), number, "subscription_skipped")

    def _check_run(self, work: Work, number: int) -> None:
        most = work.s.version.most_skips
        if _skips_around(work, number) + 1 > most and not work.override:
            raise NotAllowed(_("At most %(most)d deliveries in a row can be left out.") % {"most": most})


def _skips_around(work: Work, number: int) -> int:
    """How many neighbours in a row, before and after, were left out by choice."""
    count = 0
    for step in (-1, 1):
        at = number + step
        while at in work.rows and work.rows[at].skip_reason in BY_CHOICE:
            count, at = count + 1, at + step
    return count


@dataclass(frozen=True)
class Unskip:
    """Take a delivery that was left out back in, while it can still be made."""

    number: int
    kind: ClassVar[str] = EventKind.UNSKIPPED

    def apply(self, work: Work) -> Made:
        work.the_next()
        row = work.rows.get(self.number)
        if row is None or row.current_status != DeliveryStatus.SKIPPED:
            raise NotAllowed(_("Delivery %(number)d was not left out.") % {"number": self.number})
        work.check_open(self.number)
        work.take_in(self.number)
        return Made(gettext_noop("The delivery of {day} comes after all"), day_facts(work, self.number), self.number)


@dataclass(frozen=True)
class Move:
    """Another day for one delivery, between the one before and the one after it."""

    to: date
    number: int | None = None
    kind: ClassVar[str] = EventKind.MOVED

    def apply(self, work: Work) -> Made:
        number = scheduled(work, self.number)
        was_on = work.dates(number).leaves_on
        check_day(work, number, work.calendar.dates(number, moved_to=self.to))
        self._check_next(work, number)
        work.redate(number, moved_to=self.to)
        facts = day_facts(work, number) | {"was": weekday_words(was_on), "was_on": was_on.isoformat()}
        facts["wanted_on"] = self.to.isoformat()
        return Made(gettext_noop("The delivery of {was} is moved to {day}"), facts, number)

    def _check_next(self, work: Work, number: int) -> None:
        leaves_on = day_after(work, number)
        if self.to >= leaves_on:
            words = {"day": weekday_words(leaves_on)}
            raise NotAllowed(_("Choose a day before the next delivery on %(day)s, or move all that follow.") % words)


@dataclass(frozen=True)
class MoveAllAfter:
    """Another day for this delivery and all that follow: a new anchor. What was moved singly follows the calendar again.

    `last_day`: always the last day of the month.
    """

    to: date
    number: int | None = None
    last_day: bool = False
    kind: ClassVar[str] = EventKind.REANCHORED

    def apply(self, work: Work) -> Made:
        number = scheduled(work, self.number)
        was_on, interval = work.dates(number).leaves_on, work.calendar.interval(number)
        work.add_segment(number, self.to, interval, anchor_day=31 if self.last_day else 0)
        check_day(work, number, work.calendar.dates(number))
        for later in sorted(n for n in work.rows if n >= number):
            work.redate(later)
        facts = day_facts(work, number) | {"was": weekday_words(was_on), "was_on": was_on.isoformat()}
        facts["anchor_on"] = self.to.isoformat()
        return Made(
            gettext_noop("The delivery of {was} and all after it are moved: the first is on {day}"), facts, number
        )


@dataclass(frozen=True)
class AddOnce:
    """Something more with one delivery only; or instead of the line at position `replaces`. Price per unit, tax included."""

    sku_id: int
    quantity: int = 1
    number: int | None = None
    unit_price: Decimal | None = None
    replaces: int | None = None
    kind: ClassVar[str] = EventKind.ADDED_ONCE

    def apply(self, work: Work) -> Made:
        number = scheduled(work, self.number)
        line, sku = self._line(work), sold(self.sku_id)
        self._check(work, line, sku)
        price = list_price(sku, work.s.currency) if self.unit_price is None or work.is_customer else self.unit_price
        if line and self.unit_price is None:
            price = max(price - list_price(line.sku, work.s.currency), Decimal(0))
        DeliveryItem.objects.create(
            delivery=work.row(number), sku=sku, quantity=self.quantity, unit_price=price, replaces=line
        )
        facts = day_facts(work, number) | {"units": self.quantity, "item": sku.name}
        if line:
            facts["old"] = line.sku.name
            return Made(gettext_noop("{item} instead of {old} in the delivery of {day}"), facts, number)
        return Made(gettext_noop("{units} × {item} added to the delivery of {day}"), facts, number)

    def _check(self, work: Work, line: SubscriptionLine | None, sku: Sku) -> None:
        if self.quantity < 1:
            raise NotAllowed(_("Add at least one unit."))
        if not work.is_customer or line is None or line.is_extra:
            return
        if not work.s.version.may_swap:
            raise NotAllowed(_("The contents of this plan cannot be swapped."))
        if not swaps_of(line, work.s.version_id).filter(sku=sku).exists():
            raise NotAllowed(_("%(item)s is not one of the items to choose from.") % {"item": sku.name})

    def _line(self, work: Work) -> SubscriptionLine | None:
        if self.replaces is None:
            return None
        own = SubscriptionLine.objects.select_related("sku").filter(subscription=work.s)
        line = own.filter(position=self.replaces).first()
        if line is None:
            raise NotAllowed(_("What is to be replaced is not in the box any more."))
        return line


def sold(sku_id: int) -> Sku:
    """Raises NotAllowed for an item that is not sold."""
    sku = Sku.objects.filter(pk=sku_id).first()
    if sku is None or sku.status != SkuStatus.ACTIVE:
        raise NotAllowed(_("%(item)s is not sold any more.") % {"item": sku.name if sku else _("This item")})
    return sku


def list_price(sku: Sku, currency: str) -> Decimal:
    """Raises NotAllowed for an item without a price in this currency."""
    price = SkuPrice.objects.filter(sku=sku, currency=currency).values_list("amount", flat=True).first()
    if price is None:
        raise NotAllowed(_("%(item)s has no price in %(currency)s.") % {"item": sku.name, "currency": currency})
    return price


@dataclass(frozen=True)
class OrderNow:
    """The next delivery is made at once and is used up; the calendar stays, or starts again from today (`restart`).

    With a delivery that is not paid, that one is collected again at once instead and leaves when it is paid; the next
    one keeps its day. The verb `order_now` makes the order in the same moment. `number`: the one that was looked at.
    """

    restart: bool = False
    number: int | None = None
    kind: ClassVar[str] = EventKind.ORDERED_NOW

    def apply(self, work: Work) -> Made:
        number = work.the_next()
        self._check_no_charge_runs(work)
        if case := _unpaid(work):
            return self._collect(work, case)
        if self.number not in (None, number):
            raise NotAllowed(_("Delivery %(number)d is not the next one any more.") % {"number": self.number})
        row = work.row(number)
        if row.lock_at <= work.now and not row.parked_at:
            raise NotAllowed(_("The delivery of %(day)s is being made already.") % day_facts(work, number))
        planned_on, interval = work.calendar.planned_on(number), work.calendar.interval(number)
        leaves_on = work.calendar.first_working_day(work.today)
        row.leaves_on, row.lock_at, row.order_at, row.moved_from = leaves_on, work.now, work.now, planned_on
        row.save(update_fields=["leaves_on", "lock_at", "order_at", "moved_from"])
        if self.restart:
            work.add_segment(number + 1, interval.after(leaves_on, leaves_on.day, 1), interval)
            for later in sorted(n for n in work.rows if n > number):
                work.redate(later)
        facts = day_facts(work, number) | {"planned_on": planned_on.isoformat(), "restart": self.restart}
        return Made(gettext_noop("The next delivery leaves at once: {day}"), facts, number)

    def _check_no_charge_runs(self, work: Work) -> None:
        running = Charge.objects.filter(
            invoice__subscription=work.s, status__in=[ChargeStatus.SENT, ChargeStatus.UNKNOWN]
        )
        if running.exists():
            raise NotAllowed(_("A payment is under way. Wait until it is answered."))

    def _collect(self, work: Work, case: Dunning) -> Made:
        """Its charge is tried again at once; another one is not made beside it."""
        words = {"invoice": case.invoice.number}
        if case.waits_for_method or method_for(case.invoice) is None:
            raise NotAllowed(
                _("Invoice %(invoice)s is not paid and no card can be tried. Ask for another one.") % words
            )
        try:
            retry_case(case.pk, by=work.by, now=work.now)
        except (NotOwed, StillAsked) as refusal:
            raise NotAllowed(str(refusal)) from refusal
        return Made(
            gettext_noop("Invoice {invoice} is collected again at once; its delivery leaves when it is paid"), words
        )


def _unpaid(work: Work) -> Dunning | None:
    cases = Dunning.objects.filter(invoice__subscription=work.s, status__in=LIVE_DUNNING).select_related("invoice")
    return cases.order_by("pk").first()
