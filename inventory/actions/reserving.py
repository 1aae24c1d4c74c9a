"""Keeping units back for an order that is being written, for a while (ux.md P09).

Reserved units count as promised, so nobody else is sold them. Levels are locked before reservations, always.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from inventory.actions.holding import give_back, promise
from inventory.models import Reservation, StockLevel
from ordermgmt.retrying import retries_conflicts

AT_ONCE = 500


def reserved_for(key: str) -> dict[tuple[int, int], int]:
    """Units kept back for a key, by warehouse and SKU."""
    rows = Reservation.objects.filter(key=key).values_list("level__warehouse_id", "level__sku_id", "units")
    return {(warehouse, sku): units for warehouse, sku, units in rows}


def reserved_until(key: str) -> datetime | None:
    """When what is kept back for a key lapses; None when nothing is."""
    return Reservation.objects.filter(key=key).order_by("until").values_list("until", flat=True).first()


def reserve(key: str, units: Mapping[int, int], *, until: datetime) -> None:
    """Keep back exactly these units, by level id, in place of what was kept for the key. Raises NotEnoughStock."""
    wanted = {pk: count for pk, count in units.items() if count > 0}
    known = Reservation.objects.filter(key=key)
    is_same = dict(known.values_list("level_id", "units")) == wanted
    # What lapsed between the two statements is missing in the second.
    if not is_same or (wanted and known.update(until=until) != len(wanted)):
        _keep(key, wanted, until)


@retries_conflicts
@transaction.atomic(durable=True)
def _keep(key: str, wanted: Mapping[int, int], until: datetime) -> None:
    _end(_locked(key, also=wanted))
    promise(wanted)
    Reservation.objects.bulk_create(
        Reservation(key=key, level_id=pk, units=count, until=until) for pk, count in sorted(wanted.items())
    )


def release(key: str) -> None:
    """Inside the caller's transaction: what was kept back for the key is free, or goes to its order."""
    _end(_locked(key))


def give_way(level: StockLevel) -> None:
    """Inside the caller's transaction, the level locked: goods are missing, so nothing of it is kept back any longer."""
    rows = list(Reservation.objects.filter(level=level))
    _end(rows)
    level.allocated -= sum(row.units for row in rows)


def release_lapsed(*, now: datetime) -> int:
    """Free what was kept back until now or before; the number of forms it was kept for. Safe to run twice at once."""
    lapsed = Reservation.objects.filter(until__lte=now).order_by("until").values_list("key", flat=True)
    keys = sorted(set(lapsed[:AT_ONCE]))
    return sum(_lapse(key, now) for key in keys)


@retries_conflicts
@transaction.atomic(durable=True)
def _lapse(key: str, now: datetime) -> bool:
    # What the form, just sent once more, keeps anew stays.
    rows = [row for row in _locked(key) if row.until <= now]
    _end(rows)
    return bool(rows)


def _locked(key: str, *, also: Iterable[int] = ()) -> list[Reservation]:
    """Reservations of a key, read once their levels (and `also`) are locked in primary-key order, as promises lock them.

    Who holds a level may end what is kept back of it; a row of the same key that came meanwhile lapses by itself.
    """
    known = Reservation.objects.filter(key=key)
    levels = sorted({*also, *known.values_list("level_id", flat=True)})
    locked = StockLevel.objects.select_for_update().filter(pk__in=levels).order_by("pk").values_list("pk", flat=True)
    return list(known.filter(level__in=list(locked)))


def _end(rows: Iterable[Reservation]) -> None:
    """The rows go and their units are free. Their levels are locked."""
    units: dict[int, int] = {}
    for row in rows:
        units[row.level_id] = units.get(row.level_id, 0) + row.units
    Reservation.objects.filter(pk__in=[row.pk for row in rows]).delete()
    give_back(units)


def kept_back() -> list[tuple[str, str, int]]:
    """Units kept back by codes of warehouse and SKU."""
    rows = Reservation.objects.order_by().values_list("level__warehouse__code", "level__sku__code")
    return list(rows.annotate(n=Sum("units")))
