"""Stock levels: what lies where. Each change is an adjustment line of the ledger with its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from inventory.actions.moving import Move, write_moves
from inventory.importing.cells import sku_code
from inventory.importing.houses import WAREHOUSE, upper
from inventory.importing.parts import unknown
from inventory.models import Bin, BinStock, Lot, Sku, StockLevel, StockMovement
from inventory.states import MovementKind
from ordermgmt.importing import cells
from ordermgmt.importing.kinds import Applying, Column, Complain, ImportKind, Plan, Row, import_kind


@dataclass(slots=True)
class Change:
    place: Bin
    sku: Sku
    lot: str
    units: int
    there: int


@import_kind
class Stock(ImportKind):
    slug = "stock"
    title = _("Stock")
    hint = _("Units in each place, as counted. The difference is booked as an adjustment.")
    permission = "inventory.import"
    export_permission = "inventory.export"
    key = ("warehouse", "bin", "sku", "lot")
    columns: ClassVar[Sequence[Column]] = (
        WAREHOUSE,
        Column(name="bin", label="Place", parse=upper(24), required=True, aliases=("bin",)),
        Column(name="sku", label="SKU", parse=sku_code, required=True),
        Column(name="lot", label="Lot", parse=cells.text(40)),
        Column(name="units", label="Units", parse=cells.units(), required=True, aliases=("quantity",)),
        Column(name="expected", label="Expected", parse=cells.units(), empty=None,
               hint=_("Units you believe are there now; another number is an error")),
        Column(name="reason", label="Reason", parse=cells.text(80)),
    )  # fmt: skip

    def plan(self, rows: Sequence[Row], complain: Complain, *, lock: bool) -> list[Plan]:
        known = _Known(rows, lock=lock)
        plans = []
        for row in rows:
            fault = known.fault(row)
            if fault:
                complain(row.number, *fault)
            else:
                plans.append(self._plan(row, known))
        return plans

    def _plan(self, row: Row, known: "_Known") -> Plan:
        place, sku = known.places[row.values["warehouse"], row.values["bin"]], known.skus[row.values["sku"]]
        there, units = known.there(row), row.values["units"]
        change = Change(place=place, sku=sku, lot=row.values.get("lot") or "", units=units, there=there)
        known.use(row, units - there)
        changes = {f"{row.values['warehouse']} {place.code}": (there, units)} if units != there else {}
        return Plan(row=row, title=sku.code, is_new=False, changes=changes, record=change)

    def write(self, plans: Sequence[Plan], applying: Applying) -> None:
        keys = {plan.row.number: f"import:{applying.run_id}:{plan.row.number}" for plan in plans}
        # A run that was killed and begins again finds its lines: what happened is not done twice.
        done = set(StockMovement.objects.filter(effect_key__in=keys.values()).values_list("effect_key", flat=True))
        lots = _lots(plans)
        write_moves(
            [
                Move(
                    kind=MovementKind.ADJUSTED,
                    bin=plan.record.place,
                    sku_id=plan.record.sku.pk,
                    lot_id=lots.get((plan.record.sku.pk, plan.record.lot)),
                    quantity=plan.record.units - plan.record.there,
                    key=keys[plan.row.number],
                    document=f"IMP-{applying.run_id}",
                    reason=(plan.row.values.get("reason") or f"Import {applying.file_name}")[:120],
                )
                for plan in plans
                if keys[plan.row.number] not in done
            ],
            by=applying.by,
            now=applying.now,
        )

    def export(self) -> Iterator[Sequence[Any]]:
        rows = BinStock.objects.filter(quantity__gt=0).order_by("bin__warehouse__code", "bin__code", "sku__code", "pk")
        values = rows.values_list("bin__warehouse__code", "bin__code", "sku__code", "lot__code", "quantity")
        for warehouse, place, sku, lot, quantity in values.iterator(2000):
            yield [warehouse, place, sku, lot or "", quantity, quantity, ""]


def _lots(plans: Sequence[Plan]) -> dict[tuple[int, str], int]:
    """Lots by item and code; new ones are made."""
    wanted = {(plan.record.sku.pk, plan.record.lot) for plan in plans if plan.record.lot}
    if not wanted:
        return {}
    Lot.objects.bulk_create([Lot(sku_id=sku, code=code) for sku, code in sorted(wanted)], ignore_conflicts=True)
    found = Lot.objects.filter(sku_id__in={sku for sku, _code in wanted}, code__in={code for _sku, code in wanted})
    return {(lot.sku_id, lot.code): lot.pk for lot in found}


class _Known:
    """What lies in the places of a chunk, and how much of it is promised."""

    def __init__(self, rows: Sequence[Row], *, lock: bool) -> None:
        self.skus = {sku.code: sku for sku in Sku.objects.filter(code__in={row.values["sku"] for row in rows})}
        places = Bin.objects.select_related("warehouse").filter(
            code__in={row.values["bin"] for row in rows},
            warehouse__code__in={row.values["warehouse"] for row in rows},
        )
        self.places = {(place.warehouse.code, place.code): place for place in places}
        sku_ids = [sku.pk for sku in self.skus.values()]
        levels = StockLevel.objects.filter(
            sku_id__in=sku_ids, warehouse_id__in={place.warehouse_id for place in self.places.values()}
        ).order_by("pk")
        # Closes the race of a promise or a pick between looking and booking: levels first, then bins.
        self.levels = {
            (level.warehouse_id, level.sku_id): level for level in (levels.select_for_update() if lock else levels)
        }
        stock = BinStock.objects.filter(sku_id__in=sku_ids, bin__in=list(self.places.values())).order_by("pk")
        stock = stock.select_for_update(of=("self",)) if lock else stock
        self.stock = {
            (row.bin_id, row.sku_id, row.lot.code if row.lot else ""): row for row in stock.select_related("lot")
        }
        self.free = {key: level.on_hand - level.unsaleable - level.allocated for key, level in self.levels.items()}

    def _row(self, row: Row) -> BinStock | None:
        place = self.places[row.values["warehouse"], row.values["bin"]]
        return self.stock.get((place.pk, self.skus[row.values["sku"]].pk, row.values.get("lot") or ""))

    def there(self, row: Row) -> int:
        record = self._row(row)
        return record.quantity if record else 0

    def fault(self, row: Row) -> tuple[str, str] | None:
        """Column and words of what is wrong with a row."""
        values = row.values
        if values["sku"] not in self.skus:
            return "SKU", unknown(values["sku"])
        if (values["warehouse"], values["bin"]) not in self.places:
            words = {"bin": values["bin"], "warehouse": values["warehouse"]}
            return "Place", _g("we do not know the place %(bin)s in %(warehouse)s") % words
        if self.skus[values["sku"]].is_bundle:
            return "SKU", _g("%(sku)s is a bundle. Count its parts") % {"sku": values["sku"]}
        return self._count_fault(row)

    def _count_fault(self, row: Row) -> tuple[str, str] | None:
        values, there = row.values, self.there(row)
        expected = values.get("expected")
        if expected is not None and expected != there:
            return "Expected", _g("%(there)d lie there now, not %(expected)d") % {"there": there, "expected": expected}
        record = self._row(row)
        if record and values["units"] < record.allocated:
            return "Units", _g("%(aside)d are set aside for picks") % {"aside": record.allocated}
        place = self.places[values["warehouse"], values["bin"]]
        free = self.free.get((place.warehouse_id, self.skus[values["sku"]].pk), 0)
        if place.is_saleable and free + values["units"] - there < 0:
            return "Units", _g("%(free)d fewer are possible; the rest is promised to customers") % {
                "free": max(free, 0)
            }
        return None

    def use(self, row: Row, change: int) -> None:
        """Later rows of the chunk see what this one takes from the free units."""
        place = self.places[row.values["warehouse"], row.values["bin"]]
        key = (place.warehouse_id, self.skus[row.values["sku"]].pk)
        if place.is_saleable:
            self.free[key] = self.free.get(key, 0) + change
