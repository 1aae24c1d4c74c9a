"""Invariants of the stock: balances, ledger, bins and lots say the same."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext_lazy as _

from inventory.models import BinStock, StockLevel, StockMovement
from inventory.states import SALEABLE_BINS, TRANSFER_KINDS
from ordermgmt.proofs import invariant

Key = tuple[Any, ...]


@invariant("I01", _("The stock on hand equals the ledger"))
def balance_equals_ledger(now: datetime) -> Iterable[Any]:
    balance = _sums(StockLevel.objects.values_list("warehouse__code", "sku__code").annotate(n=Sum("on_hand")))
    ledger = _sums(StockMovement.objects.values_list("warehouse__code", "sku__code").annotate(n=Sum("quantity")))
    return _differences(balance, ledger, ("warehouse", "sku"), ("on_hand", "ledger"))


@invariant("I03", _("Stock stays within its bounds"))
def stock_within_bounds(now: datetime) -> Iterable[Any]:
    yield from (
        StockLevel.objects.filter(
            Q(on_hand__lt=0)
            | Q(allocated__lt=0)
            | Q(unsaleable__lt=0)
            | Q(safety__lt=0)
            | Q(allocated__gt=F("on_hand") - F("unsaleable"))
        )
        .select_related("warehouse", "sku")
        .order_by("pk")
    )
    yield from (
        BinStock.objects.filter(Q(quantity__lt=0) | Q(allocated__lt=0) | Q(allocated__gt=F("quantity")))
        .select_related("bin", "sku")
        .order_by("pk")
    )


@invariant("I04", _("Every movement has one cause, and every cause one movement"))
def one_effect_per_cause(now: datetime) -> Iterable[Any]:
    yield from StockMovement.objects.filter(effect_key="").select_related("sku").order_by("pk")
    keys = StockMovement.objects.exclude(effect_key="").values("effect_key").annotate(rows=Count("pk"))
    yield from keys.filter(rows__gt=1).order_by()


@invariant("I05", _("Goods that are moved leave one place and arrive at another"))
def transfers_sum_to_zero(now: datetime) -> Iterable[Any]:
    pairs = StockMovement.objects.exclude(transfer_key="").values("transfer_key", "sku__code")
    yield from pairs.annotate(sum=Sum("quantity")).exclude(sum=0).order_by()
    lone = StockMovement.objects.filter(kind__in=TRANSFER_KINDS, transfer_key="")
    yield from lone.select_related("sku").order_by("pk")


@invariant("I06", _("Bins and lots add up to the stock on hand, and equal the ledger"))
def bins_add_up(now: datetime) -> Iterable[Any]:
    yield from _bins_against_ledger()
    yield from _bins_against_levels()
    yield from _unsaleable_bins_against_levels()


def _bins_against_ledger() -> Iterator[dict[str, Any]]:
    names = ("bin__warehouse__code", "bin__code", "sku__code", "lot__code")
    bins = _sums(BinStock.objects.values_list(*names).annotate(n=Sum("quantity")))
    ledger = _sums(StockMovement.objects.values_list(*names).annotate(n=Sum("quantity")))
    return _differences(bins, ledger, ("warehouse", "bin", "sku", "lot"), ("in_bin", "ledger"))


def _bins_against_levels() -> Iterator[dict[str, Any]]:
    bins = _sums(BinStock.objects.values_list("bin__warehouse__code", "sku__code").annotate(n=Sum("quantity")))
    levels = _sums(StockLevel.objects.values_list("warehouse__code", "sku__code").annotate(n=Sum("on_hand")))
    return _differences(bins, levels, ("warehouse", "sku"), ("in_bins", "on_hand"))


def _unsaleable_bins_against_levels() -> Iterator[dict[str, Any]]:
    apart = BinStock.objects.exclude(bin__kind__in=SALEABLE_BINS)
    bins = _sums(apart.values_list("bin__warehouse__code", "sku__code").annotate(n=Sum("quantity")))
    levels = _sums(StockLevel.objects.values_list("warehouse__code", "sku__code").annotate(n=Sum("unsaleable")))
    return _differences(bins, levels, ("warehouse", "sku"), ("in_unsaleable_bins", "unsaleable"))


def _sums(rows: Any) -> dict[Key, int]:
    return {tuple(row[:-1]): row[-1] for row in rows.order_by().iterator() if row[-1]}


def _differences(
    left: dict[Key, int], right: dict[Key, int], names: tuple[str, ...], sides: tuple[str, str]
) -> Iterator[dict[str, Any]]:
    for key in sorted(left.keys() | right.keys(), key=str):
        pair = left.get(key, 0), right.get(key, 0)
        if pair[0] != pair[1]:
            yield dict(zip(names, key, strict=True)) | dict(zip(sides, pair, strict=True))
