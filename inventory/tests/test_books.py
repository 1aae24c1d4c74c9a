"""Every invariant of the stock is broken on purpose once and must name itself."""

import pytest
from django.db.models import F

from inventory.actions.moving import Move, write_moves
from inventory.factories import NOW, SkuFactory, WarehouseFactory, stock
from inventory.models import Bin, BinStock, StockLevel, StockMovement
from inventory.states import BinKind, MovementKind
from ordermgmt.tests.planting import found, lift_guards, plant

pytestmark = pytest.mark.django_db
CODES = ("I01", "I03", "I04", "I05", "I06")


@pytest.fixture
def level():
    """Ten units in a pick face, moved there, two of them damaged."""
    warehouse, sku = WarehouseFactory(), SkuFactory()
    stock(sku, warehouse, 10)
    face = BinStock.objects.filter(quantity=10).get().bin
    damaged = Bin.objects.get(warehouse=warehouse, kind=BinKind.DAMAGED)
    moved = {"kind": MovementKind.MOVED, "sku_id": sku.pk, "transfer": "t-1"}
    moves = [Move(bin=face, quantity=-2, key="t-1:out", **moved), Move(bin=damaged, quantity=2, key="t-1:in", **moved)]
    write_moves(moves, by="test", now=NOW)
    return StockLevel.objects.get()


def test_all_hold(level):
    assert [(code, found(code).rows) for code in CODES if not found(code).holds] == []


def test_i01_a_balance_that_drifted(level):
    StockLevel.objects.update(on_hand=F("on_hand") + 1)
    (row,) = found("I01").rows
    assert (row["on_hand"], row["ledger"]) == (11, 10)


def test_i01_movements_without_a_balance(level):
    StockLevel.objects.all().delete()
    assert found("I01").rows[0]["on_hand"] == 0


@pytest.mark.parametrize(
    "fault", [{"on_hand": -1}, {"allocated": -1}, {"unsaleable": -1}, {"safety": -1}, {"allocated": 9}]
)
def test_i03_a_level_out_of_bounds(level, fault):
    lift_guards(StockLevel)
    StockLevel.objects.update(**fault)
    assert found("I03").rows[0]["model"] == "inventory.StockLevel"


@pytest.mark.parametrize("fault", [{"quantity": -1}, {"allocated": -1}, {"allocated": 99}])
def test_i03_a_bin_out_of_bounds(level, fault):
    lift_guards(BinStock)
    BinStock.objects.filter(quantity=8).update(**fault)
    assert found("I03").rows[0]["model"] == "inventory.BinStock"


def test_i04_one_cause_twice(level):
    movement = StockMovement.objects.first()
    lift_guards(StockMovement)
    plant(movement)
    assert found("I04").rows == [{"effect_key": movement.effect_key, "rows": 2}]


def test_i04_a_movement_without_a_cause(level):
    plant(StockMovement.objects.first(), effect_key="")
    assert found("I04").count == 1


def test_i05_half_a_transfer(level):
    plant(StockMovement.objects.get(effect_key="t-1:in"), effect_key="again")
    assert found("I05").rows[0]["transfer_key"] == "t-1"


def test_i05_a_move_without_its_other_half(level):
    plant(StockMovement.objects.get(effect_key="t-1:in"), effect_key="again", transfer_key="")
    assert found("I05").rows[0]["model"] == "inventory.StockMovement"


def test_i06_a_bin_that_drifted(level):
    BinStock.objects.filter(quantity=8).update(quantity=9)
    assert {"in_bin", "in_bins"} <= {key for row in found("I06").rows for key in row}


def test_i06_damaged_goods_counted_as_saleable(level):
    StockLevel.objects.update(unsaleable=0)
    (row,) = found("I06").rows
    assert (row["in_unsaleable_bins"], row["unsaleable"]) == (2, 0)
