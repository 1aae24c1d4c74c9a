"""What the next run will meet: how many renewals, and which of them will be in trouble, by cause. Writes nothing."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from orders.billing_states import Collection, MethodStatus
from orders.catching_up import MISSED, CannotRenew
from orders.models import Delivery, Subscription
from orders.network import free_units
from orders.renewal_book import RenewalBook, load_book
from orders.renewals import Renewal, build

AHEAD = timedelta(days=1)
# More are counted, but only so many are worked out beforehand.
MOST = 1000
CAUSES = {
    "method": _("No way to charge them"),
    "expired": _("The card has expired"),
    "stock": _("Not enough stock"),
    "stopped": _("Held by a stop"),
    "price": _("No price in their currency"),
    "contents": _("Nothing in the box"),
    "address": _("No delivery address"),
    "calendar": _("No calendar"),
    "refused": _("The order is refused"),
    "too_many": _("Too many orders in a day"),
    "far_ahead": _("Too far ahead"),
    "not_active": _("Not active any more"),
    "error": _("An error of ours"),
    MISSED: _("Missed for too long"),
}


@dataclass(frozen=True, slots=True)
class Preflight:
    """`trouble` is (cause in words, how many), the most frequent first."""

    count: int
    looked_at: int
    trouble: list[tuple[str, int]]

    @property
    def in_trouble(self) -> int:
        return sum(count for _words, count in self.trouble)


def preflight(*, now: datetime) -> Preflight:
    """Everything that falls due within a day."""
    coming = Delivery.objects.due(now + AHEAD)
    joined = ("subscription__version__plan", "subscription__next_version__plan", "subscription__customer")
    rows = coming.select_related("address", "subscription__address", "subscription__method", *joined)
    found = list(rows.order_by("order_at", "pk")[:MOST])
    causes: Counter[str] = Counter()
    book = load_book([row.subscription for row in found], now=now) if found else None
    built = [one for row in found if book and (one := _built(row, book, causes))]
    causes["stock"] += _short(built)
    trouble = [(str(CAUSES.get(code, code)), count) for code, count in causes.most_common() if count]
    return Preflight(coming.count(), len(found), trouble)


def _built(row: Delivery, book: RenewalBook, causes: Counter[str]) -> Renewal | None:
    s = row.subscription
    if book.stop_for(s):
        causes["stopped"] += 1
        return None
    try:
        built = build(s, row, book)
    except CannotRenew as fault:
        causes[fault.code] += 1
        return None
    if problem := _method_problem(s, built.charge_on):
        causes[problem] += 1
    return built


def _method_problem(s: Subscription, charge_on: date) -> str:
    if s.collection != Collection.AUTOMATIC:
        return ""
    if s.method is None or s.method.status != MethodStatus.ACTIVE:
        return "method"
    return "expired" if s.method.expires_on and s.method.expires_on < charge_on else ""


def _short(renewals: list[Renewal]) -> int:
    """Served in turn from all that is free anywhere."""
    free: Counter[int] = Counter()
    wanted = {part.good.pk for one in renewals for part in one.sent.parts}
    for (_place, sku), units in free_units(wanted).items():
        free[sku] += units
    short = 0
    for one in renewals:
        needs = Counter({part.good.pk: part.quantity for part in one.sent.parts})
        short += any(free[sku] < units for sku, units in needs.items())
        free.subtract(needs)
    return short
