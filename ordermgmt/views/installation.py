"""The page on which an admin says that this is the live system."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.installation import this_is_live, why_not_live
from ordermgmt.leases import database_now
from ordermgmt.models import Installation


@staff_page("settings.edit")
@require_http_methods(["GET", "POST"])
def installation(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        this_is_live(by=request.user, now=database_now())
        messages.success(request, _("This is the live system. Charges and e-mails go out with the next minute."))
        return redirect("installation")
    reason = why_not_live()
    facts = {
        "reason": reason,
        "row": Installation.objects.first(),
        "page_title": _("Live system"),
        "page": "installation",
    }
    return render(request, "operations/installation.html", facts)
