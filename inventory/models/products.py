"""What we sell: products, SKUs, their codes, prices and bundle parts."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inventory.states import SkuStatus
from ordermgmt.money import MoneyField


class Product(models.Model):
    """A thing as customers know it; its SKUs are the variants that are stocked."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    tax_class = models.CharField(_("tax class"), max_length=20, default="standard")
    brand = models.CharField(_("brand"), max_length=80, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class SkuQuerySet(models.QuerySet["Sku"]):
    def active(self) -> "SkuQuerySet":
        return self.filter(status=SkuStatus.ACTIVE)


class Sku(models.Model):
    """A stock-keeping unit. Lengths in millimetres, weight in grams of one unit as shipped."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="skus")
    name = models.CharField(_("name"), max_length=200)
    status = models.CharField(_("state"), max_length=14, choices=SkuStatus.choices, default=SkuStatus.ACTIVE)
    barcode = models.CharField(_("barcode (GTIN)"), max_length=14, unique=True, null=True, blank=True)
    weight_g = models.PositiveIntegerField(_("weight (g)"), default=0)
    length_mm = models.PositiveIntegerField(_("length (mm)"), default=0)
    width_mm = models.PositiveIntegerField(_("width (mm)"), default=0)
    height_mm = models.PositiveIntegerField(_("height (mm)"), default=0)
    origin_country = models.CharField(_("country of origin"), max_length=2, blank=True)
    hs_code = models.CharField(_("customs code"), max_length=12, blank=True)
    is_bundle = models.BooleanField(_("bundle"), default=False)
    tracks_lots = models.BooleanField(_("tracks lots"), default=False)
    max_per_order = models.PositiveIntegerField(_("most per order"), null=True, blank=True)
    image = models.FileField(upload_to="skus/", blank=True)
    created_at = models.DateTimeField()

    objects: ClassVar = SkuQuerySet.as_manager()

    class Meta:
        verbose_name = _("SKU")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("item_detail", args=[self.code])


class SkuPrice(models.Model):
    """List price of one unit in a currency, tax included."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="prices")
    currency = models.CharField(_("currency"), max_length=3)
    amount = MoneyField(_("price, tax included"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sku", "currency"], name="one_price_per_currency"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.amount} {self.currency}"


class SkuCode(models.Model):
    """A further code that is scanned for this SKU: a case code counts `quantity` units."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="codes")
    code = models.CharField(_("code"), max_length=48, unique=True)
    quantity = models.PositiveIntegerField(_("units"), default=1)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(quantity__gte=1), name="code_has_units")]

    def __str__(self) -> str:
        return self.code


class BundleComponent(models.Model):
    """`quantity` units of `component` go into one unit of `bundle`; bundles do not nest."""

    bundle = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="in_bundles")
    quantity = models.PositiveIntegerField(_("units"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bundle", "component"], name="component_once"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="component_has_units"),
            models.CheckConstraint(condition=~models.Q(bundle=models.F("component")), name="bundle_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.component}"


class Lot(models.Model):
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(_("lot"), max_length=40)
    expires_on = models.DateField(_("best before"), null=True, blank=True)
    received_on = models.DateField(_("received"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sku", "code"], name="lot_once")]

    def __str__(self) -> str:
        return self.code
