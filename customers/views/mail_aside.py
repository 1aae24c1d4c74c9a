"""Mails that were set aside or could not be read: nothing that came is lost."""

from collections.abc import Sequence
from typing import ClassVar

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from django_filters import CharFilter, MultipleChoiceFilter

from customers.actions.mail_working import open_from_mail
from customers.actions.ticket_work import TicketRefused
from customers.models import InboundMail
from customers.ticket_states import MailState
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing import Column, Empty, ListFilters, ListPage, View


class MailFilters(ListFilters):
    q = CharFilter(label=_("Sender"), field_name="sender", lookup_expr="icontains")
    state = MultipleChoiceFilter(label=_("State"), choices=MailState.choices, distinct=False)

    class Meta:
        model = InboundMail
        fields: ClassVar[list[str]] = []


def _went_to(mail: InboundMail) -> SafeString | str:
    if mail.message is not None:
        number = mail.message.ticket.number
        return format_html('<a href="{}">{}</a>', reverse("ticket", args=[number]), number)
    return mail.reason or mail.last_error or ""


class MailList(ListPage):
    name = "inbound_mail"
    title = _("Mail that came in")
    counted = ngettext_lazy("%(n)s mail", "%(n)s mails", "count")
    filterset = MailFilters
    columns: ClassVar[Sequence[Column]] = (
        Column("received_at", _("Came"), css="id", sort="came"),
        Column("sender", _("From"), css="nowrap"),
        Column("subject", _("Subject"), css="grow"),
        Column("state", _("State"), css="nowrap"),
        Column("reason", _("Where or why"), cell=_went_to, text=lambda mail: mail.reason, css="low"),
    )
    sorts: ClassVar = {"came": ("-received_at", "-id")}
    default_sort = "came"
    views: ClassVar = (
        View("aside", _("Set aside"), "state=set_aside"),
        View("dead", _("Could not be read"), "state=dead"),
        View("all", _("All")),
    )
    empty = Empty(_("No mail has come yet"), _("Mails to our address appear here and as tickets."), icon="mail")

    def row_url(self, row: InboundMail) -> str:
        return reverse("inbound_mail", args=[row.pk])


@staff_page("tickets.work")
def mail_list(request: HttpRequest) -> HttpResponseBase:
    return MailList(request, InboundMail.objects.select_related("message__ticket")).response()


@staff_page("tickets.work")
@require_GET
def mail_detail(request: StaffRequest, pk: int) -> HttpResponseBase:
    row = get_object_or_404(InboundMail.objects.select_related("message__ticket"), pk=pk)
    return render(request, "tickets/mail.html", {"mail": row, "page": "inbound-mail"})


@staff_page("tickets.work")
@require_GET
def mail_raw(request: StaffRequest, pk: int) -> HttpResponseBase:
    """The bytes as they came, to be opened in a mail program."""
    row = get_object_or_404(InboundMail, pk=pk)
    if not default_storage.exists(row.file):
        raise Http404(row.file)
    answer = FileResponse(default_storage.open(row.file), as_attachment=True, filename=f"mail-{row.pk}.eml")
    answer["Content-Type"] = "application/octet-stream"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@staff_page("tickets.work")
def mail_open(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(InboundMail, pk=pk)
    try:
        ticket = open_from_mail(row.pk, by=str(request.user), now=timezone.now())
    except TicketRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("inbound_mail", pk)
    messages.success(request, gettext("Ticket %(number)s is open.") % {"number": ticket.number})
    return redirect(ticket)
