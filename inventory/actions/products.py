"""Master data of what we sell: products, SKUs, their codes, prices and bundle parts."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inventory.codes import CodeRefused, tidy_gtin, tidy_sku_code
from inventory.models import BundleComponent, Product, Sku, SkuCode, SkuPrice, StockLevel
from inventory.states import SkuStatus
from ordermgmt.changes import Changed, changed_facts, changed_words, set_facts
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.money import minor_unit, round_money

PRODUCT_FIELDS: tuple[str, ...] = ("tax_class", "brand", "description")


class ItemRefused(Exception):
    """The item cannot be kept as given; `field` names the fact that is wrong."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@transaction.atomic(durable=True)
def introduce_item(
    *, code: str, name: str, by: User | str, now: datetime, product: Product | None = None, **facts: Any
) -> Sku:
    """Add a SKU; without a product it becomes the only variant of a new one.

    `facts` are fields of Sku, and `tax_class`, `brand`, `description` of the new product.
    """
    code = _code(code)
    facts["barcode"] = free_barcode(facts.get("barcode") or "", sku_id=None)
    about = _of_product(facts)
    product = product or _new_product(code, name, now, about)
    sku = Sku.objects.create(code=code, name=name, product=product, created_at=now, **facts)
    _tell("introduce_item", "Item added", sku, by, now)
    return sku


def _of_product(facts: dict[str, Any]) -> dict[str, Any]:
    return {field: facts.pop(field) for field in PRODUCT_FIELDS if field in facts}


def _new_product(code: str, name: str, now: datetime, about: dict[str, Any]) -> Product:
    if Product.objects.filter(code=code).exists():
        raise ItemRefused(_("A product with the code %(code)s exists already.") % {"code": code}, "code")
    return Product.objects.create(code=code, name=name, created_at=now, **about)


def _code(code: str) -> str:
    try:
        code = tidy_sku_code(code)
    except CodeRefused as error:
        raise ItemRefused(str(error), "code") from error
    if Sku.objects.filter(code=code).exists():
        raise ItemRefused(_("The code %(code)s is in use. Choose another.") % {"code": code}, "code")
    return code


def free_barcode(text: str, *, sku_id: int | None) -> str | None:
    """A tidy GTIN that no other item has, or None for an empty one."""
    try:
        barcode = tidy_gtin(text)
    except CodeRefused as error:
        raise ItemRefused(_("GTIN: %(why)s") % {"why": error}, "barcode") from error
    if not barcode:
        return None
    if owner := Sku.objects.filter(barcode=barcode).exclude(pk=sku_id or 0).first():
        raise ItemRefused(_("GTIN %(code)s belongs to %(owner)s.") % {"code": barcode, "owner": owner}, "barcode")
    if row := SkuCode.objects.filter(code=barcode).exclude(sku_id=sku_id or 0).select_related("sku").first():
        raise ItemRefused(_("%(code)s is a code of %(owner)s.") % {"code": barcode, "owner": row.sku}, "barcode")
    return barcode


@transaction.atomic(durable=True)
def change_item(*, sku: Sku, by: User | str, now: datetime, **facts: Any) -> Changed:
    """Change fields of a SKU and, with `tax_class`, `brand` or `description`, of its product."""
    sku = Sku.objects.select_for_update(of=("self",)).select_related("product").get(pk=sku.pk)
    if "barcode" in facts:
        facts["barcode"] = free_barcode(facts["barcode"] or "", sku_id=sku.pk)
    if facts.get("is_bundle") and not sku.is_bundle and StockLevel.objects.filter(sku=sku, on_hand__gt=0).exists():
        raise ItemRefused(_("%(sku)s has stock of its own and cannot become a bundle.") % {"sku": sku}, "is_bundle")
    about = _of_product(facts)
    changed = set_facts(sku, facts)
    words = [changed_words(sku, changed)] if changed else []
    if of_product := set_facts(sku.product, about):
        words.append(changed_words(sku.product, of_product))
    if words:
        _tell(
            "change_item", "Item changed: {what}", sku, by, now, what=", ".join(words), changed=changed_facts(changed)
        )
    return changed | of_product


@transaction.atomic(durable=True)
def discontinue_item(*, sku: Sku, by: User | str, now: datetime) -> Sku:
    """No new orders for it; what is promised is still shipped."""
    return _set_status(sku, SkuStatus.DISCONTINUED, "discontinue_item", "Discontinued", by, now)


@transaction.atomic(durable=True)
def bring_back_item(*, sku: Sku, by: User | str, now: datetime) -> Sku:
    """It can be ordered again."""
    return _set_status(sku, SkuStatus.ACTIVE, "bring_back_item", "Brought back", by, now)


def _set_status(sku: Sku, status: str, verb: str, sentence: str, by: User | str, now: datetime) -> Sku:
    sku = Sku.objects.select_for_update().get(pk=sku.pk)
    if set_facts(sku, {"status": status}):
        _tell(verb, sentence, sku, by, now)
    return sku


@transaction.atomic(durable=True)
def set_parts(*, bundle: Sku, parts: Mapping[Sku, int], by: User | str, now: datetime) -> None:
    """What goes into one unit of a bundle; orders made before keep their parts."""
    bundle = Sku.objects.select_for_update().get(pk=bundle.pk)
    check_parts(bundle, parts)
    before = {row.component_id: row.quantity for row in bundle.components.all()}
    if before == {sku.pk: units for sku, units in parts.items()}:
        return
    bundle.components.all().delete()
    BundleComponent.objects.bulk_create(
        BundleComponent(bundle=bundle, component=sku, quantity=units) for sku, units in parts.items()
    )
    words = ", ".join(f"{units} × {sku.code}" for sku, units in parts.items())
    _tell("set_parts", "Parts of the bundle: {parts}", bundle, by, now, parts=words[:240])


def check_parts(bundle: Sku, parts: Mapping[Sku, int]) -> None:
    """Raises ItemRefused when these cannot be the parts of this bundle."""
    if not bundle.is_bundle:
        raise ItemRefused(_("%(sku)s is not a bundle.") % {"sku": bundle}, "parts")
    if not parts:
        raise ItemRefused(_("Add at least one part to the bundle."), "parts")
    if any(units < 1 for units in parts.values()):
        raise ItemRefused(_("Enter 1 or more units for every part."), "parts")
    if nested := next((sku for sku in parts if sku.is_bundle), None):
        raise ItemRefused(_("%(sku)s is a bundle itself. List its parts instead.") % {"sku": nested}, "parts")


@transaction.atomic(durable=True)
def add_code(*, sku: Sku, code: str, units: int, by: User | str, now: datetime) -> SkuCode:
    """A further code that is scanned for this item; a case code counts `units` units."""
    code = free_code(code, sku_id=sku.pk)
    if units < 1:
        raise ItemRefused(_("A code stands for 1 or more units."), "units")
    row, created = SkuCode.objects.get_or_create(sku=sku, code=code, defaults={"quantity": units})
    if created or set_facts(row, {"quantity": units}):
        _tell("add_code", "Code {code} stands for {units} units", sku, by, now, code=code, units=units)
    return row


def free_code(code: str, *, sku_id: int | None) -> str:
    """A code no other item has; one that looks like a GTIN must have the right check digit."""
    code = code.strip().upper()
    if not code or len(code) > 48:
        raise ItemRefused(_("Enter a code with up to 48 characters."), "code")
    if code.isdigit() and len(code) in (12, 13, 14):
        try:
            code = tidy_gtin(code)
        except CodeRefused as error:
            raise ItemRefused(_("Code: %(why)s") % {"why": error}, "code") from error
    owner = (
        Sku.objects.filter(barcode=code).exclude(pk=sku_id or 0).first()
        or Sku.objects.filter(code=code).exclude(pk=sku_id or 0).first()
        or Sku.objects.filter(codes__code=code).exclude(pk=sku_id or 0).first()
    )
    if owner:
        raise ItemRefused(_("%(code)s belongs to %(owner)s.") % {"code": code, "owner": owner}, "code")
    return code


@transaction.atomic(durable=True)
def remove_code(*, row: SkuCode, by: User | str, now: datetime) -> None:
    """The code is no longer known to scanners."""
    _tell("remove_code", "Code {code} removed", row.sku, by, now, code=row.code)
    row.delete()


@transaction.atomic(durable=True)
def set_price(*, sku: Sku, currency: str, amount: Decimal | None, by: User | str, now: datetime) -> None:
    """The list price of one unit, tax included; None takes the price away. Orders keep theirs."""
    currency = currency.strip().upper()
    old = sku.prices.filter(currency=currency).first()
    if amount is None:
        if old:
            old.delete()
            _tell("set_price", "Price in {currency} removed", sku, by, now, currency=currency)
        return
    check_price(amount, currency)
    if old and old.amount == amount:
        return
    SkuPrice.objects.update_or_create(sku=sku, currency=currency, defaults={"amount": amount})
    was = f"{old.amount.normalize():f}" if old else "–"
    _tell(
        "set_price", "Price {currency} from {old} to {new}", sku, by, now, currency=currency, old=was, new=str(amount)
    )


def check_price(amount: Decimal, currency: str) -> None:
    """Raises ItemRefused for a price no customer could pay."""
    if amount < 0:
        raise ItemRefused(_("A price cannot be below 0."), "amount")
    if amount >= 10_000_000:
        raise ItemRefused(_("A price of 10 million or more. Check the amount."), "amount")
    if round_money(amount, currency) != amount:
        raise ItemRefused(
            _("%(currency)s prices go down to %(unit)s.") % {"currency": currency, "unit": minor_unit(currency)},
            "amount",
        )


def _tell(verb: str, sentence: str, sku: Sku, by: User | str, now: datetime, **facts: Any) -> None:
    record(verb, sentence, subject=sku.code, by=by, now=now, **facts)
