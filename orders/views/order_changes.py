"""Editing an accepted order: what is wanted, a review of what it changes, applying it, undoing it."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory.models import Sku
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.money import ZERO
from orders.actions.changes import ChangeConflict, apply_change, propose_change, undo_change
from orders.actions.making_changes import TooLateToChange
from orders.billing_states import TaxTreatment
from orders.checks import address_problems
from orders.drafts import DraftAddress
from orders.forms import AddressForm, NewItemForm
from orders.models import AddressKind, Order, OrderChange, OrderLine
from orders.states import ChangeState, LineKind
from orders.tax import Buyer, tax_for
from orders.tax_rates import load_rates, seller_country
from orders.wanted import NewItem, Wanted

MOST_UNITS = 9_999


@staff_page("orders.edit")
def order_edit_address(request: StaffRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    address = order.addresses.filter(kind=AddressKind.SHIPPING).first()
    form = AddressForm(
        request.POST or None, initial=address.as_postal() if address else {"country": order.ship_country}
    )
    if request.method == "POST" and form.is_valid():
        for problem in address_problems(DraftAddress(**form.cleaned_data)):
            form.add_error(None, _("Check the %(part)s: it is missing or does not fit the country") % {"part": problem})
        if form.is_valid() and (review := _propose(request, order, Wanted(address=form.cleaned_data), form)):
            return review
    return render(
        request, "orders/order_edit_address.html", {"order": order, "form": form}, status=422 if form.errors else 200
    )


@staff_page("orders.edit")
def order_edit_items(request: StaffRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    lines = [line for line in order.lines.select_related("sku") if line.kind != LineKind.COMPONENT]
    form = NewItemForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = _wanted(request, order, lines, form)
        if form.is_valid() and (review := _propose(request, order, wanted, form)):
            return review
    rows = [
        {
            "line": line,
            "name": f"units-{line.pk}",
            "units": request.POST.get(f"units-{line.pk}", line.ordered - line.cancelled),
        }
        for line in lines
    ]
    return render(
        request,
        "orders/order_edit_items.html",
        {"order": order, "form": form, "rows": rows},
        status=422 if form.errors else 200,
    )


def _wanted(request: StaffRequest, order: Order, lines: list[OrderLine], form: NewItemForm) -> Wanted:
    units = {}
    for line in lines:
        typed = request.POST.get(f"units-{line.pk}", "").strip()
        if not typed.isascii() or not typed.isdecimal() or int(typed[:9]) > MOST_UNITS:
            form.add_error(
                None, _("%(name)s: enter a whole number from 0 to %(most)s") % {"name": line.name, "most": MOST_UNITS}
            )
        elif int(typed) != line.ordered - line.cancelled:
            units[line.pk] = int(typed)
    return Wanted(units=units, add=_added(order, form))


def _added(order: Order, form: NewItemForm) -> tuple[NewItem, ...]:
    code = form.cleaned_data["add_code"].strip()
    if not code:
        return ()
    sku = Sku.objects.active().filter(code__iexact=code).first()
    price = sku.prices.filter(currency=order.currency).first() if sku else None
    if sku is None:
        form.add_error(
            "add_code", _("We do not know the item %(code)s. Check the code, or look under Inventory") % {"code": code}
        )
    elif price is None:
        form.add_error(
            "add_code", _("%(code)s has no price in %(currency)s") % {"code": sku.code, "currency": order.currency}
        )
    else:
        units = form.cleaned_data["add_units"] or 1
        return (_new_item(order, sku, price.amount, units),)
    return ()


def _new_item(order: Order, sku: Sku, listed: Decimal, units: int) -> NewItem:
    """At the list price; taxed like the rest of the order, and without the tax where it is without."""
    rate = max((line.tax_rate for line in order.lines.all()), default=ZERO)
    if order.tax_treatment != TaxTreatment.STANDARD:
        to = Buyer(order.ship_country, vat_id=order.customer.vat_id if order.customer else "")
        today = business_day(order.placed_at)
        tax = tax_for(to, sku.product.tax_class, on=today, seller_country=seller_country(), rates=load_rates())
        listed = tax.price(listed, order.currency)
    return NewItem(sku_id=sku.pk, units=units, unit_price=listed, tax_rate=rate)


def _propose(request: StaffRequest, order: Order, wanted: Wanted, form: Any) -> HttpResponse | None:
    if not wanted.units and not wanted.add and wanted.address is None:
        form.add_error(None, _("Nothing is different yet. Change a number or add an item"))
        return None
    try:
        change = propose_change(order.pk, wanted, by=request.user, now=timezone.now())
    except TooLateToChange as late:
        form.add_error(None, str(late))
        return None
    return redirect("order_change", order.number, change.pk)


@staff_page("orders.edit")
def order_change(request: StaffRequest, number: str, change_id: int) -> HttpResponse:
    """The review page: what changes, in words, money, stock and days; the button does it."""
    change = get_object_or_404(OrderChange.objects.select_related("order"), pk=change_id, order__number=number)
    conflict = late = None
    if request.method == "POST":
        try:
            apply_change(change.pk, by=request.user, now=timezone.now(), tell_customer="tell" in request.POST)
        except ChangeConflict as problem:
            conflict = problem
        except TooLateToChange as problem:
            late = str(problem)
        else:
            undo = reverse("order_undo_change", args=[number, change.pk])
            messages.success(request, _("Changed %(number)s.") % {"number": number}, extra_tags=undo)
            return redirect("order_detail", number)
    elif change.state != ChangeState.PROPOSED:
        return redirect("order_detail", number)
    context = {"order": change.order, "change": change, "conflict": conflict, "late": late}
    return render(request, "orders/order_change.html", context, status=409 if conflict or late else 200)


@staff_page("orders.edit")
@require_POST
def order_undo_change(request: StaffRequest, number: str, change_id: int) -> HttpResponse:
    change = get_object_or_404(OrderChange, pk=change_id, order__number=number)
    try:
        undo_change(change.pk, by=request.user, now=timezone.now())
    except (ChangeConflict, TooLateToChange) as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, _("Undone. %(number)s is as it was.") % {"number": number})
    return redirect("order_detail", number)
