"""Further codes of items, and the parts of bundles."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from inventory.codes import CodeRefused, tidy_gtin
from inventory.importing.cells import sku_code
from inventory.models import BundleComponent, Sku, SkuCode
from ordermgmt.importing import cells
from ordermgmt.importing.kinds import Applying, Column, Complain, ImportKind, Plan, Row, Wrong, import_kind


def scan_code(cell: str) -> str:
    code = cells.text(48)(cell.upper())
    if code.isdigit() and len(code) in (12, 13, 14):
        try:
            return tidy_gtin(code)
        except CodeRefused as error:
            raise Wrong(str(error)) from error
    return code


def skus_of(rows: Sequence[Row], name: str) -> dict[str, Sku]:
    return {sku.code: sku for sku in Sku.objects.filter(code__in={row.values[name] for row in rows})}


def unknown(code: str) -> str:
    return _g("we do not know %(code)s. Import it with the items first") % {"code": code}


@import_kind
class Codes(ImportKind):
    slug = "codes"
    title = _("Codes")
    hint = _("Case codes and other codes a scanner reads for an item.")
    permission = "inventory.import"
    export_permission = "inventory.export"
    key = ("code",)
    columns: ClassVar[Sequence[Column]] = (
        Column(name="code", label="Code", parse=scan_code, required=True),
        Column(name="sku", label="SKU", parse=sku_code, required=True),
        Column(name="quantity", label="Units", parse=cells.units(10_000, least=1), empty=1),
    )

    def plan(self, rows: Sequence[Row], complain: Complain, *, lock: bool) -> list[Plan]:
        skus = skus_of(rows, "sku")
        codes = [row.values["code"] for row in rows]
        found = SkuCode.objects.select_related("sku").filter(code__in=codes).order_by("pk")
        known = {row.code: row for row in (found.select_for_update(of=("self",)) if lock else found)}
        owners = dict(Sku.objects.filter(barcode__in=codes).values_list("barcode", "code"))
        owners |= dict(Sku.objects.filter(code__in=codes).values_list("code", "code"))
        plans = []
        for row in rows:
            plan = self._plan(row, skus, known, owners, complain)
            if plan:
                plans.append(plan)
        return plans

    def _plan(
        self,
        row: Row,
        skus: dict[str, Sku],
        known: dict[str, SkuCode],
        owners: dict[str | None, str],
        complain: Complain,
    ) -> Plan | None:
        code, wanted = row.values["code"], row.values["sku"]
        sku = skus.get(wanted)
        if sku is None:
            complain(row.number, "SKU", unknown(wanted))
            return None
        owner = owners.get(code)
        if owner:
            complain(row.number, "Code", _g("%(code)s belongs to %(owner)s") % {"code": code, "owner": owner})
            return None
        record = known.get(code)
        if record is None:
            made = SkuCode(code=code, sku=sku, quantity=row.values.get("quantity", 1))
            return Plan(row=row, title=wanted, is_new=True, changes={"Code": ("", code)}, record=made)
        changes: dict[str, tuple[Any, Any]] = {}
        if record.sku_id != sku.pk:
            changes["SKU"] = (record.sku.code, wanted)
        if record.quantity != row.values.get("quantity", record.quantity):
            changes["Units"] = (record.quantity, row.values["quantity"])
        record.sku, record.quantity = sku, row.values.get("quantity", record.quantity)
        return Plan(row=row, title=wanted, is_new=False, changes=changes, record=record)

    def write(self, plans: Sequence[Plan], applying: Applying) -> None:
        SkuCode.objects.bulk_create([plan.record for plan in plans if plan.is_new])
        SkuCode.objects.bulk_update([plan.record for plan in plans if not plan.is_new], ["sku", "quantity"])

    def export(self) -> Iterator[Sequence[Any]]:
        rows = SkuCode.objects.order_by("sku__code", "code").values_list("code", "sku__code", "quantity")
        yield from rows.iterator(2000)


@import_kind
class Bundles(ImportKind):
    slug = "bundles"
    title = _("Bundle parts")
    hint = _("One row for each part: the bundle, the part, and how many go into one bundle.")
    permission = "inventory.import"
    export_permission = "inventory.export"
    key = ("bundle", "component")
    columns: ClassVar[Sequence[Column]] = (
        Column(name="bundle", label="Bundle", parse=sku_code, required=True),
        Column(name="component", label="Part", parse=sku_code, required=True, aliases=("component", "sku")),
        Column(name="quantity", label="Units", parse=cells.units(10_000, least=1), required=True),
    )

    def plan(self, rows: Sequence[Row], complain: Complain, *, lock: bool) -> list[Plan]:
        skus = skus_of(rows, "bundle") | skus_of(rows, "component")
        found = BundleComponent.objects.filter(bundle__in=list(skus.values())).order_by("pk")
        known = {(row.bundle_id, row.component_id): row for row in (found.select_for_update() if lock else found)}
        plans = []
        for row in rows:
            if words := self._fault(row, skus):
                complain(row.number, *words)
            else:
                plans.append(self._plan(row, skus, known))
        return plans

    def _fault(self, row: Row, skus: dict[str, Sku]) -> tuple[str, str] | None:
        bundle, component = skus.get(row.values["bundle"]), skus.get(row.values["component"])
        if bundle is None:
            return "Bundle", unknown(row.values["bundle"])
        if not bundle.is_bundle:
            return "Bundle", _g("%(sku)s is not marked as a bundle") % {"sku": bundle.code}
        if component is None:
            return "Part", unknown(row.values["component"])
        if component.is_bundle:
            return "Part", _g("%(sku)s is a bundle itself. List its parts instead") % {"sku": component.code}
        return None

    def _plan(self, row: Row, skus: dict[str, Sku], known: dict[tuple[int, int], BundleComponent]) -> Plan:
        bundle, component, units = skus[row.values["bundle"]], skus[row.values["component"]], row.values["quantity"]
        record = known.get((bundle.pk, component.pk))
        title = f"Part {component.code}"
        if record is None:
            made = BundleComponent(bundle=bundle, component=component, quantity=units)
            return Plan(row=row, title=bundle.code, is_new=True, changes={title: ("", units)}, record=made)
        changes = {title: (record.quantity, units)} if record.quantity != units else {}
        record.quantity = units
        return Plan(row=row, title=bundle.code, is_new=False, changes=changes, record=record)

    def write(self, plans: Sequence[Plan], applying: Applying) -> None:
        BundleComponent.objects.bulk_create([plan.record for plan in plans if plan.is_new])
        BundleComponent.objects.bulk_update([plan.record for plan in plans if not plan.is_new], ["quantity"])

    def export(self) -> Iterator[Sequence[Any]]:
        rows = BundleComponent.objects.order_by("bundle__code", "component__code")
        yield from rows.values_list("bundle__code", "component__code", "quantity").iterator(2000)
