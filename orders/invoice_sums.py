"""Sums of an invoice: parts of an order's own figures that add up to the cent, and the rules they must obey."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ordermgmt.money import ZERO, round_money


class DoesNotAddUp(Exception):
    """An invoice breaks a rule of EN 16931 (named); it is not issued."""


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """Net, tax and gross of something billed; gross is always net plus tax."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    def minus(self, other: "Amounts") -> "Amounts":
        return Amounts(net=self.net - other.net, tax=self.tax - other.tax)


NOTHING = Amounts(net=ZERO, tax=ZERO)


def as_priced(total: Decimal, tax: Decimal, *, includes_tax: bool) -> Amounts:
    """Net and tax of a figure as the shop shows it."""
    return Amounts(net=total - tax if includes_tax else total, tax=tax)


def part(whole: Amounts, *, billed: Amounts, units: int, of: int, currency: str) -> Amounts:
    """What bringing the billed units up to `units` of `of` adds, given what was billed before.

    Cumulative rounding: gross and tax up to here are rounded once and what earlier invoices took is
    subtracted, so that all parts together are the whole to the minor unit however it is split.
    """
    if units >= of:
        return whole.minus(billed)
    tax = round_money(whole.tax * units / of, currency)
    gross = round_money(whole.gross * units / of, currency)
    return Amounts(net=gross - tax, tax=tax).minus(billed)


def is_charge_cause(cause: str) -> bool:
    """Whether what is billed stands below the lines (BG-21): delivery, fees and rounding, by the cause of its line."""
    return cause.startswith(("charge:", "rounding:"))


@dataclass(frozen=True, kw_only=True)
class RateSum:
    """BG-23: one VAT rate (a fraction), what it is on, and the tax."""

    rate: Decimal
    net: Decimal
    tax: Decimal


def by_rate(lines: Iterable[tuple[Decimal, Decimal, Decimal]]) -> list[RateSum]:
    """(rate, net, tax) of every line, added up by rate, lowest rate first."""
    sums: dict[Decimal, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for rate, net, tax in lines:
        sums[rate][0] += net
        sums[rate][1] += tax
    return [RateSum(rate=rate, net=net, tax=tax) for rate, (net, tax) in sorted(sums.items())]


@dataclass(frozen=True, kw_only=True)
class Sums:
    """The document totals of EN 16931 (BT numbers); charges are delivery and fees, without tax."""

    lines: Decimal  # BT-106
    allowances: Decimal  # BT-107
    charges: Decimal  # BT-108
    net: Decimal  # BT-109
    tax: Decimal  # BT-110
    gross: Decimal  # BT-112
    rates: list[RateSum]  # BG-23


def check(
    sums: Sums,
    *,
    line_nets: Iterable[Decimal],
    charge_nets: Iterable[Decimal],
    allowance_nets: Iterable[Decimal] = (),
) -> None:
    """Raise DoesNotAddUp naming the first broken rule of BR-CO-10 to BR-CO-15."""
    rules: Mapping[str, tuple[Decimal, Decimal]] = {
        "BR-CO-10": (sums.lines, sum(line_nets, ZERO)),
        "BR-CO-11": (sums.allowances, sum(allowance_nets, ZERO)),
        "BR-CO-12": (sums.charges, sum(charge_nets, ZERO)),
        "BR-CO-13": (sums.net, sums.lines - sums.allowances + sums.charges),
        "BR-CO-14": (sums.tax, sum((rate.tax for rate in sums.rates), ZERO)),
        "BR-CO-15": (sums.gross, sums.net + sums.tax),
    }
    for rule, (stated, counted) in rules.items():
        if stated != counted:
            raise DoesNotAddUp(f"{rule}: {stated} stated, {counted} counted")
