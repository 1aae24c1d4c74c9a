"""Invoices of parts add up to the order, to the minor unit, however it is split."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.actions.settling import spread
from orders.invoice_sums import NOTHING, Amounts, DoesNotAddUp, Sums, as_priced, by_rate, check, part

cents = st.integers(0, 10_000_00).map(lambda n: Decimal(n) / 100)


@given(cents, st.integers(0, 99), st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_parts_add_up_to_the_whole(total: Decimal, percent: int, shipments: list[int]) -> None:
    whole = as_priced(total, (total * percent / 100).quantize(Decimal("0.01")), includes_tax=True)
    of, units, billed = sum(shipments), 0, NOTHING
    for shipped in shipments:
        units += shipped
        more = part(whole, billed=billed, units=units, of=of, currency="EUR")
        assert more.gross == more.net + more.tax
        assert more.gross >= 0
        billed = Amounts(net=billed.net + more.net, tax=billed.tax + more.tax)
    assert billed == whole


def test_currencies_without_decimals_stay_whole() -> None:
    whole = Amounts(net=Decimal(100), tax=Decimal(0))
    assert part(whole, billed=NOTHING, units=1, of=3, currency="JPY").gross == Decimal(33)


@given(st.decimals(-100, 1000, places=2), st.lists(cents, max_size=5))
def test_money_is_spread_oldest_first_and_never_beyond_a_claim(money: Decimal, claims: list[Decimal]) -> None:
    shares = spread(money, claims)
    assert all(0 <= got <= claim for got, claim in zip(shares, claims, strict=True))
    assert sum(shares) == max(Decimal(0), min(money, sum(claims, Decimal(0))))
    for i, got in enumerate(shares[:-1]):
        assert got == claims[i] or sum(shares[i + 1 :]) == 0


def _sums(**wrong: Decimal) -> Sums:
    values = {
        "lines": Decimal("43.04"),
        "allowances": Decimal(0),
        "charges": Decimal("3.92"),
        "net": Decimal("46.96"),
        "tax": Decimal("6.14"),
        "gross": Decimal("53.10"),
    }
    rates = by_rate(
        [(Decimal("0.12"), Decimal("43.04"), Decimal("5.16")), (Decimal("0.25"), Decimal("3.92"), Decimal("0.98"))]
    )
    return Sums(**{**values, **wrong}, rates=rates)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"lines": "43.05"}, "BR-CO-10"),
        ({"allowances": "0.01"}, "BR-CO-11"),
        ({"charges": "4.00"}, "BR-CO-12"),
        ({"net": "46.95"}, "BR-CO-13"),
        ({"tax": "6.15"}, "BR-CO-14"),
        ({"gross": "53.11"}, "BR-CO-15"),
    ],
)
def test_each_rule_is_named_when_it_breaks(wrong: dict[str, str], rule: str) -> None:
    nets = {"line_nets": [Decimal("43.04")], "charge_nets": [Decimal("3.92")]}
    check(_sums(), **nets)
    with pytest.raises(DoesNotAddUp, match=rule):
        check(_sums(**{name: Decimal(value) for name, value in wrong.items()}), **nets)
