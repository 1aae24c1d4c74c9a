"""What the next run will meet: how many renewals, and which of them will be in trouble, by cause. Writes nothing."""

from collections import Counter, defaultdict
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


Causes = dict[str, list[Delivery]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What will go wrong (a code of CAUSES), in words, and with which deliveries."""

    code: str
    words: str
    rows: list[Delivery]


@dataclass(frozen=True, slots=True)
class Preflight:
    """`rows` were worked out of `count` that fall due; `trouble` has the most frequent cause first."""

    count: int
    rows: list[Delivery]
    trouble: list[Trouble]

    @property
    def in_trouble(self) -> int:
        return len({row.pk for cause in self.trouble for row in cause.rows})


def preflight(*, now: datetime) -> Preflight:
    """Everything that falls due within a day."""
    coming = Delivery.objects.due(now + AHEAD)
    joined = ("subscription__version__plan", "subscription__next_version__plan", "subscription__customer")
    rows = coming.select_related("address", "subscription__address", "subscription__method", *joined)
    found = list(rows.order_by("order_at", "pk")[:MOST])
    causes: Causes = defaultdict(list)
    book = load_book([row.subscription for row in found], now=now) if found else None
    built = [one for row in found if book and (one := _built(row, book, causes))]
    if short := _short(built):
        causes["stock"] = short
    trouble = [Trouble(code, str(CAUSES.get(code, code)), rows) for code, rows in causes.items()]
    return Preflight(coming.count(), found, sorted(trouble, key=lambda cause: -len(cause.rows)))


def _built(row: Delivery, book: RenewalBook, causes: Causes) -> Renewal | None:
    s = row.subscription
    if book.stop_for(s):
        causes["stopped"].append(row)
        return None
    try:
        built = build(s, row, book)
    except CannotRenew as fault:
        causes[fault.code].append(row)
        return None
    if problem := _method_problem(s, built.charge_on):
        causes[problem].append(row)
    return built


def _method_problem(s: Subscription, charge_on: date) -> str:
    if s.collection != Collection.AUTOMATIC:
        return ""
    if s.method is None or s.method.status != MethodStatus.ACTIVE:
        return "method"
    return "expired" if s.method.expires_on and s.method.expires_on < charge_on else ""


def _short(renewals: list[Renewal]) -> list[Delivery]:
    """Served in turn from all that is free anywhere."""
    free: Counter[int] = Counter()
    wanted = {part.good.pk for one in renewals for part in one.sent.parts}
    for (_place, sku), units in free_units(wanted).items():
        free[sku] += units
    short = []
    for one in renewals:
        needs = Counter({part.good.pk: part.quantity for part in one.sent.parts})
        if any(free[sku] < units for sku, units in needs.items()):
            short.append(one.delivery)
        free.subtract(needs)
    return short
