"""Who may open a page. Every view carries exactly one of these decorators."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from ordermgmt.loading import Related
from ordermgmt.models import RoleGrant, User
from ordermgmt.prepared import PreparedRecords


class StaffRequest(HttpRequest):
    """A request of a signed-in person (for annotations in views)."""

    user: User


class RoleBackend(BaseBackend):
    """Finds the person of a session with their roles; every page of staff asks for them."""

    def get_user(self, user_id: int) -> User | None:
        found = list(_PERSON(user_id))
        _GRANTS.load(found)
        return found[0] if found else None


_PERSON = PreparedRecords(lambda pk: User.objects.filter(pk=pk, is_active=True))
_GRANTS = Related("grants", lambda ids: RoleGrant.objects.filter(user__in=ids))


class StaffAccountAdapter(DefaultAccountAdapter):
    """Staff accounts are made by an admin, never by sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def staff_page(*permissions: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Signed-in people holding any of `permissions`; none named means every member of staff."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if request.headers.get("HX-Request"):
                    return HttpResponse(status=401, headers={"HX-Redirect": f"/accounts/login/?next={request.path}"})
                return redirect_to_login(request.get_full_path())
            if permissions and not any(request.user.has_perm(name) for name in permissions):
                raise PermissionDenied(", ".join(permissions))
            return view(request, *args, **kwargs)

        guarded.access = permissions or ("staff",)  # type: ignore[attr-defined]
        return guarded

    return decorate


def staff_data(*permissions: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """As `staff_page` for addresses that scripts call: 401 and 403 as JSON instead of pages."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return JsonResponse({"error": "Sign in first"}, status=401)
            if permissions and not any(request.user.has_perm(name) for name in permissions):
                return JsonResponse({"error": "Your role may not do this"}, status=403)
            return view(request, *args, **kwargs)

        guarded.access = permissions or ("staff",)  # type: ignore[attr-defined]
        return guarded

    return decorate


def public_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Open to anybody: customer pages by token, health, signed webhooks."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    opened.access = ("public",)  # type: ignore[attr-defined]
    return opened


def customer_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A customer's page, opened by the secret in its address: never indexed, stored or named to other sites.

    Without the forgery check of staff pages: no other site knows the address to post to, nothing here goes by a
    session, and browsers send no origin from pages that name no referrer, so that check would refuse everybody.
    """

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        answer["Referrer-Policy"] = "no-referrer"
        answer["X-Robots-Tag"] = "noindex, nofollow"
        add_never_cache_headers(answer)
        return answer

    return csrf_exempt(public_page(opened))
