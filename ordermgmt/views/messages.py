"""Outgoing messages: the list, one message as it looks, and sending it again."""

from typing import ClassVar

from csp.decorators import csp_replace, csp_update
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe
from django_filters import CharFilter, ChoiceFilter

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions import operations
from ordermgmt.delivery import put_in_words
from ordermgmt.listing import Column, Empty, ListFilters, ListPage, View
from ordermgmt.mail import html_of
from ordermgmt.mail_kinds import KINDS, kind_words
from ordermgmt.mail_previews import PRIVATE_KINDS
from ordermgmt.mail_rules import why_sent
from ordermgmt.models import MailFate, MessageState, OutgoingMessage
from ordermgmt.templatetags.portal import state_tag


class MessageFilters(ListFilters):
    q = CharFilter(method="find", label=gettext_lazy("Words"))
    state = ChoiceFilter(choices=MessageState.choices, label=gettext_lazy("State"))
    fate = ChoiceFilter(choices=MailFate.choices[1:], label=gettext_lazy("What became of it"))
    kind = CharFilter(label=gettext_lazy("Kind"))
    thread = CharFilter(label=gettext_lazy("Order"))

    class Meta:
        model = OutgoingMessage
        fields: ClassVar = ["q", "state", "fate", "kind", "thread"]

    def find(
        self, rows: QuerySet[OutgoingMessage], name: str, value: str
    ) -> QuerySet[OutgoingMessage]:  # the signature django-filter calls
        return rows.filter(
            Q(about__icontains=value)
            | Q(thread__icontains=value)
            | Q(recipient__icontains=value)
            | Q(subject_line__icontains=value)
        )


class MessageList(ListPage):
    name = "messages"
    title = gettext_lazy("Messages")
    filterset = MessageFilters
    columns = (
        Column("about", gettext_lazy("About"), css="id"),
        Column("subject_line", gettext_lazy("Subject"), css="grow"),
        Column("recipient", gettext_lazy("To")),
        Column("state", gettext_lazy("State"), cell=lambda row: state_tag(row, "state"), css="nowrap"),
        Column(
            "fate",
            gettext_lazy("Became"),
            cell=lambda row: row.get_fate_display() if row.fate else "",
            css="low nowrap",
        ),
        Column("created_at", gettext_lazy("Written"), sort="created", css="low nowrap"),
        Column("sent_at", gettext_lazy("Sent"), css="wide nowrap"),
        Column("attempts", gettext_lazy("Attempts"), css="num", default=False),
        Column("last_error", gettext_lazy("Error"), default=False),
    )
    sorts = {"created": ("created_at", "id")}
    default_sort = "-created"
    views = (
        View("all", gettext_lazy("All")),
        View("waiting", gettext_lazy("Waiting"), "state=waiting"),
        View("dead", gettext_lazy("Could not be sent"), "state=dead"),
        View("bounced", gettext_lazy("Came back"), "fate=bounced"),
        View("sent", gettext_lazy("Sent"), "state=sent"),
    )
    empty = Empty(gettext_lazy("No message yet"), gettext_lazy("E-mails to customers appear here."), icon="mail")

    def row_url(self, row: OutgoingMessage) -> str:
        return reverse("message_detail", args=[row.pk])


@staff_page("messages.view")
def message_list(request: HttpRequest) -> HttpResponseBase:
    return MessageList(request, OutgoingMessage.objects.defer("text", "html", "context")).response()


@require_safe
@csp_update({"frame-src": ["'self'"]})
@staff_page("messages.view")
def message_detail(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(OutgoingMessage, pk=pk)
    if row.state == MessageState.WAITING:
        put_in_words(row)
    context = {
        "message": row,
        "kind": kind_words(row.kind),
        "why": why_sent(row),
        "may_edit_words": row.kind in KINDS and request.user.has_perm("emails.edit"),
        "is_private": row.kind in PRIVATE_KINDS,
        "page": "message",
        "page_title": row.subject_line,
        "may_resend": request.user.has_perm("messages.resend") and row.recipient and row.state != MessageState.WAITING,
    }
    return render(request, "operations/message.html", context)


@require_safe
@xframe_options_sameorigin
@csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "img-src": ["'self'", "data:"],
              "frame-ancestors": ["'self'"], "script-src": ["'none'"], "form-action": ["'none'"], "sandbox": True})  # fmt: skip
@staff_page("messages.view")
def message_html(request: StaffRequest, pk: int) -> HttpResponse:
    """The HTML as the recipient gets it, for the sandboxed frame: no script, no form, no origin."""
    row = get_object_or_404(OutgoingMessage.objects.exclude(kind__in=PRIVATE_KINDS), pk=pk)
    if row.state == MessageState.WAITING:
        put_in_words(row)
    return HttpResponse(html_of(row) or format_html("<pre>{}</pre>", row.text))


@require_POST
@staff_page("messages.resend")
def message_resend(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(OutgoingMessage, pk=pk)
    try:
        row = operations.resend_message(pk, by=request.user, now=timezone.now())
    except operations.StillWaiting:
        messages.warning(request, _("This message has not left yet. It is sent by itself."))
    except operations.NoAddress:
        messages.warning(request, _("There is no e-mail address. Add one to the order and send from there."))
    else:
        messages.success(request, _("The message is on its way again."))
        pk = row.pk
    return redirect("message_detail", pk)
