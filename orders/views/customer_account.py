"""The account of a customer: statement, money that came by bank or cash, account credit."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.models import Customer
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.money import round_money
from ordermgmt.templatetags.portal import money
from orders.actions.accounts import balance_of
from orders.actions.receipts import ReceiptRefused, record_receipt, use_credit
from orders.ageing import BUCKETS, ageing
from orders.billing_forms import ReceiptForm
from orders.documents.statement import STATEMENT_DAYS
from orders.models import Invoice, Receipt
from orders.statements import Statement, currencies_of, statement
from orders.states import InvoiceStatus

MOST_CURRENCY = 3


@staff_page("orders.finance")
@require_GET
def customer_statement(request: StaffRequest, number: str) -> HttpResponse:
    """Opening balance, documents, payments, closing balance, per currency, with what is due since when."""
    customer = get_object_or_404(Customer, number=number)
    today = business_day(timezone.now())
    starts_on = _day(request, "from") or today - timedelta(days=STATEMENT_DAYS)
    ends_on = max(_day(request, "to") or today, starts_on)
    context = {
        "customer": customer,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "accounts": [
            _account(customer, statement(customer, currency, starts_on=starts_on, ends_on=ends_on), today)
            for currency in currencies_of(customer)
        ],
        "may_edit": request.user.has_perm("finance.edit"),
        "receipts": Receipt.objects.filter(customer=customer).order_by("-pk")[:20],
        "pdf_url": reverse("paper", args=["statement", customer.number]),
    }
    return render(request, "invoices/statement.html", context)


def _day(request: StaffRequest, name: str) -> date | None:
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:
        return None


def _account(customer: Customer, made: Statement, today: date) -> dict[str, Any]:
    owed = ageing(Invoice.objects.filter(customer=customer, currency=made.currency), today=today)
    aged = [{"label": bucket.label, "sum": row.sums[bucket.code]} for row in owed for bucket in BUCKETS]
    return {"statement": made, "aged": aged, "credit": balance_of(customer, made.currency), "owes": bool(owed)}


@staff_page("finance.edit")
@require_http_methods(["GET", "POST"])
def customer_receipt(request: StaffRequest, number: str) -> HttpResponse:
    """Write down money of a customer; first how it is spread, then done. The same form sent twice is one receipt."""
    customer = get_object_or_404(Customer, number=number)
    asked = Invoice.objects.filter(customer=customer, number=request.GET.get("invoice", "")).first()
    currency = _currency(request, customer, asked)
    rows = Invoice.objects.filter(customer=customer, currency=currency, status=InvoiceStatus.OPEN)
    invoices = list(rows.order_by("due_on", "issued_at", "pk")[:100])
    initial: dict[str, Any] = {"key": str(uuid4()), "received_on": business_day(timezone.now()), "way": "bank"}
    if asked is not None and asked.balance:
        initial |= dict.fromkeys(["amount", f"invoice_{asked.pk}"], round_money(asked.balance, currency))
    form = ReceiptForm(request.POST or None, initial=initial, currency=currency, invoices=invoices)
    if request.method == "POST" and form.is_valid():
        try:
            receipt = _record(request, customer, currency, form)
        except ReceiptRefused as refused:
            form.add_error(None, str(refused))
        else:
            words = _("%(number)s over %(sum)s is written down.")
            messages.success(request, words % {"number": receipt.number, "sum": money(receipt.amount, currency)})
            return redirect("customer_statement", number)
    context = {"customer": customer, "form": form, "currency": currency, "currencies": currencies_of(customer)}
    return render(request, "invoices/receipt.html", context, status=422 if form.errors else 200)


def _currency(request: StaffRequest, customer: Customer, asked: Invoice | None) -> str:
    known = currencies_of(customer)
    wanted = request.GET.get("currency", "")[:MOST_CURRENCY]
    if asked is not None:
        return asked.currency
    return wanted if wanted in known else (known[0] if known else "EUR")


def _record(request: StaffRequest, customer: Customer, currency: str, form: ReceiptForm) -> Receipt:
    given = form.cleaned_data
    return record_receipt(
        customer, amount=given["amount"], currency=currency, provider=given["way"], reference=given["reference"],
        effect_key=f"receipt:{given['key']}", received_on=given["received_on"], told=form.told(), by=request.user,
        now=timezone.now(),
    )  # fmt: skip


@staff_page("finance.edit")
@require_POST
def customer_use_credit(request: StaffRequest, number: str) -> HttpResponse:
    customer = get_object_or_404(Customer, number=number)
    currency = request.POST.get("currency", "")[:MOST_CURRENCY]
    used = use_credit(customer, currency=currency, by=request.user, now=timezone.now())
    if used:
        messages.success(request, _("%(sum)s of the credit is used.") % {"sum": money(used, currency)})
    else:
        messages.info(request, _("There is nothing open that the credit could pay."))
    return redirect("customer_statement", number)
