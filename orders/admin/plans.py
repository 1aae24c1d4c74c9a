"""Plans and their prices in the admin zone: read, never rewritten."""

from typing import Any, ClassVar

from django.contrib import admin

from ordermgmt.master_admin import ReadOnlyInline
from orders import models
from orders.admin.orders import OpenedAdmin


class PriceInline(ReadOnlyInline):
    model = models.PlanPrice
    fields = ("currency", "model", "amount", "set_up_fee", "tiers")


class ItemInline(ReadOnlyInline):
    model = models.PlanItem
    fields = ("sku", "quantity", "group", "is_default", "month")


class VersionInline(ReadOnlyInline):
    model = models.PlanVersion
    fields = ("number", "status", "deliver_every", "deliver_unit", "published_at")


@admin.register(models.Plan)
class PlanAdmin(OpenedAdmin):
    list_display = ("name", "number", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("name", "number")
    inlines: ClassVar[Any] = (VersionInline,)


@admin.register(models.PlanVersion)
class PlanVersionAdmin(OpenedAdmin):
    list_display = ("plan", "number", "status", "deliver_every", "deliver_unit", "published_at")
    list_filter = ("status", "deliver_unit")
    list_select_related = ("plan",)
    search_fields = ("plan__name", "plan__number")
    inlines: ClassVar[Any] = (PriceInline, ItemInline)


@admin.register(models.PlanPrice)
class PlanPriceAdmin(OpenedAdmin):
    list_display = ("version", "currency", "model", "amount", "set_up_fee")
    list_filter = ("currency", "model")
    list_select_related = ("version__plan",)
    search_fields = ("version__plan__name",)


@admin.register(models.PlanItem)
class PlanItemAdmin(OpenedAdmin):
    list_display = ("version", "sku", "quantity", "group", "month")
    list_select_related = ("version__plan", "sku")
    search_fields = ("version__plan__name", "sku__code")


@admin.register(models.PriceChange)
class PriceChangeAdmin(OpenedAdmin):
    list_display = ("number", "plan", "status", "earliest_on", "created_by")
    list_filter = ("status",)
    list_select_related = ("plan",)
    search_fields = ("number", "plan__name")


@admin.register(models.PriceChangeItem)
class PriceChangeItemAdmin(OpenedAdmin):
    list_display = ("change", "subscription", "old_price", "new_price", "effective_on", "noticed_at", "applied_at")
    list_select_related = ("change", "subscription")
    search_fields = ("subscription__number", "change__number")
