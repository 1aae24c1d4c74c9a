"""After an outage: what a person decides, and the switches that stop the run."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, connections, transaction

from ordermgmt.proofs import check_books
from orders.actions.missed import move_calendar, replay, replay_all, ship_all, ship_one
from orders.actions.renewal_stops import StopRefused, lift_stop, stop_renewals
from orders.actions.renewing import renew_due, renew_one
from orders.billing_states import DeliveryStatus, EventKind, SkipReason
from orders.catching_up import CannotRenew, NotNext
from orders.factories import NOW
from orders.factories.running import coffee_plan, running
from orders.models import Delivery, Order, RenewalStop, Subscription

pytestmark = pytest.mark.django_db
# Three should have been ordered: of 3 December, 3 January and 3 February.
LATE = NOW.replace(year=2027, month=2, day=10)


def missed() -> Subscription:
    (s,) = running(coffee_plan(), [date(2026, 12, 3)])
    assert renew_due(now=LATE).failed == 1
    return s


def parked(s: Subscription) -> int:
    return s.deliveries.get(parked_at__isnull=False).pk


def next_of(s: Subscription) -> tuple[int, date]:
    row = s.deliveries.get(is_next=True)
    assert row.parked_at is None
    return row.number, row.leaves_on


def test_all_that_were_missed_are_shipped() -> None:
    s = missed()
    assert len(ship_all(parked(s), by="Ana", now=LATE)) == 3
    assert next_of(s) == (4, date(2027, 3, 3))
    assert [proof.code for proof in check_books(now=LATE) if not proof.holds] == []


def test_one_is_shipped_and_the_rest_left_out() -> None:
    s = missed()
    ship_one(parked(s), by="Ana", now=LATE)
    assert Order.objects.count() == 1
    assert next_of(s) == (4, date(2027, 3, 3))
    left = s.deliveries.filter(status=DeliveryStatus.SKIPPED)
    assert {(row.number, row.skip_reason) for row in left} == {(2, SkipReason.OUTAGE), (3, SkipReason.OUTAGE)}
    assert s.events.filter(kind=EventKind.SKIPPED).count() == 2


def test_the_calendar_is_moved() -> None:
    s = missed()
    move_calendar(parked(s), by="Ana", now=LATE)
    number, leaves_on = next_of(s)
    assert number == 1
    assert leaves_on == date(2027, 2, 15)
    assert s.segments.get().first_number == 1
    assert not Order.objects.exists()


def test_a_mended_one_is_ordered_when_tried_again() -> None:
    (s,) = running(coffee_plan(), [date(2026, 12, 3)])
    run_at = NOW.replace(month=12, day=1)
    Subscription.objects.filter(pk=s.pk).update(currency="NOK")
    renew_due(now=run_at)
    with pytest.raises(CannotRenew):
        replay(parked(s), by="Ana", now=run_at)
    assert s.deliveries.get().parked_code == "price"
    Subscription.objects.filter(pk=s.pk).update(currency="EUR")
    tally = replay_all([parked(s)], by="Ana", now=run_at)
    assert (tally.done, tally.failed) == (1, {})
    assert Order.objects.count() == 1
    assert not Delivery.objects.filter(parked_at__isnull=False).exists()


def test_a_stop_is_set_once_and_lifted() -> None:
    stop = stop_renewals(scope="all", reference="", reason="Flood", until_on=None, by="Ana", now=NOW)
    with pytest.raises(StopRefused):
        stop_renewals(scope="all", reference="", reason="Again", until_on=None, by="Ana", now=NOW)
    lift_stop(stop.pk, by="Bo", now=NOW)
    lift_stop(stop.pk, by="Cy", now=NOW)
    assert RenewalStop.objects.get().lifted_by == "Bo"
    stop_renewals(scope="all", reference="", reason="Again", until_on=None, by="Ana", now=NOW)


@pytest.mark.parametrize(("scope", "reference", "reason"), [("plan", "PL-0", "Flood"), ("all", "", " ")])
def test_a_stop_names_something_and_says_why(scope: str, reference: str, reason: str) -> None:
    with pytest.raises(StopRefused):
        stop_renewals(scope=scope, reference=reference, reason=reason, until_on=None, by="Ana", now=NOW)


def test_what_is_not_next_any_more_says_so() -> None:
    s = missed()
    pk = parked(s)
    ship_all(pk, by="Ana", now=LATE)
    with pytest.raises(NotNext, match="not the next delivery any more"):
        renew_one(pk, by="Ana", now=LATE)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_what_somebody_else_holds_is_busy_and_keeps_its_reason() -> None:
    s = missed()
    pk = parked(s)

    def try_again() -> str:
        try:
            replay(pk, by="Ana", now=LATE)
        except CannotRenew as fault:
            return str(fault)
        finally:
            connections.close_all()
        return ""

    with transaction.atomic(), ThreadPoolExecutor(1) as other:
        Subscription.objects.locked().get(pk=s.pk)
        said = other.submit(try_again).result()
    assert "by somebody else right now" in said
    assert s.deliveries.get(pk=pk).parked_code == "missed"
