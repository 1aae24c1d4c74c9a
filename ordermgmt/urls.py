"""The map of addresses; each app brings its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("ordermgmt.api_urls")),
    path("api/v1/", include("orders.api_urls")),
    path("api/v1/", include("inventory.api_urls")),
    path("api/v1/", include("fulfilment.api_urls")),
    path("", include("ordermgmt.portal_urls")),
    path("", include("customers.urls")),
    path("", include("inventory.urls")),
    path("", include("orders.urls")),
    path("", include("fulfilment.urls")),
]

handler403 = "ordermgmt.views.errors.refused"
handler404 = "ordermgmt.views.errors.not_found"
handler500 = "ordermgmt.views.errors.server_error"
