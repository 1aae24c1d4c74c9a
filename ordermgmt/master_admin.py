"""Base classes of the admin zone: records that may be kept there, and records that may only be read."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline


class RecordAdmin(_ModelAdmin):
    """Searchable, with a constant number of queries however long the list."""

    list_per_page = 50
    show_full_result_count = False
    save_on_top = True


class ReadOnlyAdmin(RecordAdmin):
    """Written by verbs alone: may be looked up, never edited here."""

    list_display_links = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
