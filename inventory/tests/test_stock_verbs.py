from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from inventory.actions.adjusting import AdjustmentRefused, StockChanged, adjust_stock
from inventory.actions.counting import ask_for_count, finish_count, lying
from inventory.actions.holding import promise
from inventory.actions.transferring import TransferRefused, move_stock
from inventory.factories import LotFactory, SkuFactory, WarehouseFactory, stock
from inventory.models import Bin, BinStock, CountTask, Sku, StockLevel, StockMovement, Warehouse
from inventory.states import MovementKind
from ordermgmt.models import Activity

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def warehouse() -> Warehouse:
    return WarehouseFactory()


@pytest.fixture
def sku(warehouse: Warehouse) -> Sku:
    sku = SkuFactory()
    stock(sku, warehouse, 40)
    return sku


def place(warehouse: Warehouse, code: str) -> Bin:
    return warehouse.bins.get(code=code)


def quantity(code: str) -> int:
    row = BinStock.objects.filter(bin__code=code).first()
    return row.quantity if row else 0


def level() -> StockLevel:
    return StockLevel.objects.get()


def move(sku: Sku, warehouse: Warehouse, units: int, origin: str = "A-01", target: str = "A-02", key: str = "m1"):
    return move_stock(
        sku=sku,
        units=units,
        origin=place(warehouse, origin),
        target=place(warehouse, target),
        key=key,
        by="Ana",
        now=NOW,
    )


def adjust(sku: Sku, warehouse: Warehouse, units: int, expected: int = 40, **facts: object):
    given = {"reason": "Damaged", "key": "a1", **facts}
    return adjust_stock(
        place=place(warehouse, "A-01"), sku=sku, units=units, expected=expected, by="Ana", now=NOW, **given
    )


def test_a_move_is_two_rows_that_sum_to_zero(sku: Sku, warehouse: Warehouse) -> None:
    rows = move(sku, warehouse, 15)
    assert [row.quantity for row in rows] == [-15, 15]
    assert {row.transfer_key for row in rows} == {"m1"}
    assert (quantity("A-01"), quantity("A-02"), level().on_hand) == (25, 15, 40)


def test_a_move_sent_twice_happens_once(sku: Sku, warehouse: Warehouse) -> None:
    move(sku, warehouse, 15)
    move(sku, warehouse, 15)
    assert quantity("A-02") == 15
    assert Activity.objects.filter(verb="move_stock").count() == 1


def test_out_of_receiving_it_is_a_put_away(warehouse: Warehouse) -> None:
    sku = SkuFactory()
    stock(sku, warehouse, 5, bin=place(warehouse, "RECV"))
    rows = move(sku, warehouse, 5, origin="RECV")
    assert {row.kind for row in rows} == {MovementKind.PUT_AWAY}


@pytest.mark.parametrize(
    ("units", "target", "words"),
    [(41, "A-02", "Only 40 left in A-01"), (0, "A-02", "1 or more"), (5, "A-01", "already")],
)
def test_impossible_moves_are_refused(sku: Sku, warehouse: Warehouse, units: int, target: str, words: str) -> None:
    with pytest.raises(TransferRefused, match=words):
        move(sku, warehouse, units, target=target)
    assert StockMovement.objects.count() == 1


def test_goods_do_not_jump_between_warehouses(sku: Sku, warehouse: Warehouse) -> None:
    other = WarehouseFactory().bins.get(code="A-01")
    with pytest.raises(TransferRefused, match="another warehouse"):
        move_stock(sku=sku, units=1, origin=place(warehouse, "A-01"), target=other, key="x", by="Ana", now=NOW)


def test_quarantine_takes_units_off_sale_and_back(sku: Sku, warehouse: Warehouse) -> None:
    move(sku, warehouse, 3, target="QUAR")
    assert (level().on_hand, level().unsaleable, level().free) == (40, 3, 37)
    move(sku, warehouse, 3, origin="QUAR", target="A-01", key="back")
    assert (level().unsaleable, level().free) == (0, 40)


def test_promised_goods_do_not_go_into_quarantine(sku: Sku, warehouse: Warehouse) -> None:
    promise({level().pk: 38})
    with pytest.raises(TransferRefused, match="38 units are promised to customers, so only 2"):
        move(sku, warehouse, 3, target="QUAR")
    move(sku, warehouse, 3, target="A-03")
    assert level().unsaleable == 0


def test_goods_set_aside_for_picks_stay(sku: Sku, warehouse: Warehouse) -> None:
    BinStock.objects.update(allocated=30)
    with pytest.raises(TransferRefused, match=r"30 of them set aside for picks\. 10 can be moved"):
        move(sku, warehouse, 11)


def test_an_adjustment_is_a_ledger_line_with_reason(sku: Sku, warehouse: Warehouse) -> None:
    row = adjust(sku, warehouse, 38)
    assert (row.kind, row.quantity, row.reason) == (MovementKind.ADJUSTED, -2, "Damaged")
    assert level().on_hand == 38


def test_an_adjustment_sent_twice_happens_once(sku: Sku, warehouse: Warehouse) -> None:
    assert adjust(sku, warehouse, 38) == adjust(sku, warehouse, 38)
    assert level().on_hand == 38


def test_stock_that_moved_meanwhile_is_a_conflict(sku: Sku, warehouse: Warehouse) -> None:
    with pytest.raises(StockChanged, match="held 39 when you looked and holds 40 now") as caught:
        adjust(sku, warehouse, 38, expected=39)
    assert caught.value.actual == 40
    assert level().on_hand == 40


@pytest.mark.parametrize(
    ("units", "reason", "words"), [(38, " ", "reason"), (-1, "x", "fewer than 0"), (2_000_000, "x", "Check")]
)
def test_absurd_adjustments_are_refused(sku: Sku, warehouse: Warehouse, units: int, reason: str, words: str) -> None:
    with pytest.raises(AdjustmentRefused, match=words):
        adjust(sku, warehouse, units, reason=reason)


def test_promised_goods_cannot_be_adjusted_away(sku: Sku, warehouse: Warehouse) -> None:
    promise({level().pk: 38})
    with pytest.raises(AdjustmentRefused, match=r"38 units are promised to customers\. 8 more would be missing"):
        adjust(sku, warehouse, 30)


def test_the_ledger_refuses_to_be_rewritten(sku: Sku) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.update(quantity=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.all().delete()


def test_a_count_puts_the_bin_right_and_opens_it(sku: Sku, warehouse: Warehouse) -> None:
    task = ask_for_count(place=place(warehouse, "A-01"), sku=sku, reason="Short pick", by="Sam", now=NOW)
    Bin.objects.filter(code="A-01").update(is_suspect=True)
    for _ in range(2):
        finish_count(task=task, counted={None: 37}, expected={None: 40}, by="Ana", now=NOW)
    assert (level().on_hand, quantity("A-01")) == (37, 37)
    assert not place(warehouse, "A-01").is_suspect
    assert StockMovement.objects.filter(kind=MovementKind.ADJUSTED).count() == 1


def test_a_bin_stays_suspect_until_its_last_count(sku: Sku, warehouse: Warehouse) -> None:
    other = SkuFactory()
    first = ask_for_count(place=place(warehouse, "A-01"), sku=sku, reason="Short", by="Sam", now=NOW)
    ask_for_count(place=place(warehouse, "A-01"), sku=other, reason="Short", by="Sam", now=NOW)
    Bin.objects.filter(code="A-01").update(is_suspect=True)
    finish_count(task=first, counted={None: 40}, expected={None: 40}, by="Ana", now=NOW)
    assert place(warehouse, "A-01").is_suspect


def test_goods_moved_while_a_bin_is_counted_are_a_conflict(sku: Sku, warehouse: Warehouse) -> None:
    task = ask_for_count(place=place(warehouse, "A-01"), sku=sku, reason="Look", by="Sam", now=NOW)
    seen = lying(task)
    adjust_stock(place=task.bin, sku=sku, units=30, expected=40, reason="Broken", key="x", by="Ana", now=NOW)
    with pytest.raises(StockChanged, match="held 40 when you looked and holds 30 now"):
        finish_count(task=task, counted={None: 40}, expected=seen, by="Sam", now=NOW)
    assert quantity("A-01") == 30
    assert CountTask.objects.get().done_at is None
    finish_count(task=task, counted={None: 29}, expected=lying(task), by="Sam", now=NOW)
    assert quantity("A-01") == 29


def test_a_lot_that_came_while_the_whole_bin_was_counted_is_a_conflict(warehouse: Warehouse) -> None:
    lot, late = LotFactory(), LotFactory()
    late.sku = lot.sku
    late.save()
    stock(lot.sku, warehouse, 6, lot=lot)
    task = ask_for_count(place=place(warehouse, "A-01"), sku=lot.sku, reason="Look", by="Sam", now=NOW)
    seen = lying(task)
    stock(lot.sku, warehouse, 2, lot=late)
    with pytest.raises(StockChanged):
        finish_count(task=task, counted={lot.pk: 6}, expected=seen, is_whole=True, by="Ana", now=NOW)
    finish_count(task=task, counted={lot.pk: 5}, expected=seen, by="Ana", now=NOW)
    assert level().on_hand == 7


def test_lots_that_were_not_found_in_the_whole_bin_count_as_none(warehouse: Warehouse) -> None:
    lot = LotFactory()
    stock(lot.sku, warehouse, 6, lot=lot)
    task = ask_for_count(place=place(warehouse, "A-01"), sku=lot.sku, reason="Look", by="Sam", now=NOW)
    finish_count(task=task, counted={}, expected=lying(task), is_whole=True, by="Ana", now=NOW)
    assert level().on_hand == 0
    assert CountTask.objects.get().done_at == NOW
