"""Who calls: keys, scopes, throttles."""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, F, Q, When
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from ordermgmt.models import ApiClient

if TYPE_CHECKING:
    from rest_framework.views import APIView

SCOPES = frozenset({"orders:read", "orders:write", "inventory:read", "fulfilment:read"})


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; only the hash of a key is stored."""

    def authenticate(self, request: HttpRequest) -> tuple[ApiClient, None] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            return None
        client = ApiClient.objects.filter(key_hash=hash_of(key.strip()), is_active=True).first()
        if client is None:
            raise AuthenticationFailed("The API key is not known or was switched off.")
        _remember_use(client)
        return client, None

    def authenticate_header(self, request: HttpRequest) -> str:
        return "Bearer"


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _remember_use(client: ApiClient) -> None:
    """Once a day is enough to find keys nobody uses."""
    today = timezone.now().date()
    if client.last_used_on != today:
        ApiClient.objects.filter(pk=client.pk).update(last_used_on=today)


def client_of(request: Request) -> ApiClient:
    """The client whose key the request carries; routes are closed to everyone else."""
    if not isinstance(request.user, ApiClient):
        raise NotAuthenticated
    return request.user


class HasScope(BasePermission):
    """The view names `scope_read` and `scope_write`; a route without them is closed."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        name = "scope_read" if request.method in ("GET", "HEAD", "OPTIONS") else "scope_write"
        scope = getattr(view, name, None)
        return isinstance(request.user, ApiClient) and scope in request.user.scopes


class ClientThrottle(SimpleRateThrottle):
    """A number of calls in a window of time, counted on the client's row by one conditional update.

    Calls at the same moment are counted too: the row is the counter.
    """

    scope = "client"
    client: ApiClient
    asked_at: datetime
    num_requests: int | None
    duration: int | None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if self.rate is None or not isinstance(request.user, ApiClient):
            return True
        self.client, self.asked_at = request.user, timezone.now()
        return counts_call(self.client, most=self.num_requests or 0, seconds=self.duration or 0, now=self.asked_at)

    def wait(self) -> float | None:
        began = self.client.window_began_at or self.asked_at
        return max((self.duration or 0) - (self.asked_at - began).total_seconds(), 1.0)


def counts_call(client: ApiClient, *, most: int, seconds: int, now: datetime) -> bool:
    """Counts one call and says whether it was among the first `most` of its window."""
    is_open = Q(window_began_at__gt=now - timedelta(seconds=seconds))
    room = ApiClient.objects.filter(~is_open | Q(window_began_at=None) | Q(window_calls__lt=most), pk=client.pk)
    return bool(
        room.update(
            window_calls=Case(When(is_open, then=F("window_calls") + 1), default=1),
            window_began_at=Case(When(is_open, then=F("window_began_at")), default=now),
        )
    )
