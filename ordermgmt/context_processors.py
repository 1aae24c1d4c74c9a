"""What every template of the portal knows: the rail, the environment, the theme and the shop."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ordermgmt import navigation
from ordermgmt.installation import lately_not_live

THEMES = ("light", "dark")


def theme_of(request: HttpRequest) -> str:
    """`light`, `dark`, or nothing to follow the device; this device's choice beats the person's."""
    chosen = request.COOKIES.get("theme") or getattr(getattr(request, "user", None), "theme", "")
    return chosen if chosen in THEMES else ""


def _shell(request: HttpRequest) -> dict[str, Any]:
    signed_in = getattr(request, "user", None) is not None and request.user.is_authenticated
    return {
        "rail": navigation.rail(request) if signed_in else [],
        "roles": navigation.roles_of(request) if signed_in else [],
        "role": navigation.active_role(request) if signed_in else "",
        "environment": "" if settings.ENVIRONMENT == "production" else settings.ENVIRONMENT,
        "theme": theme_of(request),
        "not_live": lately_not_live() if signed_in else "",
    }


def shell(request: HttpRequest) -> Mapping[str, Any]:
    """`shell` is worked out only when a template asks for it, so fragments pay nothing."""
    return {"shell": SimpleLazyObject(lambda: _shell(request)), "shop": settings.SHOP}
