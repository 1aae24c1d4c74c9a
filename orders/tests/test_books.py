"""Every invariant of orders is broken on purpose once and must name itself."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from inventory.factories import SkuFactory, WarehouseFactory, bundle, stock
from inventory.models import StockLevel
from ordermgmt.tests.planting import found, lift_guards
from orders.actions.cancellation import cancel_order, cancel_units
from orders.actions.progress import advance, refresh_status
from orders.drafts import DraftCharge
from orders.factories import NOW, InboundOrderFactory, PaymentFactory, order
from orders.models import Allocation, Order, OrderLine, Payment
from orders.states import ChargeKind, InboundState, PaymentKind

pytestmark = pytest.mark.django_db
CODES = ("I02", "I07", "I09", "I10", "I11", "I13", "I34", "I44", "I51", "I52", "I53")


@pytest.fixture
def made() -> Order:
    """Two items and a bundle of three, all promised; another order waits, one is part cancelled, one cancelled."""
    house, oat, coffee = WarehouseFactory(), SkuFactory(), SkuFactory()
    stock(oat, house, 8)
    stock(coffee, house, 10)
    box = bundle({oat: 2, coffee: 1})
    first = order({coffee: 2, box: 3})
    part = order({coffee: 2, oat: 1})
    cancel_units(part.pk, {part.lines.all()[0].pk: 1}, by="Ana", reason="x", now=NOW)
    order({oat: 5}, is_paid=False)
    cancel_order(order({coffee: 1}).pk, by="Ana", reason="x", now=NOW)
    return first


def rows(code: str) -> list[dict[str, object]]:
    return found(code).rows


def test_all_hold(made: Order) -> None:
    assert {code: rows(code) for code in CODES if not found(code).holds} == {}


def test_i02_a_level_that_drifted(made: Order) -> None:
    StockLevel.objects.filter(allocated__gt=0).update(allocated=F("allocated") - 1)
    assert {row["promised"] for row in rows("I02")} == {5, 7}


def test_i07_more_set_aside_than_needed(made: Order) -> None:
    Allocation.objects.filter(line__order=made).update(quantity=9)
    assert [row["given"] for row in rows("I07")] == [9, 9, 9]


def test_i09_a_total_that_is_no_sum(made: Order) -> None:
    Order.objects.filter(pk=made.pk).update(total=F("total") + 1)
    (row,) = rows("I09")
    assert (row["order"], Decimal(str(row["total"])), Decimal(str(row["parts"]))) == (made.number, 51, 50)


def test_i09_a_discount_of_delivery_is_counted_in_decimals() -> None:
    """SQLite subtracts floats: 4.90 - 4.80 is 0.10000000000000053 there."""
    delivery = DraftCharge(kind=ChargeKind.SHIPPING, title="Delivery", amount=Decimal("4.90"), discount=Decimal("4.80"))
    made = order({SkuFactory(): 1}, charges=(delivery,))
    assert (made.total, rows("I09")) == (Decimal("10.10"), [])


def test_i10_a_tax_that_does_not_follow(made: Order) -> None:
    OrderLine.objects.filter(order=made, position=1).update(tax=Decimal("9.99"))
    assert rows("I10") == [{"order": made.number, "line": 1, "tax": "9.9900", "right": "2.14"}]


def test_i10_a_discount_that_went_nowhere(made: Order) -> None:
    Order.objects.filter(pk=made.pk).update(discount_total=1)
    assert rows("I10")[0]["order"] == made.number


def test_i11_a_payment_in_other_money(made: Order) -> None:
    Payment.objects.filter(order=made).update(currency="SEK")
    assert rows("I11")[0]["currency"] == "SEK"


def test_i13_more_back_than_paid(made: Order) -> None:
    PaymentFactory(order=made, kind=PaymentKind.REFUND, amount=Decimal(51))
    assert rows("I13")[0]["number"] == made.number


def test_i34_an_order_nobody_looks_at(made: Order) -> None:
    forgotten = Order.objects.get(lines__backordered__gt=0)
    units = F("backordered") + F("promised")
    OrderLine.objects.filter(order=forgotten).update(sku=None, backordered=units, promised=0)
    assert [row["record"] for row in rows("I34")] == [forgotten.number]


def test_i34_units_on_a_floor_that_has_no_work(made: Order) -> None:
    units = {line.pk: line.promised for line in made.lines.all()}
    advance(made, units, source="promised", target="allocated")
    assert [row["record"] for row in rows("I34")] == [made.number]


def test_i44_an_order_that_vanished(made: Order) -> None:
    number = made.number
    Order.objects.filter(pk=made.pk).update(number="SO-1")
    assert rows("I44")[0]["subject"] == number


def test_i44_a_document_whose_order_vanished(made: Order) -> None:
    InboundOrderFactory(state=InboundState.ACCEPTED, order=None, external_id="77")
    assert rows("I44")[0]["external_id"] == "77"


def test_i51_units_that_do_not_add_up(made: Order) -> None:
    lift_guards(OrderLine)
    OrderLine.objects.filter(order=made, position=1).update(picked=1)
    assert rows("I51")[0]["sum"] == 3


def test_i52_a_status_that_does_not_follow(made: Order) -> None:
    Order.objects.filter(pk=made.pk).update(payment_status="unpaid")
    assert rows("I52") == [{"order": made.number, "stored_and_right": {"payment_status": ["unpaid", "paid"]}}]


def test_i52_money_that_was_not_counted(made: Order) -> None:
    waiting = Order.objects.get(payment_status="unpaid")
    PaymentFactory(order=waiting, amount=waiting.total)
    assert rows("I52")[0]["order"] == waiting.number
    refresh_status(waiting, now=NOW + timedelta(hours=1))
    assert found("I52").holds


def test_i53_a_bundle_without_its_parts(made: Order) -> None:
    lift_guards(OrderLine)
    OrderLine.objects.filter(order=made, kind="bundle").update(cancelled=1)
    assert len(rows("I53")) == 2
