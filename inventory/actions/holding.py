"""Promising stock to orders: steps other apps build on. Changes only `StockLevel.allocated`."""

from collections.abc import Iterable, Mapping

from django.db.models import Case, F, IntegerField, Value, When

from inventory.models import StockLevel


class NotEnoughStock(Exception):
    """Fewer units are free than were to be promised; nothing was changed."""


def lock_levels(sku_ids: Iterable[int], warehouse_ids: Iterable[int]) -> dict[tuple[int, int], StockLevel]:
    """Inside the caller's transaction: lock the levels in primary-key order, keyed (warehouse, SKU).

    Closes the race of two orders for the last unit: both lock the same rows in the same order and
    the second reads what the first left. Take them late and commit soon.
    """
    levels = (
        StockLevel.objects.select_for_update()
        .filter(sku_id__in=sorted(set(sku_ids)), warehouse_id__in=sorted(set(warehouse_ids)))
        .order_by("pk")
    )
    return {(level.warehouse_id, level.sku_id): level for level in levels}


def lock_these(level_ids: Iterable[int]) -> dict[tuple[int, int], StockLevel]:
    """Inside the caller's transaction: as `lock_levels`, for levels known by id."""
    levels = StockLevel.objects.select_for_update().filter(pk__in=sorted(set(level_ids))).order_by("pk")
    return {(level.warehouse_id, level.sku_id): level for level in levels}


def promise(units: Mapping[int, int]) -> None:
    """Inside the caller's transaction: promise units by level id, all or none.

    One conditional statement: a level that no longer has the units free is not updated, and the
    whole is refused (belt and braces beside the row locks). Raises NotEnoughStock.
    """
    wanted = {pk: quantity for pk, quantity in units.items() if quantity}
    if not wanted:
        return
    quantity = _by_level(wanted)
    updated = (
        StockLevel.objects.filter(pk__in=list(wanted))
        .annotate(wanted=quantity)
        .filter(on_hand__gte=F("unsaleable") + F("allocated") + F("safety") + F("wanted"))
        .update(allocated=F("allocated") + quantity)
    )
    if updated != len(wanted):
        raise NotEnoughStock


def give_back(units: Mapping[int, int]) -> None:
    """Inside the caller's transaction: promised units by level id become free again."""
    freed = {pk: quantity for pk, quantity in units.items() if quantity}
    if freed:
        StockLevel.objects.filter(pk__in=list(freed)).update(allocated=F("allocated") - _by_level(freed))


def _by_level(units: Mapping[int, int]) -> Case:
    return Case(*(When(pk=pk, then=Value(quantity)) for pk, quantity in units.items()), output_field=IntegerField())
