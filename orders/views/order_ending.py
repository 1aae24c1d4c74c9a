"""Cancelling an order (a review page) and splitting it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory.actions.holding import NotEnoughStock
from inventory.models import Warehouse
from ordermgmt.access import StaffRequest, staff_page
from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.actions.splitting import CannotSplit, move_promise, ship_in_parts, ship_together
from orders.forms import CancelForm, MoveForm
from orders.models import Allocation, Order


@staff_page("orders.cancel")
def order_cancel(request: StaffRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order.objects.prefetch_related("lines"), number=number)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        tell = "tell" in request.POST
        try:
            cancel_order(
                order.pk, by=request.user, reason=form.cleaned_data["reason"], now=timezone.now(), tell_customer=tell
            )
        except TooLateToCancel as late:
            form.add_error(None, str(late))
        else:
            messages.success(request, _("Cancelled %(number)s. Its stock is free again.") % {"number": number})
            return redirect("order_detail", number)
    lines = [line for line in order.lines.all() if line.is_stocked]
    on_floor = sum(line.allocated + line.picked + line.packed for line in lines)
    context = {"order": order, "form": form, "units": sum(line.to_ship for line in lines), "on_floor": on_floor}
    return render(request, "orders/order_cancel.html", context, status=422 if form.errors else 200)


@staff_page("orders.edit")
def order_split(request: StaffRequest, number: str) -> HttpResponse:
    """Send what is here first, or take units from another warehouse."""
    order = get_object_or_404(Order, number=number)
    problem = ""
    if request.method == "POST":
        problem = _split(request, order)
        if not problem:
            return redirect("order_detail", number)
    promised = (
        Allocation.objects.filter(line__order=order)
        .select_related("line", "sku", "warehouse")
        .order_by("line__position")
    )
    rows = [row for row in promised if row.quantity > row.released]
    context = {"order": order, "rows": rows, "warehouses": Warehouse.objects.filter(is_active=True), "problem": problem}
    context["waits"] = order.lines.filter(backordered__gt=0).exists()
    return render(request, "orders/order_split.html", context, status=409 if problem else 200)


@staff_page("orders.edit")
@require_POST
def order_ship_rest(request: StaffRequest, number: str) -> HttpResponse:
    """What is here leaves now, the rest follows; undone on the page of splitting."""
    order = get_object_or_404(Order, number=number)
    try:
        ship_in_parts(order.pk, by=request.user, now=timezone.now())
    except CannotSplit as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, _("%(number)s ships in parts. What is here leaves first.") % {"number": number})
    return redirect("order_detail", number)


def _split(request: StaffRequest, order: Order) -> str:
    """Does what was asked; gives back a sentence when it cannot be done."""
    now, wish = timezone.now(), request.POST.get("wish", "")
    try:
        if wish == "parts":
            ship_in_parts(order.pk, by=request.user, now=now)
        elif wish == "together":
            ship_together(order.pk, by=request.user, now=now)
        else:
            return _move(request, order)
    except CannotSplit as problem:
        return str(problem)
    return ""


def _move(request: StaffRequest, order: Order) -> str:
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _("Enter how many units, and choose the other warehouse")
    given = form.cleaned_data
    try:
        move_promise(
            order.pk, line_id=given["line"], units=given["units"], source_id=given["source"], target_id=given["target"],
            by=request.user, now=timezone.now(),
        )  # fmt: skip
    except NotEnoughStock:
        return _("The other warehouse has fewer units free than that")
    except CannotSplit as problem:
        return str(problem)
    return ""
