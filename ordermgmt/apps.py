from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules


class OrdermgmtConfig(AppConfig):
    name = "ordermgmt"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find what the apps offer to the frame, as the admin finds admin.py."""
        autodiscover_modules("jobs", "kpis", "blockers", "books", "search", "palette")


class PortalAdminConfig(AdminConfig):
    default_site = "ordermgmt.admin_site.PortalAdminSite"
