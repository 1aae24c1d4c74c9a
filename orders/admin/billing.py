"""Money in the admin zone: read, never rewritten; rates, policies and promotions may be kept here."""

from typing import Any, ClassVar

from django.contrib import admin

from ordermgmt.master_admin import ReadOnlyInline, RecordAdmin
from orders import models
from orders.admin.orders import OpenedAdmin


class CreditLineInline(ReadOnlyInline):
    model = models.CreditNoteLine
    fields = (
        "position",
        "description",
        "quantity",
        "net",
        "tax_rate",
        "tax",
        "gross",
    )


class PayoutLineInline(ReadOnlyInline):
    model = models.PayoutLine
    fields = (
        "reference",
        "kind",
        "amount",
        "fee",
        "payment",
    )


@admin.register(models.Receipt)
class ReceiptAdmin(OpenedAdmin):
    list_display = (
        "number",
        "customer",
        "amount",
        "currency",
        "provider",
        "reference",
        "received_on",
    )
    list_filter = ("provider",)
    list_select_related = ("customer",)
    search_fields = (
        "number",
        "customer__name",
        "reference",
    )


@admin.register(models.CreditNote)
class CreditNoteAdmin(OpenedAdmin):
    list_display = (
        "number",
        "invoice",
        "reason",
        "issued_on",
        "gross_total",
        "currency",
    )
    list_filter = (
        "reason",
        "series",
    )
    list_select_related = ("invoice",)
    search_fields = (
        "number",
        "invoice__number",
    )
    inlines: ClassVar[Any] = (CreditLineInline,)


@admin.register(models.CreditNoteLine)
class CreditNoteLineAdmin(OpenedAdmin):
    list_display = (
        "credit_note",
        "position",
        "description",
        "quantity",
        "net",
        "tax",
        "gross",
    )
    list_select_related = ("credit_note",)
    search_fields = (
        "credit_note__number",
        "description",
    )


@admin.register(models.WriteOff)
class WriteOffAdmin(OpenedAdmin):
    list_display = (
        "invoice",
        "amount",
        "reason",
        "by",
        "at",
        "reversed_at",
    )
    list_select_related = ("invoice",)
    search_fields = (
        "invoice__number",
        "reason",
    )


@admin.register(models.PaymentMethod)
class PaymentMethodAdmin(OpenedAdmin):
    list_display = (
        "customer",
        "provider",
        "brand",
        "last4",
        "expires_on",
        "status",
        "is_default",
    )
    list_filter = (
        "provider",
        "status",
    )
    list_select_related = ("customer",)
    search_fields = (
        "customer__name",
        "reference",
        "last4",
    )


@admin.register(models.Charge)
class ChargeAdmin(OpenedAdmin):
    list_display = (
        "invoice",
        "number",
        "provider",
        "status",
        "amount",
        "currency",
        "decline_code",
        "due_at",
    )
    list_filter = (
        "status",
        "provider",
    )
    list_select_related = ("invoice",)
    search_fields = (
        "invoice__number",
        "provider_reference",
        "idempotency_key",
    )


@admin.register(models.ProviderEvent)
class ProviderEventAdmin(OpenedAdmin):
    list_display = (
        "provider",
        "event_id",
        "kind",
        "received_at",
        "processed_at",
        "outcome",
    )
    list_filter = (
        "provider",
        "kind",
    )
    search_fields = (
        "event_id",
        "kind",
    )


@admin.register(models.DunningPolicy)
class DunningPolicyAdmin(RecordAdmin):
    list_display = (
        "name",
        "code",
        "retry_days",
        "last_day",
        "last_step",
        "is_default",
    )
    search_fields = (
        "name",
        "code",
    )


@admin.register(models.Dunning)
class DunningAdmin(OpenedAdmin):
    list_display = (
        "invoice",
        "policy",
        "status",
        "step",
        "next_at",
        "reason",
    )
    list_filter = ("status",)
    list_select_related = (
        "invoice",
        "policy",
    )
    search_fields = ("invoice__number",)


@admin.register(models.Refund)
class RefundAdmin(OpenedAdmin):
    list_display = (
        "number",
        "payment",
        "status",
        "amount",
        "currency",
        "reason",
        "requested_by",
    )
    list_filter = ("status",)
    list_select_related = ("payment",)
    search_fields = (
        "number",
        "reason",
        "provider_reference",
    )


@admin.register(models.Payout)
class PayoutAdmin(OpenedAdmin):
    list_display = (
        "reference",
        "provider",
        "amount",
        "currency",
        "arrives_on",
        "matched_at",
    )
    list_filter = ("provider",)
    search_fields = (
        "reference",
        "bank_reference",
    )
    inlines: ClassVar[Any] = (PayoutLineInline,)


@admin.register(models.PayoutLine)
class PayoutLineAdmin(OpenedAdmin):
    list_display = (
        "payout",
        "reference",
        "kind",
        "amount",
        "fee",
        "payment",
    )
    list_filter = ("kind",)
    list_select_related = (
        "payout",
        "payment",
    )
    search_fields = ("reference",)


@admin.register(models.Dispute)
class DisputeAdmin(OpenedAdmin):
    list_display = (
        "reference",
        "payment",
        "reason",
        "amount",
        "currency",
        "status",
        "evidence_due_at",
    )
    list_filter = ("status",)
    list_select_related = ("payment",)
    search_fields = ("reference",)


@admin.register(models.PayLink)
class PayLinkAdmin(OpenedAdmin):
    list_display = (
        "invoice",
        "customer",
        "created_at",
        "expires_at",
        "revoked_at",
    )
    list_select_related = (
        "invoice",
        "customer",
    )
    exclude = ("token",)
    search_fields = (
        "invoice__number",
        "customer__name",
    )


@admin.register(models.AccountEntry)
class AccountEntryAdmin(OpenedAdmin):
    list_display = (
        "customer",
        "amount",
        "currency",
        "reason",
        "at",
        "by",
    )
    list_filter = ("currency",)
    list_select_related = ("customer",)
    search_fields = (
        "customer__name",
        "cause",
    )


@admin.register(models.Promotion)
class PromotionAdmin(RecordAdmin):
    list_display = (
        "code",
        "name",
        "kind",
        "percent",
        "amount",
        "currency",
        "uses",
        "is_active",
    )
    list_filter = (
        "kind",
        "is_active",
    )
    search_fields = (
        "code",
        "name",
    )


@admin.register(models.Redemption)
class RedemptionAdmin(OpenedAdmin):
    list_display = (
        "promotion",
        "customer",
        "subscription",
        "order",
        "charges_left",
        "at",
    )
    list_select_related = (
        "promotion",
        "customer",
        "subscription",
        "order",
    )
    search_fields = (
        "promotion__code",
        "customer__name",
    )


@admin.register(models.TaxRate)
class TaxRateAdmin(RecordAdmin):
    list_display = (
        "country",
        "region",
        "tax_class",
        "rate",
        "starts_on",
        "ends_on",
    )
    list_filter = (
        "country",
        "tax_class",
    )
    search_fields = (
        "country",
        "region",
        "tax_class",
    )


@admin.register(models.RevenueEntry)
class RevenueEntryAdmin(OpenedAdmin):
    list_display = (
        "invoice",
        "rule",
        "amount",
        "currency",
        "booked_on",
        "recognised_on",
    )
    list_filter = ("rule",)
    list_select_related = ("invoice",)
    search_fields = (
        "invoice__number",
        "cause",
    )
