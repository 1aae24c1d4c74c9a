"""Inventory in the admin zone: master data may be mended, balances and the ledger only read."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from inventory import models
from ordermgmt.master_admin import ReadOnlyAdmin, RecordAdmin, TabularInline


@admin.register(models.Product)
class ProductAdmin(RecordAdmin):
    list_display = ("code", "name", "brand", "tax_class")
    list_filter = ("tax_class",)
    search_fields = ("code", "name", "brand")
    readonly_fields = ("created_at",)


class SkuPriceInline(TabularInline):
    model = models.SkuPrice
    extra = 0


class SkuCodeInline(TabularInline):
    model = models.SkuCode
    extra = 0


class BundleComponentInline(TabularInline):
    model = models.BundleComponent
    fk_name = "bundle"
    extra = 0
    autocomplete_fields = ("component",)


@admin.register(models.Sku)
class SkuAdmin(RecordAdmin):
    list_display = ("code", "name", "product", "status", "barcode", "weight_g", "is_bundle")
    list_filter = ("status", "is_bundle", "tracks_lots")
    list_select_related = ("product",)
    search_fields = ("code", "name", "barcode", "codes__code")
    autocomplete_fields = ("product",)
    readonly_fields = ("status", "created_at")
    inlines: ClassVar[Any] = (SkuPriceInline, SkuCodeInline, BundleComponentInline)


@admin.register(models.SkuPrice)
class SkuPriceAdmin(RecordAdmin):
    list_display = ("sku", "currency", "amount")
    list_filter = ("currency",)
    list_select_related = ("sku",)
    search_fields = ("sku__code",)
    autocomplete_fields = ("sku",)


@admin.register(models.SkuCode)
class SkuCodeAdmin(RecordAdmin):
    list_display = ("code", "sku", "quantity")
    list_select_related = ("sku",)
    search_fields = ("code", "sku__code")
    autocomplete_fields = ("sku",)


@admin.register(models.BundleComponent)
class BundleComponentAdmin(RecordAdmin):
    list_display = ("bundle", "component", "quantity")
    list_select_related = ("bundle", "component")
    search_fields = ("bundle__code", "component__code")
    autocomplete_fields = ("bundle", "component")


@admin.register(models.Lot)
class LotAdmin(RecordAdmin):
    list_display = ("code", "sku", "expires_on", "received_on")
    list_select_related = ("sku",)
    search_fields = ("code", "sku__code")
    autocomplete_fields = ("sku",)


class ServedZoneInline(TabularInline):
    model = models.ServedZone
    extra = 0


class ClosureInline(TabularInline):
    model = models.Closure
    extra = 0


class MembershipInline(TabularInline):
    model = models.Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(models.Warehouse)
class WarehouseAdmin(RecordAdmin):
    list_display = ("code", "title", "city", "country", "cut_off", "daily_capacity", "priority", "is_active")
    list_filter = ("is_active", "country")
    search_fields = ("code", "title", "city")
    inlines: ClassVar[Any] = (ServedZoneInline, ClosureInline)


@admin.register(models.Closure)
class ClosureAdmin(RecordAdmin):
    list_display = ("warehouse", "day", "reason")
    list_filter = ("warehouse",)
    list_select_related = ("warehouse",)
    search_fields = ("warehouse__code", "reason")


@admin.register(models.ServedZone)
class ServedZoneAdmin(RecordAdmin):
    list_display = ("warehouse", "country", "postcode_prefix", "transit_days", "distance_rank")
    list_filter = ("warehouse", "country")
    list_select_related = ("warehouse",)
    search_fields = ("warehouse__code", "country", "postcode_prefix")


@admin.register(models.Membership)
class MembershipAdmin(RecordAdmin):
    list_display = ("user", "warehouse")
    list_filter = ("warehouse",)
    list_select_related = ("user", "warehouse")
    search_fields = ("user__name", "user__email", "warehouse__code")
    raw_id_fields = ("user",)


@admin.register(models.Bin)
class BinAdmin(RecordAdmin):
    list_display = ("code", "warehouse", "kind", "pick_sequence", "is_suspect", "is_active")
    list_filter = ("warehouse", "kind", "is_suspect", "is_active")
    list_select_related = ("warehouse",)
    search_fields = ("code", "warehouse__code")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Goods in a place belong to its warehouse and kind: both stay once it exists."""
        return ("warehouse", "kind", "is_suspect") if obj else ("is_suspect",)


@admin.register(models.StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    list_display = ("sku", "warehouse", "on_hand", "unsaleable", "allocated", "safety")
    list_filter = ("warehouse",)
    list_select_related = ("sku", "warehouse")
    search_fields = ("sku__code", "sku__name")


@admin.register(models.Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ("level", "units", "until")
    list_select_related = ("level__sku", "level__warehouse")
    search_fields = ("level__sku__code",)


@admin.register(models.BinStock)
class BinStockAdmin(ReadOnlyAdmin):
    list_display = ("bin", "sku", "lot", "quantity", "allocated")
    list_filter = ("bin__warehouse",)
    list_select_related = ("bin", "sku", "lot")
    search_fields = ("bin__code", "sku__code", "lot__code")


@admin.register(models.StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "sku", "quantity", "bin", "lot", "document", "reason", "actor")
    list_filter = ("kind", "warehouse")
    list_select_related = ("sku", "bin", "lot", "warehouse")
    search_fields = ("sku__code", "document", "effect_key")
    ordering = ("-id",)


@admin.register(models.CountEntry)
class CountEntryAdmin(ReadOnlyAdmin):
    list_display = ("task", "by", "counted_at", "voided_at")
    list_select_related = ("task__bin", "task__sku", "by")


@admin.register(models.CountTask)
class CountTaskAdmin(ReadOnlyAdmin):
    list_display = ("bin", "sku", "reason", "opened_at", "done_at")
    list_select_related = ("bin", "sku")
    search_fields = ("bin__code", "sku__code", "reason")
