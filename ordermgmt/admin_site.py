"""The admin zone: master data and look-up for operators, themed to the portal."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    """Entered through the portal's own sign-in, so that its rate limit and second factor hold here too."""

    site_header = _("Admin zone")
    site_title = _("Admin zone")
    index_title = _("Records")
    site_url = "/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """All but the tables of the queue: a schedule names any function, so editing one is running code."""
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        kept = [model for model in models if model._meta.app_label != "django_q"]
        super().register(kept, admin_class, **options)

    empty_value_display = "–"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            raise PermissionDenied("admin.open")
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    login.access = ("public",)  # type: ignore[attr-defined]
