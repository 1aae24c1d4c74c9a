from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules


class OrdermgmtConfig(AppConfig):
    name = "ordermgmt"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find what the apps offer to the frame, as the admin finds admin.py."""
        from django_q.signals import post_execute_in_worker  # noqa: PLC0415  (needs the models)

        from ordermgmt import alerts, beats, delivery, kpi_home, kpi_jobs, upkeep  # noqa: F401, PLC0415
        from ordermgmt.importing import jobs  # noqa: F401, PLC0415

        post_execute_in_worker.connect(beats.beat, dispatch_uid="ordermgmt.beat")
        autodiscover_modules(
            "jobs",
            "kpis",
            "blockers",
            "books",
            "search",
            "palette",
            "imports",
            "documents",
            "homes",
            "health",
            "people",
        )


class PortalAdminConfig(AdminConfig):
    default_site = "ordermgmt.admin_site.PortalAdminSite"
