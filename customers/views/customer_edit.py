"""Adding and changing customers and their addresses."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.actions.addresses import (
    AddressChanged,
    AddressRefused,
    add_address,
    prefer_address,
    replace_address,
    retire_address,
)
from customers.actions.customers import CustomerRefused, change_customer, register_customer
from customers.forms import AddressForm, CustomerForm
from customers.models import Address, Customer
from customers.views.customer_page import customer_of
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.changes import ChangedMeanwhile


@staff_page("customers.edit", "orders.create")
def customer_new(request: StaffRequest) -> HttpResponse:
    """A new customer, with or without an address."""
    form = CustomerForm(request.POST or None, initial={"name": request.GET.get("name", "")[:120]})
    address = AddressForm(request.POST or None, prefix="address", initial={"country": "SE"})
    is_sent = request.method == "POST" and form.is_valid() and address.is_valid()
    if is_sent and (customer := _register(request, form, address)):
        messages.success(request, _("%(number)s added.") % {"number": customer.number})
        return redirect(customer)
    status = 422 if request.method == "POST" else 200
    context = {"page": "customer-form", "page_title": _("New customer"), "form": form, "address": address}
    return render(request, "customers/customer_form.html", context, status=status)


def _register(request: StaffRequest, form: CustomerForm, address: AddressForm) -> Customer | None:
    fields = None if address.is_empty() else {"name": form.cleaned_data["name"], **_given(address)}
    try:
        return register_customer(by=request.user, now=timezone.now(), address=fields, **form.facts())
    except CustomerRefused as error:
        _explain(form, error)
    except AddressRefused as error:
        _explain_address(address, error)
    return None


def _given(address: AddressForm) -> dict[str, str]:
    """What was typed; an empty recipient leaves the customer's own name."""
    return {name: value for name, value in address.cleaned_data.items() if value or name != "name"}


def _explain(form: BaseForm, error: CustomerRefused) -> None:
    form.add_error(error.field if error.field in form.fields else None, str(error))


def _explain_address(form: BaseForm, error: AddressRefused) -> None:
    for fault in error.faults:
        form.add_error(fault.field if fault.field in form.fields else None, fault.sentence)


@staff_page("customers.edit")
def customer_edit(request: StaffRequest, number: str) -> HttpResponse:
    """Change identity and contact. A change by someone else meanwhile is shown beside one's own."""
    customer = customer_of(number)
    form = CustomerForm(request.POST or None, instance=Customer.objects.get(pk=customer.pk),
                        initial={"version": customer.version})  # fmt: skip
    context = {"page": "customer-form", "page_title": _("Change %(number)s") % {"number": number}, "form": form,
               "customer": customer}  # fmt: skip
    if request.method != "POST" or not form.is_valid():
        return render(request, "customers/customer_form.html", context, status=422 if form.is_bound else 200)
    version = form.cleaned_data["version"]
    try:
        change_customer(customer=customer, version=version if version is not None else -1, by=request.user,
                        now=timezone.now(), **form.facts())  # fmt: skip
    except ChangedMeanwhile:
        return _conflict(request, customer, form, context)
    except CustomerRefused as error:
        _explain(form, error)
        return render(request, "customers/customer_form.html", context, status=422)
    messages.success(request, _("Saved."))
    return redirect("customer_detail", number=number)


def _conflict(request: StaffRequest, customer: Customer, form: CustomerForm, context: dict[str, Any]) -> HttpResponse:
    """Both versions side by side."""
    mine = form.facts()
    rows = [
        {"label": form.fields[name].label, "name": name, "mine": mine[name], "theirs": getattr(customer, name)}
        for name in mine
        if mine[name] != getattr(customer, name)
    ]
    context |= {"rows": rows, "mine": mine, "version": customer.version}
    return render(request, "customers/conflict.html", context, status=409)


@staff_page("customers.edit")
def address_new(request: StaffRequest, number: str) -> HttpResponse:
    """One more address."""
    customer = customer_of(number)
    home = customer.current_address
    initial = {"name": customer.name, "country": home.country if home else "SE"}
    form = AddressForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            add_address(customer=customer, fields=form.cleaned_data, by=request.user, now=timezone.now())
        except AddressRefused as error:
            _explain_address(form, error)
        else:
            messages.success(request, _("Address added."))
            return redirect("customer_detail", number=number)
    return _address_page(request, customer, form, _("New address"))


@staff_page("customers.edit")
def address_replace(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Put a new address in the place of an old one; orders keep what they were made with."""
    customer = customer_of(number)
    address = get_object_or_404(Address, pk=pk, customer=customer)
    form = AddressForm(request.POST or None, initial=address.as_postal())
    if request.method == "POST" and form.is_valid():
        try:
            replace_address(address=address, fields=form.cleaned_data, by=request.user, now=timezone.now())
        except AddressChanged as error:
            _explain_address(form, error)
            return _address_page(request, customer, form, _("Change address"), 409, address=address)
        except AddressRefused as error:
            _explain_address(form, error)
        else:
            messages.success(request, _("Address replaced. Orders placed before keep the old one."))
            return redirect("customer_detail", number=number)
    return _address_page(request, customer, form, _("Change address"), address=address)


def _address_page(
    request: StaffRequest, customer: Customer, form: AddressForm, title: str, status: int = 422, **more: Any
) -> HttpResponse:
    context = {"page": "address-form", "page_title": title, "customer": customer, "form": form, **more}
    return render(request, "customers/address_form.html", context, status=status if form.is_bound else 200)


@require_POST
@staff_page("customers.edit")
def address_retire(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """The customer no longer lives there."""
    address = get_object_or_404(Address.objects.select_related("customer"), pk=pk, customer__number=number)
    try:
        retire_address(address=address, by=request.user, now=timezone.now())
    except AddressChanged as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Address removed. Orders keep it."))
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.edit")
def address_prefer(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Make this the default address."""
    address = get_object_or_404(Address.objects.select_related("customer"), pk=pk, customer__number=number)
    try:
        prefer_address(address=address, by=request.user, now=timezone.now())
    except AddressChanged as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("This is the default address now."))
    return redirect("customer_detail", number=number)
