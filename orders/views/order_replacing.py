"""P08b: send goods of an order again for nothing."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from ordermgmt.access import StaffRequest, staff_page
from orders.actions.placing import DraftRefused
from orders.actions.sending_again import ReplaceRefused, replace_goods, replaceable
from orders.models import Order
from orders.replacement_forms import ReplaceForm


@staff_page("orders.create")
def order_replace(request: StaffRequest, number: str) -> HttpResponse:
    """Choose units and a reason; the button places the order. The same form sent twice places one."""
    order = get_object_or_404(Order.objects.prefetch_related("addresses"), number=number)
    form = ReplaceForm(request.POST or None, left=replaceable(order), initial={"key": str(uuid4())})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = replace_goods(
                order.pk, form.units(), reason=given["reason"], key=str(given["key"]), note=given["note"],
                tell_customer="tell" in request.POST, by=request.user, now=timezone.now(),
            )  # fmt: skip
        except (ReplaceRefused, DraftRefused) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%(made)s sends it again, for nothing.") % {"made": made})
            return redirect("order_detail", made.number)
    address = next((row for row in order.addresses.all() if row.kind == "shipping"), None)
    context = {"order": order, "form": form, "rows": form.rows(), "address": address}
    return render(request, "orders/order_replace.html", context, status=422 if form.errors else 200)
