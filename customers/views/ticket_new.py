"""Writing down what somebody says on the phone; files of messages."""

from secrets import token_hex

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers.actions.ticket_opening import Wish, open_ticket
from customers.actions.ticket_work import TicketRefused
from customers.models import TicketFile
from customers.ticket_forms import NewTicketForm
from customers.ticket_panel import named
from ordermgmt.access import StaffRequest, staff_page


@staff_page("tickets.work")
@require_http_methods(["GET", "HEAD", "POST"])
def ticket_new(request: StaffRequest) -> HttpResponse:
    if request.method != "POST":
        initial = {"form_key": token_hex(12), **{n: request.GET.get(n, "") for n in ("customer", "about")}}
        return render(request, "tickets/new.html", {"form": NewTicketForm(initial=initial)})
    form = NewTicketForm(request.POST)
    if form.is_valid():
        try:
            ticket = open_ticket(_wish(request, form), by=request.user, now=timezone.now())
        except TicketRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("Ticket %(number)s is open and yours.") % {"number": ticket.number})
            return redirect(ticket)
    return render(request, "tickets/new.html", {"form": form}, status=422)


def _wish(request: StaffRequest, form: NewTicketForm) -> Wish:
    """An order says whose ticket it is when nobody else does."""
    facts = dict(form.cleaned_data)
    record = named(facts["about"]) if facts["about"] else None
    if record is not None:
        facts["customer"] = facts["customer"] or record.customer
        facts["email"] = facts["email"] or record.email
    return Wish(**facts, assignee=request.user, receipt=False)


@staff_page("tickets.work")
@require_GET
def ticket_file(request: StaffRequest, pk: int) -> HttpResponseBase:
    """A file of a message, always as a download: nothing a stranger sent runs on our pages."""
    row = get_object_or_404(TicketFile, pk=pk)
    if not default_storage.exists(row.file):
        raise Http404(row.file)
    answer = FileResponse(default_storage.open(row.file), as_attachment=True, filename=row.name)
    answer["Content-Type"] = row.content_type if row.content_type.startswith("image/") else "application/octet-stream"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
