"""What we hold about a customer: a copy of it, and erasing it."""

from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.actions.erasing import CannotErase, erase_customer
from customers.actions.exporting import ask_export, note_download
from customers.actions.people import person_of
from customers.models import Customer, ExportState, PersonalExport
from customers.privacy import holdings, obstacles_of
from customers.states import CustomerStatus
from ordermgmt.access import StaffRequest, staff_page

EXPORTS_SHOWN = 10


@staff_page("customers.export", "customers.erase")
@require_GET
def customer_privacy(request: StaffRequest, number: str) -> HttpResponse:
    """Everything we hold, in numbers; copies that were made."""
    customer = get_object_or_404(Customer, number=number)
    person = person_of(customer)
    held = [{"title": one.title, "n": one.find(person).count(), "kept": one.kept} for one in holdings()]
    context = {
        "page": "customer-privacy",
        "customer": customer,
        "held": [row for row in held if row["n"]],
        "exports": PersonalExport.objects.filter(customer=customer).select_related("asked_by").order_by("-pk")[:EXPORTS_SHOWN],
        "may_export": request.user.has_perm("customers.export"),
        "may_erase": request.user.has_perm("customers.erase") and customer.status not in (CustomerStatus.ERASED, CustomerStatus.MERGED),
    }  # fmt: skip
    return render(request, "customers/privacy.html", context)


@staff_page("customers.export")
@require_POST
def customer_export(request: StaffRequest, number: str) -> HttpResponse:
    """Let a copy be made."""
    customer = get_object_or_404(Customer, number=number)
    ask_export(customer=customer, by=request.user, now=timezone.now())
    messages.success(request, _("The copy is being made. It appears here within a few minutes."))
    return redirect("customer_privacy", number)


@staff_page("customers.export")
@require_GET
def customer_export_file(request: StaffRequest, number: str, pk: int) -> HttpResponseBase:
    """Hand out the archive; who took it is in the history."""
    row = get_object_or_404(PersonalExport.objects.select_related("customer"), pk=pk, customer__number=number)
    if row.state != ExportState.DONE or not default_storage.exists(row.file):
        raise Http404(number)
    note_download(row, by=request.user, now=timezone.now())
    answer = FileResponse(default_storage.open(row.file), as_attachment=True, filename=f"{number}.zip")
    answer["Cache-Control"] = "private, no-store"
    return answer


@staff_page("customers.erase")
@require_http_methods(["GET", "POST"])
def customer_erase(request: StaffRequest, number: str) -> HttpResponse:
    """Name what is replaced and what the law keeps, then do it."""
    customer = get_object_or_404(Customer, number=number)
    person = person_of(customer)
    context: dict[str, Any] = {
        "page": "customer-erase",
        "customer": customer,
        "obstacles": obstacles_of(person),
        "wrong": "",
    }
    if request.method == "POST":
        if request.POST.get("number", "").strip().upper() != customer.number:
            context["wrong"] = _("Type %(number)s to erase this customer") % {"number": customer.number}
        else:
            try:
                erase_customer(customer=customer, by=request.user, now=timezone.now())
            except CannotErase as refused:
                context["obstacles"] = refused.obstacles
            else:
                messages.success(request, _("Erased. Numbers, invoices and sums stay."))
                return redirect("customer_detail", number)
    found = [(one, one.find(person).count()) for one in holdings()]
    context["goes"] = [(one.title, n) for one, n in found if n and (one.replaced or one.is_deleted)]
    context["stays"] = [(one.title, n, one.kept) for one, n in found if n and one.kept]
    return render(request, "customers/erase.html", context, status=422 if request.method == "POST" else 200)
