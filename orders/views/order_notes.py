"""Notes on an order."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from orders.actions.notes import add_note
from orders.forms import NoteForm
from orders.models import Order


@staff_page("orders.view")
@require_POST
def order_note(request: StaffRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    form = NoteForm(request.POST)
    if form.is_valid():
        add_note(order, note=form.cleaned_data["note"], by=request.user, now=timezone.now())
        messages.success(request, _("Noted on %(number)s.") % {"number": order.number})
    else:
        messages.warning(request, " ".join(map(str, form.errors["note"])))
    return redirect("order_detail", number)
