"""What is done on the page of a ticket; each deed says what became of it, and how it is undone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.actions.customers import CustomerRefused
from customers.actions.ticket_answering import answer_ticket, note_ticket, undo_answer
from customers.actions.ticket_assigning import hand_over, set_priority, set_subject_of, take_ticket
from customers.actions.ticket_ending import merge_tickets, reopen_ticket, solve_ticket, unmerge_ticket
from customers.actions.ticket_work import AnsweredMeanwhile, TicketRefused
from customers.canned_fields import fill
from customers.models import CannedReply, Ticket
from customers.ticket_forms import PlaceForm
from customers.views.ticket_page import field_values, panel, show, ticket_of
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing.counting import forget_totals
from ordermgmt.models import User

WORK = "tickets.work"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


@require_POST
@staff_page(WORK)
def ticket_answer(request: StaffRequest, number: str) -> HttpResponse:
    """Send the answer, or put a canned reply into the box; a text that cannot be sent stays in it."""
    row, sent = ticket_of(number), request.POST
    text = sent.get("text", "")
    if sent.get("do") == "insert":
        return _insert(request, row, text)
    try:
        answer = answer_ticket(
            row.pk, text=text, seen=_number(sent.get("seen", "")), then=sent.get("then", "waiting"), by=request.user,
            now=timezone.now(), form_key=sent.get("form_key", "")[:40],
        )  # fmt: skip
    except AnsweredMeanwhile as news:
        return show(request, ticket_of(number), 409, text=text, news=news)
    except TicketRefused as refusal:
        return show(request, ticket_of(number), 422, text=text, problem=str(refusal))
    forget_totals()
    undo = reverse("ticket_undo_answer", args=[number, answer.pk])
    messages.success(request, _("Sent. The mail leaves in a minute."), extra_tags=undo)
    return redirect("ticket", number)


def _insert(request: StaffRequest, row: Ticket, text: str) -> HttpResponse:
    reply = CannedReply.objects.filter(pk=_number(request.POST.get("reply", "")), archived_at=None).first()
    if reply is None:
        return show(request, row, 422, text=text, problem=_("Choose a canned reply first."))
    values = field_values(row, request.user, panel(request, row, timezone.now()))
    filled, missing = fill(reply.body, values)
    whole = f"{text.rstrip()}\n\n{filled}" if text.strip() else filled
    return show(request, row, text=whole, missing=missing, is_filled=True)


@require_POST
@staff_page(WORK)
def ticket_undo_answer(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """The mail is stopped and its text stands in the box again."""
    row = ticket_of(number)
    try:
        gone = undo_answer(row.pk, message_id=pk, by=request.user, now=timezone.now())
    except TicketRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("ticket", number)
    forget_totals()
    return show(request, ticket_of(number), text=gone.body, is_filled=True, told=_("Taken back. Nothing was sent."))


@require_POST
@staff_page(WORK)
def ticket_note(request: StaffRequest, number: str) -> HttpResponse:
    sent = request.POST
    key = sent.get("form_key", "")[:40]
    return _do(request, number, lambda row, facts: note_ticket(row.pk, text=sent.get("note", ""), form_key=key, **facts), _("Note added."))  # fmt: skip


@require_POST
@staff_page(WORK)
def ticket_take(request: StaffRequest, number: str) -> HttpResponse:
    seen = _number(request.POST.get("seen", ""))
    undo = reverse("ticket_assign", args=[number])
    return _do(request, number, lambda row, facts: take_ticket(row.pk, seen=seen, **facts), _("It is yours."), undo)


@require_POST
@staff_page(WORK)
def ticket_assign(request: StaffRequest, number: str) -> HttpResponse:
    """To a colleague, or to nobody (also the undo of taking it)."""
    sent = request.POST
    to = User.objects.filter(pk=_number(sent.get("to", ""))).first()
    said = _("Handed over to %(name)s.") % {"name": to} if to else _("Given back to everybody.")
    return _do(request, number, lambda row, facts: hand_over(row.pk, to=to, note=sent.get("note", ""), **facts), said)


@require_POST
@staff_page(WORK)
def ticket_priority(request: StaffRequest, number: str) -> HttpResponse:
    wanted = request.POST.get("priority", "")
    return _do(request, number, lambda row, facts: set_priority(row.pk, priority=wanted, **facts), _("Priority changed."))  # fmt: skip


@require_POST
@staff_page(WORK)
def ticket_place(request: StaffRequest, number: str) -> HttpResponse:
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return show(request, ticket_of(number), 422, place_form=form)
    facts_of = form.cleaned_data
    return _do(request, number, lambda row, facts: set_subject_of(row.pk, **facts_of, **facts), _("Saved."))


@require_POST
@staff_page(WORK)
def ticket_solve(request: StaffRequest, number: str) -> HttpResponse:
    undo = reverse("ticket_reopen", args=[number])
    return _do(request, number, lambda row, facts: solve_ticket(row.pk, **facts), _("Solved."), undo)


@require_POST
@staff_page(WORK)
def ticket_reopen(request: StaffRequest, number: str) -> HttpResponse:
    return _do(request, number, lambda row, facts: reopen_ticket(row.pk, **facts), _("Open again."))


@require_POST
@staff_page(WORK)
def ticket_merge(request: StaffRequest, number: str) -> HttpResponse:
    """This one into another; the page goes on there."""
    row, into = ticket_of(number), request.POST.get("into", "").strip().upper()
    other = Ticket.objects.filter(number=into).first()
    if other is None:
        return show(request, row, 422, problem=_("There is no ticket %(number)s.") % {"number": into or "–"})
    try:
        merge_tickets(gone_id=row.pk, kept_id=other.pk, by=request.user, now=timezone.now())
    except TicketRefused as refusal:
        return show(request, row, 422, problem=str(refusal))
    forget_totals()
    undo = reverse("ticket_unmerge", args=[number])
    words = _("%(gone)s is now part of %(kept)s.") % {"gone": number, "kept": other.number}
    messages.success(request, words, extra_tags=undo)
    return redirect("ticket", other.number)


@require_POST
@staff_page(WORK)
def ticket_unmerge(request: StaffRequest, number: str) -> HttpResponse:
    return _do(request, number, lambda row, facts: unmerge_ticket(row.pk, **facts), _("It stands alone again."))


def _do(
    request: StaffRequest, number: str, deed: Callable[[Ticket, dict[str, Any]], object], said: str, undo: str = ""
) -> HttpResponse:
    row = ticket_of(number)
    try:
        deed(row, {"by": request.user, "now": timezone.now()})
    except (TicketRefused, CustomerRefused) as refusal:
        return show(request, ticket_of(number), 422, problem=str(refusal))
    forget_totals()
    messages.success(request, said, extra_tags=undo)
    return redirect("ticket", number)
