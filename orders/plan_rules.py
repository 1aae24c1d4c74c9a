"""What a plan must be before customers may subscribe to it. Pure: no database, no clock.

Guards of the plan editor (P14): changes close before the charge, the charge before it leaves, there is
something in the box and a price for it, and nobody is billed more often than something is sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from ordermgmt.money import ZERO
from orders.billing_states import ContentKind, IntervalUnit
from orders.periods import Interval
from orders.plan_pricing import TIERED_MODELS, TierError, read_tiers
from orders.proration import per_month


class PlanFinding(NamedTuple):
    """One thing about a plan: the field, a sentence, and whether it must be mended before publishing."""

    field: str
    sentence: str
    is_blocking: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFacts:
    """A price as typed; amounts with tax. `tiers`: [[up to or None, amount, flat fee], …], amounts as text."""

    currency: str
    model: str
    amount: Decimal = ZERO
    tiers: Sequence[Sequence[Any]] = ()
    set_up_fee: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """An item of the box. `is_sold` and `free` (units; None: not counted, as for bundles) say whether it can be sent."""

    sku_id: int
    code: str
    quantity: int = 1
    group: str = ""
    is_default: bool = True
    month: Any = None
    is_sold: bool = True
    free: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """All that is checked about a version."""

    deliver: Interval
    bill: Interval
    allowed: Sequence[Interval] = ()
    cut_off_days: int = 0
    charge_days: int = 0
    content: str = ContentKind.FIXED
    choices_per_box: int = 0
    minimum_deliveries: int = 0
    ends_after: int | None = None
    prices: Sequence[PriceFacts] = field(default_factory=tuple)
    items: Sequence[ItemFacts] = field(default_factory=tuple)


def findings_of(plan: PlanFacts) -> list[PlanFinding]:
    """Everything noticed, what blocks first."""
    found = [*_about_days(plan), *_about_cadence(plan), *_about_items(plan), *_about_prices(plan), *_about_stock(plan)]
    return sorted(found, key=lambda finding: not finding.is_blocking)


def _about_days(plan: PlanFacts) -> Iterator[PlanFinding]:
    if plan.charge_days > plan.cut_off_days:
        yield PlanFinding(
            "charge_days",
            _("The charge is before changes close. Charge %(days)d days before it leaves, or later.")
            % {"days": plan.cut_off_days},
        )
    if plan.charge_days == 0:
        yield PlanFinding(
            "charge_days", _("It is charged on the day it leaves: it may leave before it is paid."), is_blocking=False
        )
    if plan.ends_after and plan.minimum_deliveries > plan.ends_after:
        yield PlanFinding("minimum_deliveries", _("The minimum term is longer than the plan."))


def _about_cadence(plan: PlanFacts) -> Iterator[PlanFinding]:
    if is_shorter(plan.bill, plan.deliver):
        yield PlanFinding("bill_every", _("It would be charged more often than it is sent."))
    if plan.bill == plan.deliver:
        return
    for interval in plan.allowed:
        if is_shorter(plan.bill, interval):
            yield PlanFinding(
                "allowed_intervals",
                _("Sent every %(interval)s it would be charged more often than it is sent.")
                % {"interval": interval_words(interval)},
            )


def _about_items(plan: PlanFacts) -> Iterator[PlanFinding]:
    usual = [item for item in plan.items if item.is_default and item.month is None]
    if not plan.items:
        yield PlanFinding("items", _("Add at least one item to the box."))
    elif plan.content == ContentKind.GROUP:
        yield from _about_choices(plan)
    elif plan.content == ContentKind.BOX and not usual:
        yield PlanFinding(
            "items",
            _("Add an item without a month: it is sent in months that have no box of their own."),
            is_blocking=False,
        )
    elif plan.content == ContentKind.FIXED and not usual:
        yield PlanFinding("items", _("Mark at least one item as usual: otherwise the box is empty."))


def _about_choices(plan: PlanFacts) -> Iterator[PlanFinding]:
    grouped = [item for item in plan.items if item.group]
    if plan.choices_per_box < 1:
        yield PlanFinding("choices_per_box", _("Say how many items a customer chooses."))
    elif not grouped:
        yield PlanFinding("items", _("Put at least one item into a group to choose from."))
    elif sum(item.is_default for item in grouped) < plan.choices_per_box:
        yield PlanFinding(
            "items",
            _("Mark %(count)d items of the group as usual: they are sent to those who have not chosen.")
            % {"count": plan.choices_per_box},
        )


def _about_prices(plan: PlanFacts) -> Iterator[PlanFinding]:
    if not plan.prices:
        yield PlanFinding("prices", _("Enter a price."))
    for price in plan.prices:
        if price.model in TIERED_MODELS:
            try:
                read_tiers(price.tiers)
            except TierError as error:
                yield PlanFinding("prices", f"{price.currency}: {error}")
        elif not price.amount:
            yield PlanFinding("prices", _("It costs nothing in %(currency)s.") % {"currency": price.currency}, False)


def _about_stock(plan: PlanFacts) -> Iterator[PlanFinding]:
    for item in plan.items:
        if not item.is_sold:
            yield PlanFinding("items", _("%(code)s is not sold any more.") % {"code": item.code}, False)
        elif item.free is not None and item.free < item.quantity:
            yield PlanFinding("items", _("%(code)s is out of stock.") % {"code": item.code}, False)


def is_shorter(one: Interval, other: Interval) -> bool:
    """Whether an interval comes round more often; 4 weeks are shorter than a month, 12 months are a year."""
    return per_month(Decimal(1), one) > per_month(Decimal(1), other)


_WORDS = {
    IntervalUnit.DAY: lambda n: _("day") if n == 1 else _("%(n)d days") % {"n": n},
    IntervalUnit.WEEK: lambda n: _("week") if n == 1 else _("%(n)d weeks") % {"n": n},
    IntervalUnit.MONTH: lambda n: _("month") if n == 1 else _("%(n)d months") % {"n": n},
    IntervalUnit.YEAR: lambda n: _("year") if n == 1 else _("%(n)d years") % {"n": n},
}


def interval_words(interval: Interval) -> str:
    """`4 weeks`, `month`: what comes after “every”."""
    return str(_WORDS[IntervalUnit(interval.unit)](interval.every))


def read_interval(text: str) -> Interval:
    """`2 week` as kept in `allowed_intervals`. Raises ValueError."""
    every, unit = text.split()
    if int(every) < 1:
        raise ValueError(text)
    return Interval(int(every), IntervalUnit(unit).value)


def blocking(findings: Iterable[PlanFinding]) -> list[PlanFinding]:
    return [finding for finding in findings if finding.is_blocking]
