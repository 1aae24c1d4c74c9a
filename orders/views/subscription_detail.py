"""P13: one subscription, what comes, why it costs that, and everything that can be done about it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from customers.ticket_panel import tickets_for
from ordermgmt.access import staff_page
from ordermgmt.clock import business_day
from ordermgmt.models import ActivityCategory
from orders.billing_states import DeliveryStatus
from orders.calendars import as_segment
from orders.models import Subscription
from orders.periods import segment_of
from orders.projecting import project
from orders.subscription_deeds import DEEDS, menu_of
from orders.subscription_timeline import days_of
from orders.subscription_words import every, state_of, why_this_price
from orders.timeline import chips
from orders.views import subscription_cards as cards
from orders.views.subscription_changes import load

SHOWN, MORE, MONTH_VIEW = 6, 18, 26


@staff_page("subscriptions.view")
def subscription_detail(request: HttpRequest, number: str) -> HttpResponse:
    return render(request, "subscriptions/detail.html", context(request, load(number)))


def context(request: HttpRequest, s: Subscription) -> dict[str, Any]:
    now = timezone.now()
    today, may_edit = business_day(now), request.user.has_perm("subscriptions.edit")
    is_month = request.GET.get("upcoming") == "month"
    count = MONTH_VIEW if is_month else MORE if "more" in request.GET else SHOWN
    coming = project(s, now=now, count=count)
    following = next((one for one in coming if one.is_next), None)
    show = request.GET.get("show", "")
    show = show if show in ActivityCategory.values else ""
    return {
        "s": s,
        "word": state_of(s, today),
        "cadence": every(segment_of([as_segment(x) for x in s.segments.all()], following.number if following else 10**6).interval),
        "following": following,
        "problems": cards.problems_of(s, request.user),
        "rows": [] if is_month else cards.coming_rows(s, coming, today),
        "months": cards.months_of(coming, today) if is_month else [],
        "is_month": is_month,
        "has_more": count == SHOWN == len(coming),
        "prices": why_this_price(following, s) if following else [],
        "lines": s.lines.select_related("sku"),
        "past": cards.past_of(s),
        "tickets": tickets_for(request.user, s.number),
        "may_edit": may_edit,
        "deeds": menu_of(s) if may_edit else [],
        "may_skip": may_edit and DEEDS["skip"].is_offered(s) and following is not None,
        "may_change": may_edit and DEEDS["swap"].is_offered(s),
        "days": days_of(s, category=show, now=now, may_edit=may_edit),
        "chips": chips(s.number, show, request.path),
        "SCHEDULED": DeliveryStatus.SCHEDULED,
    }  # fmt: skip
