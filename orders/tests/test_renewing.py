"""The renewal run: what is due becomes orders, once, whatever happens."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from customers.factories import AddressFactory
from ordermgmt.models import Activity, OutgoingMessage
from ordermgmt.proofs import check_books
from orders.actions import renewing
from orders.actions.contents import AddExtra
from orders.actions.deliveries import AddOnce
from orders.actions.renewing import renew_due, renew_one
from orders.actions.subscription_changes import change_subscription
from orders.billing_states import (
    BillingCycleStatus,
    ChargeStatus,
    Collection,
    DeliveryStatus,
    EventKind,
    SubscriptionStatus,
)
from orders.catching_up import CannotRenew
from orders.factories import NOW
from orders.factories.running import coffee_plan, running
from orders.models import (
    BillingCycle,
    Charge,
    Delivery,
    Invoice,
    Order,
    RenewalStop,
    Subscription,
    SubscriptionEvent,
)
from orders.projecting import project
from orders.tests.subscribed import fresh, item, plan, subscribe

pytestmark = pytest.mark.django_db
FIRST = date(2026, 12, 3)
# After the cut-off of the 3rd and the whole window behind it.
RUN_AT = NOW.replace(month=12, day=1, hour=9)


def start(count: int = 1, **facts: Any) -> list[Subscription]:
    terms = {name: facts.pop(name) for name in list(facts) if name in TERMS}
    return running(coffee_plan(**terms), [FIRST] * count, **facts)


TERMS = (
    "deliver_every",
    "deliver_unit",
    "bill_every",
    "bill_unit",
    "trial_days",
    "ends_after",
    "units",
    "cut_off_days",
)


def test_a_due_delivery_becomes_an_order() -> None:
    (s,) = start()
    (coming,) = project(s, now=NOW, count=1)
    done = renew_due(now=RUN_AT)
    assert (done.due, done.ordered, done.failed, done.held, done.already_done) == (1, 1, 0, 0, 0)
    first, second = s.deliveries.order_by("number")
    order = first.order
    assert (first.status, first.is_next, first.ordered_at) == (DeliveryStatus.ORDERED, False, RUN_AT)
    assert (second.number, second.is_next, second.planned_on) == (2, True, date(2027, 1, 3))
    assert order is not None
    assert order.total == Decimal("38.60") == coming.amount
    assert str(order.promised_ship_on) == "2026-12-03"
    assert order.is_renewal
    assert OutgoingMessage.objects.filter(kind="order_confirmation", thread=order.number).exists()
    invoice = order.invoices.get()
    assert (invoice.cause, invoice.subscription, invoice.gross_total) == (f"cycle:{s.number}:1", s, order.total)
    cycle = BillingCycle.objects.get()
    assert (cycle.number, cycle.invoice, cycle.deliveries, cycle.status) == (1, invoice, 1, BillingCycleStatus.BILLED)
    assert first.cycle == cycle
    charge = Charge.objects.get()
    assert (charge.status, charge.amount, charge.idempotency_key) == (
        ChargeStatus.PLANNED,
        order.total,
        f"cycle:{s.number}:1:1",
    )
    assert SubscriptionEvent.objects.filter(kind=EventKind.ORDERED, delivery_number=1).exists()
    assert Activity.objects.of(s.number).filter(verb="delivery.ordered").exists()
    s.refresh_from_db()
    assert (s.deliveries_owed, s.row_version) == (0, 1)


def test_what_is_not_due_waits() -> None:
    start()
    assert renew_due(now=NOW).due == 0
    assert not Order.objects.exists()


def test_repeating_the_run_changes_nothing() -> None:
    start(3)
    renew_due(now=RUN_AT)
    assert renew_due(now=RUN_AT).due == 0
    assert renew_due(now=NOW - timedelta(days=400)).due == 0
    assert Order.objects.count() == Invoice.objects.count() == Charge.objects.count() == 3


def test_the_books_hold_after_a_run() -> None:
    start(3)
    renew_due(now=RUN_AT)
    assert [(p.code, p.rows) for p in check_books(now=RUN_AT) if not p.holds] == []


def test_one_alone_is_as_one_of_the_run() -> None:
    one, other = start(2)
    order = renew_one(one.deliveries.get().pk, by="Renewals", now=RUN_AT)
    renew_due(now=RUN_AT)
    assert _plain(one, order) == _plain(other, other.deliveries.get(number=1).order)


def _plain(s: Subscription, order: Order | None) -> list[dict[str, Any]]:
    assert order is not None
    order.refresh_from_db()
    rows: list[Any] = [order, *order.lines.all(), *order.invoices.all(), *order.addresses.all(), *s.deliveries.all()]
    rows += [*s.billing_cycles.all(), *Charge.objects.filter(invoice__subscription=s), *s.events.all()]
    rows += Activity.objects.filter(subject__in=[s.number, order.number]).order_by("pk")
    names = {s.number: "SUB", order.number: "SO", s.customer.email: "MAIL", s.customer.number: "C"}
    return [_masked(row, names) for row in rows]


def _masked(row: Any, names: dict[str, str]) -> dict[str, Any]:
    own = (
        {"id", "facts_hash", "order_at", "due_at", "sequence", "number"}
        if not isinstance(row, Delivery)
        else {"id", "order_at"}
    )
    facts = {}
    for f in row._meta.concrete_fields:
        value = str(getattr(row, f.attname))
        for word, mask in names.items():
            value = value.replace(word, mask)
        if f.attname not in own and not f.is_relation and f.attname != "buyer":
            facts[f.attname] = value
    return facts


def test_prepaid_is_billed_once_for_all_its_deliveries() -> None:
    (s,) = start(bill_every=3)
    project(s, now=NOW, count=4)
    days = [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 2)]
    owed = []
    for day in days:
        assert renew_due(now=RUN_AT.replace(year=day.year, month=day.month, day=day.day)).ordered == 1
        s.refresh_from_db()
        owed.append(s.deliveries_owed)
    assert owed == [2, 1, 0, 2]
    first, second = Invoice.objects.order_by("pk")
    assert (first.order, first.gross_total) == (None, Decimal("115.80"))
    assert second.cause == f"cycle:{s.number}:2"
    values = list(s.deliveries.filter(cycle__number=1).order_by("number").values_list("value", flat=True))
    assert sum(values) == first.net_total
    assert [order.total for order in Order.objects.all()] == [0, 0, 0, 0]
    assert [(p.code, p.rows) for p in check_books(now=RUN_AT) if not p.holds] == []


def test_what_is_sent_beside_a_free_delivery_is_billed_and_the_next_one_has_the_set_up_fee() -> None:
    version = plan("30", trial_days=20)
    version.prices.update(set_up_fee=Decimal(9))
    s = subscribe(version)
    change_subscription(s.pk, AddExtra(item("4").pk, 2), by="Ana", now=NOW)
    change_subscription(s.pk, AddOnce(item("5").pk), by="Ana", now=NOW)
    first, second = project(fresh(s), now=NOW, count=2)
    assert [first.amount, second.amount] == [13, 47]
    renew_due(now=RUN_AT)
    invoice = s.invoices.get()
    assert (invoice.gross_total, invoice.cause, Order.objects.get().total) == (13, f"delivery:{s.number}:1", 13)
    cycle = s.billing_cycles.get()
    assert (cycle.status, cycle.invoice) == ("free", None)
    assert [p.code for p in check_books(now=RUN_AT) if not p.holds] == []
    renew_due(now=RUN_AT.replace(year=2027, month=1))
    assert [i.gross_total for i in s.invoices.order_by("pk")] == [13, 47]


def test_a_trial_costs_nothing() -> None:
    (s,) = start(trial_ends_on=date(2026, 12, 20))
    renew_due(now=RUN_AT)
    cycle = s.billing_cycles.get()
    assert (cycle.status, cycle.invoice) == (BillingCycleStatus.FREE, None)
    assert Order.objects.get().total == 0
    assert not Invoice.objects.exists()
    renew_due(now=RUN_AT.replace(year=2027, month=1, day=1))
    assert Invoice.objects.get().gross_total == Decimal("38.60")


def test_the_last_delivery_ends_it() -> None:
    (s,) = start(ends_after=1)
    renew_due(now=RUN_AT)
    s.refresh_from_db()
    assert (s.status, s.expired_at) == (SubscriptionStatus.EXPIRED, RUN_AT)
    assert not s.deliveries.filter(is_next=True).exists()
    assert s.events.filter(kind=EventKind.EXPIRED).exists()


def test_a_planned_cancellation_takes_effect_with_the_last_delivery() -> None:
    (s,) = start(ends_on=date(2027, 1, 1), cancel_reason="too_much")
    renew_due(now=RUN_AT)
    s.refresh_from_db()
    assert (s.status, s.cancelled_at) == (SubscriptionStatus.CANCELLED, RUN_AT)


def test_left_out_deliveries_are_passed_over() -> None:
    (s,) = start()
    for number, status in ((2, DeliveryStatus.SKIPPED), (3, DeliveryStatus.CANCELLED)):
        stamp = {"skipped_at": NOW, "skip_reason": "customer"} if status == DeliveryStatus.SKIPPED else {}
        row = s.deliveries.get(number=1)
        row.pk, row.number, row.status, row.is_next = None, number, status, False
        for name, value in stamp.items():
            setattr(row, name, value)
        row.save()
    renew_due(now=RUN_AT)
    after = s.deliveries.get(is_next=True)
    assert (after.number, after.planned_on) == (4, date(2027, 3, 3))


def test_one_that_was_touched_before_is_next() -> None:
    (s,) = start()
    row = s.deliveries.get(number=1)
    row.pk, row.number, row.is_next = None, 2, False
    row.leaves_on = row.moved_from = date(2027, 1, 8)
    row.order_at += timedelta(days=36)
    row.save()
    renew_due(now=RUN_AT)
    assert s.deliveries.get(is_next=True).pk == row.pk


def test_a_broken_one_is_parked_and_the_others_go_on() -> None:
    good, broken, other = start(3)
    broken.lines.all().delete()
    Subscription.objects.filter(pk=other.pk).update(currency="NOK")
    done = renew_due(now=RUN_AT)
    assert (done.due, done.ordered, done.failed) == (3, 1, 2)
    codes = dict(Delivery.objects.filter(parked_at__isnull=False).values_list("subscription__number", "parked_code"))
    assert codes == {broken.number: "contents", other.number: "price"}
    assert Activity.objects.of(broken.number).filter(verb="delivery.parked").exists()
    assert renew_due(now=RUN_AT).due == 0
    assert good.deliveries.filter(order__isnull=False).exists()


def test_one_the_database_refuses_is_found_and_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    made = start(5)
    write = renewing.write_renewals

    def refuse(ready: Any, *args: Any, **more: Any) -> Any:
        orders = write(ready, *args, **more)
        if any(renewal.subscription.pk == made[3].pk for renewal, _prepared in ready):
            raise IntegrityError("no such thing")
        return orders

    monkeypatch.setattr(renewing, "write_renewals", refuse)
    done = renew_due(now=RUN_AT)
    assert (done.due, done.ordered, done.failed) == (5, 4, 1)
    parked = Delivery.objects.get(parked_at__isnull=False)
    assert (parked.subscription, parked.parked_code) == (made[3], "error")
    assert "no such thing" in parked.parked_reason
    assert Order.objects.count() == 4


def test_long_missed_ones_wait_for_a_person() -> None:
    (s,) = start()
    late = RUN_AT.replace(year=2027, month=1, day=20)
    assert renew_due(now=late).failed == 1
    assert s.deliveries.get().parked_code == "missed"
    order = renew_one(s.deliveries.get().pk, by="Ana", now=late, is_forced=True)
    assert order.number


def test_missed_by_less_than_an_interval_runs_at_once() -> None:
    start()
    assert renew_due(now=RUN_AT.replace(day=28)).ordered == 1


@pytest.mark.parametrize("scope", ["all", "plan", "customer", "warehouse"])
def test_a_stop_holds_what_it_names(scope: str) -> None:
    (s,) = start()
    references = {"all": "", "plan": s.version.plan.number, "customer": s.customer.number}
    from inventory.models import Warehouse

    reference = references.get(scope, Warehouse.objects.get().code)
    stop = RenewalStop.objects.create(scope=scope, reference=reference, reason="Flood", opened_at=NOW, opened_by="Ana")
    done = renew_due(now=RUN_AT)
    assert (done.due, done.held, done.ordered) == (1, 1, 0)
    RenewalStop.objects.filter(pk=stop.pk).update(until_on=RUN_AT.date())
    assert renew_due(now=RUN_AT).ordered == 1


def test_on_invoice_nothing_is_charged() -> None:
    start(collection=Collection.INVOICE)
    renew_due(now=RUN_AT)
    assert not Charge.objects.exists()
    assert Invoice.objects.get().due_on == RUN_AT.date() + timedelta(days=14)


def test_only_the_next_one_can_be_ordered_now() -> None:
    (s,) = start()
    pk = s.deliveries.get().pk
    renew_one(pk, by="Ana", now=NOW)
    with pytest.raises(CannotRenew):
        renew_one(pk, by="Ana", now=NOW)
    assert Order.objects.count() == 1


def test_the_number_of_statements_does_not_grow() -> None:
    start(1)
    renew_due(now=RUN_AT)
    version = Subscription.objects.get().version
    counts = []
    for i, size in enumerate((25, 60)):
        running(version, [FIRST] * size, first_key=100 * (i + 1))
        with CaptureQueriesContext(connection) as statements:
            assert renew_due(now=RUN_AT).ordered == size
        counts.append([one["sql"] for one in statements if not _is_split(one["sql"])])
    assert len(counts[0]) == len(counts[1]) <= 70


def _is_split(sql: str) -> bool:
    """SQLite takes so many values and no more in one INSERT."""
    return connection.vendor == "sqlite" and sql.startswith("INSERT")


def test_one_delivery_to_another_country_is_taxed_there() -> None:
    """Goods are taxed where they go; the preview says the same."""
    (s,) = start()
    away = AddressFactory(customer=s.customer, is_default=False, country="DE", postcode="10115", city="Berlin")
    Delivery.objects.filter(subscription=s).update(address=away)
    (coming,) = project(s, now=NOW, count=1)
    renew_due(now=RUN_AT)
    order = Order.objects.get()
    assert {line.tax_rate for line in order.lines.all()} == {Decimal("0.19")}
    assert coming.priced is not None
    assert coming.priced.tax == order.tax_total


def test_the_history_of_a_prepaid_renewal_says_what_is_owed_after_it() -> None:
    (s,) = start(bill_every=3)
    for at in (RUN_AT, RUN_AT + timedelta(days=31)):
        renew_due(now=at)
        s.refresh_from_db()
        event = SubscriptionEvent.objects.filter(subscription=s, kind=EventKind.ORDERED).latest("pk")
        assert event.facts["owed"] == s.deliveries_owed
    assert s.deliveries_owed == 1
