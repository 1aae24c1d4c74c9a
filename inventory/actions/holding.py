"""Promising stock to orders: steps other apps build on. Changes only `StockLevel.allocated`."""

from collections.abc import Iterable, Mapping

from django.db import connection
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


_PROMISE = """
WITH wanted (id, units) AS (VALUES {rows}),
locked AS (
    SELECT level.id FROM inventory_stocklevel level JOIN wanted ON level.id = wanted.id
    ORDER BY level.id FOR UPDATE OF level
)
UPDATE inventory_stocklevel level SET allocated = level.allocated + wanted.units
FROM wanted JOIN locked ON locked.id = wanted.id
WHERE level.id = wanted.id
AND level.on_hand - level.unsaleable - level.safety - level.allocated >= wanted.units
"""


def promise(units: Mapping[int, int]) -> None:
    """Inside the caller's transaction: promise units by level id, all or none.

    One conditional statement that locks in primary-key order: it closes the deadlock of two orders
    that share two SKUs, and a level that no longer has the units free refuses the whole.
    Raises NotEnoughStock.
    """
    wanted = {pk: quantity for pk, quantity in units.items() if quantity}
    if wanted and _promised(wanted) != len(wanted):
        raise NotEnoughStock


def _promised(wanted: Mapping[int, int]) -> int:
    if connection.vendor == "postgresql":
        rows = ", ".join(["(%s::bigint, %s::integer)"] * len(wanted))
        with connection.cursor() as cursor:
            cursor.execute(_PROMISE.format(rows=rows), [value for row in sorted(wanted.items()) for value in row])
            return int(cursor.rowcount)
    quantity = _by_level(wanted)
    free = F("on_hand") - F("unsaleable") - F("allocated") - F("safety")
    levels = StockLevel.objects.filter(pk__in=list(wanted)).annotate(wanted=quantity, free_units=free)
    return levels.filter(free_units__gte=F("wanted")).update(allocated=F("allocated") + quantity)


def give_back(units: Mapping[int, int]) -> None:
    """Inside the caller's transaction: promised units by level id become free again."""
    freed = {pk: quantity for pk, quantity in units.items() if quantity}
    if freed:
        StockLevel.objects.filter(pk__in=list(freed)).update(allocated=F("allocated") - _by_level(freed))


def _by_level(units: Mapping[int, int]) -> Case:
    return Case(*(When(pk=pk, then=Value(quantity)) for pk, quantity in units.items()), output_field=IntegerField())
