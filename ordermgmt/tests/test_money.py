from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ordermgmt.money import round_money, share, tax_in

amounts = st.decimals(min_value=-10_000, max_value=10_000, places=2)
weights = st.lists(st.integers(0, 1000), min_size=1, max_size=12)


@given(amounts, weights)
def test_shares_add_up(amount: Decimal, parts: list[int]) -> None:
    assert sum(share(amount, parts, "EUR")) == amount


def test_rounding_is_half_up_in_the_currency() -> None:
    assert round_money(Decimal("2.345"), "EUR") == Decimal("2.35")
    assert round_money(Decimal("2.5"), "JPY") == Decimal(3)
    assert round_money(Decimal("2.3455"), "KWD") == Decimal("2.346")


def test_tax_contained() -> None:
    assert tax_in(Decimal("48.20"), Decimal("0.12"), "EUR") == Decimal("5.16")
