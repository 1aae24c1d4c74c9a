"""Canned replies: written once, used by all."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.actions.canned_replies import archive_reply, restore_reply, save_reply
from customers.canned_fields import FIELDS
from customers.models import CannedReply
from customers.ticket_forms import CannedReplyForm
from ordermgmt.access import StaffRequest, staff_page

WORK = "tickets.work"


@staff_page(WORK)
@require_GET
def reply_list(request: StaffRequest) -> HttpResponse:
    rows = CannedReply.objects.filter(archived_at=None).order_by("topic", "name")
    return render(request, "tickets/replies.html", {"replies": rows})


@staff_page(WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def reply_edit(request: StaffRequest, pk: int = 0) -> HttpResponse:
    row = get_object_or_404(CannedReply, pk=pk, archived_at=None) if pk else CannedReply()
    form = CannedReplyForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        save_reply(form.instance, by=request.user, now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("canned_reply_list")
    context = {"form": form, "reply": row, "places": FIELDS}
    return render(request, "tickets/reply.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page(WORK)
def reply_archive(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(CannedReply, pk=pk)
    archive_reply(pk, by=request.user, now=timezone.now())
    messages.success(request, _("Removed."), extra_tags=reverse("canned_reply_restore", args=[pk]))
    return redirect("canned_reply_list")


@require_POST
@staff_page(WORK)
def reply_restore(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(CannedReply, pk=pk)
    restore_reply(pk, by=request.user, now=timezone.now())
    messages.success(request, _("It is there again."))
    return redirect("canned_reply_list")
