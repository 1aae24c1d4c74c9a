"""Many orders at once are what each would have been alone."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from customers.factories import CustomerFactory
from inventory.actions.holding import promise as promise_units
from inventory.factories import SkuFactory, WarehouseFactory, bundle, stock
from inventory.models import Sku, StockLevel, Warehouse
from inventory.states import SkuStatus
from ordermgmt.models import Activity, OutgoingMessage
from orders.actions import placing_many
from orders.actions.placing import DraftRefused, place
from orders.actions.placing_many import place_many, prepare_many
from orders.drafts import DraftAddress, DraftCharge, OrderDraft
from orders.factories import ADDRESS, NOW, ChannelFactory, draft
from orders.models import (
    Allocation,
    Hold,
    Order,
    OrderAddress,
    OrderCharge,
    OrderLine,
    OrderLink,
    Payment,
    SourcingDecision,
)

pytestmark = pytest.mark.django_db
OF_ORDER = (Order, OrderLine, OrderAddress, OrderCharge, Payment, Hold, OrderLink, SourcingDecision, Allocation)
KEYS = {"id", "order_id", "bundle_id", "line_id", "number", "token", "message_id"}


def rows(order: Order) -> dict[str, list[dict[str, Any]]]:
    """Everything that belongs to an order, keys taken out and its number and token called the same."""
    token = order.links.get().token
    wanted: list[models.QuerySet[Any]] = [Order.objects.filter(pk=order.pk)]
    wanted += [model._default_manager.filter(order=order) for model in OF_ORDER[1:-1]]  # type: ignore[misc]
    wanted += [Allocation.objects.filter(line__order=order), Activity.objects.filter(subject=order.number)]
    wanted.append(OutgoingMessage.objects.filter(thread=order.number))
    found = {}
    for query in wanted:
        found[query.model.__name__] = [_plain(row, order.number, token) for row in query.order_by("pk")]
    return found


def _plain(row: models.Model, number: str, token: str) -> dict[str, Any]:
    facts = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname not in KEYS}
    named = {name: str(value).replace(number, "SO-#").replace(token, "TOKEN") for name, value in facts.items()}
    if isinstance(row, OrderLine) and row.bundle_id:
        named["bundle"] = str(OrderLine.objects.get(pk=row.bundle_id).position)
    return named


def stocked(units: int = 10) -> Sku:
    sku = SkuFactory()
    stock(sku, Warehouse.objects.get(), units)
    return sku


def short() -> OrderDraft:
    return draft({stocked(2): 3, stocked(): 1})


def bundled() -> OrderDraft:
    return draft({bundle({stocked(): 2, stocked(): 1}): 2, stocked(): 1})


def unpaid_and_blocked() -> OrderDraft:
    customer = CustomerFactory(status="blocked", blocked_reason="Fraud")
    return draft({stocked(): 1}, customer=customer, channel=ChannelFactory(requires_payment=True), is_paid=False)


def unserved() -> OrderDraft:
    return draft({stocked(): 1}, shipping=replace(ADDRESS, country="AU", postcode="3000"))


def without_address() -> OrderDraft:
    return draft({stocked(): 1}, shipping=DraftAddress(name="Maria", country="SE"))


def charged() -> OrderDraft:
    charge = DraftCharge(title="Delivery", amount=Decimal("4.90"))
    return draft({stocked(): 1, SkuFactory(status=SkuStatus.DISCONTINUED): 2}, charges=(charge,), priority=3)


def of_stated_total() -> OrderDraft:
    return replace(draft({stocked(): 1}), stated_total=Decimal("10.01"))


def behind_others() -> OrderDraft:
    """Two units are free, and somebody waits for one of them already."""
    sku = SkuFactory()
    place(draft({sku: 1}), by="Test", now=NOW)
    stock(sku, Warehouse.objects.get(), 2)
    return draft({sku: 2})


def twice_the_same() -> OrderDraft:
    one = draft({stocked(): 1})
    place(one, by="Test", now=NOW)
    return replace(one, payments=())


KINDS = [short, bundled, unpaid_and_blocked, unserved, without_address, charged, of_stated_total, behind_others]


@pytest.mark.parametrize("make", [*KINDS, twice_the_same], ids=lambda kind: kind.__name__)
def test_one_of_many_is_as_one_alone(make: Callable[[], OrderDraft]) -> None:
    WarehouseFactory()
    wanted = make()
    with transaction.atomic():
        alone = rows(place(wanted, by="Ana", now=NOW))
        transaction.set_rollback(True)
    (order,) = place_many([wanted], by="Ana", now=NOW)
    assert rows(order) == alone
    assert alone["Order"]


def test_each_of_many_is_as_it_would_be_alone() -> None:
    WarehouseFactory()
    wanted = [kind() for kind in KINDS]
    alone = []
    for one in wanted:
        with transaction.atomic():
            alone.append(rows(place(one, by="Ana", now=NOW)))
            transaction.set_rollback(True)
    orders = place_many(wanted, by="Ana", now=NOW)
    assert [rows(order) for order in orders] == alone
    assert len({order.number for order in orders}) == len(KINDS)


def test_what_completes_an_order_goes_before_what_would_only_lie_there() -> None:
    house, sku, none = WarehouseFactory(), SkuFactory(), SkuFactory()
    stock(sku, house, 1)
    first, second = place_many([draft({sku: 1, none: 1}), draft({sku: 1})], by="Ana", now=NOW)
    assert first.lines.get(sku=sku).backordered == 1
    assert second.lines.get().promised == 1
    assert StockLevel.objects.get(sku=sku).allocated == 1


def test_a_day_that_is_full_is_left_to_those_before() -> None:
    house, sku = WarehouseFactory(daily_capacity=2), SkuFactory()
    stock(sku, house, 10)
    orders = place_many([draft({sku: 1}) for _ in range(3)], by="Ana", now=NOW)
    assert [str(order.promised_ship_on) for order in orders] == ["2026-11-23", "2026-11-23", "2026-11-24"]


def test_a_refused_one_is_told_before_anything_is_written() -> None:
    WarehouseFactory()
    wanted = [draft({stocked(): 1}), draft({}, is_paid=False)]
    good, refused = prepare_many(wanted, now=NOW)
    assert isinstance(refused, DraftRefused)
    assert not isinstance(good, DraftRefused)
    with pytest.raises(DraftRefused):
        place_many(wanted, by="Ana", now=NOW)
    assert not Order.objects.exists()


def test_stock_that_is_taken_meanwhile_is_shared_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 3)
    read = placing_many.levels_at

    def read_and_be_late(*asked: Any) -> Any:
        levels = read(*asked)
        promise_units({level.pk: 2 for level in levels.values()})
        monkeypatch.undo()
        return levels

    monkeypatch.setattr(placing_many, "levels_at", read_and_be_late)
    orders = place_many([draft({sku: 1}) for _ in range(3)], by="Ana", now=NOW)
    assert sorted(order.lines.get().promised for order in orders) in ([0, 0, 1], [1, 1, 1])
    level = StockLevel.objects.get(sku=sku)
    assert level.allocated <= level.on_hand


def test_the_number_of_statements_does_not_grow() -> None:
    WarehouseFactory()
    skus = [stocked(100) for _ in range(4)]
    channel = ChannelFactory()

    def wanted(count: int) -> list[OrderDraft]:
        return [draft({skus[i % 4]: 1, skus[(i + 1) % 4]: 1}, channel=channel) for i in range(count)]

    place_many(wanted(1), by="Ana", now=NOW)
    counts = []
    for drafts in (wanted(2), wanted(12)):
        with CaptureQueriesContext(connection) as statements:
            place_many(drafts, by="Ana", now=NOW)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 30
