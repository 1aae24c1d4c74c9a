"""Who stays: worked cohorts, cells that open their customers, and movements that add up to the cent."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.factories import CustomerFactory
from ordermgmt.factories import UserFactory
from ordermgmt.kpis import Period, find
from ordermgmt.measuring import recount
from ordermgmt.roles import Role
from ordermgmt.rollups import rebuild
from orders.cohorts import changes_by_month, cohorts, customers_left, month_after
from orders.factories.orders import NOW
from orders.factories.subscriptions import MrrMovementFactory, SubscriptionFactory
from orders.models import MrrMovement, Subscription

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
KINDS = ("new", "expansion", "contraction", "churn", "reactivation")


def subscriber(*moves: tuple[str, str, date]) -> Subscription:
    made = SubscriptionFactory(customer=CustomerFactory())
    for kind, amount, on in moves:
        MrrMovementFactory(subscription=made, customer=made.customer, kind=kind, amount=Decimal(amount), on=on)
    return made


def four_who_joined_in_august() -> None:
    joined = ("new", "20", date(2026, 8, 5))
    subscriber(joined)
    subscriber(joined, ("contraction", "-20", date(2026, 9, 9)))  # paused: has not left
    subscriber(joined, ("churn", "-20", date(2026, 9, 30)))
    subscriber(joined, ("churn", "-20", date(2026, 9, 1)), ("reactivation", "20", date(2026, 11, 2)))
    subscriber(("new", "15", date(2026, 10, 31)))
    rebuild(now=NOW)


def test_who_is_left_after_each_month() -> None:
    four_who_joined_in_august()
    august, october = cohorts(TODAY)
    assert (august.size, [cell.count for cell in august.cells]) == (4, [4, 2, 2, 3])
    assert (october.size, [cell.count for cell in october.cells]) == (1, [1, 1])
    assert recount(find("subscribers"), Period(TODAY, TODAY)).value == 4


def test_every_cell_opens_as_many_customers(client: Client, django_assert_num_queries: object) -> None:
    four_who_joined_in_august()
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    page = client.get("/reports/").content.decode()
    assert "Who stays?" in page
    for row in cohorts(TODAY):
        for cell in row.cells:
            assert cell.url in page
            assert f'data-total="{cell.count}"' in client.get(cell.url).content.decode(), cell.url
    for nonsense in ("/reports/stay/2026-13/1/", "/reports/stay/then/1/", "/reports/stay/2026-08/999/"):
        assert client.get(nonsense).status_code == 404
    with django_assert_num_queries(1):  # type: ignore[operator]
        changes_by_month()


def test_small_numbers_stand_for_themselves() -> None:
    """Below 20 customers a percentage says less; from there the best and the weakest month are named."""
    few = {date(2026, 9, 1): {date(2026, 9, 1): (3, 3), date(2026, 10, 1): (-1, 0)}}
    assert [cell.text for cell in cohorts(TODAY, few)[0].cells] == ["3", "2", "2"]
    many = {
        date(2026, 8, 1): {date(2026, 8, 1): (40, 40), date(2026, 9, 1): (-4, 0)},
        date(2026, 9, 1): {date(2026, 9, 1): (20, 20), date(2026, 10, 1): (-10, 0)},
    }
    first, second = cohorts(TODAY, many)
    assert first.cells[1].text.replace("\xa0", " ") == "90 %"
    assert (first.remark, second.remark) == ("best", "weakest")


@pytest.mark.parametrize(
    ("first", "n", "expected"),
    [(date(2026, 11, 1), 1, date(2026, 12, 1)), (date(2026, 11, 1), 2, date(2027, 1, 1)), (date(2026, 1, 1), 24, date(2028, 1, 1))],
)  # fmt: skip
def test_months_after(first: date, n: int, expected: date) -> None:
    assert month_after(first, n) == expected


def test_a_customer_is_in_one_cohort_only() -> None:
    four_who_joined_in_august()
    assert customers_left(date(2026, 10, 1), 1).count() == 1
    assert customers_left(date(2026, 9, 1), 1).count() == 0


amounts = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal("999.9999"), places=4)


@given(st.lists(st.tuples(st.sampled_from(KINDS), amounts, st.integers(0, 180)), min_size=1, max_size=12))
def test_movements_add_up_to_the_difference_of_two_months(moves: list[tuple[str, Decimal, int]]) -> None:
    """New + expansion + reactivation − contraction − churn is MRR at the end less MRR at the start, month by month."""
    made = SubscriptionFactory()
    for kind, amount, days in moves:
        signed = -amount if kind in ("contraction", "churn") else amount
        MrrMovementFactory(
            subscription=made, kind=kind, amount=signed, on=date.fromordinal(date(2026, 6, 1).toordinal() + days)
        )
    for n in range(6):
        month = Period(
            month_after(date(2026, 6, 1), n), date.fromordinal(month_after(date(2026, 6, 1), n + 1).toordinal() - 1)
        )
        before = recount(find("mrr"), month.before).numerator
        after = recount(find("mrr"), month).numerator
        parts = {kind: recount(find(f"mrr_{kind}"), month).numerator for kind in KINDS}
        net = parts["new"] + parts["expansion"] + parts["reactivation"] - parts["contraction"] - parts["churn"]
        assert after - before == net
    MrrMovement.objects.all().delete()
