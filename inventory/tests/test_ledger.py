"""Whatever people do, in whatever order: balances are the sum of the ledger."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from inventory.actions.adjusting import AdjustmentRefused, StockChanged, adjust_stock
from inventory.actions.counting import ask_for_count, finish_count, lying
from inventory.actions.holding import NotEnoughStock, promise
from inventory.actions.receiving import ReceiptLine, receive_goods
from inventory.actions.transferring import TransferRefused, move_stock
from inventory.factories import SkuFactory, WarehouseFactory
from inventory.models import BinStock, StockLevel, StockMovement
from inventory.states import SALEABLE_BINS, TRANSFER_KINDS

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class Ledger(RuleBasedStateMachine):
    keys = count(1)
    bins = st.sampled_from(["RECV", "A-01", "A-02", "BULK-1", "QUAR", "DMG"])
    items = st.integers(0, 1)
    units = st.integers(-2, 60)

    def __init__(self) -> None:
        super().__init__()
        self.warehouse = WarehouseFactory()
        self.places = {place.code: place for place in self.warehouse.bins.all()}
        self.skus = [SkuFactory(), SkuFactory()]

    def key(self) -> str:
        return f"k{next(self.keys)}"

    @rule(item=items, place=bins, units=units)
    def receive(self, item: int, place: str, units: int) -> None:
        lines = [ReceiptLine(sku_id=self.skus[item].pk, units=abs(units) + 1)]
        receive_goods(place=self.places[place], lines=lines, document=self.key(), by="Ana", now=NOW)

    @rule(item=items, origin=bins, aim=bins, units=units)
    def move(self, item: int, origin: str, aim: str, units: int) -> None:
        with suppress(TransferRefused):
            move_stock(
                sku=self.skus[item],
                units=units,
                origin=self.places[origin],
                target=self.places[aim],
                key=self.key(),
                by="Ana",
                now=NOW,
            )

    @rule(item=items, place=bins, units=units, off=st.integers(0, 1))
    def adjust(self, item: int, place: str, units: int, off: int) -> None:
        row = BinStock.objects.filter(bin=self.places[place], sku=self.skus[item]).first()
        with suppress(AdjustmentRefused, StockChanged):
            adjust_stock(
                place=self.places[place],
                sku=self.skus[item],
                units=units,
                expected=(row.quantity if row else 0) + off,
                reason="Check",
                key=self.key(),
                by="Ana",
                now=NOW,
            )

    @rule(item=items, place=bins, units=units)
    def recount(self, item: int, place: str, units: int) -> None:
        task = ask_for_count(place=self.places[place], sku=self.skus[item], reason="Look", by="Ana", now=NOW)
        with suppress(AdjustmentRefused):
            finish_count(task=task, counted={None: units}, expected=lying(task), by="Ana", now=NOW)

    @rule(item=items, units=st.integers(1, 20))
    def promise_some(self, item: int, units: int) -> None:
        level = StockLevel.objects.filter(sku=self.skus[item]).first()
        if level:
            with suppress(NotEnoughStock):
                promise({level.pk: units})

    @invariant()
    def balances_are_the_ledger(self) -> None:
        for sku in self.skus:
            rows = StockMovement.objects.filter(sku=sku)
            level = StockLevel.objects.filter(sku=sku).first()
            on_hand, unsaleable = (level.on_hand, level.unsaleable) if level else (0, 0)
            assert on_hand == (rows.aggregate(s=Sum("quantity"))["s"] or 0)
            off_sale = rows.exclude(bin__kind__in=SALEABLE_BINS).aggregate(s=Sum("quantity"))["s"] or 0
            assert unsaleable == off_sale
            by_bin = dict(rows.order_by().values_list("bin").annotate(s=Sum("quantity")))
            stored = dict(BinStock.objects.filter(sku=sku).values_list("bin", "quantity"))
            assert {k: v for k, v in by_bin.items() if v} == {k: v for k, v in stored.items() if v}

    @invariant()
    def transfers_sum_to_zero(self) -> None:
        pairs = StockMovement.objects.filter(kind__in=TRANSFER_KINDS).order_by().values("transfer_key")
        assert not pairs.annotate(s=Sum("quantity")).exclude(s=0).exists()


class TestLedger(TestCase, Ledger.TestCase):  # type: ignore[name-defined,misc]
    """Each example in its own transaction."""

    settings = settings(max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
