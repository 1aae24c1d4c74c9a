"""Subscriptions and their deliveries in the admin zone: read, never rewritten."""

from typing import Any, ClassVar

from django.contrib import admin

from ordermgmt.master_admin import ReadOnlyAdmin, ReadOnlyInline
from orders import models
from orders.admin.orders import OpenedAdmin


class LineInline(ReadOnlyInline):
    model = models.SubscriptionLine
    fields = ("position", "sku", "quantity", "surcharge", "unit_price")


class SegmentInline(ReadOnlyInline):
    model = models.CalendarSegment
    fields = ("first_number", "anchor_on", "anchor_day", "every", "unit")


class DeliveryItemInline(ReadOnlyInline):
    model = models.DeliveryItem
    fields = ("sku", "quantity", "unit_price", "replaces")


@admin.register(models.Subscription)
class SubscriptionAdmin(OpenedAdmin):
    list_display = ("number", "customer", "version", "status", "currency", "mrr", "starts_on")
    list_filter = ("status", "collection")
    list_select_related = ("customer", "version__plan")
    search_fields = ("number", "customer__name", "customer__email", "external_id")
    inlines: ClassVar[Any] = (LineInline, SegmentInline)


@admin.register(models.SubscriptionLine)
class SubscriptionLineAdmin(OpenedAdmin):
    list_display = ("subscription", "position", "sku", "quantity", "surcharge", "unit_price")
    list_select_related = ("subscription", "sku")
    search_fields = ("subscription__number", "sku__code")


@admin.register(models.CalendarSegment)
class CalendarSegmentAdmin(OpenedAdmin):
    list_display = ("subscription", "first_number", "anchor_on", "anchor_day", "every", "unit")
    list_select_related = ("subscription",)
    search_fields = ("subscription__number",)


@admin.register(models.BillingCycle)
class BillingCycleAdmin(OpenedAdmin):
    list_display = ("subscription", "number", "status", "starts_on", "ends_on", "deliveries", "invoice")
    list_filter = ("status",)
    list_select_related = ("subscription", "invoice")
    search_fields = ("subscription__number", "invoice__number")


@admin.register(models.Delivery)
class DeliveryAdmin(OpenedAdmin):
    list_display = ("subscription", "number", "status", "leaves_on", "order_at", "is_next", "order", "parked_at")
    list_filter = ("status",)
    list_select_related = ("subscription", "order")
    search_fields = ("subscription__number", "order__number")
    inlines: ClassVar[Any] = (DeliveryItemInline,)


@admin.register(models.DeliveryItem)
class DeliveryItemAdmin(OpenedAdmin):
    list_display = ("delivery", "sku", "quantity", "unit_price")
    list_select_related = ("delivery__subscription", "sku")
    search_fields = ("delivery__subscription__number", "sku__code")


@admin.register(models.SubscriptionEvent)
class SubscriptionEventAdmin(OpenedAdmin):
    list_display = ("subscription", "kind", "delivery_number", "by", "at")
    list_filter = ("kind",)
    list_select_related = ("subscription",)
    search_fields = ("subscription__number", "by", "bulk")


@admin.register(models.MrrMovement)
class MrrMovementAdmin(OpenedAdmin):
    list_display = ("subscription", "kind", "amount", "currency", "on", "reason")
    list_filter = ("kind",)
    list_select_related = ("subscription",)
    search_fields = ("subscription__number", "cause")


@admin.register(models.SubscriptionLink)
class SubscriptionLinkAdmin(OpenedAdmin):
    list_display = ("subscription", "created_at", "expires_at", "revoked_at")
    list_select_related = ("subscription",)
    exclude = ("token",)
    search_fields = ("subscription__number",)


@admin.register(models.RenewalStop)
class RenewalStopAdmin(OpenedAdmin):
    list_display = ("scope", "reference", "reason", "opened_at", "opened_by", "lifted_at")
    list_filter = ("scope",)
    search_fields = ("reference", "reason")


@admin.register(models.ReckoningFinding)
class ReckoningFindingAdmin(ReadOnlyAdmin):
    list_display = ("subscription", "number", "kind", "words", "found_at", "gone_at")
    list_filter = ("kind",)
    list_select_related = ("subscription",)
    search_fields = ("subscription__number",)


@admin.register(models.BulkChange)
class BulkChangeAdmin(OpenedAdmin):
    list_display = ("number", "kind", "position", "done", "by", "created_at", "finished_at", "undone_at")
    search_fields = ("number",)
    ordering = ("-id",)
