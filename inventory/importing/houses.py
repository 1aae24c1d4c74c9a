"""Warehouses with their places, zones and closed days."""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.db.models import QuerySet
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from inventory.models import Bin, BinStock, Closure, ServedZone, Warehouse
from inventory.states import BinKind
from ordermgmt.importing import cells
from ordermgmt.importing.kinds import (
    Applying,
    Column,
    Complain,
    ImportKind,
    Plan,
    Row,
    Wrong,
    differences,
    import_kind,
)


def zone_name(cell: str) -> str:
    if cell not in available_timezones():
        raise Wrong(_g("write a time zone like Europe/Stockholm"))
    return cell


def days(cell: str) -> str:
    found = "".join(sorted(set(cell) & set("1234567")))
    if not found or set(cell) - set("1234567 ,-"):
        raise Wrong(_g("write the numbers of the days, like 12345 for Monday to Friday"))
    return found


def upper(most: int) -> Any:
    check = cells.text(most)
    return lambda cell: check(cell.upper())


WAREHOUSE = Column(name="warehouse", label="Warehouse", parse=upper(12), required=True)


class Keyed(ImportKind):
    """Records found by the columns of `key`; every other column is a field of the model."""

    permission = "inventory.import"
    export_permission = "inventory.export"
    model: ClassVar[Any]
    related: ClassVar[bool] = True

    def existing(self, rows: Sequence[Row]) -> QuerySet[Any]:
        codes = {row.values["warehouse"] for row in rows}
        found: QuerySet[Any] = self.model.objects.filter(warehouse__code__in=codes).order_by("pk")
        return found

    def record_key(self, record: Any, codes: dict[int, str]) -> tuple[Any, ...]:
        return (codes[record.warehouse_id], *(getattr(record, name) for name in self.key[1:]))

    def fault(self, record: Any, row: Row, busy: set[int]) -> tuple[str, str] | None:
        """Why a change of this record must not be made, as column and words."""
        return None

    def busy(self, records: Sequence[Any]) -> set[int]:
        return set()

    def plan(self, rows: Sequence[Row], complain: Complain, *, lock: bool) -> list[Plan]:
        houses = {row.code: row for row in Warehouse.objects.filter(code__in={r.values[self.key[0]] for r in rows})}
        codes = {house.pk: code for code, house in houses.items()}
        found = self.existing(rows)
        found = found.select_for_update() if lock else found
        known = {self.record_key(record, codes): record for record in found}
        busy = self.busy(list(known.values()))
        plans = []
        for row in rows:
            plan = self._plan(row, known, houses, busy, complain)
            if plan:
                plans.append(plan)
        return plans

    def _plan(
        self, row: Row, known: dict[Any, Any], houses: dict[str, Warehouse], busy: set[int], complain: Complain
    ) -> Plan | None:
        key = tuple(row.values[name] for name in self.key)
        if self.related and key[0] not in houses:
            complain(row.number, "Warehouse", _g("we do not know the warehouse %(code)s") % {"code": key[0]})
            return None
        facts = {name: value for name, value in row.values.items() if name not in self.key}
        title = " ".join(str(part) for part in key if part)
        record = known.get(key)
        if record is None:
            made = self.make(row, key, houses, facts)
            return Plan(row=row, title=title, is_new=True, record=made)
        if fault := self.fault(record, row, busy):
            complain(row.number, *fault)
            return None
        labels = {column.name: column.label for column in self.columns}
        changes = differences(record, facts, labels)
        for name, value in facts.items():
            setattr(record, name, value)
        return Plan(row=row, title=title, is_new=False, changes=changes, record=record)

    def make(self, row: Row, key: tuple[Any, ...], houses: dict[str, Warehouse], facts: dict[str, Any]) -> Any:
        return self.model(warehouse=houses[key[0]], **dict(zip(self.key[1:], key[1:], strict=True)), **facts)

    def write(self, plans: Sequence[Plan], applying: Applying) -> None:
        self.model.objects.bulk_create([plan.record for plan in plans if plan.is_new])
        changed = [plan for plan in plans if not plan.is_new]
        facts = sorted({name for plan in changed for name in plan.row.values if name not in self.key})
        if changed and facts:
            self.model.objects.bulk_update([plan.record for plan in changed], facts)

    def export(self) -> Iterator[Sequence[Any]]:
        names = [column.name.replace("warehouse", "warehouse__code") for column in self.columns]
        rows = self.model.objects.order_by("warehouse__code", *self.key[1:])
        yield from rows.values_list(*names).iterator(2000)


@import_kind
class Warehouses(Keyed):
    slug = "warehouses"
    title = _("Warehouses")
    model = Warehouse
    related = False
    key = ("code",)
    columns: ClassVar[Sequence[Column]] = (
        Column(name="code", label="Code", parse=upper(12), required=True, aliases=("warehouse",)),
        Column(name="title", label="Name", parse=cells.text(80), required=True),
        Column(name="company", label="Company", parse=cells.text(120)),
        Column(name="line1", label="Street", parse=cells.text(200)),
        Column(name="postcode", label="Postcode", parse=cells.text(20)),
        Column(name="city", label="Town", parse=cells.text(120)),
        Column(name="country", label="Country", parse=cells.country),
        Column(name="phone", label="Phone", parse=cells.text(40)),
        Column(name="time_zone", label="Time zone", parse=zone_name, empty="Europe/Stockholm"),
        Column(name="cut_off", label="Cut-off", parse=cells.clock, empty=time(14)),
        Column(name="work_days", label="Working days", parse=days, empty="12345"),
        Column(name="observes_holidays", label="Closed on holidays", parse=cells.yes_no, empty=True),
        Column(name="daily_capacity", label="Orders a day", parse=cells.units(), empty=0),
        Column(name="priority", label="Priority", parse=cells.units(32_000), empty=10),
        Column(name="is_active", label="Active", parse=cells.yes_no, empty=True),
    )

    def existing(self, rows: Sequence[Row]) -> QuerySet[Any]:
        found: QuerySet[Any] = Warehouse.objects.filter(code__in={row.values["code"] for row in rows}).order_by("pk")
        return found

    def record_key(self, record: Any, codes: dict[int, str]) -> tuple[Any, ...]:
        return (record.code,)

    def make(self, row: Row, key: tuple[Any, ...], houses: dict[str, Warehouse], facts: dict[str, Any]) -> Any:
        return Warehouse(code=key[0], **facts)

    def export(self) -> Iterator[Sequence[Any]]:
        names = [column.name for column in self.columns]
        yield from Warehouse.objects.order_by("code").values_list(*names)


@import_kind
class Bins(Keyed):
    slug = "bins"
    title = _("Places")
    model = Bin
    key = ("warehouse", "code")
    columns: ClassVar[Sequence[Column]] = (
        WAREHOUSE,
        Column(name="code", label="Code", parse=upper(24), required=True, aliases=("bin", "place")),
        Column(
            name="kind",
            label="Kind",
            parse=cells.one_of({str(kind.value): kind for kind in BinKind}),
            empty=BinKind.PICK,
        ),
        Column(name="pick_sequence", label="Pick sequence", parse=cells.units(), empty=0),
        Column(name="is_active", label="Active", parse=cells.yes_no, empty=True),
    )

    def existing(self, rows: Sequence[Row]) -> QuerySet[Any]:
        return super().existing(rows).filter(code__in={row.values["code"] for row in rows})

    def busy(self, records: Sequence[Any]) -> set[int]:
        held = BinStock.objects.filter(bin__in=[record.pk for record in records], quantity__gt=0)
        return set(held.values_list("bin_id", flat=True))

    def fault(self, record: Any, row: Row, busy: set[int]) -> tuple[str, str] | None:
        if record.pk not in busy:
            return None
        if row.values.get("kind", record.kind) != record.kind:
            return "Kind", _g("%(bin)s holds goods. Empty it before changing its kind") % {"bin": record.code}
        if row.values.get("is_active") is False:
            return "Active", _g("%(bin)s holds goods. Empty it first") % {"bin": record.code}
        return None


@import_kind
class Zones(Keyed):
    slug = "zones"
    title = _("Zones")
    hint = _("Countries, or parts of them by postcode, that a warehouse delivers to.")
    model = ServedZone
    key = ("warehouse", "country", "postcode_prefix")
    columns: ClassVar[Sequence[Column]] = (
        WAREHOUSE,
        Column(name="country", label="Country", parse=cells.country, required=True),
        Column(name="postcode_prefix", label="Postcode starts with", parse=upper(10)),
        Column(name="transit_days", label="Transit days", parse=cells.units(60), empty=2),
        Column(name="distance_rank", label="Distance rank", parse=cells.units(1000), empty=10),
    )

    def plan(self, rows: Sequence[Row], complain: Complain, *, lock: bool) -> list[Plan]:
        for row in rows:
            row.values.setdefault("postcode_prefix", "")
        return super().plan(rows, complain, lock=lock)


@import_kind
class Closures(Keyed):
    slug = "closures"
    title = _("Closed days")
    model = Closure
    key = ("warehouse", "day")
    columns: ClassVar[Sequence[Column]] = (
        WAREHOUSE,
        Column(name="day", label="Day", parse=cells.day, required=True),
        Column(name="reason", label="Reason", parse=cells.text(80)),
    )
