"""Each invariant of parcels and invoices holds after honest work, and names the row when it is broken on purpose."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.actions.labelling import reprint_label
from fulfilment.models import Label, Shipment, ShipmentLine
from fulfilment.tests.parcels import NOW, make_order, pack, packed, stage
from inventory.models import StockMovement
from ordermgmt.documents import make_one
from ordermgmt.guards import unguard_sql
from ordermgmt.leases import claim
from ordermgmt.models import NumberSeries, StoredDocument
from ordermgmt.proofs import REGISTRY, prove
from orders.models import Invoice, InvoiceLine, OrderLine, RevenueEntry

pytestmark = pytest.mark.django_db
CODES = ["I19", "I20", "I21", "I22", "I23", "I30", "I31", "I32"]


@pytest.fixture
def honest(settings: Any, tmp_path: Any) -> Shipment:
    """Two orders, three parcels gone (one in two boxes, one label made again), one waiting."""
    settings.MEDIA_ROOT = tmp_path
    order = make_order()
    oats, coffee = order.lines.all()
    first = pack(stage(order, {oats.pk: 3}))
    dispatch_shipment(first.pk, by="Ana", now=NOW)
    second = pack(stage(order, {oats.pk: 1, coffee.pk: 2}), boxes=2)
    reprint_label(Label.objects.filter(carton__shipment=second).first().pk, by="Ana", reason="torn", now=NOW)  # type: ignore[union-attr, arg-type]
    dispatch_shipment(second.pk, by="Ana", now=NOW + timedelta(days=1))
    third = packed()
    dispatch_shipment(third.pk, by="Ana", now=NOW + timedelta(days=2))
    packed()
    row = claim(StoredDocument.objects.all(), first.order.invoices.order_by("pk")[0].document.pk, now=NOW)
    assert row
    make_one(row, now=NOW)
    return first


def broken(code: str) -> list[Any]:
    return prove(REGISTRY[code], now=NOW).rows


def test_honest_work_holds(honest: Shipment) -> None:
    assert {code: broken(code) for code in CODES} == {code: [] for code in CODES}


def _unguarded() -> None:
    with connection.cursor() as cursor:
        for sql in unguard_sql("inventory_stockmovement", connection.vendor):
            cursor.execute(sql)


def _gap() -> None:
    Invoice.objects.filter(sequence=2).update(sequence=9, number="INV-2026-00009")


def _counter() -> None:
    NumberSeries.objects.filter(key="INV-2026").update(last=7)


def _amount() -> None:
    Invoice.objects.filter(sequence=1).update(gross_total=Decimal("1.00"))


def _line() -> None:
    InvoiceLine.objects.filter(invoice__sequence=1, position=1).update(description="Something else")


def _bytes() -> None:
    document = Invoice.objects.get(sequence=1).document
    assert document
    with document.file.storage.open(document.file.name, "ab") as file:
        file.write(b"x")


def _lost_file() -> None:
    document = Invoice.objects.get(sequence=1).document
    assert document
    document.file.storage.delete(document.file.name)


def _dates() -> None:
    Invoice.objects.filter(sequence=1).update(issued_on=date(2026, 12, 24))


def _not_billed() -> None:
    RevenueEntry.objects.all().delete()
    InvoiceLine.objects.filter(cause__startswith="shipment-line:").first().delete()  # type: ignore[union-attr]


def _billed_more() -> None:
    InvoiceLine.objects.filter(cause__startswith="shipment-line:").update(quantity=50)


def _shipped_twice() -> None:
    line = ShipmentLine.objects.first()
    assert line
    line.pk = None
    line.save()


def _not_counted() -> None:
    line = OrderLine.objects.filter(shipped=4).first()
    assert line
    line.shipped, line.packed = 3, 1
    line.save()


def _left_without_booking() -> None:
    _unguarded()
    StockMovement.objects.filter(kind="shipped").first().delete()  # type: ignore[union-attr]


def _booked_without_leaving() -> None:
    _unguarded()
    waiting = Shipment.objects.get(status="packed")
    StockMovement.objects.filter(kind="shipped").update(document=waiting.number)


def _no_label() -> None:
    Label.objects.filter(state="made", carton__shipment__status="dispatched").update(
        state="void", void_reason="x", voided_at=NOW
    )


def _void_without_reason() -> None:
    Label.objects.filter(state="void").update(void_reason="")


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        *(("I19", _gap), ("I20", _counter), ("I21", _amount), ("I21", _line), ("I21", _bytes), ("I21", _lost_file)),
        *(("I22", _dates), ("I23", _not_billed), ("I23", _billed_more), ("I30", _shipped_twice), ("I30", _not_counted)),
        *(("I31", _left_without_booking), ("I31", _booked_without_leaving)),
        *(("I32", _no_label), ("I32", _void_without_reason)),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_planted_fault_is_named(honest: Shipment, code: str, fault: Callable[[], None]) -> None:
    fault()
    assert broken(code)
