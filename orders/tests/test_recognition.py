"""The worked cases of revenue recognition (subscriptions.md 2.15), and that no cent is lost."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders.proration import values_of_deliveries
from orders.recognition import by_days, give_back, with_deliveries

cents = st.integers(-50_000, 500_000).map(lambda n: Decimal(n) / 100)
D = Decimal


def months(net: str, first: date, end: date) -> dict[str, Decimal]:
    return {f"{day:%Y-%m}": amount for day, amount in by_days(D(net), first, end, "USD")}


def test_w83a_twelve_issues_two_delivered() -> None:
    parts = with_deliveries([D(120)], 12, "USD")[0]
    assert (sum(parts[:2]), sum(parts[2:])) == (20, 100)


def test_w83b_a_year_by_days() -> None:
    found = months("12000", date(2021, 1, 16), date(2022, 1, 16))
    assert (found["2021-01"], found["2021-02"], found["2022-01"]) == (D("526.03"), D("920.55"), D("493.15"))


def test_w83c_a_month_across_two() -> None:
    assert months("31", date(2019, 1, 15), date(2019, 2, 15)) == {"2019-01": 17, "2019-02": 14}


def test_w83d_a_calendar_year() -> None:
    found = list(months("365", date(2019, 1, 1), date(2020, 1, 1)).values())
    assert found[:3] == [31, 28, 31]
    assert [365 - sum(found[:n]) for n in (1, 2, 3)] == [334, 306, 275]


def test_w83e_an_upgrade_in_the_month() -> None:
    """10 of 30 days of 90 come back, 10 of 30 days of 120 are billed: both are earned over what is left."""
    back, more = months("-30", date(2026, 4, 21), date(2026, 5, 1)), months("40", date(2026, 4, 21), date(2026, 5, 1))
    assert (back["2026-04"], more["2026-04"]) == (-30, 40)


def test_w83f_a_discount_for_what_is_left() -> None:
    parts = values_of_deliveries(D(600), 6, "USD")
    back = give_back(D(60), parts[3:], from_the_end=False, currency="USD")
    assert [*parts[:3], *(a - b for a, b in zip(parts[3:], back, strict=True))] == [100, 100, 100, 80, 80, 80]


def test_w83g_a_year_in_twelve_parts() -> None:
    assert values_of_deliveries(D(12000), 12, "INR") == [D(1000)] * 12


@given(st.lists(cents, min_size=1, max_size=4), st.integers(1, 24))
def test_lines_and_deliveries_both_add_up(nets: list[Decimal], count: int) -> None:
    parts = with_deliveries(nets, count, "EUR")
    assert [sum(row) for row in parts] == nets
    assert [sum(column) for column in zip(*parts, strict=True)] == values_of_deliveries(sum(nets), count, "EUR")


@given(cents, st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(1, 800))
def test_months_add_up_and_touch(net: Decimal, first: date, days: int) -> None:
    end = date.fromordinal(first.toordinal() + days)
    parts = by_days(net, first, end, "EUR")
    assert sum(amount for _day, amount in parts) == net
    assert parts[-1][0] == date.fromordinal(end.toordinal() - 1)
    assert len({f"{day:%Y-%m}" for day, _amount in parts}) == len(parts)


@given(
    st.lists(st.integers(1, 9_999).map(lambda n: Decimal(n) / 100), min_size=1, max_size=8),
    st.integers(1, 90_000).map(lambda n: Decimal(n) / 100),
    st.booleans(),
)
def test_no_part_gives_back_more_than_it_has(parts: list[Decimal], amount: Decimal, from_the_end: bool) -> None:
    shares = give_back(amount, parts, from_the_end=from_the_end, currency="EUR")
    assert sum(shares) == min(amount, sum(parts))
    assert all(0 <= share <= part + D("0.01") for share, part in zip(shares, parts, strict=True))
