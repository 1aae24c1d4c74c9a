"""The OpenAPI document of the API."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularJSONAPIView


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names our keys."""

    target_class = "ordermgmt.api.keys.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class OpenApiDocument(SpectacularJSONAPIView):
    """The description of this API, open to anybody: it holds no data."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    scope_read = "public"
