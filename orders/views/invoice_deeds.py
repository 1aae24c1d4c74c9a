"""What finance does to an invoice that was posted: credit, correct and replace, write off, send. Each is reviewed."""

from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.history import record
from ordermgmt.templatetags.portal import money
from orders.actions.crediting import CreditRefused, CreditRow, credit, credit_rows, credited_before
from orders.actions.replacing import correct_and_replace
from orders.actions.returning_money import GiveBack
from orders.actions.writing_off import WriteOffRefused, take_back_write_off, write_off
from orders.billing_forms import CreditForm, ReplaceForm, WriteOffForm
from orders.crediting_sums import Credited
from orders.invoice_mails import invoice_message, thread_of
from orders.models import Invoice, WriteOff


def _found(number: str) -> Invoice:
    return get_object_or_404(Invoice.objects.select_related("order", "subscription", "customer"), number=number)


@staff_page("finance.edit")
@require_http_methods(["GET", "POST"])
def invoice_credit(request: StaffRequest, number: str) -> HttpResponse:
    """First what is credited, then a review with the sums, then the note."""
    row = _found(number)
    before = credited_before(row)
    lines = [(line, before.get(line.pk, Credited())) for line in row.lines.order_by("position")]
    initial = {"key": str(uuid4()), "give_back": GiveBack.LATER}
    form = CreditForm(request.POST or None, invoice=row, lines=lines, initial=initial)
    reviewed: list[CreditRow] = []
    if request.method == "POST" and form.is_valid():
        try:
            reviewed = credit_rows(row, form.parts())
            if request.POST.get("step") == "do":
                return _credit(request, row, form)
        except CreditRefused as refused:
            reviewed = []
            form.add_error(None, str(refused))
    context = {
        "invoice": row,
        "form": form,
        "reviewed": reviewed,
        "gross": sum((each.amounts.gross for each in reviewed), start=row.gross_total * 0),
        "tax": sum((each.amounts.tax for each in reviewed), start=row.gross_total * 0),
        "give_back": dict(GiveBack.choices).get(form["give_back"].value() or ""),
    }
    return render(request, "invoices/credit.html", context, status=422 if form.errors else 200)


def _credit(request: StaffRequest, row: Invoice, form: CreditForm) -> HttpResponse:
    given = form.cleaned_data
    made = credit(
        row.pk, parts=form.parts(), reason=given["reason"], note=given["note"], cause=f"form:{given['key']}",
        give_back=GiveBack(given["give_back"]), by=request.user, now=timezone.now(),
    )  # fmt: skip
    words = _("Credit note %(number)s over %(sum)s is written.")
    messages.success(request, words % {"number": made.number, "sum": money(made.gross_total, made.currency)})
    return redirect("credit_note", made.number)


@staff_page("finance.edit")
@require_http_methods(["GET", "POST"])
def invoice_replace(request: StaffRequest, number: str) -> HttpResponse:
    row = _found(number)
    form = ReplaceForm(request.POST or None, invoice=row)
    if request.method == "POST" and form.is_valid():
        try:
            note, new = correct_and_replace(
                row.pk,
                correction=form.correction(),
                note=form.cleaned_data["note"],
                by=request.user,
                now=timezone.now(),
            )
        except CreditRefused as refused:
            form.add_error(None, str(refused))
        else:
            facts = {"old": row.number, "note": note.number, "new": new.number}
            messages.success(request, _("%(old)s is credited by %(note)s and replaced by %(new)s.") % facts)
            return redirect("invoice", new.number)
    context = {"invoice": row, "form": form}
    return render(request, "invoices/replace.html", context, status=422 if form.errors else 200)


@staff_page("finance.approve")
@require_http_methods(["GET", "POST"])
def invoice_write_off(request: StaffRequest, number: str) -> HttpResponse:
    """Reviewed and approved in one by those who may approve."""
    row = _found(number)
    form = WriteOffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = write_off(row.pk, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
        except WriteOffRefused as refused:
            form.add_error(None, str(refused))
        else:
            words = _("%(sum)s of %(number)s is written off.")
            messages.success(request, words % {"sum": money(done.amount, row.currency), "number": number})
            return redirect("invoice", number)
    context = {"invoice": row, "form": form}
    return render(request, "invoices/write_off.html", context, status=422 if form.errors else 200)


@staff_page("finance.approve")
@require_POST
def write_off_back(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    row = get_object_or_404(WriteOff, pk=pk, invoice__number=number)
    try:
        take_back_write_off(row.pk, by=request.user, now=timezone.now())
    except WriteOffRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("%(number)s is owed again.") % {"number": number})
    return redirect("invoice", number)


@staff_page("orders.finance")
@require_POST
def invoice_send(request: StaffRequest, number: str) -> HttpResponse:
    """The invoice by e-mail; asked twice in a day it goes once."""
    row = _found(number)
    now = timezone.now()
    with transaction.atomic():
        mail = invoice_message(row, now=now)
        if mail.created_at == now:
            sentence = "Invoice {number} sent to {to}"
            about = {"subject": number, "thread": thread_of(row), "by": request.user, "now": now}
            record("invoice.sent", sentence, number=number, to=mail.recipient or "–", **about)
    if mail.recipient:
        messages.success(request, _("%(number)s goes to %(to)s.") % {"number": number, "to": mail.recipient})
    else:
        messages.warning(request, _("There is no e-mail address on %(number)s.") % {"number": number})
    return redirect("invoice", number)
