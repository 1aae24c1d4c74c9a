"""Hiding a sentence of "Needs attention" until tomorrow, and showing it again."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions.concerns import hide_concern, show_concerns
from ordermgmt.concerns import concerns_now
from ordermgmt.models import HideReason


@require_POST
@staff_page("exceptions.work", "reports.view")
def concern_hide(request: StaffRequest) -> HttpResponse:
    """`hide` is `reason key`; only what the person sees can be hidden."""
    reason, _space, key = request.POST.get("hide", "").partition(" ")
    now = timezone.now()
    found = next((one for one in concerns_now(request, now) if one.key == key), None)
    if found is None or reason not in HideReason.values:
        raise Http404
    hide_concern(key, found.sentence, reason=HideReason(reason), by=request.user, now=now)
    undo = f"{reverse('concern_show')}?{urlencode({'key': key})}"
    messages.success(request, _("Hidden until tomorrow: %(what)s") % {"what": found.sentence}, extra_tags=undo)
    return redirect("home")


@require_POST
@staff_page("exceptions.work", "reports.view")
def concern_show(request: StaffRequest) -> HttpResponse:
    """One again (`?key=`), or all of them."""
    show_concerns(key=request.GET.get("key", ""), by=request.user, now=timezone.now())
    return redirect("home")
