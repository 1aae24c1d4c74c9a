"""Holding an order, releasing it, and undoing either."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from orders.actions.holds import AlreadyReleased, NotOpen, place_hold, release_hold, undo_release
from orders.forms import HoldForm
from orders.models import Hold, Order


@staff_page("orders.hold")
def order_hold(request: StaffRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            held = place_hold(order.pk, by=request.user, now=now, **form.facts())
        except NotOpen as problem:
            form.add_error(None, str(problem))
        else:
            if held.opened_at != now:
                return _held_before(request, order, form, held)
            undo = reverse("order_undo_hold", args=[order.number, held.pk])
            messages.success(
                request,
                _("Held %(number)s. Work on it stops at the next scan.") % {"number": order.number},
                extra_tags=undo,
            )
            return redirect("order_detail", order.number)
    return render(request, "orders/order_hold.html", {"order": order, "form": form}, status=422 if form.errors else 200)


def _held_before(request: StaffRequest, order: Order, form: HoldForm, held: Hold) -> HttpResponse:
    """The same reason holds it already: what was typed is not lost without a word."""
    words = _("It is held for that already: %(why)s. Choose another reason, or add a note to the order")
    form.add_error("code", words % {"why": held.reason.rstrip(".")})
    return render(request, "orders/order_hold.html", {"order": order, "form": form}, status=409)


@staff_page("orders.release_hold")
@require_POST
def order_release_hold(request: StaffRequest, number: str, hold_id: int) -> HttpResponse:
    held = get_object_or_404(Hold, pk=hold_id, order__number=number)
    try:
        release_hold(held.pk, by=request.user, now=timezone.now())
    except AlreadyReleased as problem:
        messages.warning(request, str(problem))
    else:
        is_last = not Hold.objects.filter(order__number=number).open().exists()
        words = (
            _("Released. Work on %(number)s goes on by itself.")
            if is_last
            else _("Released. Another hold still stops %(number)s.")
        )
        messages.success(
            request, words % {"number": number}, extra_tags=reverse("order_undo_release", args=[number, held.pk])
        )
    return redirect("order_detail", number)


@staff_page("orders.hold")
@require_POST
def order_undo_hold(request: StaffRequest, number: str, hold_id: int) -> HttpResponse:
    """Undo of placing a hold: it is released at once."""
    held = get_object_or_404(Hold, pk=hold_id, order__number=number)
    try:
        release_hold(held.pk, by=request.user, now=timezone.now(), note=_("Undone"))
    except AlreadyReleased as problem:
        messages.warning(request, str(problem))
    return redirect("order_detail", number)


@staff_page("orders.release_hold")
@require_POST
def order_undo_release(request: StaffRequest, number: str, hold_id: int) -> HttpResponse:
    """Undo of releasing: the hold is put back as it was."""
    held = get_object_or_404(Hold, pk=hold_id, order__number=number)
    try:
        undo_release(held.pk, by=request.user, now=timezone.now())
    except NotOpen as problem:
        messages.warning(request, str(problem))
    return redirect("order_detail", number)
