"""Orders in the admin zone: channels and their codes may be kept, all else is written by verbs and only read."""

from typing import Any, ClassVar

from django.contrib import admin

from ordermgmt.master_admin import ReadOnlyAdmin, ReadOnlyInline, RecordAdmin
from orders import models


@admin.register(models.Channel)
class ChannelAdmin(RecordAdmin):
    list_display = ("code", "name", "kind", "currency", "is_active", "checks_prices", "requires_payment")
    list_filter = ("kind", "is_active")
    search_fields = ("code", "name")


@admin.register(models.SkuAlias)
class SkuAliasAdmin(RecordAdmin):
    list_display = ("external_code", "channel", "sku", "units")
    list_filter = ("channel",)
    list_select_related = ("channel", "sku")
    search_fields = ("external_code", "sku__code")
    autocomplete_fields = ("channel", "sku")


class RevisionInline(ReadOnlyInline):
    model = models.InboundRevision
    fields = ("received_at", "state", "decided_by", "decided_at", "source")
    readonly_fields = fields


@admin.register(models.InboundOrder)
class InboundOrderAdmin(ReadOnlyAdmin):
    list_display = ("external_id", "external_number", "channel", "state", "order", "received_at", "error")
    list_filter = ("state", "channel")
    list_select_related = ("channel", "order")
    search_fields = ("external_id", "external_number", "order__number", "source")
    inlines: ClassVar[Any] = (RevisionInline,)


@admin.register(models.InboundRevision)
class InboundRevisionAdmin(ReadOnlyAdmin):
    list_display = ("inbound", "received_at", "state", "decided_by", "decided_at")
    list_filter = ("state",)
    list_select_related = ("inbound__channel",)
    search_fields = ("inbound__external_id", "inbound__order__number")


class LineInline(ReadOnlyInline):
    model = models.OrderLine
    fields = ("position", "kind", "sku", "name", "ordered", "cancelled", "shipped", "unit_price", "discount", "total")
    readonly_fields = fields
    fk_name = "order"

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("sku")


class ChargeInline(ReadOnlyInline):
    model = models.OrderCharge
    fields = ("kind", "title", "amount", "discount", "tax")
    readonly_fields = fields


class AddressInline(ReadOnlyInline):
    model = models.OrderAddress
    fields = ("kind", "name", "line1", "city", "postcode", "country")
    readonly_fields = fields


@admin.register(models.Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "external_number",
        "channel",
        "customer",
        "status",
        "payment_status",
        "total",
        "placed_at",
    )
    list_filter = ("status", "payment_status", "fulfilment_status", "channel")
    list_select_related = ("channel", "customer")
    search_fields = ("number", "external_number", "email", "recipient", "ship_postcode")
    inlines: ClassVar[Any] = (LineInline, ChargeInline, AddressInline)


@admin.register(models.OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    list_display = ("order", "position", "kind", "sku", "name", "ordered", "cancelled", "backordered", "shipped")
    list_filter = ("kind",)
    list_select_related = ("order", "sku")
    search_fields = ("order__number", "sku__code", "external_code", "name")


@admin.register(models.OrderCharge)
class OrderChargeAdmin(ReadOnlyAdmin):
    list_display = ("order", "kind", "title", "amount", "discount", "tax")
    list_filter = ("kind",)
    list_select_related = ("order",)
    search_fields = ("order__number", "title")


@admin.register(models.OrderAddress)
class OrderAddressAdmin(ReadOnlyAdmin):
    list_display = ("order", "kind", "name", "city", "postcode", "country")
    list_filter = ("kind",)
    list_select_related = ("order",)
    search_fields = ("order__number", "name", "city", "postcode")


@admin.register(models.OrderLink)
class OrderLinkAdmin(ReadOnlyAdmin):
    """Without the token: whoever reads it can open the customer's page."""

    list_display = ("order", "created_at", "expires_at", "revoked_at")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    exclude = ("token",)


@admin.register(models.Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("order", "code", "reason", "opened_at", "opened_by", "expires_at", "released_at", "released_by")
    list_filter = ("code", "owner_role")
    list_select_related = ("order",)
    search_fields = ("order__number", "reason", "opened_by")


@admin.register(models.Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ("line", "warehouse", "sku", "quantity", "released", "created_at")
    list_filter = ("warehouse",)
    list_select_related = ("line", "warehouse", "sku")
    search_fields = ("line__order__number", "sku__code")


@admin.register(models.SourcingDecision)
class SourcingDecisionAdmin(ReadOnlyAdmin):
    list_display = ("order", "at")
    list_select_related = ("order",)
    search_fields = ("order__number",)


@admin.register(models.OrderChange)
class OrderChangeAdmin(ReadOnlyAdmin):
    list_display = ("order", "state", "by", "created_at", "applied_at", "undone_at")
    list_filter = ("state",)
    list_select_related = ("order",)
    search_fields = ("order__number", "by")


@admin.register(models.Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("order", "kind", "state", "amount", "currency", "provider", "reference", "at")
    list_filter = ("kind", "state", "provider")
    list_select_related = ("order",)
    search_fields = ("order__number", "reference", "effect_key")


class InvoiceLineInline(ReadOnlyInline):
    model = models.InvoiceLine
    fields = ("position", "code", "description", "quantity", "net", "tax_rate", "tax", "gross")
    readonly_fields = fields


@admin.register(models.Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ("number", "order", "status", "issued_on", "due_on", "gross_total", "paid", "currency")
    list_filter = ("status", "series")
    list_select_related = ("order",)
    search_fields = ("number", "order__number")
    inlines: ClassVar[Any] = (InvoiceLineInline,)


@admin.register(models.InvoiceLine)
class InvoiceLineAdmin(ReadOnlyAdmin):
    list_display = ("invoice", "position", "code", "description", "quantity", "net", "tax", "gross")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "code", "description")
