"""What a promotion code gives and to whom. Pure: no database, no clock.

Prices include tax, so discounts do too; they are taken from lines before tax. Rules: subscriptions.md 2.10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from ordermgmt.money import ZERO, round_money
from orders.billing_states import DiscountKind
from orders.pricing import share_discount


class Offer(Protocol):
    """What is needed of a `Promotion`."""

    @property
    def kind(self) -> str: ...
    @property
    def percent(self) -> Decimal | None: ...
    @property
    def amount(self) -> Decimal | None: ...


class Terms(Offer, Protocol):
    @property
    def currency(self) -> str: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def starts_on(self) -> date | None: ...
    @property
    def ends_on(self) -> date | None: ...
    @property
    def most_uses(self) -> int | None: ...
    @property
    def most_per_customer(self) -> int: ...
    @property
    def uses(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to use a code, for what: `plan_id` None is a single order; `used_before` counts their own uses."""

    on: date
    currency: str
    plan_id: int | None
    used_before: int


def refusal(terms: Terms, wish: Wish, *, plan_ids: frozenset[int]) -> tuple[str, str] | None:
    """Why the code cannot be used (a reason and a sentence), or None. `ends_on` is its last day."""
    if not terms.is_active:
        return "stopped", _("This code is not in use any more.")
    if terms.starts_on and wish.on < terms.starts_on:
        return "too_early", _("This code is not in use yet.")
    if terms.ends_on and wish.on > terms.ends_on:
        return "expired", _("This code has expired.")
    if terms.most_uses is not None and terms.uses >= terms.most_uses:
        return "used_up", _("This code was used as often as it may be.")
    if wish.used_before >= terms.most_per_customer:
        return "used_before", _("You have used this code before.")
    if plan_ids and wish.plan_id not in plan_ids:
        return "wrong_plan", _("This code is for other plans.")
    if terms.kind == DiscountKind.AMOUNT and terms.currency != wish.currency:
        return "wrong_currency", _("This code is for prices in %(currency)s.") % {"currency": terms.currency}
    return None


@dataclass(frozen=True, slots=True)
class Discounts:
    """What is taken from each line, and from the delivery charge."""

    lines: list[Decimal]
    delivery: Decimal

    @property
    def total(self) -> Decimal:
        return sum(self.lines, self.delivery)


def discounts(
    offers: Sequence[Offer], line_totals: Sequence[Decimal], *, delivery: Decimal, currency: str
) -> Discounts:
    """Per cents of the full price first, then amounts; shared over the lines by value, never below nothing."""
    total = sum(line_totals, ZERO)
    wanted = sum((_worth(offer, total, currency) for offer in offers), ZERO)
    lines = share_discount(wanted, line_totals, currency) if line_totals else []
    is_free = any(offer.kind == DiscountKind.FREE_DELIVERY for offer in offers)
    return Discounts(lines, delivery if is_free else ZERO)


def _worth(offer: Offer, total: Decimal, currency: str) -> Decimal:
    if offer.kind == DiscountKind.PERCENT:
        return round_money(total * (offer.percent or ZERO) / 100, currency)
    return (offer.amount or ZERO) if offer.kind == DiscountKind.AMOUNT else ZERO
