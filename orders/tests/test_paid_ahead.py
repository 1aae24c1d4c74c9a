"""Changes of what is paid: credited and billed anew, by deliveries or by days; the books hold after each."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordermgmt.proofs import check_books
from orders.actions.accounts import balance_of
from orders.actions.changing_plan import AT_ONCE, ChangePlan
from orders.actions.contents import AddExtra, SetBoxes, SetUnits, Swap
from orders.actions.ending import Cancel
from orders.actions.links import CUSTOMER
from orders.actions.renewing import renew_due
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_changes import Change, change_subscription, preview_change, undo_change
from orders.actions.subscription_work import NotAllowed
from orders.factories import PromotionFactory, TaxRateFactory
from orders.factories.orders import NOW
from orders.models import Charge, CreditNote, Invoice, Order, PlanVersion, Refund, Subscription, SubscriptionEvent
from orders.projecting import project
from orders.tests.subscribed import fresh, item, pay_invoice, plan, subscribe
from orders.tests.subscriber_steps import by_card

pytestmark = pytest.mark.django_db
D = Decimal
RUN_AT = datetime(2026, 12, 1, 9, tzinfo=NOW.tzinfo)


def prepaid(price: str = "10", **terms: Any) -> PlanVersion:
    """Three monthly deliveries paid together, a price for each box."""
    version = plan(price, bill_every=3, **terms)
    version.prices.update(model="per_unit")
    return version


def paid(version: PlanVersion | None = None, **wanted: Any) -> Subscription:
    """The first of three is ordered, two are owed, all are paid."""
    s = subscribe(version or prepaid(), **wanted)
    renew_due(now=RUN_AT)
    pay_invoice(s.invoices.get())
    return s


def do(s: Subscription, change: Change, by: str = "Ana", now: datetime = RUN_AT) -> SubscriptionEvent:
    return change_subscription(s.pk, change, by=by, now=now)


def money(event: SubscriptionEvent) -> tuple[Any, Any]:
    return D(event.facts.get("credited", 0)), D(event.facts.get("charged", 0))


def faults(now: datetime = RUN_AT) -> list[Any]:
    return [(p.code, p.rows) for p in check_books(now=now) if not p.holds]


def last(s: Subscription) -> Invoice:
    invoice = s.invoices.order_by("-pk").first()
    assert invoice is not None
    return invoice


def test_one_more_box_is_charged_now_for_what_is_owed() -> None:
    s = paid()
    shown = preview_change(s.pk, SetBoxes(2), by="Ana", now=RUN_AT)
    assert (shown.credited, shown.charged, list(shown.invoices)) == (20, 40, [])
    assert (CreditNote.objects.count(), Invoice.objects.count()) == (0, 1)
    event = do(s, SetBoxes(2))
    assert money(event) == (20, 40)
    invoice = last(s)
    assert invoice.cause == f"change:{s.number}:{fresh(s).row_version}"
    assert (invoice.gross_total, invoice.balance) == (40, 20)
    assert fresh(s).deliveries_owed == 2
    assert [u.amount for u in project(fresh(s), now=RUN_AT, count=3)] == [0, 0, 60]
    assert faults() == []
    with pytest.raises(NotAllowed):
        undo_change(event.pk, by="Ana", now=RUN_AT)


def test_a_card_is_charged_for_the_difference_only() -> None:
    s = by_card(prepaid())
    renew_due(now=RUN_AT)
    pay_invoice(s.invoices.get())
    Charge.objects.all().delete()
    do(s, SetBoxes(3))
    charge = Charge.objects.get()
    assert (charge.amount, charge.due_at, charge.idempotency_key) == (40, RUN_AT, f"{last(s).cause}:1")


def test_fewer_is_credited_and_the_next_charge_uses_it() -> None:
    s = paid(boxes=3)
    assert money(do(s, SetBoxes(2))) == (60, 40)
    assert (last(s).balance, balance_of(s.customer, "EUR")) == (0, 20)
    for month in (1, 2, 3):
        renew_due(now=RUN_AT.replace(year=2027, month=month))
    assert (last(s).gross_total, last(s).balance) == (60, 40)
    assert faults(RUN_AT.replace(year=2027, month=3)) == []


def test_deliveries_are_worth_what_was_billed_for_them_last() -> None:
    s = paid()
    do(s, SetBoxes(2))
    do(s, AddExtra(item("5").pk))
    for month in (1, 2):
        renew_due(now=RUN_AT.replace(year=2027, month=month))
    assert fresh(s).deliveries_owed == 0
    values = list(s.deliveries.filter(status="ordered").order_by("number").values_list("value", flat=True))
    nets = [s.invoices.order_by("pk")[0].net_total / 3, last(s).net_total / 2]
    assert [abs(value - net) < D("0.02") for value, net in zip(values, [nets[0], nets[1], nets[1]], strict=True)]
    assert [order.total for order in Order.objects.all()] == [0, 0, 0]
    assert faults(RUN_AT.replace(year=2027, month=2)) == []


def test_with_one_left_it_is_billed_and_earned_with_that_one() -> None:
    s = paid()
    renew_due(now=RUN_AT.replace(year=2027, month=1))
    now = RUN_AT.replace(year=2027, month=1, day=10)
    assert money(do(s, SetBoxes(2), now=now)) == (10, 20)
    assert {entry.rule for entry in last(s).revenue.all()} == {"at_delivery"}
    renew_due(now=RUN_AT.replace(year=2027, month=2))
    assert s.deliveries.get(number=3).value == last(s).net_total
    assert faults(RUN_AT.replace(year=2027, month=2)) == []


def test_extras_units_and_a_dearer_swap_by_the_customer() -> None:
    s = paid()
    extra = item("4")
    assert money(do(s, AddExtra(extra.pk, 2), by=CUSTOMER)) == (20, 36)
    assert money(do(s, SetUnits(2, 1), by=CUSTOMER)) == (36, 28)
    dear = item("13.50")
    s.version.items.create(sku=dear, quantity=1, is_default=False)
    assert money(do(s, Swap(1, dear.pk), by=CUSTOMER)) == (28, 42)
    assert money(do(s, SetUnits(2, 0), by=CUSTOMER)) == (42, 34)
    assert faults() == []


def test_a_swap_at_the_same_price_writes_no_paper() -> None:
    s = paid()
    event = do(s, Swap(1, item("10").pk))
    assert money(event) == (0, 0)
    undo_change(event.pk, by="Ana", now=RUN_AT)


def test_a_discount_it_was_bought_with_stays() -> None:
    PromotionFactory(code="HALF", kind="percent", percent=D(50), cycles=1)
    s = paid(prepaid("20"), code="HALF")
    assert s.invoices.get().gross_total == 30
    assert money(do(s, SetBoxes(2))) == (20, 60)
    assert faults() == []


def test_a_set_up_fee_is_paid_once() -> None:
    version = prepaid()
    version.prices.update(set_up_fee=D(9))
    s = paid(version)
    assert money(do(s, SetBoxes(2))) == (20, 40)
    assert faults() == []


def test_what_was_not_paid_yet_is_owed_anew() -> None:
    s = subscribe(prepaid())
    renew_due(now=RUN_AT)
    do(s, SetBoxes(2))
    first, second = s.invoices.order_by("pk")
    assert (first.balance, second.balance, balance_of(s.customer, "EUR")) == (10, 40, 0)
    assert faults() == []


def test_what_was_paid_elsewhere_keeps_its_price() -> None:
    s = subscribe(prepaid())
    Subscription.objects.filter(pk=s.pk).update(deliveries_owed=2)
    with pytest.raises(NotAllowed, match="2 deliveries are paid already and keep"):
        do(s, SetBoxes(2), now=NOW)
    assert fresh(s).quantity == 1


def test_given_back_after_a_change_it_is_all_that_was_paid() -> None:
    s = paid()
    do(s, SetBoxes(2))
    pay_invoice(last(s))
    do(s, Cancel("moved", give_back=GiveBack.REFUND))
    assert sum(refund.amount for refund in Refund.objects.all()) + balance_of(s.customer, "EUR") == 40
    assert faults() == []


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(boxes=st.lists(st.integers(1, 5), min_size=1, max_size=3), cents=st.integers(1, 9999))
def test_whatever_is_changed_the_sum_is_that_of_the_last_wish(boxes: list[int], cents: int) -> None:
    s = paid(prepaid(str(D(cents) / 100)))
    for count in boxes:
        do(s, SetBoxes(count))
    asked = sum(i.gross_total - i.credited for i in s.invoices.all())
    unit = D(cents) / 100
    assert asked == unit + 2 * unit * boxes[-1]
    assert sum(i.paid for i in s.invoices.all()) + balance_of(s.customer, "EUR") == 3 * unit
    assert faults() == []


class TestPlanNow:
    """Another plan in the middle of a period (subscriptions.md 2.3)."""

    def monthly(self, price: str, starts_on: date, **terms: Any) -> tuple[Subscription, datetime]:
        TaxRateFactory(country="SE", rate=0, starts_on=date(2026, 1, 1))
        began = datetime(starts_on.year, starts_on.month, starts_on.day, 9, tzinfo=NOW.tzinfo)
        s = subscribe(plan(price, **terms), starts_on=starts_on, now=began - timedelta(days=20))
        renew_due(now=began - timedelta(days=1))
        pay_invoice(s.invoices.get())
        return s, began

    @pytest.mark.parametrize(
        ("case", "old", "new", "starts_on", "day", "credit", "charge"),
        [
            ("W37", "20", "40", date(2027, 5, 1), date(2027, 5, 11), "13.55", "27.10"),
            ("W38", "60", "30", date(2027, 4, 1), date(2027, 4, 21), "20", "10"),
            ("W40", "10", "20", date(2027, 4, 1), date(2027, 4, 16), "5", "10"),
            ("W41", "10", "20", date(2027, 4, 30), date(2027, 5, 15), "5", "10"),
        ],
    )
    def test_days_of_a_month(
        self, case: str, old: str, new: str, starts_on: date, day: date, credit: str, charge: str
    ) -> None:
        s, began = self.monthly(old, starts_on)
        now = began + timedelta(days=(day - starts_on).days)
        event = do(s, ChangePlan(plan(new).plan_id, AT_ONCE), now=now)
        assert money(event) == (D(credit), D(charge)), case
        over = D(credit) - D(charge)
        assert (last(s).balance, balance_of(s.customer, "EUR")) == (max(-over, 0), max(over, 0))
        month = (starts_on.replace(day=1) + timedelta(days=32)).replace(day=min(starts_on.day, 30))
        assert project(fresh(s), now=now)[0].dates.planned_on == month
        run_at = now.replace(month=month.month, day=month.day) - timedelta(days=1)
        renew_due(now=run_at)
        assert last(s).gross_total == D(new)
        due = sum(invoice.balance for invoice in s.invoices.all())
        assert due == D(new) - over, case  # W38: 20 on 1 May; W41: 25 in all
        assert faults(run_at) == []

    def test_w33_a_year_becomes_months_counted_from_its_own_day(self) -> None:
        """The credit is that of the source; its month runs from a billing day of the account, ours from the 27th."""
        s, _began = self.monthly("10000", date(2027, 7, 27), deliver_unit="year", bill_unit="year")
        now = datetime(2028, 1, 24, 9, tzinfo=NOW.tzinfo)
        event = do(s, ChangePlan(plan("1000").plan_id, AT_ONCE), now=now)
        assert money(event) == (D("5054.64"), D("96.77"))  # 185 of 366 days, 3 of 31
        assert project(fresh(s), now=now)[0].dates.planned_on == date(2028, 1, 27)
        assert faults(now) == []

    def test_prepaid_deliveries_are_credited_by_their_value_and_billed_anew(self) -> None:
        s = paid()
        event = do(s, ChangePlan(prepaid("16").plan_id, AT_ONCE))
        assert money(event) == (20, 32)
        assert (fresh(s).deliveries_owed, fresh(s).version.prices.get().amount, last(s).balance) == (2, 16, 12)
        for month in (1, 2, 3):
            renew_due(now=RUN_AT.replace(year=2027, month=month))
        assert (last(s).gross_total, last(s).cause) == (48, f"cycle:{s.number}:3")
        assert faults(RUN_AT.replace(year=2027, month=3)) == []

    def test_to_a_plan_that_is_charged_each_time(self) -> None:
        s = paid()
        assert money(do(s, ChangePlan(plan("16").plan_id, AT_ONCE))) == (20, 0)
        assert (fresh(s).deliveries_owed, balance_of(s.customer, "EUR")) == (0, 20)
        renew_due(now=RUN_AT.replace(year=2027, month=1))
        assert (last(s).gross_total, last(s).balance, balance_of(s.customer, "EUR")) == (16, 0, 4)
        assert faults(RUN_AT.replace(year=2027, month=1)) == []

    def test_only_where_something_is_paid_and_only_by_staff(self) -> None:
        s = subscribe(plan("20"))
        with pytest.raises(NotAllowed, match="No period that is paid"):
            do(s, ChangePlan(plan("30").plan_id, AT_ONCE), now=NOW)
        with pytest.raises(NotAllowed, match="Write to us"):
            do(s, ChangePlan(plan("30").plan_id, AT_ONCE), by=CUSTOMER, now=NOW)
        shown = preview_change(s.pk, ChangePlan(plan("30").plan_id), by="Ana", now=NOW)
        assert (shown.credited, shown.charged) == (0, 0)
