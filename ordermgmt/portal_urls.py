"""Pages of the frame itself."""

from django.urls import URLPattern, URLResolver, path

from ordermgmt.views import health, preferences, styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("preferences/theme/", preferences.choose_theme, name="choose_theme"),
    path("preferences/role/", preferences.choose_role, name="choose_role"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("styleguide/<slug:page>/", styleguide.example, name="styleguide_example"),
]
