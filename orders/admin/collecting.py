"""Charges, dunning, refunds and payouts in the admin zone: only read; policies may be kept here."""

from typing import Any, ClassVar

from django.contrib import admin

from ordermgmt.master_admin import ReadOnlyAdmin, ReadOnlyInline, RecordAdmin
from orders import models
from orders.admin.orders import OpenedAdmin


class PayoutLineInline(ReadOnlyInline):
    model = models.PayoutLine
    fields = ("reference", "kind", "amount", "fee", "payment")


@admin.register(models.PaymentMethod)
class PaymentMethodAdmin(OpenedAdmin):
    list_display = ("customer", "provider", "brand", "last4", "expires_on", "status", "is_default")
    list_filter = ("provider", "status")
    list_select_related = ("customer",)
    search_fields = ("customer__name", "reference", "last4")


@admin.register(models.Charge)
class ChargeAdmin(OpenedAdmin):
    list_display = ("invoice", "number", "provider", "status", "amount", "currency", "decline_code", "due_at")
    list_filter = ("status", "provider")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "provider_reference", "idempotency_key")


@admin.register(models.ProviderEvent)
class ProviderEventAdmin(OpenedAdmin):
    list_display = ("provider", "event_id", "kind", "received_at", "processed_at", "outcome")
    list_filter = ("provider", "kind")
    search_fields = ("event_id", "kind")


@admin.register(models.DunningPolicy)
class DunningPolicyAdmin(RecordAdmin):
    list_display = ("name", "code", "retry_days", "last_day", "last_step", "is_default")
    search_fields = ("name", "code")


@admin.register(models.Dunning)
class DunningAdmin(OpenedAdmin):
    list_display = ("invoice", "policy", "status", "step", "next_at", "reason")
    list_filter = ("status",)
    list_select_related = ("invoice", "policy")
    search_fields = ("invoice__number",)


@admin.register(models.Refund)
class RefundAdmin(OpenedAdmin):
    list_display = ("number", "payment", "status", "amount", "currency", "reason", "requested_by")
    list_filter = ("status",)
    list_select_related = ("payment",)
    search_fields = ("number", "reason", "provider_reference")


@admin.register(models.Payout)
class PayoutAdmin(OpenedAdmin):
    list_display = ("reference", "provider", "amount", "currency", "arrives_on", "matched_at")
    list_filter = ("provider",)
    search_fields = ("reference", "bank_reference")
    inlines: ClassVar[Any] = (PayoutLineInline,)


@admin.register(models.PayoutLine)
class PayoutLineAdmin(OpenedAdmin):
    list_display = ("payout", "reference", "kind", "amount", "fee", "payment")
    list_filter = ("kind",)
    list_select_related = ("payout", "payment")
    search_fields = ("reference",)


@admin.register(models.Dispute)
class DisputeAdmin(OpenedAdmin):
    list_display = ("reference", "payment", "reason", "amount", "currency", "status", "evidence_due_at")
    list_filter = ("status",)
    list_select_related = ("payment",)
    search_fields = ("reference",)


@admin.register(models.PayLink)
class PayLinkAdmin(OpenedAdmin):
    list_display = ("invoice", "customer", "created_at", "expires_at", "revoked_at")
    list_select_related = ("invoice", "customer")
    exclude = ("token",)
    search_fields = ("invoice__number", "customer__name")


@admin.register(models.CustomerValue)
class CustomerValueAdmin(ReadOnlyAdmin):
    """Worked out by a job every night."""

    list_display = ("customer", "currency", "plan", "quarter", "purchases", "to_date", "expected")
    list_filter = ("currency", "quarter")
    list_select_related = ("customer",)
    search_fields = ("customer__number", "customer__name")


@admin.register(models.ValueFit)
class ValueFitAdmin(ReadOnlyAdmin):
    list_display = ("currency", "worked_on", "customers", "repeaters", "buying", "spending")
    list_filter = ("currency",)
