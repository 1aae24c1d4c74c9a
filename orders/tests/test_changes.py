from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.factories import SkuFactory, WarehouseFactory, bundle, stock
from inventory.models import StockLevel
from ordermgmt.models import Activity, OutgoingMessage
from orders.actions.cancellation import TooLateToCancel, cancel_units
from orders.actions.changes import ChangeConflict, apply_change, propose_change, undo_change
from orders.actions.making_changes import TooLateToChange
from orders.actions.progress import advance
from orders.actions.splitting import CannotSplit, move_promise, ship_in_parts, ship_together
from orders.drafts import DraftAddress
from orders.factories import NOW, RATE, order
from orders.models import Allocation, Order
from orders.states import ChangeState, HoldCode
from orders.wanted import NewItem, Wanted

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def picture(made: Order) -> list[object]:
    fields = ("items_total", "discount_total", "tax_total", "total", "units", "fulfilment_status", "note")
    lines = made.lines.values_list("sku", "ordered", "cancelled", "promised", "backordered", "total", "tax")
    levels = StockLevel.objects.order_by("pk").values_list("allocated", flat=True)
    return [Order.objects.values_list(*fields).get(pk=made.pk), *lines.filter(cancelled__lt=99), *levels]


def test_units_items_and_note_change_together_and_back() -> None:
    house, oat, coffee, tea = WarehouseFactory(), SkuFactory(), SkuFactory(), SkuFactory()
    for sku in (oat, coffee, tea):
        stock(sku, house, 5)
    made = order({oat: 3, coffee: 1})
    first, second = made.lines.all()
    before = picture(made)
    new = NewItem(sku_id=tea.pk, units=2, unit_price=Decimal("4.00"), tax_rate=RATE)
    wanted = Wanted(units={first.pk: 1, second.pk: 4}, add=(new,), fields={"note": "Ring twice"})
    change = propose_change(made.pk, wanted, by="Ana", now=LATER)
    assert picture(made) == before
    assert change.preview["money"] == {"before": "40.00", "after": "58.00", "difference": "18.00"}
    assert change.preview["stock"] == [
        {"sku": oat.code, "difference": -2, "available": 2},
        {"sku": coffee.code, "difference": 3, "available": 4},
        {"sku": tea.code, "difference": 2, "available": 5},
    ]
    assert change.preview["sentences"] == [
        f"{first.name}: 1 instead of 3",
        f"{second.name}: 4 instead of 1",
        f"2 × {tea.name} added",
        "Note: Ring twice",
    ]

    after = apply_change(change.pk, by="Ana", now=LATER, tell_customer=True)
    after.refresh_from_db()
    assert (after.total, after.tax_total, after.units, after.note) == (
        Decimal("58.00"),
        Decimal("6.22"),
        7,
        "Ring twice",
    )
    assert [StockLevel.objects.get(sku=sku).allocated for sku in (oat, coffee, tea)] == [1, 4, 2]
    assert Activity.objects.of(made.number).filter(verb="order.changed").exists()
    assert OutgoingMessage.objects.filter(kind="order_changed").count() == 1

    undone = undo_change(change.pk, by="Ana", now=LATER)
    assert undone.total == Decimal("40.00")
    assert [StockLevel.objects.get(sku=sku).allocated for sku in (oat, coffee, tea)] == [3, 1, 0]
    now = picture(undone)
    assert now[:3] == [
        before[0],
        (oat.pk, 3, 0, 3, 0, Decimal("30.00"), Decimal("3.21")),
        (coffee.pk, 4, 3, 1, 0, Decimal("10.00"), Decimal("1.07")),
    ]
    change.refresh_from_db()
    assert change.state == ChangeState.UNDONE


def test_a_second_person_is_told() -> None:
    made = order({SkuFactory(): 2})
    line = made.lines.get()
    one = propose_change(made.pk, Wanted(units={line.pk: 1}), by="Ana", now=LATER)
    two = propose_change(made.pk, Wanted(units={line.pk: 3}), by="Tom", now=LATER)
    apply_change(two.pk, by="Tom", now=LATER)
    with pytest.raises(ChangeConflict) as conflict:
        apply_change(one.pk, by="Ana", now=LATER)
    assert conflict.value.latest is not None
    assert conflict.value.latest.actor == "Tom"
    assert made.lines.get().ordered == 3


def test_a_new_address_mends_the_hold_and_moves_the_stock() -> None:
    sku = SkuFactory()
    sweden, states = WarehouseFactory(zones=[("SE", 1, 1)]), WarehouseFactory(zones=[("US", 1, 1)])
    stock(sku, sweden, 1)
    stock(sku, states, 1)
    made = order({sku: 1}, shipping=DraftAddress(name="Maria", city="Stockholm", country="SE", postcode="114 55"))
    assert made.holds.get().code == HoldCode.ADDRESS
    to = {"name": "Maria", "line1": "1 Main St", "city": "Springfield", "region": "IL", "postcode": "62701"}
    change = propose_change(made.pk, Wanted(address={**to, "country": "US"}), by="Ana", now=LATER)
    after = apply_change(change.pk, by="Ana", now=LATER)
    assert not after.holds.open().exists()
    assert Allocation.objects.get().warehouse == states
    assert (after.ship_country, after.ship_from, after.addresses.get().city) == ("US", states, "Springfield")
    undo_change(change.pk, by="Ana", now=LATER)
    assert Allocation.objects.get().warehouse == sweden


def test_what_the_floor_has_cannot_be_taken_off() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 3)
    made = order({sku: 3})
    line = made.lines.get()
    change = propose_change(made.pk, Wanted(units={line.pk: 1}), by="Ana", now=LATER)
    Allocation.objects.update(released=3)
    advance(made, {line.pk: 3}, source="promised", target="allocated")
    with pytest.raises(TooLateToChange, match="only 0 can still be cancelled"):
        apply_change(change.pk, by="Ana", now=LATER)
    change.refresh_from_db()
    assert change.state == ChangeState.PROPOSED


def test_undo_ends_when_something_physical_happened() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 3)
    made = order({sku: 1})
    line = made.lines.get()
    change = propose_change(made.pk, Wanted(units={line.pk: 2}), by="Ana", now=LATER)
    apply_change(change.pk, by="Ana", now=LATER)
    advance(made, {line.pk: 1}, source="promised", target="allocated")
    with pytest.raises(TooLateToChange, match="make a new change"):
        undo_change(change.pk, by="Ana", now=LATER)


def test_a_bundle_grows_with_its_parts() -> None:
    house, oat = WarehouseFactory(), SkuFactory()
    stock(oat, house, 20)
    made = order({bundle({oat: 4}): 1})
    sold, part = made.lines.all()
    change = propose_change(made.pk, Wanted(units={sold.pk: 3}), by="Ana", now=LATER)
    after = apply_change(change.pk, by="Ana", now=LATER)
    part.refresh_from_db()
    assert (part.ordered, part.promised, after.total) == (12, 12, Decimal("30.00"))


def test_ships_in_parts_and_together_again() -> None:
    house, here, missing = WarehouseFactory(), SkuFactory(), SkuFactory()
    stock(here, house, 1)
    made = order({here: 1, missing: 1})
    assert ship_in_parts(made.pk, by="Ana", now=LATER).ships_in_parts is True
    assert ship_together(made.pk, by="Ana", now=LATER).ships_in_parts is False
    with pytest.raises(CannotSplit, match="no part that could go"):
        ship_in_parts(order({missing: 1}).pk, by="Ana", now=LATER)


def test_units_are_promised_from_elsewhere() -> None:
    sku, one, two = SkuFactory(), WarehouseFactory(), WarehouseFactory()
    stock(sku, one, 3)
    made = order({sku: 3})
    stock(sku, two, 1)
    line = made.lines.get()
    facts = {"line_id": line.pk, "source_id": one.pk, "target_id": two.pk, "by": "Ana", "now": LATER}
    move_promise(made.pk, units=1, **facts)
    assert {a.warehouse: a.quantity for a in Allocation.objects.all()} == {one: 2, two: 1}
    assert list(StockLevel.objects.order_by("pk").values_list("allocated", flat=True)) == [2, 1]
    with pytest.raises(CannotSplit):
        move_promise(made.pk, units=3, **facts)


def test_what_would_leave_nothing_is_cancelled_instead() -> None:
    made = order({SkuFactory(): 2})
    with pytest.raises(TooLateToChange, match=f"Nothing would be left of {made.number}. Cancel it instead"):
        propose_change(made.pk, Wanted(units={made.lines.get().pk: 0}), by="Ana", now=LATER)


def test_a_part_of_a_bundle_is_no_line_of_its_own() -> None:
    made = order({bundle({SkuFactory(): 2}): 1})
    part = made.lines.get(kind="component")
    with pytest.raises(TooLateToChange):
        propose_change(made.pk, Wanted(units={part.pk: 1}), by="Ana", now=LATER)
    with pytest.raises(TooLateToCancel):
        cancel_units(made.pk, {part.pk: 1}, by="Ana", reason="Broken", now=LATER)
