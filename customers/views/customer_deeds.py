"""What is done from the page of a customer at once: block, note, consent, caller checked, follow-ups."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.actions.consents import set_consent
from customers.actions.contacts import check_caller
from customers.actions.customers import CustomerRefused, block_customer, note_customer, unblock_customer
from customers.actions.follow_ups import add_follow_up, finish_follow_up, reopen_follow_up
from customers.follow_up_forms import FollowUpForm
from customers.forms import ConsentForm, NoteForm, ReasonForm
from customers.models import ConsentKind, FollowUp
from customers.views.customer_page import customer_of, show
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.templatetags.portal import weekday_words


@require_POST
@staff_page("customers.edit")
def customer_block(request: StaffRequest, number: str) -> HttpResponse:
    """Hold new orders from now on."""
    customer = customer_of(number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return show(request, customer, 422, reason_form=form, form=form)
    try:
        block_customer(customer=customer, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
    except CustomerRefused as error:
        messages.error(request, str(error))
    else:
        undo = reverse("customer_unblock", args=[number])
        messages.success(request, _("Blocked. New orders are held."), extra_tags=undo)
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.edit")
def customer_unblock(request: StaffRequest, number: str) -> HttpResponse:
    """Take new orders again."""
    unblock_customer(customer=customer_of(number), by=request.user, now=timezone.now())
    messages.success(request, _("Unblocked. New orders are taken again."))
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.edit")
def customer_note(request: StaffRequest, number: str) -> HttpResponse:
    """Add a note to the timeline."""
    customer = customer_of(number)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return show(request, customer, 422, note_form=form, form=form)
    note_customer(customer=customer, text=form.cleaned_data["text"], by=request.user, now=timezone.now())
    messages.success(request, _("Note added."))
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.edit")
def customer_consent(request: StaffRequest, number: str) -> HttpResponse:
    """Write down that a consent was given or withdrawn on the phone; the toast takes it back."""
    customer = customer_of(number)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a consent."))
        return redirect("customer_detail", number=number)
    data = form.cleaned_data
    set_consent(customer=customer, kind=data["kind"], is_granted=data["granted"], source=_("Staff"),
                by=request.user, now=timezone.now())  # fmt: skip
    words = ConsentKind(data["kind"]).label
    said = _("%(what)s: agreed.") if data["granted"] else _("%(what)s: no longer agreed.")
    messages.success(request, said % {"what": words})
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.view")
def customer_checked(request: StaffRequest, number: str) -> HttpResponse:
    """The caller is who they say; the page shows it for the rest of the talk."""
    check_caller(customer=customer_of(number), by=request.user, now=timezone.now())
    return redirect(_back(request, number))


def _back(request: StaffRequest, number: str) -> str:
    """To the same tab."""
    tab = request.POST.get("tab", "")
    page = reverse("customer_detail", args=[number])
    return f"{page}?tab={tab}" if tab.isalpha() and tab.isascii() else page


@require_POST
@staff_page("customers.edit")
def follow_up_new(request: StaffRequest, number: str) -> HttpResponse:
    """Promise to do something by a day."""
    customer = customer_of(number)
    form = FollowUpForm(request.POST, user=request.user, now=timezone.now())
    if not form.is_valid():
        return show(request, customer, 422, follow_up_form=form, form=form)
    given = form.cleaned_data
    try:
        row = add_follow_up(customer=customer, text=given["text"], person=given["person"], due_on=given["due_on"],
                            due_time=given["due_time"], by=request.user, now=timezone.now())  # fmt: skip
    except CustomerRefused as error:
        messages.error(request, str(error))
    else:
        facts = {"person": row.person, "day": weekday_words(row.due_on)}
        undo = reverse("follow_up_done", args=[number, row.pk])
        messages.success(request, _("%(person)s is reminded on %(day)s.") % facts, extra_tags=undo)
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.edit")
def follow_up_done(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """It is done; the toast takes it back. Comes from the customer's page or from a home."""
    get_object_or_404(FollowUp, pk=pk, customer__number=number)
    finish_follow_up(pk, by=request.user, now=timezone.now())
    undo = reverse("follow_up_reopen", args=[number, pk])
    messages.success(request, _("Done."), extra_tags=undo)
    return redirect("home" if "home" in request.POST else reverse("customer_detail", args=[number]))


@require_POST
@staff_page("customers.edit")
def follow_up_reopen(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """It was not done after all."""
    get_object_or_404(FollowUp, pk=pk, customer__number=number)
    reopen_follow_up(pk, by=request.user, now=timezone.now())
    messages.success(request, _("It is to be done again."))
    return redirect("customer_detail", number=number)
