"""Print a test label and scan it: the last step of setting up a bench."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fulfilment.actions.printer_testing import TEST_CODE, NotTheTestLabel, prove_printer
from ordermgmt.access import StaffRequest, staff_page


@require_http_methods(["GET", "POST"])
@staff_page("fulfilment.pack")
def printer_test(request: StaffRequest) -> HttpResponse:
    """A label as large as those of parcels, and the field its code is scanned into."""
    wrong = ""
    if request.method == "POST":
        try:
            prove_printer(request.POST.get("code", ""), by=request.user, now=timezone.now())
        except NotTheTestLabel:
            wrong = _("This is not the code of the test label. Print it again, larger or darker, and scan it.")
        else:
            messages.success(request, _("The printer works: the label was read."))
            return redirect("home")
    context = {"page": "printer-test", "page_title": _("Label printer test"), "code": TEST_CODE, "wrong": wrong}
    return render(request, "fulfilment/printer_test.html", context, status=422 if wrong else 200)
