"""What a person chooses for this device: theme and role. Plain forms; the script only saves the reload."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.context_processors import THEMES
from ordermgmt.keyboard import GROUPS
from ordermgmt.navigation import roles_of

A_YEAR = 60 * 60 * 24 * 365


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the form stood on, never to another site."""
    wish = request.POST.get("next", "")
    return redirect(wish if url_has_allowed_host_and_scheme(wish, {request.get_host()}) else "/")


def _remember(response: HttpResponse, name: str, value: str) -> HttpResponse:
    response.set_cookie(name, value, max_age=A_YEAR, samesite="Lax", httponly=True)
    return response


@require_POST
@staff_page()
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device says."""
    theme = request.POST.get("theme", "")
    return _remember(_back(request), "theme", theme if theme in THEMES else "system")


@require_POST
@staff_page()
def choose_role(request: HttpRequest) -> HttpResponse:
    """Which of their roles this device works as; a role they lack changes nothing."""
    role = request.POST.get("role", "")
    return _remember(redirect("/"), "role", role) if role in roles_of(request) else redirect("/")


@require_POST
@staff_page()
def choose_keys(request: StaffRequest) -> HttpResponse:
    """Single-key shortcuts on or off, for the person on every device."""
    request.user.has_single_keys = request.POST.get("single_keys") == "on"
    request.user.save(update_fields=["has_single_keys"])
    return _back(request)


@require_safe
@staff_page()
def keys_help(request: HttpRequest) -> HttpResponse:
    """The dialog that lists the keys."""
    context = {"key_groups": GROUPS, "back": request.GET.get("from", "/")}
    return render(request, "components/keys_help.html", context)
