"""The routes of /api/v1/ that belong to no single app."""

from django.urls import URLPattern, URLResolver, path

from ordermgmt.api.document import OpenApiDocument

urlpatterns: list[URLPattern | URLResolver] = [path("openapi.json", OpenApiDocument.as_view(), name="openapi")]
