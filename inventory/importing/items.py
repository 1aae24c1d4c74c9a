"""Items: product, SKU, GTIN, sizes and prices in one row."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from inventory.importing.cells import gtin, sku_code
from inventory.models import Product, Sku, SkuCode, SkuPrice, StockLevel
from inventory.states import SkuStatus
from ordermgmt.importing import cells
from ordermgmt.importing.kinds import Applying, Column, Complain, ImportKind, Plan, Row, import_kind

CURRENCIES = ("EUR", "SEK")
SKU_FACTS = (
    "name", "status", "barcode", "weight_g", "length_mm", "width_mm", "height_mm", "origin_country", "hs_code",
    "is_bundle", "tracks_lots", "max_per_order",
)  # fmt: skip
PRODUCT_FACTS = {"product_name": "name", "brand": "brand", "tax_class": "tax_class", "description": "description"}


def price_column(currency: str) -> Column:
    return Column(name=f"price_{currency}", label=f"Price {currency}", parse=cells.amount(currency), empty=None)


@dataclass(slots=True)
class Item:
    """The records a row stands for, with the facts of the row set on them."""

    product: Product
    sku: Sku
    is_new_product: bool
    product_facts: list[str] = field(default_factory=list)
    sku_facts: list[str] = field(default_factory=list)
    prices: dict[str, Decimal | None] = field(default_factory=dict)


@import_kind
class Items(ImportKind):
    slug = "items"
    title = _("Items")
    hint = _("Products, SKUs, GTINs, sizes and prices. One row for each SKU.")
    permission = "inventory.import"
    export_permission = "inventory.export"
    key = ("code",)
    columns: ClassVar[Sequence[Column]] = (
        Column(name="code", label="SKU", parse=sku_code, required=True, aliases=("code", "item", "article")),
        Column(name="name", label="Name", parse=cells.text(200), required=True),
        Column(name="product_code", label="Product", parse=cells.text(40), hint=_("Empty: the SKU's own code")),
        Column(name="product_name", label="Product name", parse=cells.text(200)),
        Column(name="brand", label="Brand", parse=cells.text(80)),
        Column(name="tax_class", label="Tax class", parse=cells.text(20), empty="standard"),
        Column(name="description", label="Description", parse=cells.text(5000)),
        Column(
            name="status",
            label="State",
            parse=cells.one_of({"active": SkuStatus.ACTIVE, "discontinued": SkuStatus.DISCONTINUED}),
            empty=SkuStatus.ACTIVE,
        ),
        Column(name="barcode", label="GTIN", parse=gtin, empty=None, aliases=("ean", "barcode", "upc")),
        Column(name="weight_g", label="Weight g", parse=cells.units(), empty=0),
        Column(name="length_mm", label="Length mm", parse=cells.units(), empty=0),
        Column(name="width_mm", label="Width mm", parse=cells.units(), empty=0),
        Column(name="height_mm", label="Height mm", parse=cells.units(), empty=0),
        Column(name="origin_country", label="Origin", parse=cells.country),
        Column(name="hs_code", label="Customs code", parse=cells.text(12)),
        Column(name="is_bundle", label="Bundle", parse=cells.yes_no, empty=False),
        Column(name="tracks_lots", label="Tracks lots", parse=cells.yes_no, empty=False),
        Column(name="max_per_order", label="Most per order", parse=cells.units(least=1), empty=None),
        *(price_column(currency) for currency in CURRENCIES),
    )
    labels: ClassVar = {column.name: column.label for column in columns}

    def extra_column(self, label: str) -> Column | None:
        match = re.fullmatch(r"price[ _]([A-Z]{3})", label.strip(), re.IGNORECASE)
        return price_column(match[1].upper()) if match else None

    def plan(self, rows: Sequence[Row], complain: Complain, *, lock: bool) -> list[Plan]:
        known = _Known(rows, lock=lock)
        return [self._plan(row, known) for row in rows if _fits(row, known, complain)]

    def _plan(self, row: Row, known: "_Known") -> Plan:
        values = row.values
        code = values["code"]
        sku = known.skus.get(code)
        is_new = sku is None
        product, is_new_product = known.product_for(row, sku)
        sku = sku or Sku(code=code, product=product)
        item = Item(product=product, sku=sku, is_new_product=is_new_product)
        changes: dict[str, tuple[Any, Any]] = {}
        item.sku_facts = self._set(sku, {n: values[n] for n in SKU_FACTS if n in values}, changes)
        about = {fact: values[name] for name, fact in PRODUCT_FACTS.items() if values.get(name)}
        item.product_facts = self._set(product, about, changes, PRODUCT_FACTS)
        if sku.product_id != product.pk and not is_new:
            changes["Product"] = (known.product_codes.get(sku.product_id, ""), product.code)
            item.sku_facts.append("product")
        sku.product = product
        self._prices(item, values, known.prices.get(sku.pk, {}) if sku.pk else {}, changes)
        return Plan(row=row, title=code, is_new=is_new, changes=changes, record=item)

    def _set(
        self,
        record: Any,
        facts: dict[str, Any],
        changes: dict[str, tuple[Any, Any]],
        names: dict[str, str] | None = None,
    ) -> list[str]:
        set_now = []
        title = {fact: name for name, fact in (names or {}).items()}
        for name, value in facts.items():
            old = getattr(record, name)
            if old != value:
                changes[self.labels.get(title.get(name, name), name)] = (old, value)
                setattr(record, name, value)
                set_now.append(name)
        return set_now

    def _prices(
        self, item: Item, values: dict[str, Any], old: dict[str, Decimal], changes: dict[str, tuple[Any, Any]]
    ) -> None:
        for name, value in values.items():
            if name.startswith("price_"):
                currency = name[6:]
                if old.get(currency) != value:
                    item.prices[currency] = value
                    changes[f"Price {currency}"] = (old.get(currency), value)

    def write(self, plans: Sequence[Plan], applying: Applying) -> None:
        items: list[Item] = [plan.record for plan in plans]
        _write_products(items, applying)
        new = [plan.record.sku for plan in plans if plan.is_new]
        for item in items:
            item.sku.product = item.product
        for sku in new:
            sku.created_at = applying.now
        Sku.objects.bulk_create(new)
        changed = [plan.record.sku for plan in plans if not plan.is_new and plan.record.sku_facts]
        _overwrite(Sku, changed, sorted({name for plan in plans for name in plan.record.sku_facts if not plan.is_new}))
        _write_prices(items)

    def export(self) -> Iterator[Sequence[Any]]:
        names = [column.name for column in self.columns]
        for sku in Sku.objects.select_related("product").prefetch_related("prices").order_by("code").iterator(1000):
            prices = {f"price_{price.currency}": price.amount for price in sku.prices.all()}
            product = {
                "product_code": sku.product.code,
                "product_name": sku.product.name,
                "brand": sku.product.brand,
                "tax_class": sku.product.tax_class,
                "description": sku.product.description,
            }
            facts = {**prices, **product}
            yield [
                facts.get(name) if name in facts or name.startswith("price_") else getattr(sku, name) for name in names
            ]


class _Known:
    """What the database holds about the rows of a chunk: six queries at most."""

    def __init__(self, rows: Sequence[Row], *, lock: bool) -> None:
        codes = [row.values["code"] for row in rows]
        skus = Sku.objects.filter(code__in=codes).order_by("pk")
        self.skus: dict[str, Sku] = {sku.code: sku for sku in (skus.select_for_update() if lock else skus)}
        wanted = {row.values.get("product_code") or row.values["code"] for row in rows}
        products = list(Product.objects.filter(code__in=wanted)) + list(
            Product.objects.filter(pk__in={sku.product_id for sku in self.skus.values()}).exclude(code__in=wanted)
        )
        self.products = {product.code: product for product in products}
        self.by_pk = {product.pk: product for product in products}
        self.product_codes = {product.pk: product.code for product in products}
        barcodes = [row.values["barcode"] for row in rows if row.values.get("barcode")]
        self.owners = dict(Sku.objects.filter(barcode__in=barcodes).values_list("barcode", "code"))
        self.owners |= dict(SkuCode.objects.filter(code__in=barcodes).values_list("code", "sku__code"))
        self.prices: dict[int, dict[str, Decimal]] = {}
        for price in SkuPrice.objects.filter(sku__in=list(self.skus.values())):
            self.prices.setdefault(price.sku_id, {})[price.currency] = price.amount
        turned = [sku.pk for sku in self.skus.values() if not sku.is_bundle]
        bundles = any(row.values.get("is_bundle") for row in rows)
        stocked = StockLevel.objects.filter(sku_id__in=turned, on_hand__gt=0) if bundles else StockLevel.objects.none()
        self.stocked = set(stocked.values_list("sku_id", flat=True))

    def product_for(self, row: Row, sku: Sku | None) -> tuple[Product, bool]:
        """The product of a row: named, the one it has, or a new one with the SKU's code."""
        code = row.values.get("product_code")
        if not code and sku is not None:
            return self.by_pk[sku.product_id], False
        code = code or row.values["code"]
        if known := self.products.get(code):
            return known, False
        made = Product(code=code, name=row.values.get("product_name") or row.values["name"])
        self.products[code] = made
        return made, True


def _fits(row: Row, known: _Known, complain: Complain) -> bool:
    """False when the row contradicts another record or another row of the chunk."""
    code, barcode = row.values["code"], row.values.get("barcode")
    if barcode:
        owner = known.owners.setdefault(barcode, code)
        if owner != code:
            complain(row.number, "GTIN", _g("%(gtin)s belongs to %(owner)s") % {"gtin": barcode, "owner": owner})
            return False
    sku = known.skus.get(code)
    if sku and row.values.get("is_bundle") and sku.pk in known.stocked:
        complain(row.number, "Bundle", _g("%(sku)s has stock of its own and cannot become a bundle") % {"sku": code})
        return False
    return True


def _write_products(items: Sequence[Item], applying: Applying) -> None:
    new = {item.product.code: item.product for item in items if item.is_new_product}
    for product in new.values():
        product.created_at = applying.now
    Product.objects.bulk_create(new.values())
    changed = {item.product.pk: item.product for item in items if item.product_facts and not item.is_new_product}
    _overwrite(Product, list(changed.values()), sorted({fact for item in items for fact in item.product_facts}))


def _overwrite(model: Any, records: Sequence[Any], facts: Sequence[str]) -> None:
    """One statement for all: rows exist and are locked, so the insert always becomes the update."""
    if records and facts:
        model.objects.bulk_create(records, update_conflicts=True, unique_fields=["id"], update_fields=facts)


def _write_prices(items: Sequence[Item]) -> None:
    kept, gone = [], []
    for item in items:
        for currency, amount in item.prices.items():
            if amount is not None:
                kept.append(SkuPrice(sku=item.sku, currency=currency, amount=amount))
            elif item.sku.pk:
                gone.append((item.sku.pk, currency))
    SkuPrice.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["sku", "currency"], update_fields=["amount"]
    )
    for currency in {currency for _sku, currency in gone}:
        skus = [sku for sku, other in gone if other == currency]
        SkuPrice.objects.filter(sku_id__in=skus, currency=currency).delete()
