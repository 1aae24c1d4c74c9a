"""Fulfilment in the admin zone: boxes, carriers and rates may be mended, work and parcels only read."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from fulfilment import models
from ordermgmt.master_admin import ReadOnlyAdmin, ReadOnlyInline, RecordAdmin, TabularInline


@admin.register(models.BoxType)
class BoxTypeAdmin(RecordAdmin):
    list_display = ("code", "name", "length_mm", "width_mm", "height_mm", "tare_g", "max_weight_g", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")


class CarrierRateInline(TabularInline):
    model = models.CarrierRate
    extra = 0


class PickupInline(TabularInline):
    model = models.Pickup
    extra = 0


@admin.register(models.Carrier)
class CarrierAdmin(RecordAdmin):
    list_display = ("name", "code", "gateway", "is_active")
    list_filter = ("is_active", "gateway")
    search_fields = ("name", "code")
    inlines: ClassVar[Any] = (CarrierRateInline, PickupInline)


@admin.register(models.Pickup)
class PickupAdmin(RecordAdmin):
    list_display = ("carrier", "warehouse", "leaves_at")
    list_filter = ("warehouse",)
    list_select_related = ("carrier", "warehouse")
    search_fields = ("carrier__name", "warehouse__title")
    autocomplete_fields = ("carrier", "warehouse")


@admin.register(models.CarrierRate)
class CarrierRateAdmin(RecordAdmin):
    list_display = ("carrier", "service", "country", "max_weight_g", "price", "transit_days")
    list_filter = ("carrier", "service")
    list_select_related = ("carrier",)
    search_fields = ("service", "country", "carrier__name")
    autocomplete_fields = ("carrier",)


@admin.register(models.CarrierMessage)
class CarrierMessageAdmin(ReadOnlyAdmin):
    list_display = ("source", "received_at", "state", "reason")
    list_filter = ("state", "source")
    search_fields = ("reason", "body_hash")


class OpenedAdmin(ReadOnlyAdmin):
    """May be opened from the list to see its parts."""

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return list_display[:1]


class CartonInline(ReadOnlyInline):
    model = models.Carton
    fields = ("position", "sscc", "box", "weight_g")


@admin.register(models.Shipment)
class ShipmentAdmin(OpenedAdmin):
    list_display = ("number", "order", "warehouse", "carrier", "service", "status", "carrier_status", "packed_at")
    list_filter = ("status", "carrier_status", "carrier")
    list_select_related = ("order", "warehouse", "carrier")
    search_fields = ("number", "order__number", "cartons__sscc", "cartons__labels__tracking_number")
    inlines: ClassVar[Any] = (CartonInline,)


@admin.register(models.Carton)
class CartonAdmin(ReadOnlyAdmin):
    list_display = ("sscc", "shipment", "position", "box", "weight_g")
    list_select_related = ("shipment", "box")
    search_fields = ("sscc", "shipment__number")


@admin.register(models.ShipmentLine)
class ShipmentLineAdmin(ReadOnlyAdmin):
    list_display = ("shipment", "carton", "sku", "lot", "quantity")
    list_select_related = ("shipment", "carton", "sku", "lot")
    search_fields = ("shipment__number", "sku__code", "lot__code")


@admin.register(models.Label)
class LabelAdmin(ReadOnlyAdmin):
    list_display = ("tracking_number", "carton", "state", "made_at", "scanned_at", "voided_at", "void_reason")
    list_filter = ("state",)
    list_select_related = ("carton",)
    search_fields = ("tracking_number", "carton__sscc", "carton__shipment__number")


@admin.register(models.TrackingEvent)
class TrackingEventAdmin(ReadOnlyAdmin):
    list_display = ("shipment", "status", "raw_status", "place", "happened_at", "source")
    list_filter = ("status", "source")
    list_select_related = ("shipment",)
    search_fields = ("shipment__number", "event_id", "raw_status")


@admin.register(models.AutoRelease)
class AutoReleaseAdmin(ReadOnlyAdmin):
    list_display = ("warehouse", "is_on", "every_minutes", "orders", "released_at", "changed_by")
    list_filter = ("is_on",)
    list_select_related = ("warehouse",)
    search_fields = ("warehouse__code", "warehouse__title")


@admin.register(models.Wave)
class WaveAdmin(ReadOnlyAdmin):
    list_display = ("number", "warehouse", "kind", "status", "picker", "created_at", "done_at")
    list_filter = ("status", "kind", "warehouse")
    list_select_related = ("warehouse", "picker")
    search_fields = ("number",)


class FulfilmentLineInline(ReadOnlyInline):
    model = models.FulfilmentLine
    fields = ("sku", "quantity", "picked", "packed")


@admin.register(models.FulfilmentOrder)
class FulfilmentOrderAdmin(OpenedAdmin):
    list_display = ("number", "order", "warehouse", "status", "wave", "tote", "ship_by")
    list_filter = ("status", "warehouse")
    list_select_related = ("order", "warehouse", "wave")
    search_fields = ("number", "order__number", "wave__number")
    inlines: ClassVar[Any] = (FulfilmentLineInline,)


@admin.register(models.FulfilmentLine)
class FulfilmentLineAdmin(ReadOnlyAdmin):
    list_display = ("work", "sku", "quantity", "picked", "packed")
    list_select_related = ("work", "sku")
    search_fields = ("work__number", "sku__code")


@admin.register(models.PickTask)
class PickTaskAdmin(ReadOnlyAdmin):
    list_display = ("line", "bin", "lot", "quantity", "picked", "short", "short_reason")
    list_filter = ("short_reason",)
    list_select_related = ("line__work", "line__sku", "bin", "lot")
    search_fields = ("line__work__number", "line__sku__code", "bin__code")


@admin.register(models.PackBox)
class PackBoxAdmin(ReadOnlyAdmin):
    list_display = ("work", "position", "box", "weight_g")
    list_select_related = ("work", "box")
    search_fields = ("work__number",)


@admin.register(models.PackItem)
class PackItemAdmin(ReadOnlyAdmin):
    list_display = ("box", "line", "quantity")
    list_select_related = ("box__work", "line__sku")
    search_fields = ("box__work__number", "line__sku__code")


@admin.register(models.ScanEvent)
class ScanEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "by", "station", "task", "code", "verdict", "milliseconds", "device")
    list_filter = ("station", "verdict")
    list_select_related = ("by",)
    search_fields = ("code", "task", "device")
