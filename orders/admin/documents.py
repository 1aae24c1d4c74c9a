"""Receipts, credit notes and what is booked of them in the admin zone; only rates and promotions may be kept here."""

from typing import Any, ClassVar

from django.contrib import admin

from ordermgmt.master_admin import ReadOnlyInline, RecordAdmin
from orders import models
from orders.admin.orders import OpenedAdmin


class CreditLineInline(ReadOnlyInline):
    model = models.CreditNoteLine
    fields = ("position", "description", "quantity", "net", "tax_rate", "tax", "gross")


@admin.register(models.Receipt)
class ReceiptAdmin(OpenedAdmin):
    list_display = ("number", "customer", "amount", "currency", "provider", "reference", "received_on")
    list_filter = ("provider",)
    list_select_related = ("customer",)
    search_fields = ("number", "customer__name", "reference")


@admin.register(models.CreditNote)
class CreditNoteAdmin(OpenedAdmin):
    list_display = ("number", "invoice", "reason", "issued_on", "gross_total", "currency")
    list_filter = ("reason", "series")
    list_select_related = ("invoice",)
    search_fields = ("number", "invoice__number")
    inlines: ClassVar[Any] = (CreditLineInline,)


@admin.register(models.CreditNoteLine)
class CreditNoteLineAdmin(OpenedAdmin):
    list_display = ("credit_note", "position", "description", "quantity", "net", "tax", "gross")
    list_select_related = ("credit_note",)
    search_fields = ("credit_note__number", "description")


@admin.register(models.WriteOff)
class WriteOffAdmin(OpenedAdmin):
    list_display = ("invoice", "amount", "reason", "by", "at", "reversed_at")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "reason")


@admin.register(models.AccountEntry)
class AccountEntryAdmin(OpenedAdmin):
    list_display = ("customer", "amount", "currency", "reason", "at", "by")
    list_filter = ("currency",)
    list_select_related = ("customer",)
    search_fields = ("customer__name", "cause")


@admin.register(models.Promotion)
class PromotionAdmin(RecordAdmin):
    list_display = ("code", "name", "kind", "percent", "amount", "currency", "uses", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("code", "name")


@admin.register(models.Redemption)
class RedemptionAdmin(OpenedAdmin):
    list_display = ("promotion", "customer", "subscription", "order", "charges_left", "at")
    list_select_related = ("promotion", "customer", "subscription", "order")
    search_fields = ("promotion__code", "customer__name")


@admin.register(models.TaxRate)
class TaxRateAdmin(RecordAdmin):
    list_display = ("country", "region", "tax_class", "rate", "starts_on", "ends_on")
    list_filter = ("country", "tax_class")
    search_fields = ("country", "region", "tax_class")


@admin.register(models.RevenueEntry)
class RevenueEntryAdmin(OpenedAdmin):
    list_display = ("invoice", "rule", "amount", "currency", "booked_on", "recognised_on")
    list_filter = ("rule",)
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "cause")
