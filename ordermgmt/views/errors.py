"""Pages for what cannot be shown. They say what happened, who can help and what to do next."""

import sys
from datetime import timedelta
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from ordermgmt.clock import business_zone
from ordermgmt.models import User
from ordermgmt.roles import EVERY_PERMISSION, PERMISSIONS_OF, Role

RETRY_SECONDS = 60


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: int, title: str) -> JsonResponse:
    body = {"type": "about:blank", "title": title, "status": status}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _frame(request: HttpRequest) -> str:
    """Staff see the error in their shell, everybody else in the customer's frame."""
    return "staff.html" if request.user.is_authenticated else "public.html"


def _roles_that_may(permissions: list[str]) -> list[str]:
    return [str(role.label) for role in Role if any(name in PERMISSIONS_OF[role] for name in permissions)]


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: names the roles that may, and the admins who can grant it."""
    if _is_api(request):
        return _problem(403, gettext("You may not do this"))
    permissions = [name for name in str(exception or "").split(", ") if name in EVERY_PERMISSION]
    admins = User.objects.filter(grants__role=Role.ADMIN, is_active=True).order_by("name")[:5]
    context = {
        "frame": _frame(request),
        "may": _roles_that_may(permissions),
        "permissions": permissions,
        "admins": list(admins) if request.user.is_authenticated else [],
    }
    return render(request, "errors/403.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: staff get the search box, customers a way to find their order."""
    if _is_api(request):
        return _problem(404, gettext("There is nothing at this address"))
    return render(request, "errors/404.html", {"frame": _frame(request)}, status=404)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of the forgery check: nearly always a page that stood open for too long."""
    return render(request, "errors/csrf.html", {"frame": _frame(request)}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database does not answer. Leans on nothing: no session, no context, no styles."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return _unavailable(request)
    reference = str(structlog.contextvars.get_contextvars().get("request_id") or uuid4())[:8].upper()
    if _is_api(request):
        return _problem(500, f"{gettext('Something went wrong on our side')} ({reference})")
    facts = {"at": _clock(timedelta(0)), "reference": reference, "static": settings.STATIC_URL}
    return HttpResponse(render_to_string("500.html", facts), status=500)


def _unavailable(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        answer: HttpResponse = _problem(503, gettext("The service is not available right now"))
    else:
        facts = {"back_at": _clock(timedelta(seconds=RETRY_SECONDS)), "static": settings.STATIC_URL}
        answer = HttpResponse(render_to_string("503.html", facts), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _clock(ahead: timedelta) -> str:
    return f"{(timezone.now() + ahead).astimezone(business_zone()):%H:%M}"
