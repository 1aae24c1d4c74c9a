"""An unpaid box waits for its money, holds no stock after its day, and goes on when it is paid."""

from datetime import date, datetime
from typing import Any

import pytest

from inventory.models import StockLevel
from ordermgmt.models import Activity
from ordermgmt.proofs import check_books
from orders.actions.dunning_cases import open_case
from orders.actions.holds import release_hold
from orders.actions.invoice_collecting import switch_to_invoice
from orders.actions.renewing import renew_due
from orders.actions.taking_money import lock_invoice, take_money
from orders.actions.unpaid_boxes import mind_unpaid_boxes
from orders.factories import NOW
from orders.factories.running import coffee_plan, running
from orders.models import Dunning, Hold, Invoice, Order
from orders.states import FulfilmentStatus, Stage

pytestmark = pytest.mark.django_db
FIRST = date(2026, 12, 3)
RUN_AT = NOW.replace(month=12, day=1, hour=9)
AFTER = NOW.replace(month=12, day=4, hour=9)


def unpaid_box(**terms: Any) -> tuple[Order, Invoice]:
    """A renewal whose charge failed at once."""
    running(coffee_plan(**terms), [FIRST])
    renew_due(now=RUN_AT)
    invoice = Invoice.objects.get()
    open_case(invoice, by="charges", now=RUN_AT, reason="insufficient_funds")
    return Order.objects.get(), invoice


def pay(invoice: Invoice, now: datetime) -> None:
    row = lock_invoice(invoice.pk)
    take_money(row, amount=row.balance, provider="stripe", effect_key=f"test:{row.number}", by="Test", now=now)


def promised() -> int:
    return sum(StockLevel.objects.values_list("allocated", flat=True))


def found(now: datetime = RUN_AT) -> list[int]:
    """Released, held, freed."""
    told = mind_unpaid_boxes(now=now)
    assert "failed" not in told, told
    return [told[word] for word in ("released", "held", "freed")]


@pytest.mark.parametrize("terms", [{}, {"bill_every": 3}], ids=["each", "prepaid"])
def test_it_waits_frees_its_stock_and_goes_on_when_paid(terms: dict[str, int]) -> None:
    order, invoice = unpaid_box(**terms)
    assert promised() == 2
    assert (found(), found()) == ([0, 1, 0], [0, 0, 0])
    held = Hold.objects.get()
    assert (held.owner_role, held.keeps_stock, promised()) == ("finance", True, 2)
    assert held.reason == f"{invoice.number} was not paid"
    assert (found(AFTER), found(AFTER)) == ([0, 0, 1], [0, 0, 0])
    held.refresh_from_db()
    assert (promised(), held.keeps_stock, Stage.ALLOCATE in held.stages) == (0, False, True)
    assert Activity.objects.of(order.number).filter(verb="stock.freed").get().facts["units"] == 2
    order.refresh_from_db()
    assert order.fulfilment_status == FulfilmentStatus.WAITING
    assert [(p.code, p.rows) for p in check_books(now=AFTER) if not p.holds] == []
    pay(invoice, AFTER)
    mind_unpaid_boxes(now=AFTER)
    held.refresh_from_db()
    order.refresh_from_db()
    assert held.released_at is not None
    assert (promised(), order.fulfilment_status) == (2, FulfilmentStatus.UNFULFILLED)
    assert found(AFTER) == [0, 0, 0]


def test_paid_on_invoice_it_leaves(stripe_server: object) -> None:
    order, _invoice = unpaid_box()
    found()
    switch_to_invoice(Dunning.objects.get().pk, by="Ana", now=RUN_AT)
    assert found() == [1, 0, 0]
    assert not Hold.objects.filter(order=order).open().exists()


def test_what_staff_release_stays_released() -> None:
    unpaid_box()
    found()
    release_hold(Hold.objects.get().pk, by="Ana", now=RUN_AT)
    assert found() == [0, 0, 0]


def test_what_has_left_is_not_held() -> None:
    order, _invoice = unpaid_box()
    Order.objects.filter(pk=order.pk).update(fulfilment_status=FulfilmentStatus.SHIPPED)
    assert found() == [0, 0, 0]


def test_a_box_that_is_paid_is_left_alone() -> None:
    _order, invoice = unpaid_box()
    pay(invoice, RUN_AT)
    assert found() == [0, 0, 0]
