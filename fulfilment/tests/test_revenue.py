"""Revenue is earned when parcels arrive: once for a box, nothing for one that is lost, and what is credited goes back."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.models import Shipment
from fulfilment.states import ShipmentStatus
from fulfilment.tests.parcels import COFFEE, NOW, OATS, make_order, pack, stage
from ordermgmt.proofs import check_books
from orders.actions.crediting import CreditPart, credit, everything
from orders.actions.progress import refresh_status
from orders.actions.recognising import recognise_revenue
from orders.actions.renewing import renew_one
from orders.billing_states import CreditReason
from orders.factories.running import coffee_plan, running
from orders.models import Allocation, Delivery, Invoice, Order, RevenueEntry

pytestmark = pytest.mark.django_db


def day(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(f"{text}T12:00"))


def arrive(shipment: Shipment, at: datetime) -> None:
    shipment.status, shipment.delivered_at = ShipmentStatus.DELIVERED, at
    shipment.save()
    refresh_status(Order.objects.get(pk=shipment.order_id), now=at)


def earned(**filters: object) -> Decimal:
    return total(recognised_on__isnull=False, **filters)


def deferred(**filters: object) -> Decimal:
    return total(recognised_on=None, **filters)


def total(**filters: object) -> Decimal:
    """Added up here: SQLite adds decimals as floating-point numbers."""
    return sum(RevenueEntry.objects.filter(**filters).values_list("amount", flat=True), Decimal())


def revenue_books(now: datetime) -> dict[str, list[object]]:
    codes = ("I71", "I72", "I73", "I74")
    return {p.code: p.rows for p in check_books(now=now) if p.code in codes and not p.holds}


@pytest.fixture
def shipment() -> Shipment:
    """The first parcel of an order, on its way; the oats follow later."""
    order = make_order([OATS, COFFEE])
    coffee = order.lines.get(name=COFFEE.name)
    made = pack(stage(order, {coffee.pk: 2}))
    dispatch_shipment(made.pk, by="Ana", now=NOW)
    made.refresh_from_db()
    return made


def test_goods_are_earned_the_day_they_arrive(shipment: Shipment) -> None:
    invoice = Invoice.objects.get(cause=shipment.number)
    assert recognise_revenue(now=NOW).delivered == 0
    assert (earned(), deferred()) == (0, invoice.net_total)
    arrive(shipment, NOW + timedelta(days=2))
    later = NOW + timedelta(days=5)
    assert recognise_revenue(now=later).delivered == invoice.lines.count()
    assert set(RevenueEntry.objects.values_list("recognised_on", flat=True)) == {date(2026, 11, 22)}
    assert (earned(), deferred()) == (invoice.net_total, 0)
    assert recognise_revenue(now=later).as_dict() == {"by_time": 0, "delivered": 0, "linked": 0}
    assert revenue_books(later) == {}


def test_another_parcel_of_the_order_earns_nothing_for_this_one(shipment: Shipment) -> None:
    order = Order.objects.get(pk=shipment.order_id)
    second = pack(stage(order, {order.lines.get(name=OATS.name).pk: 4}))
    dispatch_shipment(second.pk, by="Ana", now=NOW)
    second.refresh_from_db()
    arrive(second, NOW + timedelta(days=1))
    recognise_revenue(now=NOW + timedelta(days=2))
    assert earned(invoice__cause=shipment.number) == 0
    assert earned(invoice__cause=second.number) == Invoice.objects.get(cause=second.number).net_total


def test_a_parcel_nobody_heard_of_counts_after_days_where_the_shop_says_so(
    shipment: Shipment, settings: object
) -> None:
    settings.REVENUE_DAYS_AFTER_DISPATCH = 10  # type: ignore[attr-defined]
    assert recognise_revenue(now=NOW + timedelta(days=9)).delivered == 0
    Shipment.objects.update(problem="Lost by the carrier")
    assert recognise_revenue(now=NOW + timedelta(days=11)).delivered == 0
    Shipment.objects.update(problem="")
    recognise_revenue(now=NOW + timedelta(days=11))
    assert set(RevenueEntry.objects.values_list("recognised_on", flat=True)) == {date(2026, 11, 30)}


def test_credit_before_arrival_defers_less_and_after_it_takes_back(shipment: Shipment) -> None:
    invoice = Invoice.objects.get(cause=shipment.number)
    line = invoice.lines.first()
    assert line is not None
    how = {"reason": CreditReason.PRICE, "by": "Fia"}
    one = credit(invoice.pk, parts=[CreditPart(line_id=line.pk, gross=Decimal("11.20"))], cause="a", now=NOW, **how)
    assert deferred() == invoice.net_total - one.net_total
    arrive(shipment, NOW + timedelta(days=2))
    recognise_revenue(now=NOW + timedelta(days=3))
    two = credit(invoice.pk, parts=[CreditPart(line_id=line.pk, gross=Decimal("5.60"))], cause="b",
                 now=NOW + timedelta(days=4), **how)  # fmt: skip
    assert (earned(), deferred()) == (invoice.net_total - one.net_total - two.net_total, 0)
    assert revenue_books(NOW + timedelta(days=5)) == {}


def test_an_invoice_credited_whole_waits_for_nothing(shipment: Shipment) -> None:
    invoice = Invoice.objects.get(cause=shipment.number)
    credit(invoice.pk, parts=everything(invoice), reason=CreditReason.CANCELLED, cause="a", by="Fia", now=NOW)
    assert (earned(), deferred()) == (0, 0)
    assert not RevenueEntry.objects.filter(recognised_on=None).exists()


def boxes(plan_price: str, count: int) -> Iterator[tuple[Delivery, Order]]:
    """A subscription that pays six boxes at once, ordered one after the other."""
    version = coffee_plan(price=plan_price, items=1, bill_every=6, bill_unit="month")
    (subscription,) = running(version, [date(2027, 1, 5)], now=NOW, first_key=70_000)
    for _ in range(count):
        delivery = subscription.deliveries.get(is_next=True)
        order = renew_one(delivery.pk, by="Renewals", now=delivery.order_at, is_forced=True)
        delivery.refresh_from_db()
        yield delivery, order


def send(order: Order, sent: datetime) -> Shipment:
    Allocation.objects.filter(line__order=order).delete()
    made = pack(stage(order), now=sent)
    made.status, made.dispatched_at = ShipmentStatus.DISPATCHED, sent
    made.save()
    order.lines.update(packed=0, shipped=1)
    return made


def test_w84_six_boxes_paid_in_advance() -> None:
    """150 without tax; delivered 5 January and 2 February; the third is lost, sent again and delivered 20 March."""
    arrivals = ["2027-01-05", "2027-02-02", "2027-03-20"]
    lost = day("2027-03-03")
    for (_delivery, order), arrival in zip(boxes("31.25", 3), arrivals, strict=True):
        if arrival == arrivals[2]:
            gone = send(order, lost)
            gone.problem = "Lost by the carrier"
            gone.save()
            recognise_revenue(now=lost + timedelta(days=9))
            again = pack_again(gone, lost + timedelta(days=10))
            arrive(again, day(arrival))
        else:
            arrive(send(order, day(arrival) - timedelta(days=2)), day(arrival))
        recognise_revenue(now=day(arrival) + timedelta(days=1))
        recognise_revenue(now=day(arrival) + timedelta(days=1))
    for month, expected in {"1": 25, "2": 25, "3": 25}.items():
        assert earned(recognised_on__month=month) == expected
    assert deferred() == 75
    assert Delivery.objects.filter(value=Decimal(25)).count() == 3
    assert revenue_books(day("2027-03-21")) == {}


def pack_again(gone: Shipment, at: datetime) -> Shipment:
    """The same goods in another parcel of the order; the lost one came to its end."""
    again = Shipment.objects.get(pk=gone.pk)
    again.pk, again.number, again.problem, again.dispatched_at = None, "SH-AGAIN", "", at
    again.save(force_insert=True)
    for line in gone.lines.all():
        carton = line.carton
        carton.pk, carton.shipment, carton.sscc = None, again, carton.sscc[:-1] + "x"
        carton.save(force_insert=True)
        line.pk, line.shipment, line.carton = None, again, carton
        line.save(force_insert=True)
    gone.status = ShipmentStatus.CANCELLED
    gone.save()
    return again


def test_prepaid_boxes_given_back_are_the_last_ones() -> None:
    ((_delivery, _order),) = boxes("31.25", 1)
    invoice = Invoice.objects.get()
    (line,) = invoice.lines.all()
    credit(invoice.pk, parts=[CreditPart(line_id=line.pk, gross=Decimal("62.50"))], reason=CreditReason.TERM,
           cause="two boxes", by="Fia", now=day("2027-01-10"))  # fmt: skip
    assert deferred() == 100
    assert sorted(RevenueEntry.objects.filter(recognised_on=None).values_list("part", flat=True)) == [1, 2, 3, 4]
    assert earned() == 0
    assert revenue_books(day("2027-01-11")) == {}


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("I71", {"amount": Decimal(24)}),
        ("I73", {"recognised_on": date(2020, 1, 1)}),
    ],
)
def test_a_planted_fault_is_found(code: str, fault: dict[str, object]) -> None:
    list(boxes("31.25", 1))
    recognise_revenue(now=NOW)
    RevenueEntry.objects.filter(part=3).update(**fault)
    assert code in revenue_books(NOW)


def test_a_delivery_that_earns_another_value_is_found() -> None:
    list(boxes("31.25", 2))
    recognise_revenue(now=NOW)
    first, second = RevenueEntry.objects.filter(part__lte=2).order_by("part")
    RevenueEntry.objects.filter(pk=first.pk).update(amount=24)
    RevenueEntry.objects.filter(pk=second.pk).update(amount=26)
    assert set(revenue_books(NOW)) == {"I74"}
    RevenueEntry.objects.filter(part=6).update(recognised_on=date(2027, 2, 1))
    assert set(revenue_books(NOW)) == {"I72", "I74"}
