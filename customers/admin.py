"""Customers in the admin zone: states change through verbs, addresses are replaced, consents only read."""

from django.contrib import admin

from customers import models
from ordermgmt.master_admin import ReadOnlyAdmin, ReadOnlyInline, RecordAdmin


class AddressInline(ReadOnlyInline):
    model = models.Address
    fields = ("line1", "postcode", "city", "country", "is_default", "replaced_at")
    readonly_fields = fields


class ConsentInline(ReadOnlyInline):
    model = models.Consent
    fields = ("kind", "is_granted", "source", "at")
    readonly_fields = fields


class IdentityInline(ReadOnlyInline):
    model = models.ChannelIdentity
    fields = ("channel", "external_id")
    readonly_fields = fields


@admin.register(models.Customer)
class CustomerAdmin(RecordAdmin):
    list_display = ("number", "name", "company", "email", "phone", "status", "created_at")
    list_filter = ("status", "language")
    search_fields = ("number", "name", "company", "email", "phone_digits")
    readonly_fields = (
        "number",
        "status",
        "blocked_reason",
        "merged_into",
        "version",
        "created_at",
        "blocked_at",
        "merged_at",
        "erased_at",
    )
    inlines = (AddressInline, ConsentInline, IdentityInline)


@admin.register(models.Address)
class AddressAdmin(ReadOnlyAdmin):
    list_display = ("customer", "name", "line1", "postcode", "city", "country", "is_default", "replaced_at")
    list_filter = ("country",)
    list_select_related = ("customer",)
    search_fields = ("customer__number", "name", "line1", "postcode", "city")


@admin.register(models.Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("customer", "kind", "is_granted", "source", "at")
    list_filter = ("kind", "is_granted")
    list_select_related = ("customer",)
    search_fields = ("customer__number", "customer__email")


@admin.register(models.ChannelIdentity)
class ChannelIdentityAdmin(RecordAdmin):
    list_display = ("channel", "external_id", "customer")
    list_filter = ("channel",)
    list_select_related = ("customer",)
    search_fields = ("external_id", "customer__number")
    raw_id_fields = ("customer",)


@admin.register(models.FollowUp)
class FollowUpAdmin(ReadOnlyAdmin):
    list_display = ("customer", "person", "text", "due_on", "due_time", "done_at")
    list_filter = ("person",)
    list_select_related = ("customer", "person")
    search_fields = ("customer__number", "text")


class TicketMessageInline(ReadOnlyInline):
    model = models.TicketMessage
    fk_name = "ticket"
    fields = ("at", "direction", "author", "body")
    readonly_fields = fields


@admin.register(models.Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ("number", "subject", "status", "priority", "customer", "assignee", "due_at", "created_at")
    list_filter = ("status", "priority", "channel", "topic")
    list_select_related = ("customer", "assignee")
    search_fields = ("number", "subject", "email", "about", "customer__number")
    inlines = (TicketMessageInline,)


@admin.register(models.TicketMessage)
class TicketMessageAdmin(ReadOnlyAdmin):
    list_display = ("ticket", "at", "direction", "author", "is_automatic", "withdrawn_at")
    list_filter = ("direction", "is_automatic")
    list_select_related = ("ticket",)
    search_fields = ("ticket__number", "author", "message_id")


@admin.register(models.TicketFile)
class TicketFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "content_type", "size", "message")
    list_filter = ("content_type",)
    list_select_related = ("message",)
    search_fields = ("name", "sha256", "message__ticket__number")


@admin.register(models.CannedReply)
class CannedReplyAdmin(ReadOnlyAdmin):
    list_display = ("name", "topic", "changed_at", "changed_by", "archived_at")
    list_filter = ("topic",)
    search_fields = ("name", "body")


@admin.register(models.InboundMail)
class InboundMailAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "sender", "subject", "state", "reason", "size")
    list_filter = ("state", "source")
    search_fields = ("sender", "subject", "sha256")


@admin.register(models.Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    """Answered on the page Feedback."""

    list_display = ("order_number", "customer", "status", "score", "asked_at", "given_at", "told_at")
    list_select_related = ("customer",)
    list_filter = ("status", "score")
    search_fields = ("=order_number", "customer__name")
    exclude = ("token",)
    ordering = ("-pk",)


@admin.register(models.PersonalExport)
class PersonalExportAdmin(ReadOnlyAdmin):
    list_display = ("customer", "asked_by", "asked_at", "state", "size", "expires_at")
    list_filter = ("state",)
    list_select_related = ("customer", "asked_by")
    search_fields = ("customer__number",)
