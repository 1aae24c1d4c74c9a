from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.forms import ChoiceField, Field
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy


class OrdermgmtConfig(AppConfig):
    name = "ordermgmt"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find what the apps offer to the frame, as the admin finds admin.py."""
        from django_q.signals import post_execute_in_worker  # noqa: PLC0415  (needs the models)

        from ordermgmt import (  # noqa: PLC0415
            admin_home,  # noqa: F401
            alerts,  # noqa: F401
            beats,
            delivery,  # noqa: F401
            exception_home,  # noqa: F401
            exception_jobs,  # noqa: F401
            kpi_home,  # noqa: F401
            kpi_jobs,  # noqa: F401
            mail_exceptions,  # noqa: F401
            mail_jobs,  # noqa: F401
            upkeep,  # noqa: F401
        )
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
            "mail_kinds",
            "ticket_panel",
            "desk",
            "customer_facts",
            "holdings",
        )
        self._offer_rankings()
        self._ask_plainly()
        for config in self._ours():
            # Libraries keep something else under this name.
            if find_spec(f"{config.name}.exceptions"):
                import_module(f"{config.name}.exceptions")

    def _offer_rankings(self) -> None:
        from ordermgmt.ranked_sections import offer_rankings  # noqa: PLC0415  (needs the models)

        offer_rankings()

    def _ask_plainly(self) -> None:
        """What a field says that nobody gave words of its own; people are asked, not told of requirements."""
        Field.default_error_messages["required"] = gettext_lazy("Fill this in")
        ChoiceField.default_error_messages["required"] = gettext_lazy("Choose one")

    def _ours(self) -> list[AppConfig]:
        here = Path(self.path).parent
        return [config for config in apps.get_app_configs() if Path(config.path).parent == here]


class PortalAdminConfig(AdminConfig):
    default_site = "ordermgmt.admin_site.PortalAdminSite"
