"""Warehouses, their bins, closures and the zones they serve."""

from datetime import date, datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from inventory.models import Bin, Closure, ServedZone, Warehouse
from inventory.states import BinKind
from ordermgmt.changes import Changed, changed_facts, changed_words, set_facts
from ordermgmt.history import record
from ordermgmt.models import User

# Every warehouse starts with the places that goods pass through.
FIRST_BINS = (
    ("RECV", BinKind.RECEIVING),
    ("STAGE", BinKind.STAGE),
    ("QUAR", BinKind.QUARANTINE),
    ("DMG", BinKind.DAMAGED),
)


class WarehouseRefused(Exception):
    """The warehouse cannot be kept as given; `field` names the fact that is wrong."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@transaction.atomic(durable=True)
def open_warehouse(*, code: str, title: str, by: User | str, now: datetime, **facts: Any) -> Warehouse:
    """Add a warehouse with its receiving, staging, quarantine and damaged places."""
    code = code.strip().upper()
    if not code or len(code) > 12:
        raise WarehouseRefused(_("Enter a code with up to 12 characters."), "code")
    if Warehouse.objects.filter(code=code).exists():
        raise WarehouseRefused(_("The code %(code)s is in use. Choose another.") % {"code": code}, "code")
    _check(facts)
    warehouse = Warehouse.objects.create(code=code, title=title, **facts)
    Bin.objects.bulk_create(Bin(warehouse=warehouse, code=name, kind=kind) for name, kind in FIRST_BINS)
    _tell("open_warehouse", "Warehouse added", warehouse, by, now)
    return warehouse


@transaction.atomic(durable=True)
def change_warehouse(*, warehouse: Warehouse, by: User | str, now: datetime, **facts: Any) -> Changed:
    """Change calendar, cut-off, capacity, address or whether it is in use. Promises made before stay."""
    _check(facts)
    warehouse = Warehouse.objects.select_for_update().get(pk=warehouse.pk)
    changed = set_facts(warehouse, facts)
    if changed:
        what = changed_words(warehouse, changed)
        _tell("change_warehouse", "Changed: {what}", warehouse, by, now, what=what, changed=changed_facts(changed))
    return changed


def _check(facts: dict[str, Any]) -> None:
    if facts.get("time_zone") and facts["time_zone"] not in available_timezones():
        raise WarehouseRefused(_("We do not know this time zone. Write it like Europe/Stockholm."), "time_zone")
    days = facts.get("work_days")
    if days is not None and (not days or set(days) - set("1234567") or len(set(days)) != len(days)):
        raise WarehouseRefused(_("Choose at least one working day."), "work_days")


@transaction.atomic(durable=True)
def add_bins(
    *, warehouse: Warehouse, codes: list[str], kind: str, first_sequence: int, by: User | str, now: datetime
) -> list[Bin]:
    """Add places in walking order; codes that exist are left as they are."""
    tidy = list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    if not tidy:
        raise WarehouseRefused(_("Enter at least one code, one a line."), "codes")
    if wrong := next((code for code in tidy if len(code) > 24), None):
        raise WarehouseRefused(_("%(code)s is longer than 24 characters.") % {"code": wrong}, "codes")
    known = set(warehouse.bins.filter(code__in=tidy).values_list("code", flat=True))
    made = Bin.objects.bulk_create(
        Bin(warehouse=warehouse, code=code, kind=kind, pick_sequence=first_sequence + 10 * at)
        for at, code in enumerate(tidy)
        if code not in known
    )
    if made:
        _tell("add_bins", "{count} places added, {first} to {last}", warehouse, by, now,
              count=len(made), first=made[0].code, last=made[-1].code)  # fmt: skip
    return made


@transaction.atomic(durable=True)
def change_bin(*, place: Bin, by: User | str, now: datetime, **facts: Any) -> Changed:
    """Change kind, walking order or use of a place. A place with goods keeps its kind and stays in use."""
    place = Bin.objects.select_for_update(of=("self",)).select_related("warehouse").get(pk=place.pk)
    has_goods = place.stock.filter(quantity__gt=0).exists()
    if has_goods and facts.get("kind", place.kind) != place.kind:
        raise WarehouseRefused(_("%(bin)s holds goods. Empty it before changing its kind.") % {"bin": place}, "kind")
    if has_goods and facts.get("is_active") is False:
        raise WarehouseRefused(_("%(bin)s holds goods. Empty it first.") % {"bin": place}, "is_active")
    changed = set_facts(place, facts)
    if changed:
        what = changed_words(place, changed)
        _tell("change_bin", "{bin}: {what}", place.warehouse, by, now, bin=place.code, what=what)
    return changed


@transaction.atomic(durable=True)
def close_on(*, warehouse: Warehouse, day: date, reason: str, by: User | str, now: datetime) -> Closure:
    """The warehouse does not work on a day it usually would; later promises skip it."""
    closure, created = Closure.objects.get_or_create(warehouse=warehouse, day=day, defaults={"reason": reason[:80]})
    if created:
        _tell("close_on", "Closed on {day}: {reason}", warehouse, by, now, day=day.isoformat(), reason=reason)
    return closure


@transaction.atomic(durable=True)
def work_on(*, closure: Closure, by: User | str, now: datetime) -> None:
    """The warehouse works on that day after all."""
    day = closure.day.isoformat()
    _tell("work_on", "Open again on {day}", closure.warehouse, by, now, day=day)
    closure.delete()


@transaction.atomic(durable=True)
def serve_zone(
    *, warehouse: Warehouse, country: str, postcode_prefix: str, by: User | str, now: datetime,
    transit_days: int = 2, distance_rank: int = 10,
) -> ServedZone:  # fmt: skip
    """The warehouse delivers to a country, or the part of it whose postcodes start so."""
    zone, created = ServedZone.objects.get_or_create(
        warehouse=warehouse,
        country=country.upper(),
        postcode_prefix=postcode_prefix.strip().upper(),
        defaults={"transit_days": transit_days, "distance_rank": distance_rank},
    )
    changed = {} if created else set_facts(zone, {"transit_days": transit_days, "distance_rank": distance_rank})
    if created or changed:
        _tell("serve_zone", "Serves {zone} in {days} days", warehouse, by, now,
              zone=f"{zone.country} {zone.postcode_prefix}".strip(), days=transit_days)  # fmt: skip
    return zone


@transaction.atomic(durable=True)
def stop_serving(*, zone: ServedZone, by: User | str, now: datetime) -> None:
    """The warehouse no longer delivers there; orders promised before stay with it."""
    words = f"{zone.country} {zone.postcode_prefix}".strip()
    _tell("stop_serving", "No longer serves {zone}", zone.warehouse, by, now, zone=words)
    zone.delete()


def _tell(verb: str, sentence: str, warehouse: Warehouse, by: User | str, now: datetime, **facts: Any) -> None:
    record(verb, sentence, subject=warehouse.code, by=by, now=now, **facts)
