"""For machines that watch the portal: /healthz and /metrics."""

import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest

from ordermgmt.access import public_page
from ordermgmt.leases import database_now
from ordermgmt.supervisor import PATIENCE
from ordermgmt.watch import Figures, figures, work_stands

LOOPBACK = {"127.0.0.1", "::1"}
OLD_BOOKS = timedelta(hours=36).total_seconds()
LATE = timedelta(minutes=15).total_seconds()


@require_safe
@public_page
def healthz(request: HttpRequest) -> HttpResponse:
    """503 when the database cannot be asked; what else is wrong is listed in `problems`."""
    try:
        now = database_now()
        found = figures(now)
        problems = _problems(found, now)
    except DatabaseError:
        return JsonResponse({"status": "down", "problems": ["database"]}, status=503)
    return JsonResponse({"status": "degraded" if problems else "ok", "problems": problems, **found.as_dict()})


@require_safe
@public_page
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; for METRICS_TOKEN, or for this machine itself."""
    if not _may_read(request):
        return HttpResponse(status=403)
    body = generate_latest(REGISTRY) + generate_latest(_gauges(figures(database_now())))
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _problems(found: Figures, now: datetime) -> list[str]:
    wrong = {
        "workers stand still": work_stands(now, PATIENCE) and (found.worker_silence or LATE) > PATIENCE.seconds,
        "due work is late": (found.oldest_due or 0) > LATE,
        "leases are overdue": found.leases_overdue > 0 and (found.oldest_due or 0) > LATE,
        "work was given up": found.dead_rows > 0,
        "disk is nearly full": found.disk_free_share < 0.1,
        "books do not hold": found.books_broken > 0,
        "books were not proved lately": found.books_age is not None and found.books_age > OLD_BOOKS,
    }
    return [words for words, is_wrong in wrong.items() if is_wrong]


def _gauges(found: Figures) -> CollectorRegistry:
    registry = CollectorRegistry()
    for name, value in found.as_dict().items():
        if value is not None:
            Gauge(f"ordermgmt_{name}", name.replace("_", " "), registry=registry).set(value)
    return registry


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # Behind a proxy on this machine every request comes from the loopback address.
    return request.META.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers
