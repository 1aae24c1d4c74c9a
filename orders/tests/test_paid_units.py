"""Some units of a delivery that is paid in advance are cancelled: their part of the charge is credited by itself."""

from decimal import Decimal
from typing import Any

import pytest

from ordermgmt.models import OutgoingMessage
from orders.actions.accounts import balance_of
from orders.actions.cancellation import cancel_order, cancel_units
from orders.actions.changes import apply_change, propose_change, undo_change
from orders.actions.ending import Cancel
from orders.actions.making_changes import TooLateToChange
from orders.actions.renewing import renew_due
from orders.actions.returning_money import GiveBack
from orders.factories import PlanItemFactory
from orders.factories.orders import NOW
from orders.models import CreditNote, Order, OrderLine, PlanVersion, Refund, Subscription
from orders.tests.subscribed import RUN_AT, do, item, pay_invoice, plan, subscribe
from orders.tests.test_owed_deliveries import faults, state
from orders.wanted import Wanted

pytestmark = pytest.mark.django_db
D = Decimal


def paid(price: str = "40", *, pays: bool = True, **terms: Any) -> Subscription:
    """Two of one item and one that costs twice as much; the first of three is ordered, two are owed."""
    version: PlanVersion = plan(price, bill_every=3, **terms)
    PlanItemFactory(version=version, sku=item("20"), quantity=1)
    s = subscribe(version)
    renew_due(now=RUN_AT)
    if pays:
        pay_invoice(s.invoices.get())
    return s


def line(position: int) -> OrderLine:
    return OrderLine.objects.get(position=position)


def less(position: int, units: int = 1) -> None:
    cancel_units(Order.objects.get().pk, {line(position).pk: units}, by="Ana", reason="Broken", now=RUN_AT)


def credited() -> list[Decimal]:
    return list(CreditNote.objects.order_by("pk").values_list("gross_total", flat=True))


def test_one_unit_goes_on_account_and_pays_the_next_charge() -> None:
    s = paid()
    less(1)
    assert (credited(), balance_of(s.customer, "EUR"), state(s)) == ([10], 10, ("active", 2))
    assert OutgoingMessage.objects.filter(kind="credit_note_sent").count() == 1
    assert "the price of what is missing is credited" in OutgoingMessage.objects.get(kind="order_cancelled").text
    assert faults() == []
    for month in (1, 2, 3):
        renew_due(now=RUN_AT.replace(year=2027, month=month))
    assert s.invoices.order_by("-pk").first().balance == 110  # type: ignore[union-attr]
    assert faults(RUN_AT.replace(year=2027, month=3)) == []


def test_unit_by_unit_adds_up_to_the_delivery() -> None:
    paid("33.34")
    less(1)
    less(2)
    less(1)
    assert Order.objects.get().status == "cancelled"
    assert (credited(), sum(credited())) == ([D("8.34"), D("16.67"), D("8.33")], D("33.34"))
    assert faults() == []


def test_the_rest_is_credited_and_does_not_come_again() -> None:
    s = paid()
    less(2)
    cancel_order(Order.objects.get().pk, by="Ana", reason="Away", now=RUN_AT)
    assert (credited(), state(s)) == ([20, 20], ("active", 2))
    assert faults() == []
    event = do(s, Cancel("moved", give_back=GiveBack.ACCOUNT), now=RUN_AT)
    assert D(event.facts["credited"]) == 80
    assert s.invoices.get().credited == 120
    assert faults() == []


def test_the_other_deliveries_keep_their_value() -> None:
    s = paid()
    less(1, 2)
    event = do(s, Cancel("moved", give_back=GiveBack.ACCOUNT), now=RUN_AT)
    assert D(event.facts["credited"]) == 80
    assert faults() == []


def test_of_one_that_has_ended_it_waits_to_be_paid_back() -> None:
    s = paid()
    do(s, Cancel("moved", give_back=GiveBack.ACCOUNT), now=RUN_AT)
    less(1)
    assert (Refund.objects.get().amount, balance_of(s.customer, "EUR")) == (10, 80)
    assert faults() == []


def test_not_paid_yet_it_asks_for_less() -> None:
    s = paid(pays=False)
    less(1)
    assert (s.invoices.get().balance, balance_of(s.customer, "EUR")) == (110, 0)


def test_a_change_set_credits_as_well_and_cannot_be_undone_for_nothing() -> None:
    paid()
    change = propose_change(Order.objects.get().pk, Wanted(units={line(1).pk: 1}), by="Ana", now=NOW)
    apply_change(change.pk, by="Ana", now=RUN_AT)
    assert credited() == [10]
    with pytest.raises(TooLateToChange, match="paid in advance"):
        undo_change(change.pk, by="Ana", now=RUN_AT)


def test_more_of_it_is_not_sent_for_nothing() -> None:
    paid()
    with pytest.raises(TooLateToChange, match="paid in advance"):
        propose_change(Order.objects.get().pk, Wanted(units={line(1).pk: 3}), by="Ana", now=RUN_AT)


@pytest.mark.parametrize("way", ["change", "cancel"])
def test_one_charged_with_its_own_order_is_credited_from_that(way: str) -> None:
    s = subscribe(plan("20"))
    renew_due(now=RUN_AT)
    if way == "cancel":
        less(1)
    else:
        change = propose_change(Order.objects.get().pk, Wanted(units={line(1).pk: 1}), by="Ana", now=NOW)
        apply_change(change.pk, by="Ana", now=RUN_AT)
    assert (credited(), s.invoices.get().balance) == ([10], 10)
    assert faults() == []
