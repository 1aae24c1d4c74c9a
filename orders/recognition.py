"""When the net of an invoice line is earned: with its deliveries, or day by day. Pure; the parts add up to the line.

Sources: subscriptions.md 2.15 (W83, W84); control of a box passes when it is delivered.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from ordermgmt.money import ZERO, round_money
from orders.proration import values_of_deliveries


def with_deliveries(nets: Sequence[Decimal], count: int, currency: str) -> list[list[Decimal]]:
    """For each of the lines of one charge what it brings with each of `count` deliveries.

    What all lines bring with one delivery is the value of that delivery to the cent: the last line takes the cents.
    """
    if not nets:
        return []
    values = values_of_deliveries(sum(nets, ZERO), count, currency)
    parts = [values_of_deliveries(net, count, currency) for net in nets[:-1]]
    taken = [sum(column, ZERO) for column in zip(*parts, strict=True)] or [ZERO] * count
    return [*parts, [value - other for value, other in zip(values, taken, strict=True)]]


def by_days(net: Decimal, starts_on: date, ends_on: date, currency: str) -> list[tuple[date, Decimal]]:
    """Day by day from `starts_on` to the day before `ends_on`, as one part a calendar month: its last day and amount."""
    days, parts, earned, day = (ends_on - starts_on).days, [], ZERO, starts_on
    while day < ends_on:
        until = min(_next_month(day), ends_on)
        so_far = round_money(net * (until - starts_on).days / days, currency)
        parts.append((until - timedelta(days=1), so_far - earned))
        earned, day = so_far, until
    return parts


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def give_back(amount: Decimal, open_parts: Sequence[Decimal], *, from_the_end: bool, currency: str) -> list[Decimal]:
    """How a credited net takes from parts that are not earned yet; what is left over was earned before.

    Deliveries given back are the last ones; a price that is corrected lowers all parts alike (W83f).
    """
    total = sum(open_parts, ZERO)
    if abs(amount) >= abs(total) or amount * total <= 0:
        return list(open_parts) if amount * total > 0 else [ZERO] * len(open_parts)
    if from_the_end:
        return _last_first(amount, open_parts)
    shares, earned, seen = [], ZERO, ZERO
    for part in open_parts:
        seen += part
        so_far = round_money(amount * seen / total, currency)
        shares.append(so_far - earned)
        earned = so_far
    return shares


def _last_first(amount: Decimal, open_parts: Sequence[Decimal]) -> list[Decimal]:
    shares = []
    for part in reversed(open_parts):
        share = part if abs(part) <= abs(amount) else amount
        shares.append(share)
        amount -= share
    return shares[::-1]
