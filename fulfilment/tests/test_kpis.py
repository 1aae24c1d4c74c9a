"""The worked numbers of the definitions (orders_warehouse.md 2.12), from rows as they would stand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from fulfilment import factories
from fulfilment.models import Shipment, ShipmentLine
from fulfilment.states import ShipmentStatus, Verdict
from inventory.factories import SkuFactory, WarehouseFactory
from inventory.models import Warehouse
from ordermgmt.kpis import Period, find
from ordermgmt.measuring import Measured, percentile, recount
from orders.factories import ChannelFactory, HoldFactory
from orders.factories.subscriptions import DeliveryFactory, SubscriptionFactory
from orders.models import Order, OrderLine
from orders.states import OrderStatus

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
WEEK = Period(DAY, DAY + timedelta(days=6))
_n = count(1)


def value(name: str, period: Period = WEEK, **filters: str) -> Decimal | None:
    return measured(name, period, **filters).value


def measured(name: str, period: Period = WEEK, **filters: str) -> Measured:
    return recount(find(name), period, filters)


@pytest.fixture
def house() -> Warehouse:
    return WarehouseFactory(daily_capacity=0)


def order(lines: Sequence[int] = (1,), **facts: Any) -> Order:
    """An accepted order with lines of so many units."""
    n = next(_n)
    made = Order.objects.create(
        **{
            "number": f"SO-{500_000 + n}", "channel": _channel(), "status": OrderStatus.ACCEPTED, "currency": "EUR",
            "placed_at": NOON, "accepted_at": NOON, "units": sum(lines), "first_promised_ship_on": DAY,
            "first_promised_delivery_on": DAY + timedelta(days=2), "ship_country": "SE", **facts,
        }
    )  # fmt: skip
    for position, units in enumerate(lines, start=1):
        OrderLine.objects.create(
            order=made, position=position, sku=SkuFactory(), name="Item", ordered=units, backordered=units
        )
    return made


def _channel() -> Any:
    from orders.models import Channel

    return Channel.objects.filter(code="shop").first() or ChannelFactory(code="shop")


def send(
    made: Order, units: Sequence[int] | None = None, *, at: datetime = NOON, arrives: datetime | None = None
) -> Shipment:
    """A parcel with so many units of each line, handed over and perhaps delivered."""
    n, house = next(_n), Warehouse.objects.get()
    work = factories.FulfilmentOrderFactory(order=made, warehouse=house, status="dispatched", dispatched_at=at)
    parcel = Shipment.objects.create(
        number=f"SH-{500_000 + n}", order=made, work=work, warehouse=house, carrier=factories.CarrierFactory(),
        service="Parcel", packed_at=at, packed_by="Sam", dispatched_at=at, delivered_at=arrives,
        status=ShipmentStatus.DELIVERED if arrives else ShipmentStatus.DISPATCHED,
    )  # fmt: skip
    carton = factories.CartonFactory(shipment=parcel)
    lines = list(made.lines.all())
    for line, quantity in zip(lines, units or [line.ordered for line in lines], strict=True):
        if quantity:
            ShipmentLine.objects.create(
                shipment=parcel, carton=carton, order_line=line, sku=line.sku, quantity=quantity
            )
            line.backordered, line.shipped = line.backordered - quantity, line.shipped + quantity
            line.save()
    return parcel


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_cycle_time_with_and_without_holds(house: Warehouse) -> None:
    """26, 20, 50 h: mean 32, median 26; 30 h of the 50 on an address hold: net mean 22."""
    for taken, held in ((26, 0), (20, 0), (50, 30)):
        made = order(accepted_at=NOON, placed_at=NOON)
        send(made, at=NOON + hours(taken))
        if held:
            HoldFactory(order=made, opened_at=NOON + hours(4), released_at=NOON + hours(4 + held))
    order(status=OrderStatus.CANCELLED, cancelled_at=NOON)
    gross, net = measured("order_cycle_time_gross"), measured("order_cycle_time")
    assert (gross.statistics["mean"], gross.value, gross.count) == (32 * 60, 26 * 60, 3)
    assert net.statistics["mean"] == 22 * 60
    assert net.value == 20 * 60


def test_overlapping_holds_stop_the_clock_once(house: Warehouse) -> None:
    made = order()
    send(made, at=NOON + hours(50))
    HoldFactory(order=made, opened_at=NOON + hours(1), released_at=NOON + hours(11))
    HoldFactory(order=made, opened_at=NOON + hours(5), released_at=NOON + hours(21))
    HoldFactory(order=made, opened_at=NOON + hours(30), released_at=NOON + hours(31), pauses_sla=False)
    assert value("order_cycle_time") == 30 * 60


def test_a_renewal_taken_in_ahead_does_not_count_as_slow(house: Warehouse) -> None:
    """oct-1: six days of work; placed 90 days ahead of its day: gross 96 days, net 6."""
    planned = DAY - timedelta(days=6)
    start = datetime(2026, 11, 13, 23, 0, tzinfo=UTC)  # midnight of the planned day in Stockholm
    made = order(placed_at=start - timedelta(days=90), accepted_at=start - timedelta(days=90))
    DeliveryFactory(
        subscription=SubscriptionFactory(), order=made, status="ordered", ordered_at=NOON, leaves_on=planned
    )
    send(made, at=start + timedelta(days=6, hours=1))
    minutes_a_day = 24 * 60
    assert value("order_cycle_time_gross") == 96 * minutes_a_day + 60
    assert value("order_cycle_time") == 6 * minutes_a_day + 60


def test_only_the_first_parcel_of_an_order_counts(house: Warehouse) -> None:
    made = order([2])
    send(made, [1], at=NOON + hours(10))
    send(made, [1], at=NOON + hours(40))
    assert (value("order_cycle_time"), measured("order_cycle_time").count) == (600, 1)


@pytest.mark.parametrize(
    ("spread", "percent", "expected"),
    [({1: 1}, 50, 1), ({1: 1, 3: 1}, 50, 2), ({1: 99, 500: 1}, 95, 1), ({1: 18, 7: 1, 9: 1}, 95, 7), ({}, 50, None)],
)
def test_percentiles_are_exact(spread: dict[int, int], percent: int, expected: int | None) -> None:
    assert percentile(spread, percent) == expected


def test_fill_rates_of_three_orders(house: Warehouse) -> None:
    """10/10 units on 2 lines; 5/5 and 3/5; 0/4: units 18 of 24, lines 3 of 5, orders 1 of 3."""
    send(order([6, 4]))
    made = order([5, 5])
    send(made, [5, 3])
    send(made, [0, 2], at=NOON + timedelta(days=3))  # later: no longer the first attempt
    order([4], fulfilment_status="waiting")
    order([9])  # still on the floor, in time: not tried yet
    units, lines, orders = (measured(f"{kind}_fill_rate") for kind in ("unit", "line", "order"))
    assert (units.numerator, units.denominator, units.value) == (18, 24, Decimal("0.75"))
    assert (lines.numerator, lines.denominator, lines.value) == (3, 5, Decimal("0.6"))
    assert (orders.numerator, orders.denominator, orders.value) == (1, 3, Decimal("0.333333"))


def test_one_item_out_of_stock_in_a_cart_of_five(house: Warehouse) -> None:
    """80 % unit, 0 % order."""
    send(order([1] * 5), [1, 1, 1, 1, 0])
    assert (value("unit_fill_rate"), value("order_fill_rate")) == (Decimal("0.8"), 0)


def test_half_of_a_hundred(house: Warehouse) -> None:
    send(order([100]), [50])
    assert value("unit_fill_rate") == Decimal("0.5")


def test_what_was_cancelled_counts_in_neither(house: Warehouse) -> None:
    made = order([4])
    made.lines.update(cancelled=1, backordered=3)
    send(made, [3])
    assert value("unit_fill_rate") == 1


ARRIVES = NOON + timedelta(days=1)


def test_on_time_and_in_full_is_binary_per_order(house: Warehouse) -> None:
    """9 of 10: one split order whose second parcel is late fails; a parcel too few fails as well."""
    for _ in range(9):
        send(order(), arrives=ARRIVES)
    split = order([2])
    send(split, [1], arrives=ARRIVES)
    send(split, [1], arrives=ARRIVES + timedelta(days=5))
    assert value("otif") == Decimal("0.9")
    part = order([2])
    send(part, [1], arrives=ARRIVES)
    order()
    order(status=OrderStatus.CANCELLED, cancelled_at=NOON)
    found = measured("otif")
    assert (found.numerator, found.denominator) == (9, 12)


def test_the_promise_given_first_counts(house: Warehouse) -> None:
    """Changing the date reference changes the result: a later promise does not mend the first."""
    send(order(promised_delivery_on=DAY + timedelta(days=9)), arrives=NOON + timedelta(days=8))
    assert value("otif", Period(DAY, DAY + timedelta(days=20))) == 0


def test_the_day_is_that_of_the_business(house: Warehouse) -> None:
    """22:30 UTC is the next day in Stockholm."""
    in_time = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    send(order(), at=in_time)
    assert value("on_time_dispatch") == 1
    send(order(), at=in_time + hours(1))
    assert value("on_time_dispatch") == Decimal("0.5")


def test_perfect_orders_are_counted_not_multiplied(house: Warehouse) -> None:
    """On time 7 of 10, condition 8 of 10; two orders fail both: 7 of 10 are perfect, not 56 %."""
    for _ in range(7):
        send(order(), arrives=ARRIVES)
    for late, problem in ((True, "Torn open"), (True, "Wet"), (True, "")):
        parcel = send(order(), arrives=ARRIVES + timedelta(days=9 * late))
        parcel.problem = problem
        parcel.save()
    assert value("perfect_order") == Decimal("0.7")
    came_back = send(order(), arrives=ARRIVES).order
    came_back.lines.update(returned=1)
    found = measured("perfect_order")
    assert (found.numerator, found.denominator) == (7, 11)


def test_right_picks_are_counted_by_scan() -> None:
    """4,976 of 5,000 is 99.52 %: here 311 of 312.5 parts, that is 622 of 625."""
    facts = {"by": factories.UserFactory(role="operator"), "station": "pick", "at": NOON}
    right = [factories.ScanEventFactory.build(**facts, verdict=Verdict.ACCEPTED) for _ in range(622)]
    wrong = [factories.ScanEventFactory.build(**facts, verdict=Verdict.WRONG) for _ in range(3)]
    other = [factories.ScanEventFactory.build(**facts, verdict=Verdict.COMMAND)]
    from fulfilment.models import ScanEvent

    ScanEvent.objects.bulk_create([*right, *wrong, *other])
    assert value("pick_accuracy") == Decimal("0.9952")


def test_load_counts_working_days_only() -> None:
    """Two orders of ten a day on Friday and Monday: 10 %; the weekend adds no room."""
    house = WarehouseFactory(daily_capacity=10, work_days="12345")
    for day in (DAY, DAY + timedelta(days=3)):
        made = order()
        factories.FulfilmentOrderFactory(
            order=made, warehouse=house, status="dispatched", dispatched_at=NOON + (day - DAY)
        )
        factories.FulfilmentOrderFactory(
            order=made, warehouse=house, status="dispatched", dispatched_at=NOON + (day - DAY)
        )
    found = measured("capacity_load", Period(DAY, DAY + timedelta(days=3)))
    assert (found.numerator, found.denominator, found.value) == (4, 20, Decimal("0.2"))


def test_days_that_are_not_over_are_not_judged() -> None:
    period = Period(DAY, DAY + timedelta(days=6))
    assert find("otif").settled(period, DAY + timedelta(days=3)).last == DAY + timedelta(days=2)
    assert find("orders_taken").settled(period, DAY + timedelta(days=3)).last == DAY + timedelta(days=3)


def test_filters_narrow_the_rows(house: Warehouse) -> None:
    send(order())
    send(order(ship_country="DE"), at=NOON + timedelta(days=4))
    assert value("on_time_dispatch") == Decimal("0.5")
    assert value("on_time_dispatch", country="DE") == 0
    assert value("on_time_dispatch", country="SE", channel="shop") == 1
