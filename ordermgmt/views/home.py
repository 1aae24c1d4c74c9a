"""The first page of each role."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.finding import Asked, find
from ordermgmt.homes import parts_for
from ordermgmt.navigation import active_role
from ordermgmt.roles import Role

TITLES: dict[str, Any] = {
    Role.LEAD: gettext_lazy("Shift board"),
    Role.MANAGER: gettext_lazy("Today"),
    Role.FINANCE: gettext_lazy("Billing"),
    Role.ADMIN: gettext_lazy("Health"),
}


@staff_page()
def home(request: StaffRequest) -> HttpResponse:
    """Operators go to their next job; the others see what waits for them. `?phone=` searches at once (telephone)."""
    role = active_role(request)
    if role == Role.OPERATOR and (floor := _floor()):
        return redirect(floor)
    now = timezone.now()
    phone = request.GET.get("phone", "")[:40]
    may_search = request.user.has_perm("search.use")
    context = {
        "page": "home",
        "page_title": TITLES.get(role) or _("Hi %(name)s") % {"name": request.user.get_short_name()},
        "parts": parts_for(role, request, now=now),
        "has_search": may_search and role == Role.SUPPORT,
        "phone": phone,
        "results": find(Asked(phone), request.user, now=now) if phone and may_search else [],
        "asked": Asked(phone),
        "now": now,
    }
    return render(request, "home.html", context)


def _floor() -> str:
    try:
        return reverse("scan_home")
    except NoReverseMatch:
        return ""
