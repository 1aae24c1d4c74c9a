"""What every API route shares: keys, scopes, strict JSON, throttles, plain errors."""

import hashlib
from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView, exception_handler

from ordermgmt.models import ApiClient


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; only the hash of a key is stored."""

    def authenticate(self, request: HttpRequest) -> tuple[ApiClient, None] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            return None
        digest = hashlib.sha256(key.strip().encode()).hexdigest()
        client = ApiClient.objects.filter(key_hash=digest, is_active=True).first()
        if client is None:
            raise AuthenticationFailed("The API key is not known or was switched off.")
        return client, None

    def authenticate_header(self, request: HttpRequest) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """The view names `scope_read` and `scope_write`; a route without them is closed."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        name = "scope_read" if request.method in ("GET", "HEAD", "OPTIONS") else "scope_write"
        scope = getattr(view, name, None)
        return isinstance(request.user, ApiClient) and scope in request.user.scopes


class StrictJSONParser(JSONParser):
    strict = True


class ClientThrottle(SimpleRateThrottle):
    scope = "client"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"throttle-api-{request.user.pk}" if isinstance(request.user, ApiClient) else None


def explain(error: Exception, context: dict[str, Any]) -> Response | None:
    return exception_handler(error, context)
