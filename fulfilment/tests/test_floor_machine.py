"""Random floor actions: whatever people do, units are neither made nor lost and all books agree."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fulfilment.actions.planning import Choice
from fulfilment.actions.putting_back import NothingToPutBack, put_back, withdraw_cancelled
from fulfilment.actions.waves import NothingToRelease, UnderWay, cancel_wave, release_waves, remove_order
from fulfilment.factories import NOW, item
from fulfilment.models import FulfilmentOrder, Label, Wave
from fulfilment.states import LabelState, WaveStatus, WorkStatus
from fulfilment.tests.floor import Floor, assert_books_hold
from inventory.factories import WarehouseFactory, stock
from inventory.models import Bin
from orders.actions.allocation import allocate_waiting
from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.actions.holds import hold, release_hold
from orders.factories import order
from orders.models import Hold, Order

pytestmark = pytest.mark.slow
PICK = st.integers(0, 5)


class FloorMachine(RuleBasedStateMachine):
    """Orders come; people release, pick, report short, pack, undo, hold and cancel in any order."""

    @initialize()
    def open_the_floor(self) -> None:
        self.floor = Floor()
        self.skus = [item(self.floor.warehouse) for _ in range(2)]
        for sku in self.skus:
            for code in ("A-01", "A-02"):
                stock(sku, self.floor.warehouse, 6, bin=Bin.objects.get(warehouse=self.floor.warehouse, code=code))
        self.other = WarehouseFactory()
        stock(self.skus[0], self.other, 3)
        self.bench = self.floor.bench()

    @rule(first=st.integers(0, 3), second=st.integers(0, 3))
    def an_order_comes(self, first: int, second: int) -> None:
        wanted = {sku: units for sku, units in zip(self.skus, (first, second), strict=True) if units}
        if wanted and Order.objects.count() < 8:
            order(wanted)

    @rule(kind=st.sampled_from(["multi", "singles"]))
    def release(self, kind: str) -> None:
        try:
            release_waves(self.floor.warehouse, Choice(kind=kind, totes=2), by=self.floor.lead, now=NOW)
        except NothingToRelease:
            return

    def scanner(self, which: int) -> Any:
        waves = list(Wave.objects.unfinished().order_by("pk"))
        if not waves:
            return None
        wave = waves[which % len(waves)]
        wave.picker = None
        wave.save(update_fields=["picker"])
        return self.floor.pick(wave)

    @rule(which=PICK, steps=st.integers(1, 4))
    def pick(self, which: int, steps: int) -> None:
        if scanner := self.scanner(which):
            scanner.follow(steps)

    @rule(which=PICK, found=st.integers(0, 2), reason=st.sampled_from(["not_found", "damaged", "wrong_item"]))
    def report_short(self, which: int, found: int, reason: str) -> None:
        if scanner := self.scanner(which):
            scanner.command("SHORT", found=found, reason=reason)

    @rule(which=PICK, command=st.sampled_from(["UNDO", "SKIP"]))
    def picker_changes_mind(self, which: int, command: str) -> None:
        if scanner := self.scanner(which):
            scanner.command(command)

    @rule(which=PICK)
    def start_packing(self, which: int) -> None:
        works = list(FulfilmentOrder.objects.filter(status=WorkStatus.PICKED).order_by("pk"))
        if works:
            self.bench.scan(works[which % len(works)].number)

    @rule(steps=st.integers(1, 3))
    def pack(self, steps: int) -> None:
        for _step in range(steps):
            expected = [one for one in self.last_expected() if one["left"] > 0]
            if expected:
                self.bench.scan(expected[0]["codes"][0])

    def last_expected(self) -> list[dict[str, Any]]:
        return list(self.bench.answers[-1]["task"]["expect"]) if self.bench.answers else []

    @rule(command=st.sampled_from(["UNDO", "NEXTBOX", "DONE"]))
    def packer_uses_a_card(self, command: str) -> None:
        self.bench.command(command)

    @rule(which=PICK)
    def scan_a_label(self, which: int) -> None:
        labels = list(Label.objects.filter(state=LabelState.MADE).order_by("pk"))
        if labels:
            self.bench.task = ""
            self.bench.scan(labels[which % len(labels)].tracking_number)

    @rule(which=PICK)
    def hold_an_order(self, which: int) -> None:
        if chosen := self.open_order(which):
            hold(chosen, code="operator", reason="Ask the customer", by="Ana", now=NOW)

    @rule()
    def release_holds(self) -> None:
        for held in Hold.objects.open():
            release_hold(held.pk, by="Ana", now=NOW)

    @rule(which=PICK)
    def cancel(self, which: int) -> None:
        if chosen := self.open_order(which):
            try:
                cancel_order(chosen.pk, by="Ana", reason="Changed her mind", now=NOW)
            except TooLateToCancel:
                return

    def open_order(self, which: int) -> Order | None:
        orders = list(Order.objects.open().order_by("pk"))
        return orders[which % len(orders)] if orders else None

    @rule()
    def tidy(self) -> None:
        withdraw_cancelled(now=NOW)
        for work in FulfilmentOrder.objects.to_put_back():
            try:
                put_back(work.pk, by=self.floor.sam, now=NOW)
            except NothingToPutBack:
                continue
        Bin.objects.update(is_suspect=False)
        allocate_waiting(now=NOW)

    @rule(which=PICK)
    def take_out(self, which: int) -> None:
        works = list(FulfilmentOrder.objects.unfinished().order_by("pk"))
        if works:
            try:
                remove_order(works[which % len(works)].pk, by=self.floor.lead, now=NOW)
            except UnderWay:
                return

    @rule()
    def give_up_a_wave(self) -> None:
        wave = Wave.objects.filter(status=WaveStatus.OPEN).first()
        if wave:
            try:
                cancel_wave(wave.pk, by=self.floor.lead, now=NOW)
            except UnderWay:
                return

    @invariant()
    def books_hold(self) -> None:
        if hasattr(self, "bench"):
            withdraw_cancelled(now=NOW)
            assert_books_hold()


@pytest.mark.django_db
class TestFloor(FloorMachine.TestCase, TestCase):  # type: ignore[name-defined,misc]
    settings = settings(
        max_examples=5,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )
