"""Orders in the admin zone: channels and item names may be kept there, everything else is only read."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from ordermgmt.master_admin import ReadOnlyAdmin, ReadOnlyInline, RecordAdmin
from orders import models


class OpenedAdmin(ReadOnlyAdmin):
    """May be opened from the list to see its parts."""

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return list_display[:1]


@admin.register(models.Channel)
class ChannelAdmin(RecordAdmin):
    list_display = ("name", "code", "kind", "currency", "is_active", "checks_prices", "requires_payment")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "code")


@admin.register(models.SkuAlias)
class SkuAliasAdmin(RecordAdmin):
    list_display = ("external_code", "channel", "sku", "units")
    list_filter = ("channel",)
    list_select_related = ("channel", "sku")
    search_fields = ("external_code", "sku__code")
    autocomplete_fields = ("channel", "sku")


class RevisionInline(ReadOnlyInline):
    model = models.InboundRevision
    fields = ("received_at", "state", "source", "decided_by", "decided_at")


@admin.register(models.InboundOrder)
class InboundOrderAdmin(OpenedAdmin):
    list_display = ("external_id", "external_number", "channel", "state", "received_at", "order")
    list_filter = ("state", "channel")
    list_select_related = ("channel", "order")
    search_fields = ("external_id", "external_number", "order__number")
    inlines: ClassVar[Any] = (RevisionInline,)


class LineInline(ReadOnlyInline):
    model = models.OrderLine
    fk_name = "order"
    fields = ("position", "kind", "sku", "name", "ordered", "cancelled", "promised", "backordered", "shipped", "total")


class AddressInline(ReadOnlyInline):
    model = models.OrderAddress
    fields = ("kind", "name", "line1", "postcode", "city", "country")


@admin.register(models.Order)
class OrderAdmin(OpenedAdmin):
    list_display = (
        "number",
        "recipient",
        "status",
        "fulfilment_status",
        "payment_status",
        "total",
        "currency",
        "placed_at",
    )
    list_filter = ("status", "fulfilment_status", "payment_status", "channel")
    search_fields = ("number", "external_number", "email", "recipient")
    inlines: ClassVar[Any] = (LineInline, AddressInline)


class InvoiceLineInline(ReadOnlyInline):
    model = models.InvoiceLine
    fields = ("position", "description", "code", "quantity", "net", "tax_rate", "tax", "gross")


@admin.register(models.Invoice)
class InvoiceAdmin(OpenedAdmin):
    list_display = ("number", "order", "status", "issued_on", "gross_total", "currency", "paid")
    list_filter = ("status", "series")
    list_select_related = ("order",)
    search_fields = ("number", "order__number")
    inlines: ClassVar[Any] = (InvoiceLineInline,)


@admin.register(models.Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("order", "kind", "state", "amount", "currency", "provider", "reference", "at")
    list_filter = ("kind", "state", "provider")
    list_select_related = ("order",)
    search_fields = ("order__number", "reference")


@admin.register(models.Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("order", "code", "reason", "blocks", "opened_at", "opened_by", "released_at", "released_by")
    list_filter = ("code",)
    list_select_related = ("order",)
    search_fields = ("order__number", "reason")


@admin.register(models.OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    list_display = ("order", "position", "name", "sku", "ordered", "backordered", "promised", "shipped")
    list_select_related = ("order", "sku")
    search_fields = ("order__number", "sku__code")


@admin.register(models.Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ("line", "warehouse", "sku", "quantity", "released", "created_at")
    list_filter = ("warehouse",)
    list_select_related = ("line", "warehouse", "sku")
    search_fields = ("line__order__number", "sku__code")


@admin.register(models.OrderChange)
class OrderChangeAdmin(ReadOnlyAdmin):
    list_display = ("order", "state", "by", "created_at", "applied_at", "undone_at")
    list_select_related = ("order",)
    search_fields = ("order__number", "by")


@admin.register(models.SourcingDecision)
class SourcingDecisionAdmin(ReadOnlyAdmin):
    list_display = ("order", "at", "explanation")
    list_select_related = ("order",)
    search_fields = ("order__number",)


@admin.register(models.OrderCharge)
class OrderChargeAdmin(ReadOnlyAdmin):
    list_display = ("order", "kind", "title", "amount", "discount", "tax")
    list_select_related = ("order",)
    search_fields = ("order__number", "title")


@admin.register(models.OrderAddress)
class OrderAddressAdmin(ReadOnlyAdmin):
    list_display = ("order", "kind", "name", "postcode", "city", "country")
    list_select_related = ("order",)
    search_fields = ("order__number", "name", "postcode")


@admin.register(models.InboundRevision)
class InboundRevisionAdmin(ReadOnlyAdmin):
    list_display = ("inbound", "received_at", "state", "decided_by")
    list_select_related = ("inbound", "inbound__channel")
    search_fields = ("inbound__external_id",)


@admin.register(models.InvoiceLine)
class InvoiceLineAdmin(ReadOnlyAdmin):
    list_display = ("invoice", "position", "description", "quantity", "net", "tax", "gross")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "code")


@admin.register(models.OrderLink)
class OrderLinkAdmin(ReadOnlyAdmin):
    """Tokens open a customer's page, so they are not shown."""

    list_display = ("order", "created_at", "expires_at", "revoked_at")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    exclude = ("token",)


@admin.register(models.OrderInWork)
class OrderInWorkAdmin(ReadOnlyAdmin):
    list_display = ("number", "by", "started_at", "saved_at", "placed_at", "discarded_at")
    search_fields = ("number", "by")
