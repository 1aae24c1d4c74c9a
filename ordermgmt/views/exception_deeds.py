"""The decisions about an exception: fix, hand over, dismiss, snooze, and taking them back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions import exceptions as deeds
from ordermgmt.exception_forms import DismissForm, HandOverForm, SnoozeForm, snooze_end
from ordermgmt.exception_inbox import Chosen
from ordermgmt.models import Activity, ExceptionItem, User

REFUSALS = (deeds.IsOver, deeds.TakenBySomebody, deeds.BadMoment, deeds.MayNotWorkOnIt, deeds.TooLateToUndo)


def _item(request: StaffRequest, pk: int) -> ExceptionItem:
    item: ExceptionItem | None = ExceptionItem.objects.visible_to(request.user).filter(pk=pk).first()
    if item is None:
        raise Http404
    return item


def _back(request: StaffRequest, pk: int | str) -> HttpResponseRedirect:
    """To an item of the same queue; without one, to the queue."""
    view = request.POST.get("view", "")
    query = f"?view={view}" if view.isalpha() else ""
    return redirect((reverse("exception", args=[pk]) if pk else reverse("exception_list")) + query)


def _next(request: StaffRequest) -> HttpResponseRedirect:
    """A decided item leaves the queue: on to the one that followed it."""
    following = request.POST.get("next", "")
    return _back(request, int(following) if following.isdecimal() and len(following) < 12 else "")


Decide = Callable[[dict[str, Any], datetime], Activity]


def _decided(request: StaffRequest, pk: int, form: Form, decide: Decide, done: str, unclear: str) -> HttpResponse:
    """A decision with what was said about it: done with its undo, or why not."""
    _item(request, pk)
    if not form.is_valid():
        messages.warning(request, unclear)
        return _back(request, pk)
    try:
        line = decide(form.cleaned_data, timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
        return _back(request, pk)
    messages.success(request, done, extra_tags=reverse("exception_undo", args=[pk, line.pk]))
    return _next(request)


@require_POST
@staff_page("exceptions.work")
def exception_take(request: StaffRequest, pk: int) -> HttpResponse:
    """Take it, or take it over from somebody who stopped."""
    _item(request, pk)
    try:
        deeds.take_exception(pk, by=request.user, now=timezone.now(), takes_over="over" in request.POST)
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
    return _back(request, pk)


@require_POST
@staff_page("exceptions.work")
def exception_let_go(request: StaffRequest, pk: int) -> HttpResponse:
    _item(request, pk)
    try:
        deeds.let_go(pk, by=request.user, now=timezone.now())
    except deeds.IsOver as refusal:
        messages.warning(request, str(refusal))
    return _back(request, pk)


@require_POST
@staff_page("exceptions.work")
def exception_fix(request: StaffRequest, pk: int) -> HttpResponse:
    """Go to the page of a suggested fix; the item is theirs meanwhile."""
    item, asked, now = _item(request, pk), request.POST.get("nth", ""), timezone.now()
    choices = [choice for choice in Chosen(item, request.user, now).fixes if str(choice.nth) == asked]
    if not choices or choices[0].refused or choices[0].is_act:
        return _back(request, pk)
    fix = choices[0].fix
    try:
        deeds.begin_fix(pk, label=str(fix.label), by=request.user, now=now)
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
        return _back(request, pk)
    return redirect(fix.url)


@require_POST
@staff_page("exceptions.work")
def exception_hand_over(request: StaffRequest, pk: int) -> HttpResponse:
    def decide(said: dict[str, Any], now: datetime) -> Activity:
        to: str | User = said["to"]
        whom: dict[str, Any] = {"person": to} if isinstance(to, User) else {"role": to}
        return deeds.hand_over(pk, by=request.user, now=now, note=said["note"], **whom)

    form = HandOverForm(request.POST)
    return _decided(request, pk, form, decide, _("Handed over."), _("Choose a person or a role."))


@require_POST
@staff_page("exceptions.work")
def exception_dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    def decide(said: dict[str, Any], now: datetime) -> Activity:
        return deeds.dismiss(pk, by=request.user, now=now, **said)

    done = _("Dismissed. It comes back if more rows are touched.")
    return _decided(request, pk, DismissForm(request.POST), decide, done, _("Say why."))


@require_POST
@staff_page("exceptions.work")
def exception_snooze(request: StaffRequest, pk: int) -> HttpResponse:
    def decide(said: dict[str, Any], now: datetime) -> Activity:
        return deeds.snooze(pk, until=snooze_end(said["until"], now), by=request.user, now=now)

    return _decided(request, pk, SnoozeForm(request.POST), decide, _("Snoozed."), _("Choose until when."))


@require_POST
@staff_page("exceptions.work")
def exception_bring_back(request: StaffRequest, pk: int) -> HttpResponse:
    """A snoozed or dismissed item goes back into its queue."""
    _item(request, pk)
    try:
        deeds.bring_back(pk, by=request.user, now=timezone.now())
        messages.success(request, _("It is in the queue again."))
    except deeds.IsOver as refusal:
        messages.warning(request, str(refusal))
    return _back(request, pk)


@require_POST
@staff_page("exceptions.work")
def exception_undo(request: StaffRequest, pk: int, line: int) -> HttpResponse:
    """Take the last decision back."""
    _item(request, pk)
    try:
        deeds.undo_decision(pk, line, by=request.user, now=timezone.now())
        messages.success(request, _("Taken back."))
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
    return _back(request, pk)
