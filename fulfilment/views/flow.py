"""P29: the workflow map, its table, and the orders behind each number."""

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fulfilment.flow.drawing import draw
from fulfilment.flow.narrowing import asked, choices
from fulfilment.flow.reading import FlowMap, last_days, now_map, past_map
from fulfilment.flow.rows import StandingOrders, StandingSubscriptions, VisitRows
from fulfilment.flow.subscribed import subscription_map
from fulfilment.flow.visits import FIGURES
from fulfilment.flow.words import bottleneck
from ordermgmt.access import staff_page
from ordermgmt.clock import business_zone, day_asked
from ordermgmt.kpis import Filters, Period

NOW, WEEK, COMPARE, SUBSCRIPTIONS = "now", "week", "compare", "subscriptions"


def _shown(request: HttpRequest) -> str:
    show = request.GET.get("show", NOW)
    return show if show in (NOW, WEEK, COMPARE, SUBSCRIPTIONS) else NOW


def _read(request: HttpRequest, filters: Filters) -> FlowMap:
    now, show = timezone.now(), _shown(request)
    if show == SUBSCRIPTIONS:
        return subscription_map(now=now)
    if show == NOW:
        return now_map(filters, now=now)
    week = last_days(now, 7)
    return past_map(week, filters, now=now, earlier=week.before if show == COMPARE else None)


def _context(request: HttpRequest) -> dict[str, Any]:
    filters = {} if _shown(request) == SUBSCRIPTIONS else asked(request.GET)
    flow = _read(request, filters)
    drawing = draw(flow, filters)
    worst = flow.bottleneck
    return {
        "flow": flow,
        "drawing": drawing,
        "worst": next((box for box in drawing.boxes if box.figure is worst), None),
        "sentence": bottleneck(flow),
        "show": _shown(request),
        "query": urlencode(filters),
        "rows_url": reverse(flow.rows_page),
        "poll_url": request.get_full_path(),
        "as_of": f"{timezone.localtime(flow.now, business_zone()):%H:%M:%S}",
    }


@require_safe
@staff_page("reports.view")
def flow(request: HttpRequest) -> HttpResponse:
    """The whole page, or the part of it that changes by itself."""
    context = _context(request)
    if request.headers.get("HX-Request"):
        return _unless_known(request, render(request, "flow/_live.html", context), context["as_of"])
    filters = asked(request.GET)
    offered = [
        {"name": name, "label": label, "values": values, "chosen": filters.get(name, "")}
        for name, (label, values) in choices().items()
    ]
    tabs = [
        {"label": label, "href": _address(request, show=show), "current": show == context["show"]}
        for show, label in (
            (NOW, _("Now")),
            (WEEK, _("Last 7 days")),
            (COMPARE, _("Compare two weeks")),
            (SUBSCRIPTIONS, _("Subscriptions")),
        )
    ]
    page = {
        "page": "flow",
        "page_title": _("Workflow map"),
        "offered": offered,
        "views": tabs,
        "narrowed": bool(filters),
    }
    return render(request, "flow/page.html", {**context, **page})


def _unless_known(request: HttpRequest, answer: HttpResponse, as_of: str) -> HttpResponse:
    """304 where nothing but the clock changed since the browser asked last."""
    seen = answer.content.replace(as_of.encode(), b"")
    etag = quote_etag(hashlib.sha256(seen).hexdigest()[:24])
    known = get_conditional_response(request, etag=etag, response=answer)
    found = known or answer
    found["ETag"], found["Cache-Control"] = etag, "private, no-cache"
    return found


def _address(request: HttpRequest, **changes: str) -> str:
    data = request.GET.copy()
    for name, value in changes.items():
        data[name] = value
    return f"{request.path}?{data.urlencode()}"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("reports.view")
def flow_orders(request: HttpRequest) -> HttpResponseBase:
    """Orders that stand at a step now."""
    return StandingOrders(request).response()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("reports.view")
def flow_subscriptions(request: HttpRequest) -> HttpResponseBase:
    """Subscriptions that stand at a step now."""
    return StandingSubscriptions(request, now=timezone.now()).response()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("reports.view")
def flow_passed(request: HttpRequest, step: str) -> HttpResponseBase:
    """Visits of a step that ended in a period."""
    if step not in FIGURES:
        raise Http404(step)
    return VisitRows(request, step, period=_period(request), filters=asked(request.GET)).response()


def _period(request: HttpRequest) -> Period:
    first, last = (day_asked(request.GET.get(name, "")) for name in ("first", "last"))
    if first is None or last is None:
        return last_days(timezone.now(), 7)
    return Period(first, last) if first <= last else Period(last, first)
