"""A floor for tests: people, a warehouse, a scanner, and what must always hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import F, Sum

from fulfilment.actions.claiming import claim_wave
from fulfilment.actions.scanning import take_scan
from fulfilment.factories import NOW, ready_to_ship
from fulfilment.models import FulfilmentLine, PickTask, Wave
from fulfilment.scans import Scan
from fulfilment.states import WorkStatus
from inventory.factories import MembershipFactory, WarehouseFactory
from inventory.models import BinStock, StockLevel, StockMovement, Warehouse
from inventory.states import BinKind
from ordermgmt import codes
from ordermgmt.factories import UserFactory
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.models import Allocation, OrderLine

_sequence = count(1)


@dataclass
class Floor:
    """One warehouse with a lead and two operators; boxes and a carrier are set up."""

    warehouse: Warehouse = field(default_factory=WarehouseFactory)
    lead: User = field(default_factory=lambda: UserFactory(role=Role.LEAD, name="Ana Lead"))
    sam: User = field(default_factory=lambda: UserFactory(role=Role.OPERATOR, name="Sam Picker"))
    tom: User = field(default_factory=lambda: UserFactory(role=Role.OPERATOR, name="Tom Packer"))

    def __post_init__(self) -> None:
        ready_to_ship()
        for person in (self.lead, self.sam, self.tom):
            MembershipFactory(user=person, warehouse=self.warehouse)

    def pick(self, wave: Wave, *, by: User | None = None, now: datetime = NOW) -> "Scanner":
        claim_wave(wave.pk, by=by or self.sam, now=now)
        return Scanner(by or self.sam, "pick", wave.number, now=now)

    def bench(self, *, by: User | None = None, now: datetime = NOW, **facts: Any) -> "Scanner":
        return Scanner(by or self.tom, "pack", "", now=now, facts=facts)


@dataclass
class Scanner:
    """A person with a device at a station; follows the task the answers give."""

    by: User
    station: str
    task: str
    now: datetime = NOW
    device: str = field(default_factory=lambda: f"dev-{next(_sequence)}")
    facts: Mapping[str, Any] = field(default_factory=dict)
    sequence: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)

    def scan(self, code: str, **facts: Any) -> dict[str, Any]:
        self.sequence += 1
        self.now += timedelta(seconds=1)
        return self.send(code, self.sequence, **{**self.facts, **facts})

    def send(self, code: str, sequence: int, **facts: Any) -> dict[str, Any]:
        answer = take_scan(
            Scan(
                device=self.device,
                sequence=sequence,
                station=self.station,
                task=self.task,
                code=code,
                by=self.by,
                now=self.now,
                **facts,
            )
        )
        self.answers.append(answer)
        self.task = answer["task"]["id"]
        return answer

    def command(self, name: str, **facts: Any) -> dict[str, Any]:
        return self.scan(codes.printed(codes.COMMAND, name), **facts)

    def follow(self, steps: int = 500) -> list[str]:
        """Scan what the task expects until nothing is expected; returns the verdicts."""
        verdicts = []
        for _step in range(steps):
            expected = self.answers[-1]["task"]["expect"] if self.answers else []
            if not self.answers:
                expected = self.first_expected()
            if not expected:
                break
            wanted = next(one for one in expected if one["left"] > 0)
            verdicts.append(self.scan(wanted["codes"][0])["verdict"])
        return verdicts

    def first_expected(self) -> list[dict[str, Any]]:
        from fulfilment.actions.screens import pick_task

        return list(pick_task(Wave.objects.get(number=self.task))["expect"])


def place_code(name: str) -> str:
    return codes.printed(codes.BIN, name)


def tote_code(name: str) -> str:
    return codes.printed(codes.TOTE, name)


def assert_books_hold() -> None:
    """Line equation, bins, levels, ledger, allocations and work all agree."""
    for line in OrderLine.objects.filter(sku__isnull=False):
        stages = (line.cancelled, line.backordered, line.promised, line.allocated, line.picked, line.packed)
        assert line.ordered == sum(stages) + line.shipped, (line, stages)
        works = FulfilmentLine.objects.filter(order_line=line).exclude(
            work__status__in=[WorkStatus.CANCELLED, WorkStatus.DISPATCHED]
        )
        if line.order.status == "accepted":
            assert line.allocated == sum(one.quantity - one.picked for one in works), line
            assert line.picked + line.packed == sum(one.picked for one in works), line
        on_floor = Allocation.objects.filter(line=line).aggregate(n=Sum("quantity"), r=Sum("released"))
        assert (on_floor["n"] or 0) == line.promised + line.allocated + line.picked + line.packed, line
        assert (on_floor["r"] or 0) == line.allocated + line.picked + line.packed, line
    for stock in BinStock.objects.select_related("bin"):
        ledger = StockMovement.objects.filter(bin=stock.bin, sku=stock.sku, lot=stock.lot).aggregate(n=Sum("quantity"))
        assert stock.quantity == (ledger["n"] or 0), stock
        tasks = PickTask.objects.filter(bin=stock.bin, line__sku=stock.sku, lot=stock.lot)
        open_units = tasks.aggregate(n=Sum(F("quantity") - F("picked") - F("short")))["n"] or 0
        assert stock.allocated == open_units, stock
        if stock.bin.kind == BinKind.STAGE:
            works = FulfilmentLine.objects.filter(sku=stock.sku, work__warehouse=stock.bin.warehouse_id)
            staged = works.exclude(work__status=WorkStatus.DISPATCHED).aggregate(n=Sum("picked"))["n"] or 0
            everywhere = BinStock.objects.filter(bin=stock.bin, sku=stock.sku).aggregate(n=Sum("quantity"))["n"]
            assert everywhere == staged, stock
    for level in StockLevel.objects.all():
        bins = BinStock.objects.filter(bin__warehouse=level.warehouse, sku=level.sku)
        assert level.on_hand == (bins.aggregate(n=Sum("quantity"))["n"] or 0), level
        promised = Allocation.objects.filter(warehouse=level.warehouse, sku=level.sku).aggregate(n=Sum("quantity"))
        assert level.allocated == (promised["n"] or 0), level
