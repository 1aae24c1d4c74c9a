"""The first page of each role."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_zone
from ordermgmt.finding import Asked, find
from ordermgmt.homes import parts_for
from ordermgmt.navigation import active_role
from ordermgmt.revalidating import unless_same
from ordermgmt.roles import Role

TITLES: dict[str, Any] = {
    Role.LEAD: gettext_lazy("Shift board"),
    Role.MANAGER: gettext_lazy("Today"),
    Role.FINANCE: gettext_lazy("Billing"),
    Role.ADMIN: gettext_lazy("Health"),
}
# Seconds between two looks at the parts of a home; counts elsewhere change more slowly than a floor.
FLOOR_SECONDS, OFFICE_SECONDS = 10, 30


@staff_page()
def home(request: StaffRequest) -> HttpResponse:
    """Operators go to their next job; the others see what waits for them. `?phone=` searches at once (telephone).

    `?wall=1` is for a screen on the wall: large, dark, nothing to press.
    """
    role = active_role(request)
    if role == Role.OPERATOR and (floor := _floor()):
        return redirect(floor)
    context = _parts(request, role) | _search(request, role)
    context |= {
        "page": "home",
        "page_title": TITLES.get(role) or _("Hi %(name)s") % {"name": request.user.get_short_name()},
        "parts_url": f"{reverse('home_parts')}?{request.GET.urlencode()}",
        "seconds": FLOOR_SECONDS if role == Role.LEAD else OFFICE_SECONDS,
    }
    return render(request, "home/wall.html" if context["wall"] else "home.html", context)


@require_safe
@staff_page()
def home_parts(request: StaffRequest) -> HttpResponseBase:
    """The part of a home that changes by itself."""
    return unless_same(request, render(request, "home/parts.html", _parts(request, active_role(request))))


def _parts(request: StaffRequest, role: str) -> dict[str, Any]:
    now = timezone.now()
    wall = role == Role.LEAD and request.GET.get("wall") == "1"
    return {"parts": parts_for(role, request, now=now), "wall": wall, "now": now, "zone": str(business_zone())}


def _search(request: StaffRequest, role: str) -> dict[str, Any]:
    phone = request.GET.get("phone", "")[:40].replace("\x00", "")
    may_search = request.user.has_perm("search.use")
    return {
        "has_search": may_search and role == Role.SUPPORT,
        "phone": phone,
        "results": find(Asked(phone), request.user, now=timezone.now()) if phone and may_search else [],
        "asked": Asked(phone),
    }


def _floor() -> str:
    try:
        return reverse("scan_home")
    except NoReverseMatch:
        return ""
