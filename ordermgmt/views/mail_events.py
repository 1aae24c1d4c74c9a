"""Where mail providers tell what became of messages; and a person's word that an address works again."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from ordermgmt.access import StaffRequest, public_page, staff_page
from ordermgmt.actions.mail_events import keep_events, works_again
from ordermgmt.mail_providers import NotGenuine, NotSetUp, read_events

LARGEST = 1024 * 1024


@csrf_exempt
@public_page
@require_http_methods(["HEAD", "POST"])
def mail_events_hook(request: HttpRequest, provider: str) -> HttpResponse:
    """Signed or with the secret of ANYMAIL; kept before it is understood, so that hearing it twice is harmless."""
    if provider != settings.MAIL_PROVIDER:
        return _no(404, "MAIL_PROVIDER does not name this provider")
    if request.method == "HEAD":
        return HttpResponse()
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return _no(413, f"A message may have {LARGEST} bytes")
    now = timezone.now()
    try:
        told = read_events(provider, request, now=now)
    except NotSetUp as problem:
        return _no(503, str(problem))
    except NotGenuine as problem:
        return _no(400, str(problem))
    return JsonResponse({"new": keep_events(provider, told, now=now)})


def _no(status: int, words: str) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)


@require_POST
@staff_page("messages.resend", "customers.edit")
def address_works(request: StaffRequest) -> HttpResponse:
    address, back = request.POST.get("address", ""), request.POST.get("next", "")
    if works_again(address, by=request.user, now=timezone.now()):
        messages.success(request, _("Mail to %(address)s is sent again.") % {"address": address})
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "message_list")
