"""Each invariant of the floor: holds on real work, and names the row when the fault is planted."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from fulfilment.factories import NOW, item, released
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PackItem, PickTask, Wave
from fulfilment.states import WaveStatus, WorkStatus
from fulfilment.tests.floor import Floor, place_code, tote_code
from inventory.models import BinStock
from ordermgmt.tests.planting import found, lift_guards
from orders.models import Allocation, OrderLine

pytestmark = pytest.mark.django_db
CODES = ["I61", "I62", "I63", "I64", "I65", "I66", "I67", "I68"]


@dataclass
class Work:
    floor: Floor
    waiting: FulfilmentOrder
    packing: FulfilmentOrder


@pytest.fixture
def work() -> Work:
    """One order half packed, one waiting to be picked."""
    floor = Floor()
    oat = item(floor.warehouse, 20)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    floor.pick(wave).follow()
    bench = floor.bench()
    bench.scan(tote_code("A"))
    bench.scan(oat.barcode)
    (other,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    packing, waiting = FulfilmentOrder.objects.order_by("pk")
    floor.pick(other).scan(place_code("A-01"))
    return Work(floor, waiting, packing)


@pytest.mark.parametrize("code", CODES)
def test_it_holds_on_real_work(work: Work, code: str) -> None:
    assert found(code, NOW).rows == []


PLANTED: list[tuple[str, Callable[[Work], object]]] = [
    ("I61", lambda work: BinStock.objects.filter(bin__code="A-01").update(allocated=9)),
    ("I62", lambda work: BinStock.objects.filter(bin__kind="stage").update(quantity=7)),
    ("I63", lambda work: OrderLine.objects.filter(work_lines__work=work.waiting).update(allocated=2, promised=1)),
    ("I64", lambda work: Allocation.objects.update(released=0)),
    ("I65", lambda work: PickTask.objects.filter(line__work=work.waiting).update(quantity=2)),
    ("I66", lambda work: PackItem.objects.update(quantity=2)),
    ("I67", lambda work: Wave.objects.filter(pk=work.waiting.wave_id).update(status=WaveStatus.DONE, done_at=NOW)),
    ("I68", lambda work: FulfilmentOrder.objects.filter(pk=work.waiting.pk).update(status=WorkStatus.PICKED)),
]


@pytest.mark.parametrize(("code", "plant"), PLANTED, ids=[code for code, _ in PLANTED])
def test_a_planted_fault_is_named(work: Work, code: str, plant: Callable[[Work], object]) -> None:
    if code == "I63":
        lift_guards(OrderLine)
    assert plant(work)
    proof = found(code, NOW)
    assert proof.count == 1 or code == "I64"
    assert not proof.holds
    assert "error" not in proof.rows[0]


def test_every_line_on_the_floor_is_looked_at(work: Work) -> None:
    assert FulfilmentLine.objects.count() == 2
