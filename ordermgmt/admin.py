"""The frame's records in the admin zone: to look up; only API clients are kept here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ordermgmt import models
from ordermgmt.master_admin import ReadOnlyAdmin, RecordAdmin


@admin.register(models.User)
class UserAdmin(ReadOnlyAdmin):
    """People are changed on the page People and roles."""

    list_display = ("email", "name", "badge", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("email", "name", "badge")
    ordering = ("email",)
    exclude = ("password",)


@admin.register(models.RoleGrant)
class RoleGrantAdmin(ReadOnlyAdmin):
    list_display = ("user", "role", "granted_at")
    list_select_related = ("user",)
    list_filter = ("role",)
    search_fields = ("user__email", "user__name")


@admin.register(models.ApiClient)
class ApiClientAdmin(RecordAdmin):
    """Keys are made by `manage.py create_api_key`; here they are switched off and their scopes changed."""

    list_display = ("name", "scopes", "is_active", "created_at", "last_used_on")
    search_fields = ("name",)
    fields = ("name", "scopes", "is_active", "created_at", "last_used_on")
    readonly_fields = ("name", "created_at", "last_used_on")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "principal", "route", "status", "created_at")
    search_fields = ("key", "principal")
    ordering = ("-pk",)


@admin.register(models.Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "verb", "subject", "text")
    list_filter = ("category",)
    search_fields = ("=subject", "=thread", "=actor")
    ordering = ("-pk",)


@admin.register(models.OutgoingMessage)
class OutgoingMessageAdmin(ReadOnlyAdmin):
    list_display = ("kind", "about", "recipient", "state", "created_at", "sent_at", "attempts")
    list_filter = ("state", "kind")
    search_fields = ("about", "recipient", "subject_line")
    ordering = ("-pk",)


@admin.register(models.StoredDocument)
class StoredDocumentAdmin(ReadOnlyAdmin):
    list_display = ("kind", "number", "thread", "size", "requested_at", "stored_at")
    list_filter = ("kind",)
    search_fields = ("number", "thread")
    ordering = ("-pk",)


@admin.register(models.NumberSeries)
class NumberSeriesAdmin(ReadOnlyAdmin):
    list_display = ("key", "last")
    search_fields = ("key",)


@admin.register(models.JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "as_of", "started_at", "finished_at", "asked_by", "attempts")
    list_filter = ("state", "name")
    search_fields = ("name", "error")
    ordering = ("-pk",)


@admin.register(models.WorkerBeat)
class WorkerBeatAdmin(ReadOnlyAdmin):
    list_display = ("cluster", "at", "tasks", "wedges")
    search_fields = ("cluster",)


@admin.register(models.BooksProof)
class BooksProofAdmin(ReadOnlyAdmin):
    list_display = ("code", "title", "scope", "checked_at", "holds", "count", "seconds")
    list_filter = ("holds", "scope", "code")
    search_fields = ("code", "title")
    ordering = ("-pk",)


@admin.register(models.BooksMark)
class BooksMarkAdmin(ReadOnlyAdmin):
    list_display = ("table", "read_from", "read_to", "moved_at")
    search_fields = ("table",)


@admin.register(models.BooksRound)
class BooksRoundAdmin(ReadOnlyAdmin):
    list_display = ("began_at", "finished_at", "proved", "first", "asked_by", "attempts", "dead_at")
    search_fields = ("asked_by",)
    ordering = ("-pk",)


@admin.register(models.ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ("kind", "file_name", "state", "by", "created_at", "to_create", "to_change", "error_count")
    list_select_related = ("by",)
    list_filter = ("state", "kind")
    search_fields = ("file_name",)
    ordering = ("-pk",)


@admin.register(models.SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    list_display = ("page", "name", "owner", "role", "archived_at")
    list_select_related = ("owner",)
    list_filter = ("page",)
    search_fields = ("name", "slug")


@admin.register(models.Installation)
class InstallationAdmin(ReadOnlyAdmin):
    """Confirmed on the page Live system."""

    list_display = ("address", "epoch", "confirmed_at", "confirmed_by")
    search_fields = ("address", "confirmed_by")


@admin.register(models.KpiDay)
class KpiDayAdmin(ReadOnlyAdmin):
    """Worked out from the rows; `manage.py rollups --check` compares."""

    list_display = (
        "kpi",
        "on",
        "warehouse",
        "channel",
        "plan",
        "country",
        "currency",
        "category",
        "numerator",
        "denominator",
        "count",
    )
    list_filter = ("kpi",)
    search_fields = ("kpi",)
    date_hierarchy = "on"


@admin.register(models.KpiMark)
class KpiMarkAdmin(ReadOnlyAdmin):
    list_display = ("kpi", "version", "refreshed_at")
    search_fields = ("kpi",)


@admin.register(models.KpiTarget)
class KpiTargetAdmin(ReadOnlyAdmin):
    """Set on the page of the figure."""

    list_display = ("kpi", "value", "starts_on", "owner", "set_by")
    list_filter = ("kpi",)
    search_fields = ("kpi", "owner")


@admin.register(models.KpiDigest)
class KpiDigestAdmin(ReadOnlyAdmin):
    """Chosen by each person at the foot of the reports."""

    list_display = ("user", "since")
    search_fields = ("user__name",)


@admin.register(models.KpiPlace)
class KpiPlaceAdmin(ReadOnlyAdmin):
    list_display = ("user", "place", "kpi")
    search_fields = ("kpi", "user__name")


@admin.register(models.KpiNote)
class KpiNoteAdmin(ReadOnlyAdmin):
    list_display = ("on", "words", "by")
    search_fields = ("words",)


@admin.register(models.ExceptionItem)
class ExceptionItemAdmin(ReadOnlyAdmin):
    """Worked on the page Exceptions."""

    list_display = ("number", "rule", "cause", "state", "owner_role", "count", "since", "target_at", "closed_at")
    list_filter = ("state", "owner_role", "rule")
    search_fields = ("rule", "cause", "subjects__number")
    ordering = ("-pk",)


@admin.register(models.RuleLook)
class RuleLookAdmin(ReadOnlyAdmin):
    list_display = ("rule", "looked_at", "looks")
    search_fields = ("rule",)


@admin.register(models.ExceptionSubject)
class ExceptionSubjectAdmin(ReadOnlyAdmin):
    list_display = ("number", "item")
    list_select_related = ("item",)
    search_fields = ("=number",)
    ordering = ("-pk",)


@admin.register(models.TemplateVersion)
class TemplateVersionAdmin(ReadOnlyAdmin):
    """Words of messages are changed on the page Email templates."""

    list_display = ("kind", "number", "language", "state", "made_by", "published_at")
    list_filter = ("state", "kind")
    search_fields = ("kind", "subject")
    ordering = ("-pk",)


@admin.register(models.SendRule)
class SendRuleAdmin(ReadOnlyAdmin):
    list_display = ("kind", "is_on", "delay_minutes", "weekly_most", "number", "changed_at")
    search_fields = ("kind",)


@admin.register(models.MailEvent)
class MailEventAdmin(ReadOnlyAdmin):
    list_display = ("happened_at", "provider", "kind", "is_hard", "recipient", "outcome")
    list_filter = ("kind", "provider")
    search_fields = ("=event_id", "=recipient")
    ordering = ("-pk",)


@admin.register(models.MailAddress)
class MailAddressAdmin(ReadOnlyAdmin):
    list_display = ("address", "bounced_at", "complained_at", "works_again_at")
    search_fields = ("address",)


@admin.register(models.Duty)
class DutyAdmin(ReadOnlyAdmin):
    """Planned on the page Who watches."""

    list_display = ("on", "role", "person")
    list_select_related = ("person",)
    list_filter = ("role",)
    search_fields = ("person__name", "person__email")
    date_hierarchy = "on"


@admin.register(models.HiddenConcern)
class HiddenConcernAdmin(ReadOnlyAdmin):
    """Written on the home of managers."""

    list_display = ("person", "key", "reason", "hidden_at", "until")
    list_filter = ("reason",)
    list_select_related = ("person",)
    search_fields = ("key", "person__name")
    ordering = ("-pk",)


@admin.register(models.KnownProblem)
class KnownProblemAdmin(ReadOnlyAdmin):
    """Written on the page Known problems."""

    list_display = ("sentence", "scope", "key", "told_at", "told_by", "closed_at")
    list_filter = ("scope",)
    search_fields = ("sentence", "customer_sentence", "key")
    ordering = ("-pk",)
